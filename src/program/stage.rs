//! What a pass of an operation sums, and what it makes of a sum.

use crate::Operation;

/// A part of an operation, in `shaders/stage/`. A window along several axes takes one for each.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Stage {
    /// The whole operation at once: the window has one axis.
    Only,
    /// Sums squares of x along the first axis.
    Squares,
    /// Sums, along the first axis, the backward terms of x, dy and s.
    Terms,
    /// Sums what an earlier stage has summed.
    Sums,
    /// The same, along the last axis, and makes the result.
    Last,
}

impl Stage {
    /// Whether results of an operation are written that can be scaled and blended.
    pub(super) fn writes(self, operation: Operation) -> bool {
        matches!(self, Self::Only | Self::Last) && operation != Operation::SquareSums
    }

    /// Whether powers of b are needed.
    pub(super) fn needs_powers(self, operation: Operation) -> bool {
        self.writes(operation) || self == Self::Terms
    }

    /// The files: what is summed, and what is made of a sum.
    pub(super) fn texts(self, operation: Operation) -> Vec<&'static str> {
        let summand = match self {
            Self::Only | Self::Squares => include_str!("../../shaders/stage/square.wgsl"),
            Self::Terms => include_str!("../../shaders/stage/term.wgsl"),
            Self::Sums | Self::Last => include_str!("../../shaders/stage/partial.wgsl"),
        };
        let sums = include_str!("../../shaders/stage/sums.wgsl");
        let finish = match (self, operation) {
            (Self::Squares | Self::Terms | Self::Sums, _) => {
                include_str!("../../shaders/stage/total.wgsl")
            }
            (_, Operation::SquareSums) => include_str!("../../shaders/stage/square_sums.wgsl"),
            // At once, backward has an entry point of its own.
            (_, Operation::Forward) | (Self::Only, Operation::Backward) => {
                include_str!("../../shaders/stage/forward.wgsl")
            }
            (Self::Last, Operation::Backward) => include_str!("../../shaders/stage/backward.wgsl"),
        };
        vec![sums, summand, finish]
    }
}
