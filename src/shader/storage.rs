//! How a shader reaches the elements of its operands.

use super::Shader;
use crate::Dtype;
use crate::kernel::Loads;

/// How elements lie in the bindings: a file of `shaders/storage/`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Storage {
    /// Elements as they are computed with: f32 and f64.
    Plain,
    /// Elements as f16, with `wgpu::Features::SHADER_F16`.
    Float16,
    /// Two elements of 16 bits in a word, or four in two.
    Packed,
    /// Single elements of 16 bits, with `wgpu::Features::SHADER_I16`.
    Int16,
    /// Single elements of 16 bits, of which two share a word, changed by atomic operations.
    Words,
}

impl Storage {
    /// Returns the best that a device with these features has for such elements, so many at once.
    pub(crate) fn of(dtype: Dtype, width: u32, features: wgpu::Features) -> Storage {
        if !dtype.is_half() {
            return Storage::Plain;
        }
        if features.contains(wgpu::Features::SHADER_F16) && dtype == Dtype::F16 {
            return Storage::Float16;
        }
        if width > 1 {
            return Storage::Packed;
        }
        if features.contains(wgpu::Features::SHADER_I16) { Storage::Int16 } else { Storage::Words }
    }

    /// Returns the files: how a type's bits are read, where that matters, and that of the storage.
    pub(super) fn files(self, dtype: Dtype, width: u32) -> Vec<&'static str> {
        let codec = if dtype == Dtype::F16 { wgsl!("storage/f16.wgsl") } else { wgsl!("storage/bf16.wgsl") };
        match (self, width) {
            (Storage::Plain, _) => vec![wgsl!("storage/plain.wgsl")],
            (Storage::Float16, _) => vec![wgsl!("storage/float16.wgsl")],
            (Storage::Packed, 4) => vec![codec, wgsl!("storage/packed4.wgsl")],
            (Storage::Packed, _) => vec![codec, wgsl!("storage/packed2.wgsl")],
            (Storage::Int16, _) => vec![codec, wgsl!("storage/int16.wgsl")],
            (Storage::Words, _) => vec![codec, wgsl!("storage/words.wgsl")],
        }
    }

    /// Returns what must stand first in the source.
    pub(super) fn enable(self) -> &'static str {
        match self {
            Storage::Int16 => "enable wgpu_int16;\n",
            Storage::Float16 => "enable f16;\n",
            Storage::Plain | Storage::Packed | Storage::Words => "",
        }
    }

    /// Returns the elements of a binding that share an address.
    fn sharing(self) -> u32 {
        if self == Storage::Words { 2 } else { 1 }
    }
}

impl Shader {
    /// Returns the values that depend on the elements.
    pub(super) fn elements(&self) -> [(&'static str, String); 7] {
        let width = self.choice.width;
        let number = if self.dtype == Dtype::F64 { "f64" } else { "f32" };
        let stored = match self.storage {
            Storage::Plain => many(number, width),
            Storage::Float16 => many("f16", width),
            Storage::Packed => many("u32", width / 2),
            Storage::Int16 => "u16".to_owned(),
            Storage::Words => "u32".to_owned(),
        };
        let output = match self.storage {
            Storage::Words => "atomic<u32>".to_owned(),
            _ => stored.clone(),
        };
        let at_once = if self.loads() == Loads::Pixels { width } else { 1 };
        let largest = if self.dtype == Dtype::F64 {
            format!("{:?}lf", f64::MAX)
        } else {
            // All its digits: rounded up it would be beyond f32, and browsers take no such number.
            format!("{:?}", f64::from(f32::MAX))
        };
        [
            ("Stored", stored),
            ("Output", output),
            ("Loaded", many(number, width)),
            ("Value", many(number, at_once)),
            ("Bits", many("u32", at_once)),
            ("LARGEST", largest),
            ("SHARING", format!("{}u", self.storage.sharing())),
        ]
    }
}

/// Returns a scalar type, or a vector.
fn many(scalar: &str, width: u32) -> String {
    match width {
        1 => scalar.to_owned(),
        width => format!("vec{width}<{scalar}>"),
    }
}
