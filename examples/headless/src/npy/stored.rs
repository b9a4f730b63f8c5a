//! What files hold of each dtype.

use half::{bf16, f16};
use npyz::{AutoSerialize, Deserialize};
use wgpu_lrn::{Dtype, Element};

/// A number, and what stands for it in a file.
pub trait Stored: Element {
    /// What npyz reads and writes.
    type Npy: AutoSerialize + Deserialize;

    fn to_npy(self) -> Self::Npy;
    fn from_npy(npy: Self::Npy) -> Self;
}

macro_rules! stored {
    ($($element:ty as $npy:ty: $to:expr, $from:expr;)*) => {$(
        impl Stored for $element {
            type Npy = $npy;

            fn to_npy(self) -> $npy {
                $to(self)
            }

            fn from_npy(npy: $npy) -> Self {
                $from(npy)
            }
        }
    )*};
}

stored! {
    f32 as f32: |v| v, |v| v;
    f16 as f16: |v| v, |v| v;
    f64 as f64: |v| v, |v| v;
    // NumPy has no bf16.
    bf16 as u16: bf16::to_bits, bf16::from_bits;
}

/// Returns how a file's header spells a dtype.
pub fn descr(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::F32 => "'<f4'",
        Dtype::F16 => "'<f2'",
        Dtype::Bf16 => "'<u2'",
        Dtype::F64 => "'<f8'",
    }
}

/// Returns the dtype that a header spells so.
fn spelled(found: &str) -> Option<Dtype> {
    Dtype::ALL.iter().copied().find(|&dtype| descr(dtype) == found)
}

/// Returns the dtype of a file, where nothing else tells it.
pub fn dtype(found: &str) -> Result<Dtype, String> {
    match spelled(found) {
        Some(Dtype::Bf16) => {
            Err(format!("its dtype is {found}, which is read only as the bits of bf16: give --dtype bf16"))
        }
        Some(dtype) => Ok(dtype),
        None => Err(format!("its dtype is {found}, but must be '<f4', '<f2' or '<f8', or '<u2' with --dtype bf16")),
    }
}

/// Refuses a file of another dtype.
pub fn require(wanted: Dtype, found: &str) -> Result<(), String> {
    if found == descr(wanted) {
        return Ok(());
    }
    let advice = match spelled(found) {
        Some(dtype) => {
            format!("convert it, or have all files as {found} and give --dtype {}", dtype.name())
        }
        None => "convert it".to_owned(),
    };
    let (expected, name) = (descr(wanted), wanted.name());
    Err(format!("its dtype is {found}, but must be {expected} to be read as {name}; {advice}"))
}
