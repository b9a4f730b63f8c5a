//! Slices in, slices out: `cargo run --example slices`.

use wgpu_lrn::{Gpu, Lrn, Shape, block_on, check};

fn main() -> wgpu_lrn::Result<()> {
    // The layer of AlexNet's authors, in PyTorch's parameters, on two images of 96 channels.
    let lrn = Lrn::pytorch(5).alpha(1e-4).beta(0.75).k(2.0).build()?;
    let shape = Shape::nchw(2, 96, 27, 27)?;
    let x: Vec<f32> = (0..shape.elements()).map(|i| (i % 601) as f32 - 300.0).collect();

    let gpu = block_on(Gpu::open())?;
    let layer = gpu.layer(&lrn, &shape)?;
    let y = block_on(layer.forward(&x))?;
    let dx = block_on(layer.backward(&x, &vec![1.0; x.len()]))?;

    println!("on {}: x {:?}, y {:?}, dx {:?}", gpu.info().name, &x[..3], &y[..3], &dx[..3]);
    println!("y: {}", check::forward(&lrn, &shape, &x, &y)?);
    Ok(())
}
