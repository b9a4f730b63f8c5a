//! What a caller hands to a plan: bytes of a buffer.

use crate::{Error, Result};

/// Names the bytes of a buffer that hold a tensor.
///
/// Made from a whole buffer, from a slice of one (`buffer.slice(256..1024)`), or from its fields.
#[derive(Clone, Copy, Debug)]
pub struct Operand<'a> {
    /// The buffer, created with `wgpu::BufferUsages::STORAGE` by the plan's device. (wgpu panics where it is of another
    /// wgpu instance; of another device of the same instance it is refused.)
    pub buffer: &'a wgpu::Buffer,
    /// First byte; a multiple of the device's `min_storage_buffer_offset_alignment`.
    pub offset: u64,
    /// Bytes: [`Shape::operand_bytes`](crate::Shape::operand_bytes).
    pub size: u64,
}

impl<'a> From<&'a wgpu::Buffer> for Operand<'a> {
    fn from(buffer: &'a wgpu::Buffer) -> Self {
        Operand { buffer, offset: 0, size: buffer.size() }
    }
}

impl<'a> From<wgpu::BufferSlice<'a>> for Operand<'a> {
    fn from(slice: wgpu::BufferSlice<'a>) -> Self {
        Operand { buffer: slice.buffer(), offset: slice.offset(), size: slice.size() }
    }
}

impl Operand<'_> {
    /// Refuses an operand that wgpu or a kernel could not take.
    pub(crate) fn check(&self, operand: &'static str, expected: u64, alignment: u64) -> Result<()> {
        if self.size != expected {
            return Err(Error::BufferSize { operand, given: self.size, expected });
        }
        let end = self.offset.saturating_add(self.size);
        if end > self.buffer.size() {
            return Err(Error::BufferRange { operand, end, size: self.buffer.size() });
        }
        if !self.offset.is_multiple_of(alignment) {
            return Err(Error::BufferAlignment { operand, given: self.offset, alignment });
        }
        if !self.buffer.usage().contains(wgpu::BufferUsages::STORAGE) {
            let (given, expected) = (self.buffer.usage(), wgpu::BufferUsages::STORAGE);
            return Err(Error::BufferUsage { operand, given, expected });
        }
        Ok(())
    }

    /// Returns `true` if two operands are the same bytes.
    pub(crate) fn is(&self, other: &Operand<'_>) -> bool {
        self.buffer == other.buffer && self.offset == other.offset && self.size > 0
    }

    /// Returns `true` if two operands share a byte.
    pub(crate) fn overlaps(&self, other: &Operand<'_>) -> bool {
        self.buffer == other.buffer
            && self.offset < other.offset.saturating_add(other.size)
            && other.offset < self.offset.saturating_add(self.size)
    }
}
