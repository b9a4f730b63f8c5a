//! A device, buffers and an encoder that the program has anyway: `cargo run --example own_device`.

use wgpu_lrn::{Lrn, Operation, Plan, Shape, block_on, wgpu};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let adapter = block_on(instance.request_adapter(&Default::default()))?;
    let (device, queue) = block_on(adapter.request_device(&Default::default()))?;

    // One pool for all tensors: x at its start, then dy, y and dx.
    let shape = Shape::nhwc(1, 16, 16, 64)?;
    let bytes = shape.operand_bytes();
    let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
    let pool = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("pool"),
        size: 4 * bytes,
        usage,
        mapped_at_creation: false,
    });
    let [x, dy, y, dx] = [0, 1, 2, 3].map(|i| pool.slice(i * bytes..(i + 1) * bytes));
    let values: Vec<f32> = (0..2 * shape.elements()).map(|i| (i % 7) as f32 - 3.0).collect();
    queue.write_buffer(&pool, 0, bytemuck::cast_slice(&values));

    // A plan only records. What runs again and again is bound once.
    let plan = Plan::new(&device, &Lrn::caffe().build()?, &shape)?;
    let backward = plan.bind(Operation::Backward, &[x.into(), dy.into(), dx.into()])?;
    let mut encoder = device.create_command_encoder(&Default::default());
    plan.forward(&mut encoder, x, y)?;
    backward.record(&mut encoder);
    queue.submit([encoder.finish()]);

    wgpu::util::DownloadBuffer::read_buffer(&device, &queue, &dx, |dx| match dx {
        Ok(dx) => println!("dx {:?}", &bytemuck::cast_slice::<u8, f32>(&dx)[..4]),
        Err(error) => eprintln!("dx cannot be read: {error}"),
    });
    device.poll(wgpu::PollType::wait_indefinitely())?;
    Ok(())
}
