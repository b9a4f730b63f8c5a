//! The three operations of the layer.

use crate::names::names;
use crate::{Element, Error, Lrn, Result, Shape};

names! {
    /// Names an operation of the layer.
    "operation" Operation {
        /// s from x: the windowed channel square sums.
        SquareSums = "square_sums",
        /// y from x.
        Forward = "forward",
        /// dx from x and dy.
        Backward = "backward",
    }
}

impl Operation {
    /// Returns the names of the operands, in the order of their bindings: x, dy where there is one, the result.
    pub fn operands(self) -> &'static [&'static str] {
        match self {
            Self::SquareSums => &["x", "s"],
            Self::Forward => &["x", "y"],
            Self::Backward => &["x", "dy", "dx"],
        }
    }

    /// Returns the number of inputs, and that of the operand that is written.
    pub(crate) fn inputs(self) -> usize {
        self.operands().len() - 1
    }

    /// Refuses inputs of the wrong number, type or length, by name. A blended layer may have one more:
    /// what the result holds.
    pub(crate) fn check_inputs<T: Element>(self, lrn: &Lrn, shape: &Shape, inputs: &[&[T]]) -> Result<()> {
        self.check_number(lrn, inputs.len())?;
        let mut named = inputs.iter().zip(self.operands());
        named.try_for_each(|(input, name)| shape.check_slice(name, input))
    }

    /// Refuses a wrong number of inputs. A blended layer may have one more.
    pub(crate) fn check_number(self, lrn: &Lrn, inputs: usize) -> Result<()> {
        let all = inputs == self.operands().len();
        let blends = all && lrn.is_blended() && self != Self::SquareSums;
        self.check_count(if blends { inputs } else { inputs + 1 })
    }

    /// Refuses a wrong number of operands.
    pub(crate) fn check_count(self, given: usize) -> Result<()> {
        let expected = self.operands();
        if given == expected.len() {
            return Ok(());
        }
        Err(Error::Operands { operation: self, given, expected })
    }

    /// Returns the bytes that have to move: each operand once. (A blended layer reads its result, too.)
    pub fn bytes_moved(self, shape: &Shape) -> u64 {
        shape.bytes().saturating_mul(self.operands().len() as u64)
    }

    /// Returns the input that may be the result's own operand: its elements are read last by what writes them.
    pub(crate) fn replaceable(self) -> Option<usize> {
        match self {
            Self::SquareSums => None,
            Self::Forward => Some(0),
            Self::Backward => Some(1),
        }
    }
}
