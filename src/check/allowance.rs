//! What a result may deviate: how far the errors of the steps reach.
//!
//! A bound is a number of at least 0, or infinite where no claim is made, and never NaN: what is not finite in the
//! inputs is known as such, and takes no part in the arithmetic here.

use super::errors::Errors;
use crate::cpu::{Reference, added};
use crate::memory;
use crate::params::{coefficient, lift};
use crate::precision::Arithmetic;
use crate::shader::hides_roots;
use crate::{Dtype, Element, Operation, Result};

/// What one element may deviate.
#[derive(Clone, Copy)]
pub(super) struct Allowance {
    /// Infinite where no claim is made.
    pub(super) bound: f64,
    /// The sum of the magnitudes of the terms that the element is the sum of.
    pub(super) magnitude: f64,
}

impl Allowance {
    const NO_CLAIM: Allowance = Allowance::new(f64::INFINITY, f64::INFINITY);

    /// Returns a bound, unless it is so wide that it says nothing: wider than the terms, and than what flushing
    /// explains.
    fn within(bound: f64, magnitude: f64, errors: &Errors) -> Allowance {
        if bound <= magnitude.max(errors.tiny * f64::from(1 << 20)) {
            Allowance::new(bound, magnitude)
        } else {
            Allowance::NO_CLAIM
        }
    }

    /// An infinity or a NaN, which must be met.
    const MUST_MATCH: Allowance = Allowance::new(0.0, f64::INFINITY);

    /// The allowance of what is 0 whatever else is computed.
    const ZERO: Allowance = Allowance::new(0.0, 0.0);

    const fn new(bound: f64, magnitude: f64) -> Allowance {
        Allowance { bound, magnitude }
    }

    /// Returns the allowance of a value that is not finite, or whose inputs are not.
    fn of_special(level: f64) -> Allowance {
        if level == SPECIAL { Allowance::MUST_MATCH } else { Allowance::NO_CLAIM }
    }
}

/// The level of what an element depends on: all of it is in range; there is an infinity or a NaN, and the rest is in
/// range; an intermediate value is out of range. (Numbers, since windows fold numbers.)
const ORDINARY: f64 = 0.0;
const SPECIAL: f64 = 1.0;
const OUT_OF_RANGE: f64 = 2.0;

/// A base, with what is known of it.
struct Base {
    level: f64,
    /// The elements in its window.
    count: f64,
    /// The relative error of the base.
    error: f64,
    /// |b^(−β)|
    power: f64,
    /// The relative error of a number times that power, before it is rounded.
    normalized: f64,
}

/// A backward term, with what is known of it.
struct Term {
    level: f64,
    size: f64,
    error: f64,
}

/// How far errors of the steps reach.
pub(super) struct Analysis<'a> {
    arithmetic: Arithmetic,
    errors: Errors,
    reference: Reference<'a>,
    lift: f64,
    /// 2a|β|
    coefficient: f64,
    /// What flushing loses of the parameters in b, and of the coefficient.
    in_base: f64,
    in_coefficient: f64,
    bases: Vec<Base>,
}

impl<'a> Analysis<'a> {
    /// Analyses an operation on elements of a type.
    pub(super) fn new(dtype: Dtype, operation: Operation, reference: Reference<'a>) -> Result<Analysis<'a>> {
        let arithmetic = Arithmetic::of(reference.lrn.precision(), dtype);
        let lrn = reference.lrn;
        let errors = Errors::of(arithmetic, hides_roots(dtype, operation, lrn.is_blended()));
        let mut analysis = Analysis {
            arithmetic,
            errors,
            lift: lift(lrn),
            coefficient: 2.0 * lrn.a() * lrn.beta().abs(),
            in_base: errors.flushed(lrn.a()).max(errors.flushed(lrn.k())),
            in_coefficient: errors.flushed(coefficient(lrn)),
            bases: Vec::new(),
            reference,
        };
        analysis.bases = analysis.bases()?;
        Ok(analysis)
    }

    /// Returns the allowance of each element of a result, from what the layer computes and what its epilogue makes of
    /// that.
    pub(super) fn run<T: Element>(
        &self,
        operation: Operation,
        inputs: &[&[T]],
        computed: &[f64],
        expected: &[f64],
    ) -> Result<Vec<Allowance>> {
        let allowances = match operation {
            Operation::SquareSums => return self.square_sums(),
            Operation::Forward => self.forward(computed)?,
            Operation::Backward => self.backward(inputs[1], computed)?,
        };
        let lrn = self.reference.lrn;
        if !lrn.has_epilogue() {
            return Ok(allowances);
        }
        let added = |i| added(lrn, operation, inputs, i).map_or(0.0, f64::abs);
        self.each(|i| self.blended(&allowances[i], expected[i], added(i)))
    }

    fn each<V>(&self, value: impl FnMut(usize) -> V) -> Result<Vec<V>> {
        memory::each("computing the bound", self.reference.x.len(), value)
    }

    /// Returns the error of sums along several axes, which memory rounds once along each.
    fn between(&self) -> f64 {
        let axes = self.reference.windows.axes.len();
        if axes > 1 { axes as f64 * self.errors.between } else { 0.0 }
    }

    fn bases(&self) -> Result<Vec<Base>> {
        let Reference { x, windows, .. } = &self.reference;
        let counts = windows.sums(self.each(|_| 1.0)?)?;
        let special = |i: usize| if x[i].is_finite() { ORDINARY } else { SPECIAL };
        let levels = windows.folded(self.each(special)?, f64::max)?;
        self.each(|i| self.base(i, counts[i], levels[i]))
    }

    /// A square and an addition for each of n channels, a coefficient, a product and a sum in a·s; a bias and a sum in
    /// k. Squares and products below the normal range may be lost.
    fn base(&self, i: usize, count: f64, level: f64) -> Base {
        let Errors { step, tiny, scaled, .. } = self.errors;
        let Reference { lrn, s, b, .. } = &self.reference;
        let power = self.reference.power(i, -lrn.beta()).abs();
        if level == SPECIAL {
            return Base { level, count, error: 0.0, power, normalized: scaled + step };
        }
        let in_squares = (count + 3.0) * step + self.between();
        let share = if s[i] > 0.0 && b[i].is_finite() { lrn.a() * s[i] / b[i] } else { 1.0 };
        let lost = (lrn.a() * count + 1.0) * tiny / b[i];
        let error = share.min(1.0) * in_squares + 2.0 * step + lost + self.in_base;
        let of_power = self.errors.of_power(lrn.beta(), b[i]);
        let normalized = grown(error, lrn.beta()) + of_power + scaled + step;
        let in_range = self.is_in_range(b[i]) && power <= self.errors.large;
        let level = if in_range { ORDINARY } else { OUT_OF_RANGE };
        Base { level, count, error, power, normalized }
    }

    fn is_in_range(&self, base: f64) -> bool {
        (self.errors.normal..=self.errors.large).contains(&base)
    }

    fn square_sums(&self) -> Result<Vec<Allowance>> {
        let Errors { unit, step, tiny, large, .. } = self.errors;
        let s = &self.reference.s;
        let unit = unit + self.between();
        self.each(|i| match self.bases[i].level {
            SPECIAL => Allowance::MUST_MATCH,
            _ if s[i] > large => Allowance::NO_CLAIM,
            _ => {
                let count = self.bases[i].count;
                let bound = (unit + (count + 1.0) * step) * s[i] + count * tiny;
                Allowance::within(bound, s[i], &self.errors)
            }
        })
    }

    fn forward(&self, y: &[f64]) -> Result<Vec<Allowance>> {
        self.each(|i| match self.bases[i].level {
            level if !y[i].is_finite() => Allowance::of_special(level),
            OUT_OF_RANGE => Allowance::NO_CLAIM,
            _ => Allowance::within(self.own(i, self.reference.x[i]), y[i].abs(), &self.errors),
        })
    }

    /// Returns the error of a number divided by b_i^β, with the last rounding.
    fn own(&self, i: usize, v: f64) -> f64 {
        let Base { power, normalized, .. } = self.bases[i];
        times((v * power).abs(), normalized + self.errors.unit) + self.lost(i, v)
    }

    /// Returns what a number times b_i^(−β) may lose below the normal range, itself or by that power.
    fn lost(&self, i: usize, v: f64) -> f64 {
        let Errors { normal, tiny, .. } = self.errors;
        let power = self.bases[i].power;
        let of_power = if power < normal { v.abs() * normal } else { 0.0 };
        times(self.errors.flushed_of(v), power) + of_power + tiny
    }

    fn backward<T: Element>(&self, dy: &[T], dx: &[f64]) -> Result<Vec<Allowance>> {
        let mirrored = self.reference.windows.mirrored();
        let terms = self.each(|i| self.term(i, dy[i].to_f64()))?;
        let counts = mirrored.sums(self.each(|_| 1.0)?)?;
        let levels = mirrored.folded(self.each(|i| terms[i].level)?, f64::max)?;
        let sizes = mirrored.sums(self.each(|i| terms[i].size)?)?;
        let errors = mirrored.sums(self.each(|i| terms[i].error)?)?;
        self.each(|j| {
            let terms = Term { level: levels[j], size: sizes[j], error: errors[j] };
            match terms.level {
                _ if self.reference.lrn.has_relu() && self.reference.x[j] == 0.0 => Allowance::ZERO,
                OUT_OF_RANGE => Allowance::NO_CLAIM,
                level if !dx[j].is_finite() => Allowance::of_special(level),
                _ => self.gradient(j, dy[j].to_f64(), counts[j], &terms),
            }
        })
    }

    /// Analyses a term t_i. Where it is infinite or NaN, so is every sum that it is in.
    fn term(&self, i: usize, dy: f64) -> Term {
        let Base { level, power, .. } = self.bases[i];
        let Reference { x, b, .. } = &self.reference;
        let is_special = level == SPECIAL || !dy.is_finite();
        if level == OUT_OF_RANGE || (is_special && !self.is_certain(i, dy)) {
            return Term { level: OUT_OF_RANGE, size: 0.0, error: 0.0 };
        }
        if is_special {
            return Term { level: SPECIAL, size: 0.0, error: 0.0 };
        }
        let normalized_dy = dy.abs() * power;
        let (first, second) = self.factors(i);
        let in_range =
            [normalized_dy, first, second, normalized_dy * first * second].iter().all(|&v| v <= self.errors.large);
        Term {
            level: if in_range { ORDINARY } else { OUT_OF_RANGE },
            size: normalized_dy * (x[i] / b[i]).abs(),
            error: self.error_of_term(i, dy, normalized_dy),
        }
    }

    /// Returns `true` if a term that is special, or has a special base, is what the formula says on any device: it is
    /// 0, or no infinity is multiplied by what a device may flush to 0. For β < −1 kernels make NaN of infinite terms
    /// at the ends of the axis: what is missing there has an infinite base too.
    fn is_certain(&self, i: usize, dy: f64) -> bool {
        if self.bases[i].level == SPECIAL {
            let size = (dy * self.reference.x[i]).abs() * self.reference.power_over_base(i);
            return size == 0.0 || (!size.is_finite() && self.reference.lrn.beta() >= -1.0);
        }
        let (first, second) = self.factors(i);
        let is_far = [first, second, first * second].iter().all(|&v| v > self.errors.normal.sqrt());
        dy.is_nan() || self.reference.x[i] == 0.0 || is_far
    }

    /// Returns the relative errors of the factors and of their products, and what devices flush to zero of them.
    fn error_of_term(&self, i: usize, dy: f64, normalized_dy: f64) -> f64 {
        let Errors { step, powers, scaled, tiny, .. } = self.errors;
        let Base { error, normalized, .. } = self.bases[i];
        let (first, second) = self.factors(i);
        let of_products = powers + scaled + 4.0 * step + self.between();
        let of_x = self.share_flushed(i);
        let relative = normalized + grown(error, 1.0) + of_products + of_x;
        let flushed = (normalized_dy * (first + second + 1.0) + 1.0) * tiny;
        let lost = flushed + first * second * self.lost(i, dy);
        (times(normalized_dy * first * second, relative) + lost) / self.lift
    }

    /// Returns the share of x_i that flushing loses.
    fn share_flushed(&self, i: usize) -> f64 {
        let x = self.reference.x[i].abs();
        if x > 0.0 { self.errors.flushed_of(x) / x } else { 0.0 }
    }

    /// Returns the two factors of x_i·lift/b_i, as the arithmetic makes them.
    fn factors(&self, i: usize) -> (f64, f64) {
        let (x, b, lift) = (self.reference.x[i].abs(), self.reference.b[i], self.lift);
        match self.arithmetic {
            Arithmetic::Single | Arithmetic::Double => (x / b.sqrt(), lift / b.sqrt()),
            Arithmetic::Pair if b > 1.0 => (x * lift.min(1.0), lift.max(1.0) / b),
            Arithmetic::Pair => (x * lift.max(1.0), lift.min(1.0) / b),
        }
    }

    /// Returns the allowance of an ordinary gradient, from the sum of its terms.
    fn gradient(&self, j: usize, dy: f64, count: f64, terms: &Term) -> Allowance {
        let Errors { unit, step, tiny, large, .. } = self.errors;
        let lift = self.lift;
        let factor = self.coefficient * self.reference.x[j].abs();
        let own = dy.abs() * self.bases[j].power;
        let magnitude = own + factor * terms.size;
        // Own number and terms may be beyond the type, and cancel; so may their lifted sum.
        if !(magnitude <= large && terms.size * lift <= large) {
            return Allowance::NO_CLAIM;
        }
        // The additions, the products with x and the coefficient (rounded), the subtraction.
        let summing = (count + 3.0) * step + unit + self.in_coefficient + self.share_flushed(j);
        let in_terms = times(factor, terms.error + summing * terms.size + count * tiny / lift);
        // Where x is 0 there is nothing to flush.
        let in_product = if factor > 0.0 { tiny * lift * terms.size } else { 0.0 } + tiny;
        let bound = self.own(j, dy) + in_terms + in_product;
        Allowance::within(bound, magnitude, &self.errors)
    }

    /// Returns the allowance of scale·v plus what is added: v was rounded before, and the sum is.
    fn blended(&self, allowance: &Allowance, expected: f64, added: f64) -> Allowance {
        let Errors { unit, step, tiny, large, .. } = self.errors;
        let Allowance { bound, magnitude } = *allowance;
        let (scale, blend) = (self.reference.lrn.scale(), self.reference.lrn.blend());
        let scaled = scale.abs() * magnitude;
        let is_special = (bound == 0.0 && magnitude.is_infinite()) || !added.is_finite();
        match is_special {
            true if bound < f64::INFINITY && !expected.is_finite() => return Allowance::MUST_MATCH,
            false if bound < f64::INFINITY && magnitude <= large && scaled + added <= large => {}
            _ => return Allowance::NO_CLAIM,
        }
        let flushed = self.errors.flushed(scale) * scaled + self.errors.flushed(blend) * added;
        let rounding = unit * expected.abs() + 3.0 * step * (expected.abs() + 2.0 * added);
        let bound = scale.abs() * bound + rounding + flushed + (2.0 + scale.abs()) * tiny;
        Allowance::within(bound, scaled + added, &self.errors)
    }
}

/// Returns how far an error of a base reaches in a power of it: (1 − error)^(−|exponent|) − 1, without limit where the
/// base may be 0.
fn grown(error: f64, exponent: f64) -> f64 {
    if exponent == 0.0 {
        0.0
    } else if error < 1.0 {
        (-exponent.abs() * (-error).ln_1p()).exp_m1()
    } else {
        f64::INFINITY
    }
}

/// Returns the product of two sizes, where nothing has no error, however large that may be.
fn times(size: f64, error: f64) -> f64 {
    if size == 0.0 { 0.0 } else { size * error }
}
