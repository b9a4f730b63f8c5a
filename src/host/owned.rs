//! Buffers that nobody else sees.

use super::signal::Signal;

/// A buffer that is destroyed with its owner, once the GPU is done with it. A browser would keep it until it collects
/// garbage, of which it sees a few bytes.
#[derive(Debug)]
pub(super) struct Owned(pub(super) wgpu::Buffer);

impl Owned {
    /// Maps the buffer once the device is done with what was submitted. The signal comes while somebody polls.
    pub(super) fn map(&self, mode: wgpu::MapMode) -> Signal<Result<(), wgpu::BufferAsyncError>> {
        let mapped = Signal::new();
        let given = mapped.clone();
        self.0.map_async(mode, .., move |result| given.give(result));
        mapped
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.destroy();
    }
}
