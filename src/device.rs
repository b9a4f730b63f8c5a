//! What a device says: its errors, caught where they arise, and whether it is lost.

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(not(target_arch = "wasm32"))]
mod native;

use crate::limit::exceeded;
use crate::{Error, Result};
#[cfg(target_arch = "wasm32")]
pub(crate) use browser::{info, reported, scoped};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use native::{info, reported, scoped};

/// Set if calls that do not wait hear of their errors.
pub(crate) const HEARS_AT_ONCE: bool = cfg!(not(target_arch = "wasm32"));

/// Refuses a lost device. (A browser tells only those who wait.)
pub(crate) fn check(device: &wgpu::Device, doing: &'static str) -> Result<()> {
    scoped(device, doing, || ())
}

/// Returns what wgpu or a driver said as an error.
pub(crate) fn failed(doing: &'static str, error: impl ToString) -> Error {
    Error::Gpu { doing, message: error.to_string() }
}

/// Returns what wgpu said of a call on a device as an error, which may be that the device is lost.
pub(crate) async fn failed_on(device: &wgpu::Device, doing: &'static str, error: impl ToString) -> Error {
    match reported(device, doing, || Ok(())).await {
        Ok(()) => failed(doing, error),
        Err(lost) => lost,
    }
}

/// Returns a buffer within the device's limits.
pub(crate) fn buffer(
    device: &wgpu::Device,
    doing: &'static str,
    descriptor: &wgpu::BufferDescriptor<'_>,
) -> Result<wgpu::Buffer> {
    let (size, granted) = (descriptor.size, device.limits().max_buffer_size);
    if size > granted {
        return Err(exceeded("max_buffer_size", size, granted));
    }
    scoped(device, doing, || device.create_buffer(descriptor)).map_err(|error| match error {
        Error::OutOfMemory { doing, .. } => Error::OutOfMemory { doing, bytes: Some(size) },
        other => other,
    })
}
