//! Buffers that nobody else sees.

/// A buffer that is destroyed with its owner, once the GPU is done with it. A browser would keep it until it collects
/// garbage, of which it sees a few bytes.
#[derive(Debug)]
pub(super) struct Owned(pub(super) wgpu::Buffer);

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.destroy();
    }
}
