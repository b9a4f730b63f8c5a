//! How exact a layer is, and the arithmetic that keeps that promise.

use crate::Dtype;
use crate::names::names;

names! {
    /// Says how exact the results of a layer on a tensor of f32 are. This holds for exponents from −2 to 2; by larger
    /// ones, errors grow in proportion. f16 and bf16 round more than either loses, and f64 is always computed in f64.
    #[derive(Default)]
    "precision" Precision {
        /// Results as exact as f32 allows at the speed of the memory: a few ulp.
        #[default]
        Fast = "fast",
        /// Little more than the last rounding: less than one ulp. It takes several times the arithmetic.
        Exact = "exact",
    }
}

impl Precision {
    /// Returns the precisions that differ for elements of a type: two for f32, else one.
    pub fn of(dtype: Dtype) -> &'static [Precision] {
        if dtype == Dtype::F32 { Self::ALL } else { &[Self::Fast] }
    }
}

/// How a kernel keeps its sums: a file of `shaders/arithmetic/`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Arithmetic {
    /// `shaders/arithmetic/single.wgsl`: as one f32.
    Single,
    /// `shaders/arithmetic/pair.wgsl`: as two f32, so that rounding errors stay below those of the result.
    Pair,
    /// `shaders/arithmetic/double.wgsl`: as f64, on devices opened with `wgpu::Features::SHADER_F64`.
    Double,
}

impl Arithmetic {
    /// Returns the arithmetic that a precision takes for elements of a type.
    pub fn of(precision: Precision, dtype: Dtype) -> Arithmetic {
        match (dtype, precision) {
            (Dtype::F64, _) => Self::Double,
            (Dtype::F32, Precision::Exact) => Self::Pair,
            (Dtype::F32 | Dtype::F16 | Dtype::Bf16, _) => Self::Single,
        }
    }

    /// Returns the bytes of a sum.
    pub(crate) fn sum_bytes(self) -> u64 {
        match self {
            Self::Single => 4,
            Self::Pair | Self::Double => 8,
        }
    }
}
