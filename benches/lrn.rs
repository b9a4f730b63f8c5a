//! Time of each operation and kernel at shapes of real networks, beside a copy of the same bytes.
//!
//! `cargo bench`, or `cargo bench -- alexnet`; `WGPU_ADAPTER_NAME` and `WGPU_BACKEND` choose the
//! adapter. Each sample is the wall time from submission until the device is done.

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use std::time::{Duration, Instant};
use wgpu_lrn::{Gpu, Kernel, Lrn, Operation, Options, Plan, Shape, wgpu};

/// Name, shape and layer. Sources: the networks' own definitions (Caffe model zoo, TensorFlow's
/// CIFAR-10 tutorial).
fn networks() -> [(&'static str, Shape, Lrn); 5] {
    let size_5 = Lrn::caffe().alpha(1e-4).build().unwrap();
    let radius_4 = Lrn::tensorflow().radius(4).alpha(0.001 / 9.0).beta(0.75).build().unwrap();
    let whole = Lrn::exact(255, 255, 1.0 / 256.0, 0.5, 1e-8).unwrap();
    [
        ("alexnet_norm1", Shape::nchw(4, 96, 55, 55).unwrap(), size_5),
        ("alexnet_norm2", Shape::nchw(4, 256, 27, 27).unwrap(), size_5),
        ("googlenet_norm2", Shape::nchw(1, 192, 56, 56).unwrap(), size_5),
        ("cifar_norm1_channels_last", Shape::nhwc(32, 12, 12, 64).unwrap(), radius_4),
        ("progan_pixelnorm", Shape::nchw(1, 256, 64, 64).unwrap(), whole),
    ]
}

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Times submissions of what `record` records.
fn time(group: &mut Group<'_>, gpu: &Gpu, id: &str, record: impl Fn(&mut wgpu::CommandEncoder)) {
    let once = || {
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        record(&mut encoder);
        let start = Instant::now();
        gpu.queue().submit([encoder.finish()]);
        gpu.device().poll(wgpu::PollType::wait_indefinitely()).unwrap();
        start.elapsed()
    };
    group.bench_function(id, |bencher| {
        bencher.iter_custom(|times| (0..times).map(|_| once()).sum::<Duration>());
    });
}

/// `shaders/copy.wgsl` on the operands of an operation.
fn copy(gpu: &Gpu, operands: &[wgpu::Buffer]) -> impl Fn(&mut wgpu::CommandEncoder) {
    let module = wgpu::ShaderModuleDescriptor {
        label: Some("copy"),
        source: wgpu::ShaderSource::Wgsl(include_str!("../shaders/copy.wgsl").into()),
    };
    let module = gpu.device().create_shader_module(module);
    let pipeline = gpu.device().create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("copy"),
        layout: None,
        module: &module,
        entry_point: Some(if operands.len() == 2 { "copy_one" } else { "copy_two" }),
        compilation_options: Default::default(),
        cache: None,
    });
    let bindings = if operands.len() == 2 { &[0, 2][..] } else { &[0, 1, 2] };
    let entries: Vec<_> = bindings
        .iter()
        .zip(operands)
        .map(|(&binding, buffer)| wgpu::BindGroupEntry {
            binding,
            resource: buffer.as_entire_binding(),
        })
        .collect();
    let group = gpu.device().create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("copy"),
        layout: &pipeline.get_bind_group_layout(0),
        entries: &entries,
    });
    let groups = (operands[0].size() / 16).div_ceil(256) as u32;
    let rows = groups.div_ceil(65_535);
    move |encoder| {
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&pipeline);
        pass.set_bind_group(0, &group, &[]);
        pass.dispatch_workgroups(groups.div_ceil(rows), rows, 1);
    }
}

/// A group for an operation, with its bytes and few samples: each is a whole submission.
fn group<'a>(
    criterion: &'a mut Criterion,
    name: &str,
    operation: Operation,
    shape: &Shape,
) -> Group<'a> {
    let mut group = criterion.benchmark_group(format!("{name}/{}", operation.name()));
    group.throughput(Throughput::Bytes(operation.bytes_moved(shape)));
    group.sample_size(10).warm_up_time(Duration::from_millis(200));
    group.measurement_time(Duration::from_secs(1));
    group
}

/// A buffer with ordinary values for each operand.
fn buffers(gpu: &Gpu, operation: Operation, shape: &Shape) -> Vec<wgpu::Buffer> {
    let values: Vec<f32> = (0..shape.elements()).map(|i| (i % 1013) as f32 - 506.0).collect();
    operation.operands().iter().map(|_| gpu.upload(&values).unwrap()).collect()
}

/// What records an operation with a kernel.
fn layer(
    gpu: &Gpu,
    kernel: Kernel,
    lrn: &Lrn,
    shape: &Shape,
    operation: Operation,
    buffers: &[wgpu::Buffer],
) -> impl Fn(&mut wgpu::CommandEncoder) {
    let options = Options::default().kernel(kernel);
    let plan = Plan::with_options(gpu.device(), lrn, shape, options).unwrap();
    move |encoder| {
        let operands: Vec<_> = buffers.iter().map(Into::into).collect();
        plan.record(encoder, operation, &operands).unwrap();
    }
}

fn networks_beside_a_copy(criterion: &mut Criterion) {
    let gpu = Gpu::open_blocking().unwrap();
    println!("{} ({:?})", gpu.info().name, gpu.info().backend);
    for (name, shape, lrn) in networks() {
        for operation in Operation::ALL {
            let mut group = group(criterion, name, operation, &shape);
            let buffers = buffers(&gpu, operation, &shape);
            for kernel in Kernel::ALL {
                let record = layer(&gpu, kernel, &lrn, &shape, operation, &buffers);
                time(&mut group, &gpu, kernel.name(), record);
            }
            time(&mut group, &gpu, "copy", copy(&gpu, &buffers));
        }
    }
}

/// The cost of a window hardly grows with its width: 256 channels, windows of 5 to 255.
fn windows(criterion: &mut Criterion) {
    let gpu = Gpu::open_blocking().unwrap();
    let shape = Shape::nchw(1, 256, 64, 64).unwrap();
    for operation in Operation::ALL {
        let mut group = group(criterion, "window", operation, &shape);
        let buffers = buffers(&gpu, operation, &shape);
        for kernel in Kernel::ALL {
            for radius in [2, 5, 15, 40, 127] {
                let lrn = Lrn::exact(radius, radius, 1e-5, 0.75, 1.0).unwrap();
                let id = format!("{}/{}", kernel.name(), 2 * radius + 1);
                let record = layer(&gpu, kernel, &lrn, &shape, operation, &buffers);
                time(&mut group, &gpu, &id, record);
            }
        }
    }
}

criterion_group!(benches, networks_beside_a_copy, windows);
criterion_main!(benches);
