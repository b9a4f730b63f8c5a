//! What the tests share: adapters, inputs, and a run that watches the memory around the result.
#![allow(dead_code)] // each test file uses a part

pub mod cases;
pub mod program;

use std::sync::OnceLock;
use wgpu_lrn::{Choice, Gpu, Lrn, Operand, Operation, Plan, Shape, host, wgpu};

/// Every adapter of this machine, opened once. None is a failure, never a skip.
pub fn gpus() -> &'static [Gpu] {
    static GPUS: OnceLock<Vec<Gpu>> = OnceLock::new();
    let open = || host::adapters_blocking().iter().map(|a| Gpu::on_blocking(a).unwrap()).collect();
    let gpus = GPUS.get_or_init(open);
    assert!(!gpus.is_empty(), "no GPU adapter: install a driver, for example lavapipe");
    gpus
}

/// Every adapter with every choice that it has for a layer.
pub fn runs(lrn: &Lrn, shape: &Shape) -> impl Iterator<Item = (&'static Gpu, Choice)> {
    gpus().iter().flat_map(|gpu| {
        let choices = Choice::available(lrn, shape, gpu.device().features());
        choices.into_iter().map(move |choice| (gpu, choice))
    })
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
pub fn values(shape: &Shape, seed: u64) -> Vec<f32> {
    let mut random = Random(seed);
    (0..shape.elements()).map(|_| random.signed(3.0)).collect()
}

/// Forces a choice.
pub fn plan(gpu: &Gpu, choice: Choice, lrn: &Lrn, shape: &Shape) -> Plan {
    Plan::with_options(gpu.device(), lrn, shape, choice.into()).unwrap()
}

/// Values before and after the result that no kernel may touch.
const GUARD: usize = 64;

/// A NaN that no arithmetic makes.
const UNTOUCHED: u32 = 0x7FC0_BEEF;

/// Runs a plan with its operands inside larger buffers: the result's was filled with a pattern, of
/// which all must be left around the result.
pub fn run(gpu: &Gpu, plan: &Plan, operation: Operation, inputs: &[&[f32]]) -> Vec<f32> {
    let pattern = [f32::from_bits(UNTOUCHED); GUARD];
    let framed = |values: &[f32]| gpu.upload(&[&pattern, values, &pattern].concat()).unwrap();
    let length = plan.shape().elements() as usize;
    let unset = vec![f32::from_bits(UNTOUCHED); length];
    let result = framed(&unset);
    let inputs: Vec<_> = inputs.iter().map(|input| framed(input)).collect();
    let operands: Vec<_> = inputs.iter().chain([&result]).map(|b| inside(b, length)).collect();
    let mut encoder = gpu.device().create_command_encoder(&Default::default());
    plan.record(&mut encoder, operation, &operands).unwrap();
    gpu.queue().submit([encoder.finish()]);
    let got = gpu.download_blocking(&result).unwrap();
    let guards = got[..GUARD].iter().chain(&got[GUARD + length..]);
    let touched = guards.filter(|v| v.to_bits() != UNTOUCHED).count();
    assert_eq!(touched, 0, "{touched} values around the result were written");
    let result = &got[GUARD..GUARD + length];
    let unwritten = result.iter().filter(|v| v.to_bits() == UNTOUCHED).count();
    assert_eq!(unwritten, 0, "{unwritten} values of the result were not written");
    result.to_vec()
}

fn inside(buffer: &wgpu::Buffer, length: usize) -> Operand<'_> {
    Operand { buffer, offset: GUARD as u64 * 4, size: length as u64 * 4 }
}
