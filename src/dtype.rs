//! What a tensor's elements are.

use crate::names::names;
use crate::{Error, Result};
use half::{bf16, f16};

names! {
    /// Names the type of a tensor's elements in memory. f16 and bf16 are computed with in f32.
    #[derive(Default)]
    "dtype" Dtype {
        /// IEEE single precision.
        #[default]
        F32 = "f32",
        /// IEEE half precision; on any device.
        F16 = "f16",
        /// The upper half of an f32; on any device.
        Bf16 = "bf16",
        /// IEEE double precision, on devices opened with `wgpu::Features::SHADER_F64`.
        F64 = "f64",
    }
}

impl Dtype {
    /// Returns the bytes of an element.
    pub fn bytes(self) -> u64 {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// Returns the bytes of a sum between passes.
    pub(crate) fn bytes_of_sum(self) -> u64 {
        self.bytes().max(Self::F32.bytes())
    }

    /// Returns `true` if it is stored in 16 bits.
    pub(crate) fn is_half(self) -> bool {
        self.bytes() == 2
    }

    /// Refuses elements of another type.
    pub(crate) fn check(self, operand: &'static str, given: Dtype) -> Result<()> {
        if given == self {
            return Ok(());
        }
        Err(Error::Dtype { operand, given, expected: self })
    }
}

/// A number that can be an element of a tensor: f32, f64, and f16 and bf16 of the crate `half`.
pub trait Element: bytemuck::Pod + sealed::Sealed {
    /// Names the type.
    const DTYPE: Dtype;

    /// Converts the number, exactly.
    fn to_f64(self) -> f64;

    /// Returns the nearest number of this type.
    fn from_f64(v: f64) -> Self;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! elements {
    ($($element:ty: $dtype:ident, $from:expr;)*) => {$(
        impl sealed::Sealed for $element {}

        impl Element for $element {
            const DTYPE: Dtype = Dtype::$dtype;

            fn to_f64(self) -> f64 {
                self.into()
            }

            fn from_f64(v: f64) -> Self {
                $from(v)
            }
        }
    )*};
}

elements! {
    f32: F32, |v| v as f32;
    f16: F16, f16::from_f64;
    bf16: Bf16, bf16::from_f64;
    f64: F64, |v| v;
}
