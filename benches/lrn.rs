//! GPU time of each operation and choice at shapes of real networks, beside a copy of the same bytes.
//!
//! `cargo bench`, or `cargo bench -- alexnet_norm1/n1/`; `WGPU_ADAPTER_NAME` and `WGPU_BACKEND` choose
//! the adapter. An id names the dtype unless it is f32, and the precision unless it is fast; it ends with
//! the clock: the device's timestamps, or wall time from submission until the device is done. With
//! `--test` each runs once, for single images, and all but fast f32 for only one network.

use benches::Work;
use benches::copy::{self, WAYS, Way};
use benches::networks::{Layout, NETWORKS, Network};
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime};
use std::cell::{LazyCell, OnceCell, RefCell};
use std::fmt::Display;
use std::io::Cursor;
use std::time::{Duration, Instant};
use wgpu_lrn::host::{Clock, Timer};
use wgpu_lrn::{BoundOperation, Choice, Dtype, Gpu, Lrn, Operation, Plan, Precision, Shape, Tuning, block_on, wgpu};

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// A GPU with a clock.
struct Bench {
    gpu: Gpu,
    timer: RefCell<Timer>,
    clock: Clock,
}

impl Bench {
    fn open() -> Bench {
        let gpu = block_on(Gpu::open()).unwrap();
        println!("{} ({:?})", gpu.info().name, gpu.info().backend);
        let mut timer = gpu.timer().unwrap();
        let clock = settled(&gpu, &mut timer);
        Bench { gpu, timer: RefCell::new(timer), clock }
    }

    fn time(&self, work: &Work) -> Duration {
        let mut timer = self.timer.borrow_mut();
        let time = block_on(timer.time(|pass| work.record_in(pass))).unwrap();
        // Times by two clocks must not meet under one id.
        assert_eq!(timer.clock(), self.clock, "the timestamps no longer increase; run this again");
        time
    }
}

/// Returns the clock of a timer once it has timed a small copy.
fn settled(gpu: &Gpu, timer: &mut Timer) -> Clock {
    let buffers = [(); 2].map(|()| gpu.buffer(1 << 20).unwrap());
    let copy = copy::copy(gpu, WAYS[0], Operation::Forward, &buffers);
    block_on(timer.time(|pass| copy.record_in(pass))).unwrap();
    timer.clock()
}

/// An operation of a layer. Its buffers are made when the first that criterion's filter lets through
/// needs them: they may have hundreds of megabytes.
struct Case<'a> {
    bench: &'a Bench,
    lrn: Lrn,
    shape: Shape,
    operation: Operation,
    buffers: OnceCell<Vec<wgpu::Buffer>>,
}

impl<'a> Case<'a> {
    fn new(bench: &'a Bench, lrn: Lrn, shape: Shape, operation: Operation) -> Case<'a> {
        Case { bench, lrn, shape, operation, buffers: OnceCell::new() }
    }

    fn buffers(&self) -> &[wgpu::Buffer] {
        let made = || benches::buffers(&self.bench.gpu, self.operation, &self.shape).unwrap();
        self.buffers.get_or_init(made)
    }

    fn choices(&self) -> Vec<Choice> {
        Choice::available(&self.lrn, &self.shape, self.bench.gpu.device().features()).unwrap()
    }

    /// Creates a plan with pipelines of its own, so that each compiles.
    fn plan(&self, tuning: Tuning) -> Plan {
        let device = self.bench.gpu.device();
        Plan::with_tuning(device, &self.lrn, &self.shape, tuning).unwrap()
    }

    fn bound(&self, tuning: Tuning) -> BoundOperation {
        let operands: Vec<_> = self.buffers().iter().map(Into::into).collect();
        self.plan(tuning).bind(self.operation, &operands).unwrap()
    }

    fn layer(&self, choice: Choice) -> Work {
        Work::Layer(self.bound(choice.into()))
    }

    fn copy(&self, way: Way) -> Work {
        Work::Copy(copy::copy(&self.bench.gpu, way, self.operation, self.buffers()))
    }
}

/// Times passes of some work, which is made only if criterion's filter lets it through.
fn time(group: &mut Group<'_>, bench: &Bench, name: impl Display, work: impl FnOnce() -> Work) {
    let work = LazyCell::new(work);
    group.bench_function(format!("{name}/{}", bench.clock.name()), |bencher| {
        let work = LazyCell::force(&work);
        bencher.iter_custom(|times| (0..times).map(|_| bench.time(work)).sum());
    });
}

/// Measures, by wall time, a call from nothing to the result: planning, compiling, recording and running.
fn plan_and_run(group: &mut Group<'_>, case: &Case<'_>) {
    group.bench_function("plan_and_run/wall", |bencher| {
        case.buffers();
        let gpu = &case.bench.gpu;
        bencher.iter(|| {
            let bound = case.bound(Tuning::default());
            let mut encoder = gpu.device().create_command_encoder(&Default::default());
            bound.record(&mut encoder);
            gpu.queue().submit([encoder.finish()]);
            gpu.device().poll(wgpu::PollType::wait_indefinitely()).unwrap();
        });
    });
}

/// Measures every choice and every copy.
fn compare(criterion: &mut Criterion, case: &Case<'_>, name: String) {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(case.operation.bytes_moved(&case.shape)));
    for choice in case.choices() {
        time(&mut group, case.bench, choice, || case.layer(choice));
    }
    for way in WAYS.into_iter().filter(|&way| copy::fits(way, &case.shape)) {
        time(&mut group, case.bench, way, || case.copy(way));
    }
    if case.operation == Operation::Forward {
        plan_and_run(&mut group, case);
    }
}

/// Returns `true` if everything runs only once: as criterion decides it.
fn smoke() -> bool {
    let given = |flag: &str| std::env::args().any(|argument| argument == flag);
    given("--test") || !given("--bench")
}

/// A dtype, and a precision of it.
type Numbers = (Dtype, Precision);

/// What is measured at every batch.
const FAST_F32: Numbers = (Dtype::F32, Precision::Fast);

/// Returns all numbers that differ from each other.
fn all_numbers() -> impl Iterator<Item = Numbers> {
    let of = |dtype| Precision::of(dtype).iter().map(move |&precision| (dtype, precision));
    Dtype::ALL.iter().copied().flat_map(of)
}

/// Returns the batches of a network that are measured.
fn batches(network: &Network, numbers: Numbers) -> &'static [usize] {
    match (smoke(), numbers == FAST_F32) {
        (true, true) => &[1],
        (true, false) if network.name == "cifar_norm1" => &[1],
        (true, false) => &[],
        (false, true) => &[1, 32, 128],
        (false, false) => &[32],
    }
}

/// Returns the end of a benchmark's id, which tells dtype and precision.
fn suffix((dtype, precision): Numbers) -> String {
    let dtype = Some(dtype.name()).filter(|&name| name != "f32");
    let precision = Some(precision.name()).filter(|&name| name != "fast");
    dtype.into_iter().chain(precision).map(|name| format!("/{name}")).collect()
}

fn network(criterion: &mut Criterion, bench: &Bench, network: &Network, numbers: Numbers, batch: usize) {
    let (dtype, precision) = numbers;
    let lrn = network.lrn().unwrap().with_precision(precision);
    for layout in Layout::ALL {
        let shape = layout.shape(&network.dims(batch, layout), network.windows.len()).unwrap().with_dtype(dtype);
        for &operation in Operation::ALL {
            let case = Case::new(bench, lrn.clone(), shape.clone(), operation);
            let name = format!("{}/n{batch}/{}/{}", network.name, layout.name(), operation.name());
            compare(criterion, &case, name + &suffix(numbers));
        }
    }
}

fn networks(criterion: &mut Criterion, bench: &Bench) {
    for each in NETWORKS.iter() {
        for numbers in all_numbers().filter(|&(dtype, _)| benches::computes(&bench.gpu, dtype)) {
            for &batch in batches(each, numbers) {
                network(criterion, bench, each, numbers, batch);
            }
        }
    }
}

/// Shows that the cost of a window hardly grows with its width: 256 channels, windows of 5 to 255.
fn windows(criterion: &mut Criterion, bench: &Bench) {
    let shape = Shape::nchw(1, 256, 64, 64).unwrap();
    for radius in [2, 5, 15, 40, 127] {
        let lrn = Lrn::new(radius, radius, 1e-5, 0.75, 1.0).unwrap();
        for &operation in Operation::ALL {
            let case = Case::new(bench, lrn.clone(), shape.clone(), operation);
            compare(criterion, &case, format!("window/{}/{}", 2 * radius + 1, operation.name()));
        }
    }
}

/// Measures what the CPU takes to record an operation, unbound and bound before.
fn recording(criterion: &mut Criterion, bench: &Bench) {
    let shape = Shape::nchw(2, 96, 13, 11).unwrap();
    let lrn = Lrn::new(2, 1, 0.3, 0.75, 1.2).unwrap();
    let case = Case::new(bench, lrn, shape, Operation::Backward);
    let plan = case.plan(Tuning::default());
    let operands: Vec<_> = case.buffers().iter().map(Into::into).collect();
    let bound = plan.bind(case.operation, &operands).unwrap();
    let mut group = criterion.benchmark_group("recording");
    let mut time = |name: &str, record: &dyn Fn(&mut wgpu::CommandEncoder)| {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let mut encoder = plan.device().create_command_encoder(&Default::default());
                let start = Instant::now();
                (0..times).for_each(|_| record(&mut encoder));
                start.elapsed()
            });
        });
    };
    time("bound/wall", &|encoder| bound.record(encoder));
    time("plan/wall", &|encoder| plan.record(encoder, case.operation, &operands).unwrap());
}

/// Measures a layer on slices of 300 MB, at once and streamed.
fn streams(criterion: &mut Criterion, bench: &Bench) {
    let images = if smoke() { 2 } else { 258 };
    let shape = Shape::nchw(images, 96, 55, 55).unwrap();
    let layer = bench.gpu.layer(&Lrn::new(2, 2, 0.3, 0.75, 1.2).unwrap(), &shape).unwrap();
    let x: Vec<_> = (0..shape.elements()).map(|i| (i % 1013) as f32 - 500.0).collect();
    let mut y = Cursor::new(vec![0; shape.bytes() as usize]);
    let mut group = criterion.benchmark_group("streams");
    group.throughput(Throughput::Bytes(2 * shape.bytes()));
    group.bench_function("at_once/wall", |bencher| bencher.iter(|| block_on(layer.forward(&x)).unwrap()));
    group.bench_function("streamed/wall", |bencher| {
        bencher.iter(|| {
            y.set_position(0);
            let stream = layer.stream(Operation::Forward);
            block_on(stream.run(&mut [Cursor::new(bytemuck::cast_slice(&x))], &mut y)).unwrap();
        });
    });
}

fn all(criterion: &mut Criterion) {
    let bench = Bench::open();
    networks(criterion, &bench);
    windows(criterion, &bench);
    recording(criterion, &bench);
    streams(criterion, &bench);
}

/// Configures criterion to take few samples, unless told: each is a whole submission.
fn config() -> Criterion {
    let config = Criterion::default().sample_size(10);
    config.warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_millis(500))
}

criterion_group! { name = lrn; config = config(); targets = all }
criterion_main!(lrn);
