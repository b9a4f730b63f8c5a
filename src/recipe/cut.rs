//! Cutting a tensor so that each piece fits one binding and each dispatch one grid.

use super::tensor::Tensor;
use crate::Result;
use crate::axis::Axis;
use crate::kernel::Geometry;
use crate::limit::exceeded;
use std::ops::Range;

/// What of the tensor is bound at once: whole images, or some channels of one image.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Region {
    /// Images (values of `outer`).
    pub(super) images: Range<u64>,
    /// Channels bound for reading.
    pub(super) read: Range<u64>,
    /// Channels bound for writing.
    pub(super) write: Range<u64>,
}

/// The part of a region that one dispatch computes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    /// Pixels, counted from the region's first.
    pub(super) pixels: Range<u64>,
    /// Channels that are written.
    pub(super) channels: Range<u64>,
}

/// Cuts along `outer`; an image too large for a binding is cut along its channels, each piece with
/// the `halo` of channels that its results depend on; at multiples of the `unit`, if a binding has room for that many.
pub(super) fn regions(tensor: &Tensor, halo: (u64, u64), unit: u64) -> Result<Vec<Region>> {
    let Tensor { axis, stride, alignment, most, .. } = tensor;
    if axis.elements() == 0 {
        return Ok(Vec::new());
    }
    if axis.elements() * stride <= *most {
        return Ok(images(tensor, axis.outer));
    }
    // A piece starts where it starts; its binding starts at an aligned byte before.
    let elements = most.saturating_sub(*alignment) / stride;
    let image = axis.channels * axis.inner;
    if image <= elements {
        return Ok(images(tensor, elements / image));
    }
    let most_channels = elements / axis.inner;
    let around =
        if tensor.whole_images { axis.channels } else { 1 + halo.0.saturating_add(halo.1).min(axis.channels - 1) };
    if most_channels < around {
        let needed = around.saturating_mul(axis.inner).saturating_mul(*stride);
        let needed = needed.saturating_add(*alignment);
        return Err(exceeded("max_storage_buffer_binding_size", needed, *most));
    }
    let at_once = most_channels - (around - 1);
    debug_assert!(at_once >= 1 && at_once + around - 1 <= most_channels);
    let unit = unit.min(at_once);
    Ok(channels(tensor, halo, at_once / unit * unit))
}

/// Regions of whole images.
fn images(tensor: &Tensor, at_once: u64) -> Vec<Region> {
    let channels = tensor.axis.channels;
    pieces(tensor.images.clone(), at_once)
        .map(|images| Region { images, read: 0..channels, write: 0..channels })
        .collect()
}

/// Regions of some channels of one image each.
fn channels(tensor: &Tensor, (before, after): (u64, u64), at_once: u64) -> Vec<Region> {
    let channels = tensor.axis.channels;
    let images = tensor.images.clone();
    images
        .flat_map(|image| {
            pieces(0..channels, at_once).map(move |write| Region {
                images: image..image + 1,
                read: write.start.saturating_sub(before)..(write.end + after).min(channels),
                write,
            })
        })
        .collect()
}

/// Returns a range in pieces of at most `size`.
fn pieces(range: Range<u64>, size: u64) -> impl Iterator<Item = Range<u64>> {
    let count = (range.end - range.start).div_ceil(size);
    (0..count).map(move |i| {
        let start = range.start + i * size;
        start..range.end.min(start + size)
    })
}

impl Region {
    /// Returns the elements of some of the region's channels: contiguous, since those are all channels or the region is
    /// one image.
    fn elements(&self, axis: &Axis, channels: &Range<u64>) -> Range<u64> {
        let element = |image: u64, channel: u64| (image * axis.channels + channel) * axis.inner;
        element(self.images.start, channels.start)..element(self.images.end - 1, channels.end)
    }

    /// Returns the bytes of some of the region's channels, of elements of so many bytes.
    fn bytes(&self, tensor: &Tensor, channels: &Range<u64>, element: u64) -> Range<u64> {
        let elements = self.elements(&tensor.axis, channels);
        elements.start * element..elements.end * element
    }

    /// Returns the bytes to bind for some of the region's channels, of elements of so many bytes.
    pub(super) fn binding(&self, tensor: &Tensor, channels: &Range<u64>, element: u64) -> Range<u64> {
        let bytes = self.bytes(tensor, channels, element);
        bytes.start / tensor.alignment * tensor.alignment..bytes.end.next_multiple_of(4)
    }

    /// Returns the element where channel 0 would be, in a binding that begins at byte `start`. Elements are counted in
    /// 32 bits, and wrap.
    pub(super) fn shift(&self, tensor: &Tensor, channels: &Range<u64>, element: u64, start: u64) -> u32 {
        debug_assert!(start.is_multiple_of(element), "alignments are powers of two, no less than an element");
        let first = self.elements(&tensor.axis, channels).start - channels.start * tensor.axis.inner;
        (first as u32).wrapping_sub((start / element) as u32)
    }

    /// Returns the dispatches that cover the region. Where it begins inside a segment, the first takes the rest of
    /// that.
    pub(super) fn parts(&self, tensor: &Tensor, geometry: &Geometry) -> Vec<Part> {
        let pixels = (self.images.end - self.images.start) * tensor.beside();
        let segments = (self.write.end - self.write.start).div_ceil(geometry.segment);
        let segments_at_once = segments.min(geometry.segments_at_once());
        let pixels_at_once = geometry.pixels_at_once(segments_at_once);
        let mut parts = Vec::new();
        let aligned = self.write.start.next_multiple_of(geometry.unit).min(self.write.end);
        let ranges = [self.write.start..aligned, aligned..self.write.end];
        let size = segments_at_once * geometry.segment;
        for channels in ranges.into_iter().flat_map(|range| pieces(range, size)) {
            for pixels in pieces(0..pixels, pixels_at_once) {
                parts.push(Part { pixels, channels: channels.clone() });
            }
        }
        parts
    }
}

/// Returns a number of workgroups as rows and columns of nearly equal use: at most one row is left idle.
pub(super) fn grid(groups: u64, limits: &wgpu::Limits) -> [u32; 2] {
    let side = u64::from(limits.max_compute_workgroups_per_dimension);
    let rows = groups.div_ceil(side).max(1);
    let columns = groups.div_ceil(rows);
    debug_assert!(rows <= side && columns <= side && columns * rows < groups + rows);
    [columns as u32, rows as u32]
}
