//! What a kernel is chosen for.

use crate::Dtype;
use crate::axis::Axis;
use crate::precision::Arithmetic;

/// A layer on a tensor, as far as it matters to the choice of a kernel.
pub(crate) struct Problem<'a> {
    /// The axes of the window.
    pub(crate) axes: &'a [Axis],
    /// The type of the elements.
    pub(crate) dtype: Dtype,
    /// How sums are kept.
    pub(crate) arithmetic: Arithmetic,
}

/// Neighbouring pixels that fill a memory transaction: 32 of 4 bytes are the 128-byte line of
/// common GPUs.
pub(super) const COALESCED: u64 = 32;

/// The widest window for which the kernels that walk have room in registers for two pixels, beside enough waves.
const PAIRED: u64 = 5;

impl Problem<'_> {
    /// The only axis, if there is one.
    pub(super) fn only_axis(&self) -> Option<&Axis> {
        match self.axes {
            [axis] => Some(axis),
            _ => None,
        }
    }

    /// Whether windows along all axes are of at most so many channels.
    pub(super) fn has_windows_within(&self, most: u64) -> bool {
        self.axes.iter().all(|axis| axis.window() <= most)
    }

    /// Whether invocations that take neighbouring pixels load from one memory transaction.
    pub(super) fn is_coalesced(&self) -> bool {
        self.axes.iter().all(|axis| axis.inner >= COALESCED)
    }

    /// Whether two pixels can be taken at once. That doubles the registers, so not where a sum already takes two.
    pub(super) fn has_pairs(&self) -> bool {
        let even = self.axes.iter().all(|axis| axis.inner.is_multiple_of(2));
        even && self.arithmetic == Arithmetic::Single
    }

    /// The widths of a kernel that walks one pixel or two: wider windows prefer one, but of halves two are a word.
    pub(super) fn widths_of_walk(&self) -> &'static [u32] {
        let prefers_pairs = self.dtype.is_half() || self.has_windows_within(PAIRED);
        match (self.has_pairs(), prefers_pairs) {
            (true, true) => &[2, 1],
            (true, false) => &[1, 2],
            (false, _) => &[1],
        }
    }
}
