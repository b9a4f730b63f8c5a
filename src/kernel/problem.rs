//! What a kernel is chosen for.

use crate::axis::{Axis, axes};
use crate::precision::Arithmetic;
use crate::{Choice, Dtype, Error, Kernel, Lrn, Result, Segments, Shape, rule};

/// A layer on a tensor and a device that computes its type.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) lrn: Lrn,
    pub(crate) shape: Shape,
    pub(crate) features: wgpu::Features,
    /// The axes of the window.
    pub(crate) axes: Vec<Axis>,
    /// How sums are kept.
    pub(crate) arithmetic: Arithmetic,
    /// The segments where none are given.
    pub(crate) segments: Segments,
}

/// Neighbouring pixels that fill a memory transaction: 32 of 4 bytes are the 128-byte line of
/// common GPUs.
pub(super) const COALESCED: u64 = 32;

/// The fewest bytes that common GPUs' memory moves at once.
pub(super) const SECTOR: u64 = 32;

/// The most workgroups in sequence that take the same rows of planes side by side: enough for all that DRAM has at hand
/// at once, and few enough that other rows of those planes, with which they share some, are still in a cache.
pub(super) const MOST_ABREAST: u64 = 8;

/// The widest window for which the kernels that walk have room in registers for two pixels, beside enough waves.
const PAIRED: u64 = 5;

impl Problem {
    /// Finds the axes of a layer on a tensor.
    ///
    /// # Errors
    ///
    /// [`Error::Windows`] where the layer does not have one window for each axis of the shape, [`Error::Feature`] where
    /// a device with these features does not compute with elements of that type.
    pub(crate) fn new(lrn: &Lrn, shape: &Shape, features: wgpu::Features) -> Result<Problem> {
        let (axes, dtype) = (axes(lrn, shape)?, shape.dtype());
        if dtype == Dtype::F64 && !features.contains(wgpu::Features::SHADER_F64) {
            return Err(Error::Feature { feature: "SHADER_F64", needed_for: "a tensor of f64" });
        }
        let arithmetic = Arithmetic::of(lrn.precision(), dtype);
        let segments = Segments::Usual;
        Ok(Problem { lrn: lrn.clone(), shape: shape.clone(), features, axes, arithmetic, segments })
    }

    /// Returns the images: what no window leaves, and lies together.
    pub(crate) fn images(&self) -> u64 {
        self.axes[0].outer
    }

    /// Returns the pixels of an image that lie side by side, behind all axes.
    pub(crate) fn pixels(&self) -> u64 {
        self.axes[self.axes.len() - 1].inner
    }

    /// Returns the bytes of an image of a tensor that is not empty.
    pub(crate) fn image_bytes(&self) -> u64 {
        self.shape.bytes() / self.images()
    }

    /// Returns the problem of so many images and pixels.
    pub(crate) fn of_part(&self, images: u64, pixels: u64) -> Problem {
        let (all_images, all_pixels) = (self.images(), self.pixels());
        let part = |axis: &Axis| Axis {
            outer: axis.outer / all_images * images,
            inner: axis.inner / all_pixels * pixels,
            ..*axis
        };
        let axes: Vec<_> = self.axes.iter().map(part).collect();
        Problem { shape: Shape::of_axis(&axes[0], self.dtype()), axes, ..self.clone() }
    }

    /// Returns the available choices, the preferred first, with the usual segments.
    pub(crate) fn choices(&self) -> Vec<Choice> {
        let of_kernel = |(kernel, _): (Kernel, _)| {
            kernel.design().widths(self).iter().map(move |&width| Choice::new(kernel, width))
        };
        rule::preferred(self).into_iter().flat_map(of_kernel).collect()
    }

    pub(super) fn dtype(&self) -> Dtype {
        self.shape.dtype()
    }

    /// Returns the only axis, if there is one.
    pub(super) fn only_axis(&self) -> Option<&Axis> {
        match &self.axes[..] {
            [axis] => Some(axis),
            _ => None,
        }
    }

    /// Returns `true` if windows along all axes are of at most so many channels.
    pub(crate) fn has_windows_within(&self, most: u64) -> bool {
        self.axes.iter().all(|axis| axis.window() <= most)
    }

    /// Returns `true` if invocations that take neighbouring pixels load from one memory transaction.
    pub(crate) fn is_coalesced(&self) -> bool {
        self.axes.iter().all(|axis| axis.inner >= COALESCED)
    }

    /// Returns `true` if two pixels can be taken at once. That doubles the registers, so not where a sum already takes
    /// two.
    pub(super) fn has_pairs(&self) -> bool {
        let even = self.axes.iter().all(|axis| axis.inner.is_multiple_of(2));
        even && self.arithmetic == Arithmetic::Single
    }

    /// Returns the widths of a kernel that walks one pixel or two: wider windows prefer one, but of halves two are a
    /// word.
    pub(super) fn widths_of_walk(&self) -> &'static [u32] {
        let prefers_pairs = self.dtype().is_half() || self.has_windows_within(PAIRED);
        match (self.has_pairs(), prefers_pairs) {
            (true, true) => &[2, 1],
            (true, false) => &[1, 2],
            (false, _) => &[1],
        }
    }
}
