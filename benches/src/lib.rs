//! What the benchmarks share: the shapes of real networks, and the copy they are compared with.

pub mod copy;
pub mod networks;

use half::{bf16, f16};
use wgpu_lrn::{Bound, Dtype, Element, Gpu, Operation, Result, Shape, wgpu};

/// What is timed.
pub enum Work {
    Copy(copy::Pass),
    Layer(Bound),
}

impl Work {
    pub fn record_in(&self, pass: &mut wgpu::ComputePass<'_>) {
        match self {
            Work::Copy(copy) => copy.record_in(pass),
            Work::Layer(bound) => bound.record_in(pass),
        }
    }
}

/// Whether a GPU has choices for elements of that type.
pub fn computes(gpu: &Gpu, dtype: Dtype) -> bool {
    dtype != Dtype::F64 || gpu.device().features().contains(wgpu::Features::SHADER_F64)
}

/// A buffer with ordinary values for each operand.
pub fn buffers(gpu: &Gpu, operation: Operation, shape: &Shape) -> Result<Vec<wgpu::Buffer>> {
    match shape.dtype() {
        Dtype::F32 => buffers_of::<f32>(gpu, operation, shape),
        Dtype::F16 => buffers_of::<f16>(gpu, operation, shape),
        Dtype::Bf16 => buffers_of::<bf16>(gpu, operation, shape),
        Dtype::F64 => buffers_of::<f64>(gpu, operation, shape),
    }
}

/// Values from −4 to 4, of which no sum of squares overflows an f16.
fn buffers_of<T: Element>(
    gpu: &Gpu,
    operation: Operation,
    shape: &Shape,
) -> Result<Vec<wgpu::Buffer>> {
    let period: Vec<T> = (0..1013).map(|i| T::from_f64(f64::from(i) / 128.0 - 4.0)).collect();
    let values: Vec<T> = period.iter().copied().cycle().take(shape.elements() as usize).collect();
    operation.operands().iter().map(|_| gpu.upload(&values)).collect()
}
