//! What the benchmarks share: the shapes of real networks, and the copy they are compared with.
#![allow(dead_code)] // each benchmark uses a part

pub mod copy;
pub mod networks;

use wgpu_lrn::{Gpu, Operation, Shape, wgpu};

/// A buffer with ordinary values for each operand.
pub fn buffers(
    gpu: &Gpu,
    operation: Operation,
    shape: &Shape,
) -> wgpu_lrn::Result<Vec<wgpu::Buffer>> {
    let values: Vec<f32> = (0..shape.elements()).map(|i| (i % 1013) as f32 - 506.0).collect();
    operation.operands().iter().map(|_| gpu.upload(&values)).collect()
}
