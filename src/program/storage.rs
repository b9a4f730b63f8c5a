//! How a shader reaches the elements of its operands.

use super::Program;
use crate::{Dtype, Kernel};

/// How elements lie in the bindings: a file of `shaders/storage/`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Storage {
    /// As they are computed with: f32 and f64.
    Plain,
    /// Four elements of 16 bits in two words.
    Packed,
    /// Single elements of 16 bits, with `wgpu::Features::SHADER_I16`.
    Int16,
    /// Single f16, with `wgpu::Features::SHADER_F16`.
    Float16,
    /// Single elements of 16 bits, of which two share a word, changed by atomic operations.
    Words,
}

impl Storage {
    /// The best that a device with these features has for such elements, so many at once.
    pub(crate) fn of(dtype: Dtype, width: u32, features: wgpu::Features) -> Storage {
        if !dtype.is_half() {
            return Storage::Plain;
        }
        if width == 4 {
            return Storage::Packed;
        }
        if features.contains(wgpu::Features::SHADER_I16) {
            return Storage::Int16;
        }
        if features.contains(wgpu::Features::SHADER_F16) && dtype == Dtype::F16 {
            return Storage::Float16;
        }
        Storage::Words
    }

    /// The files: the type's, where its bits matter, and that of the storage.
    pub(super) fn texts(self, dtype: Dtype) -> Vec<&'static str> {
        let codec = match dtype {
            Dtype::F16 => Some(include_str!("../../shaders/storage/f16.wgsl")),
            Dtype::Bf16 => Some(include_str!("../../shaders/storage/bf16.wgsl")),
            Dtype::F32 | Dtype::F64 => None,
        };
        let storage = match self {
            Storage::Plain => include_str!("../../shaders/storage/plain.wgsl"),
            Storage::Packed => include_str!("../../shaders/storage/packed.wgsl"),
            Storage::Int16 => include_str!("../../shaders/storage/int16.wgsl"),
            Storage::Float16 => include_str!("../../shaders/storage/float16.wgsl"),
            Storage::Words => include_str!("../../shaders/storage/words.wgsl"),
        };
        codec.into_iter().chain([storage]).collect()
    }

    /// What must stand first in the source.
    pub(super) fn enable(self) -> &'static str {
        match self {
            Storage::Int16 => "enable wgpu_int16;\n",
            Storage::Float16 => "enable f16;\n",
            Storage::Plain | Storage::Packed | Storage::Words => "",
        }
    }

    /// The elements of a binding that share an address.
    fn sharing(self) -> u32 {
        if self == Storage::Words { 2 } else { 1 }
    }
}

impl Program {
    /// The types: what is in memory; that as numbers, and as the bits of 16-bit elements; what is
    /// computed at once, and its bits.
    pub(super) fn types(&self) -> String {
        let width = self.choice.width;
        let number = if self.dtype == Dtype::F64 { "f64" } else { "f32" };
        let (stored, output) = match self.storage {
            Storage::Plain => (many(number, width), many(number, width)),
            Storage::Packed => ("vec2<u32>".to_owned(), "vec2<u32>".to_owned()),
            Storage::Int16 => ("u16".to_owned(), "u16".to_owned()),
            Storage::Float16 => ("f16".to_owned(), "f16".to_owned()),
            Storage::Words => ("u32".to_owned(), "atomic<u32>".to_owned()),
        };
        let at_once = if self.choice.kernel == Kernel::Row { 1 } else { width };
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
            ("Code", many("u32", width)),
            ("Value", many(number, at_once)),
            ("Bits", many("u32", at_once)),
        ]
        .map(|(name, ty)| format!("alias {name} = {ty};\n"))
        .concat()
            + &format!("const LARGEST = {largest};\n")
    }

    /// The operands, all of them read_write, so that they may be disjoint ranges of one buffer.
    pub(super) fn operands(&self) -> String {
        self.input(0, "x", 1)
            + &self.input(1, "dy", 2)
            + "@group(0) @binding(3) var<storage, read_write> output: array<Output>;\n"
    }

    fn input(&self, number: usize, name: &str, binding: u32) -> String {
        let replaced = self.in_place && self.operation.replaceable() == Some(number);
        let element = if replaced {
            "output_at(i)".to_owned()
        } else {
            format!("loaded({name}[i / {}u], i)", self.storage.sharing())
        };
        let element = if name == "x" { format!("rectified({element})") } else { element };
        format!(
            "@group(0) @binding({binding}) var<storage, read_write> {name}: array<Stored>;\n\
             fn {name}_at(i: u32) -> Loaded {{ return {element}; }}\n"
        )
    }
}

/// A scalar type, or a vector.
fn many(scalar: &str, width: u32) -> String {
    match width {
        1 => scalar.to_owned(),
        width => format!("vec{width}<{scalar}>"),
    }
}
