//! What the steps of an arithmetic lose: the constants of the bound, which docs/accuracy.md derives.

use crate::params::number;
use crate::precision::Arithmetic;
use crate::shader::Power;

/// Errors of an arithmetic, and what a number loses in memory.
#[derive(Clone, Copy)]
pub(super) struct Errors {
    /// Half an ulp, the relative error of one correctly rounded step.
    pub(super) unit: f64,
    /// Relative error of one step with sums.
    pub(super) step: f64,
    /// Relative error of the powers of b that are made of roots, without that of b.
    pub(super) powers: f64,
    /// Relative error of other powers: a constant, and what is added for each |β|.
    other_powers: (f64, f64),
    /// Relative error of a product with a factor, beside that of a step and of the last rounding.
    pub(super) scaled: f64,
    /// Relative error of a sum that is kept between passes, for each axis.
    pub(super) between: f64,
    /// The least normal number of the type that is computed with.
    pub(super) normal: f64,
    /// What a device that flushes subnormal numbers may lose in one product, in all its parts.
    pub(super) tiny: f64,
    /// Set if numbers are split before they are multiplied.
    splits: bool,
    /// How many of the three parts of a parameter are used.
    parts: usize,
    /// The largest intermediate value for which a claim is made.
    pub(super) large: f64,
}

/// Half an ulp of f32, and of f64.
const U: f64 = f32::EPSILON as f64 / 2.0;
const U64: f64 = f64::EPSILON / 2.0;

/// Errors with sums in one f32: every step rounds. Of a power the most is that of β = ¾: t·q rounds, t = q² did, half
/// as much, and the residual twice, of which ¾ count; or, where a compiler takes q·q for the argument of the root q, an
/// ulp of the device's square root.
const SINGLE: Errors = Errors {
    unit: U,
    step: U,
    powers: 5.0 * U,
    other_powers: (2.2 * U, 1.7 * U),
    scaled: 0.0,
    between: 0.0,
    normal: f32::MIN_POSITIVE as f64,
    tiny: f32::MIN_POSITIVE as f64,
    splits: false,
    parts: 1,
    large: (1u128 << 124) as f64,
};

/// Errors as in `SINGLE` where the device's roots are not corrected. WGSL allows inverseSqrt 2 ulp, 4U, and sqrt those
/// and the 2.5 ulp of a division, 9U. So q errs by 11U, t = q² by 23U, t·q by 35U and t·t by 47U.
const ROUGH: Errors = Errors { powers: 47.0 * U, ..SINGLE };

/// Errors with sums in two f32. A step rounds three times a low part that is 2⁻¹¹ of the whole. The low part of a
/// factor is up to 2⁻⁴ of it: powers have at most four factors of b^(−¼), a product three roundings.
const PAIR: Errors = Errors {
    step: 3.0 * U / 2048.0,
    powers: U / 2.0,
    other_powers: (0.08 * U, 0.08 * U),
    scaled: 3.0 * U / 16.0,
    between: U,
    tiny: 4.0 * f32::MIN_POSITIVE as f64,
    splits: true,
    parts: 2,
    ..SINGLE
};

/// Errors with sums in f64, where the reference errs as much as the kernels.
const DOUBLE: Errors = Errors {
    unit: U64,
    step: 2.0 * U64,
    powers: 16.0 * U64,
    other_powers: (4.4 * U64, 4.2 * U64), // 2 of the reference's
    scaled: 2.0 * U64,
    between: 2.0 * U64,
    normal: f64::MIN_POSITIVE,
    tiny: 2.0 * f64::MIN_POSITIVE,
    splits: false,
    parts: 3,
    large: 1e300,
};

impl Errors {
    /// Returns the errors of an arithmetic; `rough` where it does not correct the device's roots.
    pub(super) fn of(arithmetic: Arithmetic, rough: bool) -> Errors {
        match arithmetic {
            Arithmetic::Single if rough => ROUGH,
            Arithmetic::Single => SINGLE,
            Arithmetic::Pair => PAIR,
            Arithmetic::Double => DOUBLE,
        }
    }

    /// Returns the relative error of b^(−β) from an exact b.
    pub(super) fn of_power(&self, beta: f64, base: f64) -> f64 {
        match Power::of(beta) {
            Power::Zero => 0.0,
            Power::Half | Power::ThreeQuarters => self.powers,
            // The low part of 1/b is small where b is large.
            Power::One => self.powers + self.tiny * base,
            Power::General => self.other_powers.0 + self.other_powers.1 * beta.abs(),
        }
    }

    /// Returns the share of a parameter that is in subnormal parts, or, but for the rounding of a single part, in none.
    pub(super) fn flushed(&self, parameter: f64) -> f64 {
        let parts = number(parameter).map(f64::from);
        let subnormal = |part: &f64| part.abs() < f64::from(f32::MIN_POSITIVE);
        let used = || parts.iter().take(self.parts).copied();
        let flushed: f64 = used().filter(subnormal).map(f64::abs).sum();
        let missing = if self.parts > 1 { (parameter - used().sum::<f64>()).abs() } else { 0.0 };
        let lost = flushed + missing + self.flushed_of(parameter);
        if lost > 0.0 { lost / parameter.abs() } else { 0.0 }
    }

    /// Returns what flushing loses of a number that is multiplied: itself, or the part after its 12 leading bits.
    pub(super) fn flushed_of(&self, v: f64) -> f64 {
        let v = v.abs();
        if v < self.normal {
            v
        } else if self.splits {
            (v / 4096.0).min(self.normal)
        } else {
            0.0
        }
    }
}
