//! wgpu's asynchronous errors, caught where they arise.

use crate::{Error, Result};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs wgpu calls so that what they report comes back as an error.
///
/// Native error scopes answer at once; a browser answers later, so that there nothing is caught here
/// and the error reaches the device's own handler.
pub(crate) fn scoped<T>(
    device: &wgpu::Device,
    doing: &'static str,
    calls: impl FnOnce() -> T,
) -> Result<T> {
    let filters = [
        wgpu::ErrorFilter::Validation,
        wgpu::ErrorFilter::Internal,
        wgpu::ErrorFilter::OutOfMemory,
    ];
    let scopes = filters.map(|filter| device.push_error_scope(filter));
    let value = calls();
    let mut caught = None;
    for scope in scopes.into_iter().rev() {
        let mut popped = pin!(scope.pop());
        let polled = popped.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(Some(error)) = polled {
            caught = Some(failed(doing, error));
        }
    }
    caught.map_or(Ok(value), Err)
}

/// What wgpu or a driver said, as an error.
pub(crate) fn failed(doing: &'static str, error: impl ToString) -> Error {
    Error::Gpu { doing, message: error.to_string() }
}
