//! The driver's own copy between buffers.

use crate::Freed;
#[cfg(not(target_arch = "wasm32"))]
use std::time::Instant;
#[cfg(target_arch = "wasm32")]
use web_time::Instant;
use wgpu_lrn::{Gpu, Result, wgpu};

/// So many that the wait for their end is short beside them.
const TIMES: u32 = 30;

/// Measures the driver's copy in GB/s between buffers of 256 MiB, or what is granted; not asked of software adapters.
pub async fn copy_buffer_gbps(gpu: &Gpu) -> Result<Option<f64>> {
    if gpu.info().device_type == wgpu::DeviceType::Cpu {
        return Ok(None);
    }
    let bytes = gpu.device().limits().max_buffer_size.min(256 << 20);
    let buffers = Freed(vec![gpu.buffer(bytes)?, gpu.buffer(bytes)?, gpu.buffer(4)?]);
    seconds(gpu, &buffers.0).await?; // warms up
    let seconds = seconds(gpu, &buffers.0).await?.min(seconds(gpu, &buffers.0).await?);
    Ok(Some(2.0 * bytes as f64 * f64::from(TIMES) / seconds / 1e9))
}

/// Measures the time that all copies take together.
async fn seconds(gpu: &Gpu, buffers: &[wgpu::Buffer]) -> Result<f64> {
    let (from, to, small) = (&buffers[0], &buffers[1], &buffers[2]);
    let mut encoder = gpu.device().create_command_encoder(&Default::default());
    (0..TIMES).for_each(|_| encoder.copy_buffer_to_buffer(from, 0, to, 0, from.size()));
    let start = Instant::now();
    gpu.queue().submit([encoder.finish()]);
    gpu.download::<f32>(small).await?; // done once all that was submitted is
    Ok(start.elapsed().as_secs_f64())
}
