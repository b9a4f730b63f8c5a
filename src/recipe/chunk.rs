//! The uniform of a dispatch.

use bytemuck::{Pod, Zeroable};

/// What one dispatch computes, as the shaders see it: `struct Chunk` in `shaders/lrn.wgsl`. Elements
/// are counted in what is loaded at once, [`Choice::width`](crate::Choice::width) of the tensor's.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Chunk {
    /// Length of the axis, in channels.
    pub channels: u32,
    /// Elements between a channel and the next.
    pub inner: u32,
    /// The first pixel of the dispatch, counted in the bound chunk of the tensor.
    pub first_pixel: u32,
    /// Pixels of the dispatch.
    pub pixels: u32,
    /// First channel that is bound for reading.
    pub read_begin: u32,
    /// One past the last channel that is bound for reading.
    pub read_end: u32,
    /// First channel to write.
    pub write_begin: u32,
    /// One past the last channel to write.
    pub write_end: u32,
    /// Channels that one invocation (column, ring, row) or one workgroup (pixel, plane, whole) writes.
    pub segment: u32,
    /// Segments from `write_begin` to `write_end`.
    pub segments: u32,
    /// Workgroups in a row of the grid.
    pub grid_width: u32,
    /// Element of the x and dy bindings where channel 0 of the first pixel would be; wraps.
    pub input_shift: u32,
    /// Element of the output binding where channel 0 of the first pixel would be; wraps.
    pub output_shift: u32,
    /// The same for the sums of an earlier stage.
    pub sums_shift: u32,
    /// The same for the sums that the stage writes.
    pub totals_shift: u32,
    /// Always 1, which shader compilers do not know.
    pub one: f32,
    /// Length of a second axis, which follows the first; or 1.
    pub columns: u32,
    /// Parts of it that workgroups take.
    pub strips: u32,
    /// Pixels that lie side by side: elements between a column and the next.
    pub beside: u32,
    /// Elements between those pixels and the next.
    pub image: u32,
    /// Coefficient of the square sum; as the following, the sum of these.
    pub a: [f32; 4],
    /// Exponent.
    pub beta: [f32; 4],
    /// Bias.
    pub k: [f32; 4],
    /// 2·a·β over the scale of the terms.
    pub gradient: [f32; 4],
    /// Factor of what is computed.
    pub scale: [f32; 4],
    /// Factor of what the output held.
    pub blend: [f32; 4],
}

/// A number as the sum of f32.
pub(super) fn parts(exact: f64) -> [f32; 4] {
    let mut rest = exact;
    [(); 4].map(|()| {
        let part = rest as f32;
        rest -= f64::from(part);
        part
    })
}
