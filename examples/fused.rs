//! More than the plain layer in one pass, and windows along several axes: `cargo run --example fused`.

use half::f16;
use wgpu_lrn::{Dtype, Gpu, Lrn, Plan, Precision, Shape, block_on};

fn main() -> wgpu_lrn::Result<()> {
    let gpu = block_on(Gpu::open())?;
    let dims = [2, 12, 9, 7];
    let values = |size: f32| (0..2 * 12 * 9 * 7).map(move |i| size * ((i % 11) as f32 - 5.0));

    // ReLU, then LRN across channels, of f16.
    let shape = Shape::new(&dims, 1)?.with_dtype(Dtype::F16);
    let layer = gpu.layer(&Lrn::krizhevsky().alpha(0.5).build()?.with_relu(), &shape)?;
    let x: Vec<f16> = values(1.0).map(f16::from_f32).collect();
    let y = block_on(layer.forward(&x))?;
    println!("ReLU and LRN of {:?}: {:?}", &x[3..8], &y[3..8]);

    // Height and width at once, less than one ulp off; gradients are added to those of another branch.
    let shape = Shape::over(&dims, &[2, 3])?;
    let within = Lrn::caffe().size(3).axes(2).build()?.with_blend(1.0, 1.0)?;
    let plan = Plan::new(&gpu, &within.with_precision(Precision::Exact), &shape)?;
    let operand = |size| gpu.upload(&values(size).collect::<Vec<f32>>());
    let (x, dy, dx) = (operand(1.0)?, operand(0.5)?, operand(0.25)?);
    let mut encoder = gpu.device().create_command_encoder(&Default::default());
    plan.backward(&mut encoder, &x, &dy, &dx)?;
    gpu.queue().submit([encoder.finish()]);
    let sums: Vec<f32> = block_on(gpu.download(&dx))?;
    println!("gradients of two branches: {:?}", &sums[..4]);
    Ok(())
}
