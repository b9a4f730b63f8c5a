//! GPU time of each operation and choice at shapes of real networks, beside a copy of the same bytes.
//!
//! `cargo bench`, or `cargo bench -- alexnet_norm1/n1/`; `WGPU_ADAPTER_NAME` and `WGPU_BACKEND` choose
//! the adapter. An id ends with the clock: the device's timestamps, or wall time from submission
//! until the device is done. With `--test` each runs once, for single images.

mod shared;

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use shared::copy::{self, WAYS};
use shared::networks::{Layout, NETWORKS, Network};
use std::time::Duration;
use wgpu_lrn::{Bound, Choice, Gpu, Lrn, Operation, Options, Plan, Shape, Timer, wgpu};

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Times passes of what `record` records.
fn time(
    group: &mut Group<'_>,
    timer: &mut Timer,
    name: impl std::fmt::Display,
    record: impl Fn(&mut wgpu::ComputePass<'_>),
) {
    let mut once = || timer.time_blocking(|pass| record(pass)).unwrap();
    once(); // warms up, and settles the clock
    let id = format!("{name}/{}", timer.clock().name());
    group.bench_function(id, |bencher| {
        bencher.iter_custom(|times| {
            (0..times).map(|_| timer.time_blocking(|pass| record(pass)).unwrap()).sum()
        });
    });
}

/// A group for an operation, with its bytes and few samples: each is a whole submission.
fn group<'a>(
    criterion: &'a mut Criterion,
    name: String,
    operation: Operation,
    shape: &Shape,
) -> Group<'a> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(operation.bytes_moved(shape)));
    group.sample_size(10).warm_up_time(Duration::from_millis(100));
    group.measurement_time(Duration::from_millis(500));
    group
}

fn bound(gpu: &Gpu, choice: Choice, lrn: &Lrn, shape: &Shape, to: &Operands) -> Bound {
    let plan = Plan::with_options(gpu.device(), lrn, shape, choice.into()).unwrap();
    let operands: Vec<_> = to.buffers.iter().map(Into::into).collect();
    plan.bind(to.operation, &operands).unwrap()
}

/// An operation with a buffer for each of its operands.
struct Operands {
    operation: Operation,
    buffers: Vec<wgpu::Buffer>,
}

impl Operands {
    fn new(gpu: &Gpu, operation: Operation, shape: &Shape) -> Operands {
        Operands { operation, buffers: shared::buffers(gpu, operation, shape).unwrap() }
    }
}

fn choices(gpu: &Gpu, lrn: &Lrn, shape: &Shape) -> Vec<Choice> {
    Choice::available(lrn, shape, gpu.device().features())
}

fn network(
    criterion: &mut Criterion,
    gpu: &Gpu,
    network: &Network,
    batch: usize,
    layout: Layout,
    operation: Operation,
) {
    let shape = layout.shape(&network.dims(batch, layout)).unwrap();
    let lrn = network.lrn().unwrap();
    let name = format!("{}/n{batch}/{}/{}", network.name, layout.name(), operation.name());
    let mut timer = gpu.timer();
    let mut group = group(criterion, name, operation, &shape);
    let to = Operands::new(gpu, operation, &shape);
    for choice in choices(gpu, &lrn, &shape) {
        let bound = bound(gpu, choice, &lrn, &shape, &to);
        time(&mut group, &mut timer, choice, |pass| bound.record_in(pass));
    }
    for way in WAYS.into_iter().filter(|&way| copy::fits(way, &shape)) {
        let copy = copy::copy(gpu, way, operation, &to.buffers);
        time(&mut group, &mut timer, way, |pass| copy.record_in(pass));
    }
    if operation == Operation::Forward {
        plan_and_run(&mut group, gpu, &lrn, &shape, &to);
    }
}

/// From nothing to the result: planning, compiling, recording and running, by wall time.
fn plan_and_run(group: &mut Group<'_>, gpu: &Gpu, lrn: &Lrn, shape: &Shape, to: &Operands) {
    let choice = Options::default().choose(lrn, shape, gpu.device().features()).unwrap();
    group.bench_function("plan_and_run/wall", |bencher| {
        bencher.iter(|| {
            let bound = bound(gpu, choice, lrn, shape, to);
            let mut encoder = gpu.device().create_command_encoder(&Default::default());
            bound.record(&mut encoder);
            gpu.queue().submit([encoder.finish()]);
            gpu.device().poll(wgpu::PollType::wait_indefinitely()).unwrap();
        });
    });
}

fn networks(criterion: &mut Criterion) {
    let gpu = Gpu::open_blocking().unwrap();
    println!("{} ({:?})", gpu.info().name, gpu.info().backend);
    let smoke = std::env::args().any(|argument| argument == "--test");
    let batches: &[usize] = if smoke { &[1] } else { &[1, 32, 128] };
    let filter: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    for each in NETWORKS {
        // Buffers of hundreds of megabytes are not made for what the filter leaves out.
        let wanted = filter.is_empty()
            || filter.iter().any(|f| f.contains(each.name) || each.name.contains(f.as_str()));
        for &batch in batches.iter().filter(|_| wanted) {
            for layout in Layout::ALL {
                for operation in Operation::ALL {
                    network(criterion, &gpu, each, batch, layout, operation);
                }
            }
        }
    }
}

/// The cost of a window hardly grows with its width: 256 channels, windows of 5 to 255.
fn windows(criterion: &mut Criterion) {
    let gpu = Gpu::open_blocking().unwrap();
    let shape = Shape::nchw(1, 256, 64, 64).unwrap();
    let mut timer = gpu.timer();
    for operation in Operation::ALL {
        let to = Operands::new(&gpu, operation, &shape);
        let name = format!("window/{}", operation.name());
        let mut group = group(criterion, name, operation, &shape);
        for radius in [2, 5, 15, 40, 127] {
            let lrn = Lrn::exact(radius, radius, 1e-5, 0.75, 1.0).unwrap();
            for choice in choices(&gpu, &lrn, &shape) {
                let bound = bound(&gpu, choice, &lrn, &shape, &to);
                let name = format!("{choice}/{}", 2 * radius + 1);
                time(&mut group, &mut timer, name, |pass| bound.record_in(pass));
            }
        }
    }
}

criterion_group!(benches, networks, windows);
criterion_main!(benches);
