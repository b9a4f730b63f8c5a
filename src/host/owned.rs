//! Buffers that nobody else sees.

use super::signal::Signal;

/// A buffer that is destroyed with its owner, once the GPU is done with it. A browser would keep it until it collects
/// garbage, of which it sees a few bytes.
#[derive(Debug)]
pub(super) struct Owned(pub(super) wgpu::Buffer);

impl Owned {
    /// Maps the buffer once the device is done with what was submitted, and signals it while somebody polls.
    pub(super) fn map(&self, mode: wgpu::MapMode, mapped: &Signal<Result<(), wgpu::BufferAsyncError>>) {
        let mapped = mapped.clone();
        self.0.map_async(mode, .., move |result| mapped.give(result));
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.destroy();
    }
}
