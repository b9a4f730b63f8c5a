//! Layers with more than LRN in their pass.

use clap::ValueEnum;
use wgpu_lrn::{Choice, Lrn, Operation, Result, Shape, wgpu};

/// What is fused with a layer, or where its result goes.
#[derive(Clone, Copy, Eq, PartialEq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Variant {
    /// Nothing but LRN
    Plain,
    /// ReLU before
    Relu,
    /// Half of the result added to half of what is there
    Blend,
    /// The result in the place of x or dy
    InPlace,
}

impl Variant {
    /// The name of a shape with it.
    pub fn name_of(self, shape: &str) -> String {
        match self.to_possible_value() {
            Some(value) if self != Self::Plain => format!("{shape}_{}", value.get_name()),
            _ => shape.to_owned(),
        }
    }

    pub fn lrn(self, lrn: Lrn) -> Result<Lrn> {
        match self {
            Self::Plain | Self::InPlace => Ok(lrn),
            Self::Relu => Ok(lrn.relu()),
            Self::Blend => lrn.blended(0.5, 0.5),
        }
    }

    /// Whether there is such an operation; square sums are what they are.
    pub fn has(self, operation: Operation) -> bool {
        operation != Operation::SquareSums || matches!(self, Self::Plain | Self::Relu)
    }

    /// Whether a choice computes it.
    pub fn allows(self, choice: &Choice, operation: Operation) -> bool {
        self != Self::InPlace || choice.computes_in_place(operation)
    }

    /// The buffers of the operands, of which the last is the result's.
    pub fn operands(self, buffers: &[wgpu::Buffer]) -> Vec<&wgpu::Buffer> {
        let mut operands: Vec<_> = buffers.iter().collect();
        if let (Self::InPlace, [.., replaced, result]) = (self, &mut operands[..]) {
            *result = replaced;
        }
        operands
    }

    /// The bytes that have to move: a blend reads the result's operand too.
    pub fn bytes_moved(self, operation: Operation, shape: &Shape) -> u64 {
        let old = if self == Self::Blend { shape.bytes() } else { 0 };
        operation.bytes_moved(shape).saturating_add(old)
    }
}
