//! What a device says: its errors, caught where they arise, and whether it is lost.

use crate::limit::exceeded;
use crate::{Error, Result};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

const FILTERS: [wgpu::ErrorFilter; 3] =
    [wgpu::ErrorFilter::Validation, wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::OutOfMemory];

/// Runs wgpu calls so that what they report comes back as an error, and so does the loss of the device.
///
/// Native error scopes answer at once; a browser answers later, so that there nothing is caught here
/// and the error reaches the device's own handler.
pub(crate) fn scoped<T>(
    device: &wgpu::Device,
    doing: &'static str,
    calls: impl FnOnce() -> T,
) -> Result<T> {
    let scopes = FILTERS.map(|filter| device.push_error_scope(filter));
    let value = calls();
    let is_lost = is_lost(device);
    let caught = scopes.into_iter().rev().fold(None, |caught, scope| now(scope.pop()).or(caught));
    match caught {
        Some(wgpu::Error::OutOfMemory { .. }) => Err(Error::OutOfMemory { doing, bytes: None }),
        _ if is_lost => Err(Error::DeviceLost { doing }),
        Some(error) => Err(failed(doing, error)),
        None => Ok(value),
    }
}

/// Refuses a lost device.
pub(crate) fn check(device: &wgpu::Device, doing: &'static str) -> Result<()> {
    scoped(device, doing, || ())
}

/// What wgpu or a driver said, as an error.
pub(crate) fn failed(doing: &'static str, error: impl ToString) -> Error {
    Error::Gpu { doing, message: error.to_string() }
}

/// The same of a call on a device, which may have failed because that is lost.
pub(crate) fn failed_on(device: &wgpu::Device, doing: &'static str, error: impl ToString) -> Error {
    match check(device, doing) {
        Ok(()) => failed(doing, error),
        Err(lost) => lost,
    }
}

/// A buffer within the device's limits.
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

/// Whether the device is lost. wgpu tells it to a callback alone, of which a device has one, its owner's. But a lost
/// device maps no buffer.
#[cfg(not(target_arch = "wasm32"))]
fn is_lost(device: &wgpu::Device) -> bool {
    let probe = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("wgpu-lrn: is the device lost?"),
        size: wgpu::COPY_BUFFER_ALIGNMENT,
        usage: wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: true,
    });
    probe.get_mapped_range_mut(..).is_err()
}

/// A browser tells it to its console.
#[cfg(target_arch = "wasm32")]
fn is_lost(_: &wgpu::Device) -> bool {
    false
}

/// What a future that is ready gives.
fn now<T>(future: impl Future<Output = Option<T>>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => None,
    }
}
