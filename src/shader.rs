//! A shader, as a value.

mod source;
mod storage;
mod unroll;

use crate::kernel::Memory;
use crate::precision::Arithmetic;
use crate::stage::Stage;
use crate::{Choice, Dtype, Operation};
pub use storage::Storage;

/// A shader: all that its text depends on.
///
/// Equal shaders compile to the same pipeline, whatever the shape they were made for.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Shader {
    /// The kernel, and how many elements are loaded at once.
    pub choice: Choice,
    /// What is computed.
    pub operation: Operation,
    /// Which stage of that.
    pub stage: Stage,
    /// Set if an input is read where the result is.
    pub in_place: bool,
    /// The type of the elements.
    pub dtype: Dtype,
    /// How they lie in memory.
    pub storage: Storage,
    /// How sums are kept.
    pub arithmetic: Arithmetic,
    /// How b^β is computed.
    pub power: Power,
    /// Set if x is rectified first.
    pub relu: bool,
    /// Set if the result is scaled.
    pub has_epilogue: bool,
    /// Set if what the output holds is blended in.
    pub reads_output: bool,
    /// Where windows are summed.
    pub memory: Memory,
    /// The kernel's own constants, by their names in WGSL.
    pub constants: Vec<(&'static str, u32)>,
}

/// How b^−β is computed: from roots for the exponents of real networks, by a logarithm for others.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Power {
    /// β = 0: 1.
    Zero,
    /// β = ½: a corrected inverse square root.
    Half,
    /// β = ¾: that, times its square root.
    ThreeQuarters,
    /// β = 1: its square.
    One,
    /// Any other β: `shaders/power/` has a logarithm and an exponential for each arithmetic.
    General,
}

impl Power {
    /// Returns the way for an exponent.
    pub fn of(beta: f64) -> Power {
        match beta {
            0.0 => Power::Zero,
            0.5 => Power::Half,
            0.75 => Power::ThreeQuarters,
            1.0 => Power::One,
            _ => Power::General,
        }
    }

    /// Returns the constant of `shaders/lrn.wgsl`.
    pub(super) fn constant(self) -> &'static str {
        match self {
            Power::Zero => "ZERO",
            Power::Half => "HALF",
            Power::ThreeQuarters => "THREE_QUARTERS",
            Power::One => "ONE",
            Power::General => "GENERAL",
        }
    }
}

/// Returns `true` if the rounding to 16 bits hides what a device's roots are wrong by, so that powers need no
/// correction: that of y, which has no terms that cancel. `docs/accuracy.md` derives it.
pub(crate) fn hides_roots(dtype: Dtype, operation: Operation, is_blended: bool) -> bool {
    dtype.is_half() && operation == Operation::Forward && !is_blended
}

impl Shader {
    /// Returns the name of the entry point: `stage` computes all that has no entry point of its own.
    pub fn entry(&self) -> &'static str {
        match (self.stage, self.operation) {
            (Stage::Only, Operation::Backward) => "backward",
            (Stage::Only, Operation::Forward) if self.choice.kernel.design().has_forward() => "forward",
            _ => "stage",
        }
    }

    /// Returns a constant of the kernel, by its name in WGSL.
    pub fn constant(&self, name: &str) -> Option<u32> {
        self.constants.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// Returns the label that wgpu's errors and profilers show.
    pub fn label(&self) -> String {
        format!("lrn {} {} {}", self.operation, self.dtype, self.choice)
    }
}
