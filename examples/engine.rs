//! An engine with pipelines, buffers and encoders of its own runs the passes of a program: `cargo run --example engine`.

use wgpu::util::{BufferInitDescriptor, DeviceExt};
use wgpu_lrn::program::{Content, Pass, Program, Target};
use wgpu_lrn::{Lrn, Operation, Shape, block_on, check, wgpu};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let adapter = block_on(instance.request_adapter(&Default::default()))?;
    let (device, queue) = block_on(adapter.request_device(&Default::default()))?;
    let (features, limits) = (device.features(), device.limits());

    // Two axes with different windows: backward takes four passes, and temporaries between them.
    let lrn = Lrn::over(&[(1, 2), (0, 1)], 0.3, 0.75, 1.0)?;
    let shape = Shape::over(&[2, 5, 19, 23], &[1, 2])?;
    let target = Target { features, limits, ..Default::default() };
    let program = Program::new(&lrn, &shape, Operation::Backward, &target)?;

    let x: Vec<f32> = (0..shape.elements()).map(|i| (i % 11) as f32 - 5.0).collect();
    let dy: Vec<f32> = (0..shape.elements()).map(|i| (i % 7) as f32 - 3.0).collect();
    let storage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC;
    let buffer =
        |contents: &[u8], usage| device.create_buffer_init(&BufferInitDescriptor { label: None, contents, usage });
    let zeros = |bytes| buffer(&vec![0; bytes as usize], storage);
    let operands = [&x, &dy, &x].map(|values| buffer(bytemuck::cast_slice(values), storage));
    let temporaries: Vec<_> = program.temporaries().map(zeros).collect();

    let mut encoder = device.create_command_encoder(&Default::default());
    for pass in program.passes() {
        let workspace = zeros(pass.workspace().max(4));
        let pipeline = pipeline(&device, &pass);
        for dispatch in pass.dispatches() {
            let uniform = buffer(dispatch.uniform, wgpu::BufferUsages::UNIFORM);
            let held = |content| match content {
                Content::Operand(number) => &operands[number],
                Content::Temporary(number) => &temporaries[number],
                Content::Workspace => &workspace,
                _ => &uniform,
            };
            let bindings = pass.bindings();
            let entries = bindings.iter().zip(&dispatch.ranges).map(|(binding, bytes)| {
                let (buffer, size) = (held(binding.content), bytes.end - bytes.start);
                let size = size.try_into().ok(); // None where there is nothing
                let resource = wgpu::BufferBinding { buffer, offset: bytes.start, size };
                let resource = wgpu::BindingResource::Buffer(resource);
                wgpu::BindGroupEntry { binding: binding.number, resource }
            });
            let (layout, entries) = (&pipeline.get_bind_group_layout(0), &entries.collect::<Vec<_>>());
            let group = wgpu::BindGroupDescriptor { label: None, layout, entries };
            let mut compute = encoder.begin_compute_pass(&Default::default());
            compute.set_pipeline(&pipeline);
            compute.set_bind_group(0, &device.create_bind_group(&group), &[]);
            compute.dispatch_workgroups(dispatch.workgroups[0], dispatch.workgroups[1], 1);
        }
    }
    queue.submit([encoder.finish()]);
    wgpu::util::DownloadBuffer::read_buffer(&device, &queue, &operands[2].slice(..), move |dx| {
        let dx = dx.map(|dx| check::backward(&lrn, &shape, &x, &dy, bytemuck::cast_slice(&dx)));
        println!("by {}: {}", program.choice(), dx.expect("read back").expect("of its shape"));
    });
    device.poll(wgpu::PollType::wait_indefinitely())?;
    Ok(())
}

fn pipeline(device: &wgpu::Device, pass: &Pass<'_>) -> wgpu::ComputePipeline {
    let (label, source) = (pass.label(), wgpu::ShaderSource::Wgsl(pass.wgsl().into()));
    let module = wgpu::ShaderModuleDescriptor { label: Some(&label), source };
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(&label),
        layout: None,
        module: &device.create_shader_module(module),
        entry_point: Some(pass.entry_point()),
        compilation_options: Default::default(),
        cache: None,
    })
}
