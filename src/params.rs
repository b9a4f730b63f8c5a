//! The uniform of a dispatch: `shaders/params.wgsl`, which says what each field is.

use crate::Lrn;
use crate::shader::LIFT;
use bytemuck::{Pod, Zeroable};
use std::mem::offset_of;

/// Structs with the layout of their namesakes in WGSL, which a test compares.
macro_rules! params {
    ($($name:ident { $($field:ident: $type:ty,)* })*) => {$(
        #[allow(missing_docs)] // see shaders/params.wgsl
        #[repr(C)]
        #[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
        pub struct $name { $(pub $field: $type,)* }

        impl $name {
            /// The fields with their offsets in bytes.
            pub const FIELDS: &[(&str, usize)] = &[$((stringify!($field), offset_of!($name, $field)),)*];
        }
    )*};
}

/// A vec3 of f32, which takes the room of four.
type Number = [f32; 4];

params! {
    LayerParams {
        a: Number,
        beta: Number,
        k: Number,
        coefficient: Number,
        scale: Number,
        blend: Number,
    }

    TensorParams {
        channels: u32,
        inner: u32,
        columns: u32,
        beside: u32,
        image: u32,
        segment: u32,
        strips: u32,
        one: f32,
    }

    PartParams {
        first_pixel: u32,
        pixels: u32,
        read_begin: u32,
        read_end: u32,
        write_begin: u32,
        write_end: u32,
        segments: u32,
        grid_width: u32,
        input_shift: u32,
        output_shift: u32,
        sums_shift: u32,
        totals_shift: u32,
    }

    Params {
        layer: LayerParams,
        tensor: TensorParams,
        part: PartParams,
    }
}

impl LayerParams {
    pub(crate) fn new(lrn: &Lrn) -> LayerParams {
        LayerParams {
            a: number(lrn.a()),
            beta: exponent(lrn.beta()),
            k: number(lrn.k()),
            coefficient: number(2.0 * lrn.a() * lrn.beta() / LIFT),
            scale: number(lrn.scale()),
            blend: number(lrn.blend()),
        }
    }
}

/// An exponent as the sum of three f32. The first has 16 bits, so shaders multiply it exactly by a whole number of 8
/// bits. The limits of `EXPONENTS` stand for all exponents beyond them: no power differs.
fn exponent(beta: f64) -> Number {
    let beta = beta.abs().clamp(EXPONENTS.0, EXPONENTS.1).copysign(beta);
    let first = f32::from_bits((beta as f32).to_bits() & 0xffff_ff00);
    parts(beta, first)
}

/// The least and the largest exponent, 2⁻¹⁰⁰ and 2⁶⁴. By a smaller one every power rounds to 1; by a larger one every
/// power but that of 1 is beyond f64, or below it.
const EXPONENTS: (f64, f64) = (1.0 / (1u128 << 100) as f64, (1u128 << 64) as f64);

/// A number as the sum of three f32.
fn number(exact: f64) -> Number {
    parts(exact, exact as f32)
}

/// The same with the first of them given.
fn parts(exact: f64, high: f32) -> Number {
    let middle = (exact - f64::from(high)) as f32;
    let low = (exact - f64::from(high) - f64::from(middle)) as f32;
    [high, middle, low, 0.0]
}
