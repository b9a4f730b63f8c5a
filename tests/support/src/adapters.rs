//! The adapters of this machine.

use crate::{guarded, validation_layer};
use wgpu_lrn::{Choice, Dtype, Element, Gpu, Lrn, Operation, Plan, Precision, Shape, block_on, host, wgpu};

/// What a test opens for itself, and leaves to the process: wgpu's GL backend panics where a thread waits 6 seconds
/// for another's compilation.
type Opened = &'static [Gpu];

/// Returns every adapter of this machine, in an instance of its own. None is a failure, never a skip.
pub fn adapters() -> Vec<wgpu::Adapter> {
    validation_layer::listen();
    let adapters = block_on(host::adapters());
    assert!(!adapters.is_empty(), "no GPU adapter: install a driver, for example lavapipe");
    adapters
}

/// Opens every adapter.
pub fn gpus() -> Opened {
    thread_local! {
        static GPUS: Opened = {
            let open = |adapter: &wgpu::Adapter| block_on(Gpu::with_adapter(adapter)).unwrap();
            adapters().iter().map(open).collect::<Vec<_>>().leak()
        };
    }
    GPUS.with(|gpus| *gpus)
}

/// Adapters opened with fewer features than they have, so that every storage of a type is used: those that have both
/// features of halves with one, and if all have one (GL has neither) all with none.
fn narrowed(dtype: Dtype) -> Opened {
    use wgpu::Features as Has;
    thread_local! {
        static F16: Opened = opened_with(Has::SHADER_I16).leak();
        static BF16: Opened = opened_with(Has::SHADER_F16).leak();
    }
    match dtype {
        Dtype::F16 => F16.with(|gpus| *gpus),
        Dtype::Bf16 => BF16.with(|gpus| *gpus),
        Dtype::F32 | Dtype::F64 => &[],
    }
}

/// Features that storages depend on.
const OF_HALVES: wgpu::Features = wgpu::Features::SHADER_I16.union(wgpu::Features::SHADER_F16);

fn opened_with(one: wgpu::Features) -> Vec<Gpu> {
    let adapters = adapters();
    let open = |adapter: &wgpu::Adapter, required_features| {
        let required_limits = adapter.limits();
        let descriptor = wgpu::DeviceDescriptor { required_features, required_limits, ..Default::default() };
        let (device, queue) = block_on(adapter.request_device(&descriptor)).unwrap();
        Gpu::new(&device, &queue)
    };
    let all_have_one = adapters.iter().all(|adapter| adapter.features().intersects(OF_HALVES));
    let with_none = adapters.iter().filter(|_| all_have_one);
    let with_none = with_none.map(|adapter| open(adapter, wgpu::Features::empty()));
    let with_both = adapters.iter().filter(|adapter| adapter.features().contains(OF_HALVES));
    with_none.chain(with_both.map(|adapter| open(adapter, one))).collect()
}

/// Opens every adapter in every way that elements of that type are stored in.
pub fn gpus_of(dtype: Dtype) -> impl Iterator<Item = &'static Gpu> {
    gpus().iter().chain(narrowed(dtype))
}

/// Returns every adapter with every choice that it has for a layer.
pub fn runs(lrn: &Lrn, shape: &Shape) -> impl Iterator<Item = (&'static Gpu, Choice)> {
    gpus_of(shape.dtype()).flat_map(|gpu| {
        let choices = crate::choices(lrn, shape, gpu.device().features());
        choices.into_iter().map(move |choice| (gpu, choice))
    })
}

/// Returns the runs of every precision, with the layer of that precision.
pub fn precise_runs(lrn: &Lrn, shape: &Shape) -> impl Iterator<Item = (&'static Gpu, Choice, Lrn)> {
    Precision::of(shape.dtype()).iter().flat_map(move |&precision| {
        let lrn = lrn.with_precision(precision);
        let runs: Vec<_> = runs(&lrn, shape).collect();
        runs.into_iter().map(move |(gpu, choice)| (gpu, choice, lrn.clone()))
    })
}

/// Returns a device that validates as any does, and computes nothing.
pub fn noop_device() -> (wgpu::Device, wgpu::Queue) {
    wgpu::Device::noop(&wgpu::DeviceDescriptor::default())
}

pub fn buffer(device: &wgpu::Device, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false })
}

/// Runs a plan as [`guarded::run`] does.
pub fn run<T: Element>(gpu: &Gpu, plan: &Plan, operation: Operation, inputs: &[&[T]]) -> Vec<T> {
    block_on(guarded::run(gpu, plan, operation, inputs)).unwrap_or_else(|refused| panic!("{refused}"))
}
