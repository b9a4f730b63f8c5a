//! What the tests share: adapters, inputs, and a run that watches the memory around the result.

pub mod cases;
pub mod draw;
pub mod follow;
pub mod program;
mod validation_layer;

pub use half;

use wgpu_lrn::{
    Choice, Dtype, Element, Gpu, Lrn, Operand, Operation, Plan, Precision, Shape, block_on, host,
    wgpu,
};

/// What a test opens for itself, and leaves to the process: wgpu's GL backend panics where a thread waits 6 seconds
/// for another's compilation.
type Opened = &'static [Gpu];

/// Every adapter of this machine, in an instance of its own. None is a failure, never a skip.
pub fn adapters() -> Vec<wgpu::Adapter> {
    validation_layer::listen();
    let adapters = block_on(host::adapters());
    assert!(!adapters.is_empty(), "no GPU adapter: install a driver, for example lavapipe");
    adapters
}

/// Every adapter, opened.
pub fn gpus() -> Opened {
    thread_local! {
        static GPUS: Opened = {
            let open = |adapter: &wgpu::Adapter| block_on(Gpu::on(adapter)).unwrap();
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
        let descriptor =
            wgpu::DeviceDescriptor { required_features, required_limits, ..Default::default() };
        let (device, queue) = block_on(adapter.request_device(&descriptor)).unwrap();
        Gpu::new(&device, &queue)
    };
    let all_have_one = adapters.iter().all(|adapter| adapter.features().intersects(OF_HALVES));
    let with_none = adapters.iter().filter(|_| all_have_one);
    let with_none = with_none.map(|adapter| open(adapter, wgpu::Features::empty()));
    let with_both = adapters.iter().filter(|adapter| adapter.features().contains(OF_HALVES));
    with_none.chain(with_both.map(|adapter| open(adapter, one))).collect()
}

/// Every adapter with every choice that it has for a layer.
pub fn runs(lrn: &Lrn, shape: &Shape) -> impl Iterator<Item = (&'static Gpu, Choice)> {
    gpus().iter().chain(narrowed(shape.dtype())).flat_map(|gpu| {
        let choices = Choice::available(lrn, shape, gpu.device().features());
        choices.into_iter().map(move |choice| (gpu, choice))
    })
}

/// The same in every precision, with the layer of that precision.
pub fn precise_runs(lrn: &Lrn, shape: &Shape) -> impl Iterator<Item = (&'static Gpu, Choice, Lrn)> {
    Precision::of(shape.dtype()).iter().flat_map(move |&precision| {
        let lrn = lrn.with_precision(precision);
        let runs: Vec<_> = runs(&lrn, shape).collect();
        runs.into_iter().map(move |(gpu, choice)| (gpu, choice, lrn.clone()))
    })
}

/// An expression in which a name stands for the type of the elements of a dtype.
#[macro_export]
macro_rules! of_dtype {
    ($dtype:expr, $element:ident => $expression:expr) => {
        match $dtype {
            wgpu_lrn::Dtype::F32 => {
                type $element = f32;
                $expression
            }
            wgpu_lrn::Dtype::F16 => {
                type $element = $crate::half::f16;
                $expression
            }
            wgpu_lrn::Dtype::Bf16 => {
                type $element = $crate::half::bf16;
                $expression
            }
            wgpu_lrn::Dtype::F64 => {
                type $element = f64;
                $expression
            }
        }
    };
}

/// A device that validates as any does, and computes nothing.
pub fn noop_device() -> (wgpu::Device, wgpu::Queue) {
    wgpu::Device::noop(&wgpu::DeviceDescriptor::default())
}

pub fn buffer(device: &wgpu::Device, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size,
        usage,
        mapped_at_creation: false,
    })
}

/// A name for messages.
pub fn describe(gpu: &Gpu) -> String {
    format!("{} ({:?})", gpu.info().name, gpu.info().backend)
}

/// Numbers that look random and are the same on every machine (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// At least 0, below 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// From `low` to `high`, both included.
    pub fn range(&mut self, low: u64, high: u64) -> u64 {
        low + self.bits() % (high - low + 1)
    }

    /// Of both signs, at most `size`.
    pub fn signed(&mut self, size: f64) -> f32 {
        ((self.unit() * 2.0 - 1.0) * size) as f32
    }

    /// Of both signs, magnitudes spread evenly over the decades from 10^low to 10^high.
    pub fn decades(&mut self, low: f64, high: f64) -> f32 {
        let magnitude = 10f64.powf(low + (high - low) * self.unit());
        (if self.bits() & 1 == 0 { magnitude } else { -magnitude }) as f32
    }
}

/// As many values of both signs as the shape has elements.
pub fn values<T: Element>(shape: &Shape, seed: u64) -> Vec<T> {
    let mut random = Random(seed);
    (0..shape.elements()).map(|_| T::from_f64(random.signed(3.0).into())).collect()
}

/// Forces a choice.
pub fn plan(gpu: &Gpu, choice: Choice, lrn: &Lrn, shape: &Shape) -> Plan {
    Plan::with_options(gpu.device(), lrn, shape, choice.into()).unwrap()
}

/// Bytes before and after the result that no kernel may touch.
const GUARD: usize = 256;

/// In two bytes or four a NaN, in eight a number, that no kernel makes.
const UNTOUCHED: u16 = 0x7FC7;

fn is_untouched(bytes: &[u8]) -> bool {
    bytes.chunks_exact(2).all(|two| two == UNTOUCHED.to_ne_bytes())
}

/// Runs a plan with its operands inside larger buffers: the result's was filled with a pattern, of
/// which all must be left around the result. A last input beyond those of the operation is what the
/// result holds before.
pub fn run<T: Element>(gpu: &Gpu, plan: &Plan, operation: Operation, inputs: &[&[T]]) -> Vec<T> {
    let size = plan.shape().bytes() as usize;
    let blended = inputs.len() == operation.operands().len();
    let mut buffers: Vec<_> =
        inputs.iter().map(|input| framed(gpu, bytemuck::cast_slice(input))).collect();
    if !blended {
        let pattern: Vec<u8> = pattern().take(size).collect();
        buffers.push(framed(gpu, &pattern));
    }
    let operands: Vec<_> = buffers.iter().map(|buffer| inside(buffer, plan.shape())).collect();
    let mut encoder = gpu.device().create_command_encoder(&Default::default());
    plan.record(&mut encoder, operation, &operands).unwrap();
    gpu.queue().submit([encoder.finish()]);
    let got: Vec<f32> = block_on(gpu.download(&buffers[buffers.len() - 1])).unwrap();
    let got: &[u8] = bytemuck::cast_slice(&got);
    let (before, rest) = got.split_at(GUARD);
    let (result, after) = rest.split_at(size);
    assert!(is_untouched(before) && is_untouched(after), "bytes around the result were written");
    let elements = result.chunks_exact(size_of::<T>());
    let unwritten = elements.filter(|element| !blended && is_untouched(element)).count();
    assert_eq!(unwritten, 0, "{unwritten} values of the result were not written");
    bytemuck::pod_collect_to_vec(result)
}

fn pattern() -> impl Iterator<Item = u8> {
    UNTOUCHED.to_ne_bytes().into_iter().cycle()
}

/// A buffer of these bytes, with a pattern before and after.
fn framed(gpu: &Gpu, bytes: &[u8]) -> wgpu::Buffer {
    let all = pattern().take(GUARD).chain(bytes.iter().copied());
    let after = (GUARD + bytes.len()).next_multiple_of(4) - bytes.len();
    let all: Vec<u8> = all.chain(pattern().take(after)).collect();
    gpu.upload::<f32>(&bytemuck::pod_collect_to_vec(&all)).unwrap()
}

fn inside<'a>(buffer: &'a wgpu::Buffer, shape: &Shape) -> Operand<'a> {
    Operand { buffer, offset: GUARD as u64, size: shape.operand_bytes() }
}
