//! What a pass of an operation sums, and what it makes of a sum.

use crate::Operation;

/// What a pass sums, and what it makes of a sum (`shaders/stage/`). A window along
/// several axes takes one for each.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Stage {
    /// The whole operation at once.
    Only,
    /// Sums squares of x along the first axis.
    Squares,
    /// Sums, along the first axis, the backward terms of x, dy and s.
    Terms,
    /// Sums what an earlier stage has summed.
    Sums,
    /// Sums along the last axis what an earlier stage has summed, and makes the result.
    Last,
    /// Sums terms, and makes the result: backward where an earlier stage has summed the squares along the only axis.
    OnlyTerms,
}

impl Stage {
    /// Returns `true` if results of an operation are written that can be scaled and blended.
    pub(crate) fn writes(self, operation: Operation) -> bool {
        matches!(self, Self::Only | Self::Last | Self::OnlyTerms) && operation != Operation::SquareSums
    }

    /// Returns `true` if powers of b are needed.
    pub(crate) fn needs_powers(self, operation: Operation) -> bool {
        self.writes(operation) || self == Self::Terms
    }
}
