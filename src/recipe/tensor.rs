//! A tensor, as a pass sees it.

use super::stages::Draft;
use crate::axis::Axis;
use crate::kernel::{Geometry, Loads};
use crate::limit::most_bytes;
use crate::params::TensorParams;
use crate::stage::Stage;
use crate::{Choice, Dtype, Kernel};
use std::ops::Range;

/// A tensor as an axis sees it, counted in what is loaded at once, and what of it can be bound.
pub(super) struct Tensor {
    /// Its pixels, or for *row* its channels, are fewer by the width; and *row* may join pixels.
    pub(super) axis: Axis,
    /// Channels of a pixel.
    pub(super) channels: u64,
    /// The images that are computed.
    pub(super) images: Range<u64>,
    /// Length of a second axis, which follows the first, in what is loaded at once; or 1.
    pub(super) columns: u64,
    /// Channels that are loaded at once.
    pub(super) packet: u64,
    /// Bytes that are loaded at once.
    pub(super) stored: u64,
    /// Bytes of the same as sums between the passes.
    pub(super) summed: u64,
    /// The larger of the two, by which the bytes of bindings are counted.
    pub(super) stride: u64,
    /// Where bindings may start.
    pub(super) alignment: u64,
    /// The most bytes of a binding.
    pub(super) most: u64,
    /// Set if an image must not be cut.
    pub(super) whole_images: bool,
}

impl Tensor {
    /// Describes a tensor as the axis of a draft sees it.
    pub(super) fn new(draft: &Draft, dtype: Dtype, choice: Choice, limits: &wgpu::Limits) -> Tensor {
        let several = draft.stage != Stage::Only;
        let width = u64::from(choice.width);
        let loads = choice.kernel.design().loads(choice.width);
        let of = |kind| if loads == kind { width } else { 1 };
        let packet = of(Loads::Channels);
        let joined = joined(choice.kernel, &draft.axis);
        let axis = draft.axis.joined(joined).divided(packet, width / packet);
        let stored = dtype.bytes() * width;
        let summed = dtype.bytes_of_sum() * width;
        Tensor {
            images: draft.first_image..axis.outer,
            axis,
            channels: draft.axis.channels,
            columns: draft.across.channels / of(Loads::Columns),
            packet,
            stored,
            summed,
            stride: if several { summed } else { stored },
            alignment: u64::from(limits.min_storage_buffer_offset_alignment).max(summed),
            most: most_bytes(limits),
            whole_images: draft.in_place,
        }
    }

    pub(super) fn params(&self, geometry: &Geometry) -> TensorParams {
        TensorParams {
            channels: self.channels as u32,
            inner: self.axis.inner as u32,
            columns: self.columns as u32,
            beside: self.beside() as u32,
            image: (self.axis.channels * self.axis.inner) as u32,
            segment: geometry.segment as u32,
            strips: geometry.strips() as u32,
            one: 1.0,
        }
    }

    /// Returns the number of pixels that lie side by side.
    pub(super) fn beside(&self) -> u64 {
        self.axis.inner / self.columns.max(1)
    }

    /// Converts a halo in channels to what is loaded at once.
    pub(super) fn halo(&self, (before, after): (u64, u64)) -> (u64, u64) {
        (before.div_ceil(self.packet), after.div_ceil(self.packet))
    }
}

/// Returns the pixels that a kernel takes as one; it leaves those that are too few.
pub(crate) fn joined(kernel: Kernel, axis: &Axis) -> u64 {
    if kernel.design().joins_pixels() { axis.pixels_in_packets() } else { 1 }
}
