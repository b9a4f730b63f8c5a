//! Layers with more than LRN in their pass.

use wgpu_lrn::{Choice, Lrn, Operation, Result, wgpu};

/// What is fused with a layer, or where its result goes.
#[derive(Clone, Copy, Eq, PartialEq, clap::ValueEnum)]
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
    /// What a shape's name ends with.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Relu => "_relu",
            Self::Blend => "_blend",
            Self::InPlace => "_in_place",
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

    /// The tensors that have to move, at least.
    pub fn tensors_moved(self, operation: Operation) -> usize {
        operation.operands().len() + usize::from(self == Self::Blend)
    }
}
