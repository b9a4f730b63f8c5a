//! What a result may deviate: how far the errors of the steps reach.

use crate::cpu::{Reference, added};
use crate::memory;
use crate::precision::Arithmetic;
use crate::shader::LIFT;
use crate::shader::Power;
use crate::{Dtype, Element, Operation, Result};

/// Errors of an arithmetic, and what a number loses in memory.
struct Errors {
    /// Half an ulp, the relative error of one correctly rounded step.
    unit: f64,
    /// Relative error of one step with sums.
    step: f64,
    /// Relative error of the powers of b, without that of b.
    powers: f64,
    /// Relative error of a product with a factor, beside that of a step and of the last rounding.
    scaled: f64,
    /// Relative error of a sum that is kept between passes, for each axis.
    between: f64,
    /// What a device that flushes subnormal numbers may lose in the parts of one product.
    tiny: f64,
    /// What of a parameter its parts may lose.
    parameter: f64,
    /// The largest intermediate value for which the bound is claimed.
    large: f64,
}

/// Half an ulp of f32, and of f64.
const U: f64 = f32::EPSILON as f64 / 2.0;
const U64: f64 = f64::EPSILON / 2.0;

/// With sums in one f32: every step rounds. Of a power the most is that of β = ¾: t·q rounds, t = q² did,
/// half as much, and the residual twice, of which ¾ count; or, where a compiler takes q·q for the argument of the root q, an ulp of the device's square root.
const SINGLE: Errors = Errors {
    unit: U,
    step: U,
    powers: 5.0 * U,
    scaled: 0.0,
    between: 0.0,
    tiny: 4.0 * f32::MIN_POSITIVE as f64,
    parameter: 0.0,
    large: (1u128 << 124) as f64,
};

/// With sums in two f32. A step rounds three times a low part that is 2⁻¹¹ of the whole. The low part
/// of a factor is up to 2⁻⁴ of it: powers have at most four factors of b^(−¼), a product three roundings.
const PAIR: Errors = Errors {
    step: 3.0 * U / 2048.0,
    powers: U / 2.0,
    scaled: 3.0 * U / 16.0,
    between: U,
    ..SINGLE
};

/// With sums in f64, where the reference errs as much as the kernels.
const DOUBLE: Errors = Errors {
    unit: U64,
    step: 2.0 * U64,
    powers: 16.0 * U64,
    scaled: 2.0 * U64,
    between: 2.0 * U64,
    tiny: 4.0 * f64::MIN_POSITIVE,
    parameter: f32::MIN_POSITIVE as f64,
    large: 1e300,
};

impl Errors {
    fn of(arithmetic: Arithmetic) -> Errors {
        match arithmetic {
            Arithmetic::Single => SINGLE,
            Arithmetic::Pair => PAIR,
            Arithmetic::Double => DOUBLE,
        }
    }
}

/// What one element may deviate.
#[derive(Clone, Copy)]
pub(super) struct Allowance {
    pub(super) bound: f64,
    /// The sum of the magnitudes of the terms that the element is the sum of.
    pub(super) magnitude: f64,
}

/// How far errors of the steps reach.
pub(super) struct Analysis<'a> {
    errors: Errors,
    reference: Reference<'a>,
    /// How many elements each window has.
    counts: Vec<f64>,
    /// The relative error of each b.
    base: Vec<f64>,
}

impl<'a> Analysis<'a> {
    pub(super) fn new(dtype: Dtype, reference: Reference<'a>) -> Result<Analysis<'a>> {
        let errors = Errors::of(Arithmetic::of(reference.lrn.precision(), dtype));
        let counts = reference.windows.sums(each(reference.x.len(), |_| 1.0)?)?;
        let mut analysis = Analysis { errors, reference, counts, base: Vec::new() };
        analysis.base = analysis.base()?;
        Ok(analysis)
    }

    /// What each element of a result may deviate.
    pub(super) fn run<T: Element>(
        &self,
        operation: Operation,
        inputs: &[&[T]],
        expected: &[f64],
    ) -> Result<Vec<Allowance>> {
        let allowances = match operation {
            Operation::SquareSums => return self.square_sums(),
            Operation::Forward => self.forward()?,
            Operation::Backward => self.backward(inputs[1])?,
        };
        let lrn = self.reference.lrn;
        if !lrn.has_epilogue() {
            return Ok(allowances);
        }
        self.each(|i| {
            self.blended(
                &allowances[i],
                expected[i],
                added(lrn, operation, inputs, i).map_or(0.0, f64::abs),
            )
        })
    }

    fn each<V>(&self, value: impl FnMut(usize) -> V) -> Result<Vec<V>> {
        each(self.reference.x.len(), value)
    }

    /// Sums along several axes are rounded in memory, once along each.
    fn between(&self) -> f64 {
        let axes = self.reference.windows.axes.len();
        if axes > 1 { axes as f64 * self.errors.between } else { 0.0 }
    }

    fn square_sums(&self) -> Result<Vec<Allowance>> {
        let Errors { unit, step, tiny, .. } = self.errors;
        let s = &self.reference.s;
        let counts = &self.counts;
        let unit = unit + self.between();
        self.each(|i| Allowance {
            bound: self.claimed(s[i], (unit + (counts[i] + 1.0) * step) * s[i] + counts[i] * tiny),
            magnitude: s[i],
        })
    }

    fn forward(&self) -> Result<Vec<Allowance>> {
        let relative = self.normalized()?;
        self.each(|i| {
            let y = self.normal(i, self.reference.x[i]);
            Allowance {
                bound: self.claimed(self.largest(i), self.own(y, relative[i])),
                magnitude: y,
            }
        })
    }

    fn backward<T: Element>(&self, dy: &[T]) -> Result<Vec<Allowance>> {
        let Errors { unit, step, powers, scaled, tiny, parameter, .. } = self.errors;
        let Reference { lrn, x, b, windows, .. } = &self.reference;
        let mirrored = windows.mirrored();
        let normalized = self.normalized()?;
        let sizes = self.each(|i| (self.normal(i, dy[i].to_f64()) * x[i] / b[i]).abs())?;
        // The factors, their products, and what `normalized` leaves out.
        let own = powers + scaled + 4.0 * step + self.between();
        let relative = |i| normalized[i] + self.base[i] + own;
        let flushed = |i: usize| self.normal(i, dy[i].to_f64()) * tiny / b[i].sqrt();
        let errors = mirrored.sums(self.each(|i| sizes[i] * relative(i) + flushed(i))?)?;
        let largest = mirrored.folded(self.each(|i| self.largest(i))?, f64::max)?;
        let sums = mirrored.sums(sizes)?;
        let counts = mirrored.sums(self.each(|_| 1.0)?)?;
        let coefficient = 2.0 * lrn.a() * lrn.beta().abs();
        let lost = if coefficient > 0.0 { parameter * LIFT / coefficient } else { 0.0 };
        self.each(|j| {
            let own = self.normal(j, dy[j].to_f64());
            let factor = coefficient * x[j].abs();
            // The additions, the products with x and the coefficient (rounded), the subtraction.
            let summing = (counts[j] + 3.0) * step + unit + lost;
            let terms = factor * (errors[j] + summing * sums[j] + counts[j] * tiny / LIFT);
            let bound = self.own(own, normalized[j]) + terms;
            let masked = lrn.has_relu() && x[j] == 0.0;
            Allowance {
                bound: if masked {
                    0.0
                } else {
                    self.claimed(largest[j], self.claimed(sums[j] * LIFT, bound))
                },
                magnitude: own + factor * sums[j],
            }
        })
    }

    /// scale·v plus what is added: v was rounded before, and the sum is.
    fn blended(&self, allowance: &Allowance, expected: f64, added: f64) -> Allowance {
        let Errors { unit, step, tiny, .. } = self.errors;
        let own = expected.abs() + added;
        let scale = self.reference.lrn.scale().abs();
        Allowance {
            bound: scale * allowance.bound
                + unit * expected.abs()
                + 3.0 * step * (own + added)
                + (2.0 + scale) * tiny,
            magnitude: scale * allowance.magnitude + added,
        }
    }

    /// |v| divided by b_i^β.
    fn normal(&self, i: usize, v: f64) -> f64 {
        (v * self.reference.power(i, -self.reference.lrn.beta())).abs()
    }

    /// The largest intermediate value that depends on b alone: it, or b^(−β).
    fn largest(&self, i: usize) -> f64 {
        self.reference.b[i].max(self.reference.power(i, -self.reference.lrn.beta()))
    }

    /// The error of a number divided by a power of b, with the last rounding.
    fn own(&self, normal: f64, relative: f64) -> f64 {
        normal * (relative + self.errors.unit) + self.errors.tiny
    }

    /// The relative error of a number divided by b^β, before it is rounded.
    fn normalized(&self) -> Result<Vec<f64>> {
        let beta = self.reference.lrn.beta();
        self.each(|i| {
            // b lies within (1 ± e)·b, so that b^−β lies within (1 − e)^−|β|.
            let from_base = (1.0 - self.base[i]).powf(-beta.abs()) - 1.0;
            let power = self.power_error(self.reference.b[i]);
            from_base + power + self.errors.scaled + self.errors.step
        })
    }

    /// The relative error of b: a square and an addition for each of n channels, a coefficient, a product and
    /// a sum in a·s; a bias and a sum in k. Squares and products below the normal range may be lost.
    fn base(&self) -> Result<Vec<f64>> {
        let Errors { step, tiny, parameter, .. } = self.errors;
        let Reference { lrn, s, b, .. } = &self.reference;
        let least = if lrn.a() > 0.0 { lrn.k().min(lrn.a()) } else { lrn.k() };
        self.each(|i| {
            let lost = (lrn.a() * self.counts[i] + 1.0) * tiny;
            let in_squares = (self.counts[i] + 3.0) * step + self.between();
            // A sum beyond f64 has no share.
            let share = if s[i] > 0.0 { (lrn.a() * s[i] / b[i]).min(1.0) } else { 0.0 };
            share * in_squares + 2.0 * step + lost / b[i] + parameter / least
        })
    }

    /// The relative error of b^−β from an exact b.
    fn power_error(&self, base: f64) -> f64 {
        let Errors { unit, powers, tiny, .. } = self.errors;
        let beta = self.reference.lrn.beta();
        match Power::of(beta) {
            Power::Zero => 0.0,
            Power::Half | Power::ThreeQuarters => powers,
            // The low part of 1/b is small where b is large.
            Power::One => powers + tiny * base,
            Power::General => {
                let log = base.log2().abs();
                let beta = beta.abs();
                // log2: 2^-21 absolute in [½, 2], 3 ulp elsewhere; the product rounds once, and β
                // before; exp2 has 3 + 2·|exponent| ulp; b was rounded. In f64 it is our own, and not
                // worse.
                let exponent =
                    beta * f64::max(8.0 * unit, 6.0 * unit * log) + 2.0 * unit * beta * log;
                exponent.exp2() - 1.0 + (6.0 + 4.0 * beta * log) * unit + beta * unit
            }
        }
    }

    /// The bound, or no bound where an intermediate value is too large though its inputs are finite.
    fn claimed(&self, intermediate: f64, bound: f64) -> f64 {
        let too_large = intermediate.is_finite() && intermediate > self.errors.large;
        if too_large { f64::INFINITY } else { bound }
    }
}

fn each<T>(count: usize, value: impl FnMut(usize) -> T) -> Result<Vec<T>> {
    memory::each("computing the bound", count, value)
}
