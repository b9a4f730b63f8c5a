//! The uniform of a dispatch: `shaders/params.wgsl`, which says what each field is.

use crate::Lrn;
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
        lift: Number,
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
            coefficient: number(coefficient(lrn)),
            lift: number(lift(lrn)),
            scale: number(lrn.scale()),
            blend: number(lrn.blend()),
        }
    }
}

/// Returns 2aβ / lift, the factor of the sum of the lifted terms.
pub(crate) fn coefficient(lrn: &Lrn) -> f64 {
    2.0 * lrn.a() * lrn.beta() / lift(lrn)
}

/// Returns the power of two times which backward terms are summed, so that they stay in the range of f32.
///
/// With ρ = x·√(a/k), a term dy·x·b^(−β−1) is dy·k^(−β)/√(ak) times ρ·(1 + ρ²)^(−β−1). The lift takes the first away,
/// and moves the second so that it keeps its digits for a ρ from 2⁻⁶² to 2⁵⁵ at least. At most a lifted term is 2⁶³·dy.
/// Where a is above k, an ordinary ρ is as large as √(a/k). docs/accuracy.md says how far this reaches.
pub(crate) fn lift(lrn: &Lrn) -> f64 {
    let (a, beta, k) = (lrn.a().log2(), lrn.beta(), lrn.k().log2());
    let coefficient = (2.0 * lrn.a() * beta.abs()).log2();
    if coefficient == f64::NEG_INFINITY {
        return 1.0; // there are no terms
    }
    let wanted = (64.0 * beta.clamp(0.5, 1.0) + a.max((a + k) / 2.0) + beta * k).floor();
    // What is lifted, b^(−½) from 1/√k to 1/ρ√k, stays normal, and so does, with its second part, the coefficient.
    let most = (MOST + k.min(0.0) / 2.0).min(coefficient + MOST - 24.0).floor();
    let least = (-MOST).max(k / 2.0 - 60.0).max(coefficient - MOST).ceil();
    2f64.powi(wanted.min(most).max(least) as i32)
}

/// The exponent of the largest power of two that is used; the least is its inverse.
const MOST: f64 = 126.0;

/// Splits an exponent into the sum of three f32. The first has 16 bits, so shaders multiply it exactly by a whole
/// number of 8 bits. The limits of `EXPONENTS` stand for all exponents beyond them: no power differs.
fn exponent(beta: f64) -> Number {
    let beta = beta.abs().clamp(EXPONENTS.0, EXPONENTS.1).copysign(beta);
    let first = f32::from_bits((beta as f32).to_bits() & 0xffff_ff00);
    parts(beta, first)
}

/// The least and the largest exponent, 2⁻¹⁰⁰ and 2⁶⁴. By a smaller one every power rounds to 1; by a larger one every
/// power but that of 1 is beyond f64, or below it.
const EXPONENTS: (f64, f64) = (1.0 / (1u128 << 100) as f64, (1u128 << 64) as f64);

/// Returns a number as the sum of three f32.
pub(crate) fn number(exact: f64) -> Number {
    parts(exact, exact as f32)
}

/// Splits a number into three f32, of which the first is given.
fn parts(exact: f64, high: f32) -> Number {
    let middle = (exact - f64::from(high)) as f32;
    let low = (exact - f64::from(high) - f64::from(middle)) as f32;
    [high, middle, low, 0.0]
}
