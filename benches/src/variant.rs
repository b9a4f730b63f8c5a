//! Layers with more than LRN in their pass.

use wgpu_lrn::{Choice, Error, Lrn, Operation, Result, Shape, wgpu};

/// What is fused with a layer, or where its result goes.
#[derive(Clone, Copy, Eq, PartialEq)]
pub enum Variant {
    /// Nothing but LRN.
    Plain,
    /// ReLU before.
    Relu,
    /// Half of the result added to half of what is there.
    Blend,
    /// The result in the place of x or dy.
    InPlace,
}

impl Variant {
    pub const ALL: [Variant; 4] = [Self::Plain, Self::Relu, Self::Blend, Self::InPlace];

    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Relu => "relu",
            Self::Blend => "blend",
            Self::InPlace => "in_place",
        }
    }

    /// Returns the name of a shape with it.
    pub fn name_of(self, shape: &str) -> String {
        match self {
            Self::Plain => shape.to_owned(),
            _ => format!("{shape}_{}", self.name()),
        }
    }

    pub fn lrn(self, lrn: Lrn) -> Result<Lrn> {
        match self {
            Self::Plain | Self::InPlace => Ok(lrn),
            Self::Relu => Ok(lrn.with_relu()),
            Self::Blend => lrn.with_blend(0.5, 0.5),
        }
    }

    /// Returns `true` if there is such an operation; square sums are what they are.
    pub fn has(self, operation: Operation) -> bool {
        operation != Operation::SquareSums || matches!(self, Self::Plain | Self::Relu)
    }

    /// Returns `true` if a choice computes it.
    pub fn allows(self, choice: &Choice, operation: Operation) -> bool {
        self != Self::InPlace || choice.computes_in_place(operation)
    }

    /// Returns the buffers of the operands, of which the last is the result's.
    pub fn operands(self, buffers: &[wgpu::Buffer]) -> Vec<&wgpu::Buffer> {
        let mut operands: Vec<_> = buffers.iter().collect();
        if let (Self::InPlace, [.., replaced, result]) = (self, &mut operands[..]) {
            *result = replaced;
        }
        operands
    }

    /// Returns the bytes that have to move: a blend reads the result's operand too.
    pub fn bytes_moved(self, operation: Operation, shape: &Shape) -> u64 {
        let old = if self == Self::Blend { shape.bytes() } else { 0 };
        operation.bytes_moved(shape).saturating_add(old)
    }
}

/// Reads a name.
impl std::str::FromStr for Variant {
    type Err = Error;

    fn from_str(name: &str) -> Result<Variant> {
        let unknown = || Error::UnknownName {
            kind: "variant",
            given: name.to_owned(),
            known: Self::ALL.map(Self::name).to_vec(),
        };
        Self::ALL.into_iter().find(|variant| variant.name() == name).ok_or_else(unknown)
    }
}
