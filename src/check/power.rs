//! What a power of b loses.

use super::errors::Errors;
use crate::precision::Arithmetic;
use crate::shader::Power;

/// The relative error of b^(−β) from an exact b.
pub(super) fn power_error(_: Arithmetic, errors: &Errors, beta: f64, base: f64) -> f64 {
    let Errors { unit, powers, tiny, .. } = *errors;
    match Power::of(beta) {
        Power::Zero => 0.0,
        Power::Half | Power::ThreeQuarters => powers,
        // The low part of 1/b is small where b is large.
        Power::One => powers + tiny * base,
        Power::General => {
            let log = base.log2().abs();
            let beta = beta.abs();
            let exponent = beta * f64::max(8.0 * unit, 6.0 * unit * log) + 2.0 * unit * beta * log;
            exponent.exp2() - 1.0 + (6.0 + 4.0 * beta * log) * unit + beta * unit
        }
    }
}
