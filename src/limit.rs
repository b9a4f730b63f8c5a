//! The device's limits.

use crate::Error;

/// Returns the error of a limit that no cut of the tensor satisfies.
pub(crate) fn exceeded(limit: &'static str, needed: u64, granted: u64) -> Error {
    Error::Limit { limit, needed, granted }
}

/// Returns the most bytes that are bound at once. Beyond 2 GiB drivers fail silently, so that larger promises are not
/// taken (gfx-rs/wgpu#2361, gfx-rs/wgpu#10305). The shaders rely on it, too: they count the elements and the
/// invocations of a dispatch in 32 bits.
pub(crate) fn most_bytes(limits: &wgpu::Limits) -> u64 {
    limits.max_storage_buffer_binding_size.min(1 << 31)
}
