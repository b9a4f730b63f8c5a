//! Measuring layers beside a copy of the same bytes, natively and in browsers: what is measured, how, and what is
//! written down.

pub mod cases;
pub mod copy;
pub mod meter;
pub mod networks;
pub mod report;
pub mod variant;

mod candidate;
mod driver_copy;

pub use driver_copy::copy_buffer_gbps;

use half::{bf16, f16};
use wgpu_lrn::{BoundOperation, Dtype, Element, Gpu, Operation, Result, Shape, wgpu};

/// What is timed.
pub enum Work {
    Copy(copy::Pass),
    Layer(BoundOperation),
}

impl Work {
    pub fn record_in(&self, pass: &mut wgpu::ComputePass<'_>) {
        match self {
            Work::Copy(copy) => copy.record_in(pass),
            Work::Layer(bound) => bound.record_in(pass),
        }
    }
}

/// Buffers that are freed at once: a browser would wait until it collects garbage.
struct Freed(Vec<wgpu::Buffer>);

impl Drop for Freed {
    fn drop(&mut self) {
        self.0.iter().for_each(wgpu::Buffer::destroy);
    }
}

/// Returns `true` if a GPU has choices for elements of that type.
pub fn computes(gpu: &Gpu, dtype: Dtype) -> bool {
    dtype != Dtype::F64 || gpu.device().features().contains(wgpu::Features::SHADER_F64)
}

/// Returns a buffer with ordinary values for each operand.
pub fn buffers(gpu: &Gpu, operation: Operation, shape: &Shape) -> Result<Vec<wgpu::Buffer>> {
    match shape.dtype() {
        Dtype::F32 => buffers_of::<f32>(gpu, operation, shape),
        Dtype::F16 => buffers_of::<f16>(gpu, operation, shape),
        Dtype::Bf16 => buffers_of::<bf16>(gpu, operation, shape),
        Dtype::F64 => buffers_of::<f64>(gpu, operation, shape),
    }
}

/// Creates buffers of values from −4 to 4, of which no sum of squares overflows an f16.
fn buffers_of<T: Element>(gpu: &Gpu, operation: Operation, shape: &Shape) -> Result<Vec<wgpu::Buffer>> {
    let period = (0..1013).map(|i| T::from_f64(f64::from(i) / 128.0 - 4.0));
    let values: Vec<T> = period.cycle().take(1013 << 10).collect();
    let made = || filled(gpu, shape.bytes(), bytemuck::cast_slice(&values));
    operation.operands().iter().map(|_| made()).collect()
}

/// Returns a buffer of repeated values. A browser would keep the memory of a whole tensor of them.
fn filled(gpu: &Gpu, bytes: u64, values: &[u8]) -> Result<wgpu::Buffer> {
    let buffer = gpu.buffer(bytes)?;
    for start in (0..buffer.size()).step_by(values.len()) {
        let rest = (buffer.size() - start).min(values.len() as u64) as usize;
        gpu.queue().write_buffer(&buffer, start, &values[..rest]);
    }
    Ok(buffer)
}
