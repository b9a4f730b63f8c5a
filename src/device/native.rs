//! Native error scopes answer at once.

use crate::device::failed;
use crate::{Error, Result};
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The first that has caught something counts: running out of memory makes what is built on it invalid.
const FILTERS: [wgpu::ErrorFilter; 3] =
    [wgpu::ErrorFilter::OutOfMemory, wgpu::ErrorFilter::Internal, wgpu::ErrorFilter::Validation];

/// Runs wgpu calls so that what they report comes back as an error, and so does the loss of the device.
pub(crate) fn scoped<T>(device: &wgpu::Device, doing: &'static str, calls: impl FnOnce() -> T) -> Result<T> {
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

/// Makes some calls at once, and returns a future of the errors that the device reports of them.
pub(crate) fn reported<T>(
    device: &wgpu::Device,
    doing: &'static str,
    calls: impl FnOnce() -> Result<T>,
) -> Ready<Result<T>> {
    ready(scoped(device, doing, calls).and_then(|result| result))
}

/// Returns name, backend, type and driver of a device's adapter.
pub(crate) fn info(device: &wgpu::Device) -> wgpu::AdapterInfo {
    device.adapter_info()
}

/// Returns `true` if the device is lost. wgpu tells it to a callback alone, of which a device has one, its owner's. But
/// a lost device maps no buffer.
fn is_lost(device: &wgpu::Device) -> bool {
    let probe = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("wgpu-lrn: is the device lost?"),
        size: wgpu::COPY_BUFFER_ALIGNMENT,
        // Mapped by itself, without a staging buffer, which wgpu forgets where the device is lost meanwhile.
        usage: wgpu::BufferUsages::MAP_WRITE | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: true,
    });
    probe.get_mapped_range_mut(..).is_err()
}

/// Returns the value of a future that is ready.
fn now<T>(future: impl Future<Output = Option<T>>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => None,
    }
}
