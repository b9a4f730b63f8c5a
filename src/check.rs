//! Comparing a result with the CPU reference, in units of the error that the arithmetic allows.
//!
//! The bound of each element follows from the steps of the kernels. Sums are kept in two f32
//! (`shaders/pair.wgsl`; `shaders/double.wgsl` is more exact), so that what remains is the last
//! rounding, a few errors of 2⁻³³ for each addition, and those of the powers: half as much as the last
//! rounding for β = ½, ¾ and 1; for others, those that
//! [WGSL](https://www.w3.org/TR/WGSL/#floating-point-accuracy) allows `pow`. Numbers below the normal
//! range of f32 may be flushed to zero. DESIGN.md derives the numbers.
//!
//! No claim is made, and every value accepted, where an intermediate value leaves the range of f32: a
//! base above 2¹²⁴, or backward terms above 2⁸⁴.

use crate::cpu::{self, Reference, check_slice};
use crate::recipe::SCALE;
use crate::{Dtype, Element, Lrn, Operation, Power, Result, Shape};

/// Errors of the arithmetic, and what a number loses in memory.
struct Precision {
    /// Half an ulp, the relative error of one correctly rounded step.
    unit: f64,
    /// Relative error of one step with sums.
    step: f64,
    /// Relative error of the powers of b, without that of b.
    powers: f64,
    /// Relative error of a product with a factor.
    scaled: f64,
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

/// With sums in two f32. A step rounds three times a low part that is 2⁻¹¹ of the whole. The low part
/// of a factor is up to 2⁻⁴ of it: powers have at most four factors of b^(−¼), a product three roundings.
const SINGLE: Precision = Precision {
    unit: U,
    step: 3.0 * U / 2048.0,
    powers: U / 2.0,
    scaled: 3.0 * U / 16.0,
    tiny: 4.0 * f32::MIN_POSITIVE as f64,
    parameter: 0.0,
    large: (1u128 << 124) as f64,
};

/// With sums in f64, where the reference errs as much as the kernels.
const DOUBLE: Precision = Precision {
    unit: U64,
    step: 2.0 * U64,
    powers: 16.0 * U64,
    scaled: 2.0 * U64,
    tiny: 4.0 * f64::MIN_POSITIVE,
    parameter: f32::MIN_POSITIVE as f64,
    large: 1e300,
};

/// The largest deviation of a result from the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// The largest error, in units of the bound at its element: at most 1 when all is well.
    pub ratio: f64,
    /// The element of that error.
    pub index: usize,
    /// The value there.
    pub got: f64,
    /// The reference there.
    pub expected: f64,
    /// The bound there.
    pub bound: f64,
    /// The largest error, perhaps at another element, in ulp of the largest term of its sum.
    pub ulps: f64,
}

impl Report {
    /// Whether every element is within its bound.
    pub fn passed(&self) -> bool {
        self.ratio <= 1.0
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verdict = if self.passed() { "within" } else { "BEYOND" };
        write!(
            f,
            "largest error {:.3} of the bound ({verdict}) at element {}: {:.8e}, reference {:.10e}; \
             at most {:.2} ulp",
            self.ratio, self.index, self.got, self.expected, self.ulps
        )
    }
}

/// Compares square sums with [`cpu::square_sums`].
///
/// # Errors
///
/// [`Error::Length`](crate::Error::Length), [`Error::Dtype`](crate::Error::Dtype) where a slice does
/// not hold the tensor.
pub fn square_sums<T: Element>(lrn: &Lrn, shape: &Shape, x: &[T], s: &[T]) -> Result<Report> {
    run(lrn, shape, Operation::SquareSums, &[x], s)
}

/// Compares y with [`cpu::forward`].
///
/// # Errors
///
/// As [`square_sums`].
pub fn forward<T: Element>(lrn: &Lrn, shape: &Shape, x: &[T], y: &[T]) -> Result<Report> {
    run(lrn, shape, Operation::Forward, &[x], y)
}

/// Compares dx with [`cpu::backward`].
///
/// # Errors
///
/// As [`square_sums`].
pub fn backward<T: Element>(
    lrn: &Lrn,
    shape: &Shape,
    x: &[T],
    dy: &[T],
    dx: &[T],
) -> Result<Report> {
    run(lrn, shape, Operation::Backward, &[x, dy], dx)
}

/// Compares the result of an operation, named by a value, with [`cpu::run`].
///
/// # Errors
///
/// As [`square_sums`]; also [`Error::Operands`](crate::Error::Operands).
pub fn run<T: Element>(
    lrn: &Lrn,
    shape: &Shape,
    operation: Operation,
    inputs: &[&[T]],
    result: &[T],
) -> Result<Report> {
    check_slice(operation.result(), shape, result)?;
    let expected = cpu::run(lrn, shape, operation, inputs)?;
    let analysis = Analysis {
        precision: if T::DTYPE == Dtype::F64 { DOUBLE } else { SINGLE },
        reference: Reference::new(lrn, shape, inputs[0])?,
    };
    let mut allowances = match operation {
        Operation::SquareSums => analysis.square_sums(),
        Operation::Forward => analysis.forward(),
        Operation::Backward => analysis.backward(inputs[1]),
    };
    if operation != Operation::SquareSums && lrn.is_scaled() {
        let old = inputs.get(operation.operands().len() - 1);
        for (i, allowance) in allowances.iter_mut().enumerate() {
            let old = old.map_or(0.0, |old| old[i].to_f64());
            *allowance = analysis.blended(allowance, expected[i], old);
        }
    }
    Ok(report(result, &expected, &allowances))
}

/// What one element may deviate.
#[derive(Clone, Copy)]
struct Allowance {
    bound: f64,
    largest_term: f64,
}

/// How far errors of the steps reach.
struct Analysis<'a> {
    precision: Precision,
    reference: Reference<'a>,
}

impl Analysis<'_> {
    fn each<V>(&self, value: impl FnMut(usize) -> V) -> Vec<V> {
        (0..self.reference.x.len()).map(value).collect()
    }

    /// How many elements each window has.
    fn counts(&self) -> Vec<f64> {
        self.reference.windows.sums(self.each(|_| 1.0))
    }

    /// Sums along several axes are rounded in memory, once along each.
    fn between(&self) -> f64 {
        let axes = self.reference.windows.axes.len();
        if axes > 1 { axes as f64 * self.precision.unit } else { 0.0 }
    }

    fn square_sums(&self) -> Vec<Allowance> {
        let Precision { unit, step, tiny, .. } = self.precision;
        let Reference { windows, x, s, .. } = &self.reference;
        let largest = windows.folded(x.iter().map(|v| v * v).collect(), f64::max);
        let counts = self.counts();
        let unit = unit + self.between();
        self.each(|i| Allowance {
            bound: self.claimed(s[i], (unit + (counts[i] + 1.0) * step) * s[i] + counts[i] * tiny),
            largest_term: largest[i],
        })
    }

    fn forward(&self) -> Vec<Allowance> {
        let relative = self.normalized();
        self.each(|i| {
            let y = self.normal(i, self.reference.x[i]);
            Allowance {
                bound: self.claimed(self.reference.b[i], self.own(y, relative[i])),
                largest_term: y,
            }
        })
    }

    fn backward<T: Element>(&self, dy: &[T]) -> Vec<Allowance> {
        let Precision { unit, step, powers, scaled, tiny, parameter, .. } = self.precision;
        let Reference { lrn, x, b, windows, .. } = &self.reference;
        let mirrored = windows.mirrored();
        let normalized = self.normalized();
        let sizes = self.each(|i| (self.normal(i, dy[i].to_f64()) * x[i] / b[i]).abs());
        let base = self.base();
        let own = powers + scaled + 3.0 * step + self.between();
        let relative = |i| normalized[i] + base[i] + own;
        let errors = mirrored.sums(self.each(|i| sizes[i] * relative(i)));
        let largest = mirrored.folded(sizes.clone(), f64::max);
        let largest_base = mirrored.folded(b.clone(), f64::max);
        let sums = mirrored.sums(sizes);
        let counts = mirrored.sums(self.each(|_| 1.0));
        let coefficient = 2.0 * lrn.a() * lrn.beta().abs();
        let lost = if coefficient > 0.0 { parameter * SCALE / coefficient } else { 0.0 };
        self.each(|j| {
            let own = self.normal(j, dy[j].to_f64());
            let factor = coefficient * x[j].abs();
            // The additions, the products with x and the coefficient (rounded), the subtraction.
            let summing = (counts[j] + 3.0) * step + unit + lost;
            let terms = factor * (errors[j] + summing * sums[j] + counts[j] * tiny / SCALE);
            let bound = self.own(own, normalized[j]) + terms;
            let masked = lrn.has_relu() && x[j] == 0.0;
            Allowance {
                bound: if masked {
                    0.0
                } else {
                    self.claimed(largest_base[j], self.claimed(sums[j] * SCALE, bound))
                },
                largest_term: f64::max(own, factor * largest[j]),
            }
        })
    }

    /// scale·v + blend·old: v was rounded before, and the sum is.
    fn blended(&self, allowance: &Allowance, expected: f64, old: f64) -> Allowance {
        let Precision { unit, step, tiny, .. } = self.precision;
        let lrn = self.reference.lrn;
        let old = if lrn.blend() == 0.0 { 0.0 } else { (lrn.blend() * old).abs() };
        let own = expected.abs() + old;
        let scale = lrn.scale().abs();
        Allowance {
            bound: scale * allowance.bound
                + unit * expected.abs()
                + 3.0 * step * (own + old)
                + (2.0 + scale) * tiny,
            largest_term: f64::max(scale * allowance.largest_term, old),
        }
    }

    /// |v| divided by b_i^β.
    fn normal(&self, i: usize, v: f64) -> f64 {
        (v * self.reference.power(i, -self.reference.lrn.beta())).abs()
    }

    /// The error of a number divided by a power of b, with the last rounding.
    fn own(&self, normal: f64, relative: f64) -> f64 {
        normal * (relative + self.precision.unit) + self.precision.tiny
    }

    /// The relative error of a number divided by b^β, before it is rounded.
    fn normalized(&self) -> Vec<f64> {
        let base = self.base();
        let beta = self.reference.lrn.beta();
        self.each(|i| {
            // b lies within (1 ± e)·b, so that b^−β lies within (1 − e)^−|β|.
            let from_base = (1.0 - base[i]).powf(-beta.abs()) - 1.0;
            let power = self.power_error(self.reference.b[i]);
            from_base + power + self.precision.scaled + self.precision.step
        })
    }

    /// The relative error of b: a square and an addition for each of n channels, a product, a sum;
    /// squares and products below the normal range may be lost.
    fn base(&self) -> Vec<f64> {
        let Precision { step, tiny, parameter, .. } = self.precision;
        let Reference { lrn, b, .. } = &self.reference;
        let least = if lrn.a() > 0.0 { lrn.k().min(lrn.a()) } else { lrn.k() };
        let counts = self.counts();
        self.each(|i| {
            let lost = (lrn.a() * counts[i] + 1.0) * tiny;
            (counts[i] + 3.0) * step + self.between() + lost / b[i] + parameter / least
        })
    }

    /// The relative error of b^−β from an exact b.
    fn power_error(&self, base: f64) -> f64 {
        let Precision { unit, powers, tiny, .. } = self.precision;
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
        let too_large = intermediate.is_finite() && intermediate > self.precision.large;
        if too_large { f64::INFINITY } else { bound }
    }
}

/// The largest error of all elements.
fn report<T: Element>(got: &[T], expected: &[f64], allowed: &[Allowance]) -> Report {
    let mut report = Report {
        ratio: 0.0,
        index: 0,
        got: got.first().map_or(0.0, |v| v.to_f64()),
        expected: expected.first().copied().unwrap_or(0.0),
        bound: allowed.first().map_or(0.0, |allowance| allowance.bound),
        ulps: 0.0,
    };
    for (index, ((&got, &expected), allowance)) in got.iter().zip(expected).zip(allowed).enumerate()
    {
        let bound = in_memory::<T>(allowance.bound, expected);
        let error = error(got, expected);
        let of_bound = ratio(error, bound);
        if bound.is_finite() {
            report.ulps = report.ulps.max(ratio(error, ulp(T::DTYPE, allowance.largest_term)));
        }
        if of_bound > report.ratio {
            report =
                Report { ratio: of_bound, index, got: got.to_f64(), expected, bound, ..report };
        }
    }
    report
}

/// The bound, with the rounding of a 16-bit type.
fn in_memory<T: Element>(bound: f64, expected: f64) -> f64 {
    if T::DTYPE.is_half() { bound + ulp(T::DTYPE, expected.abs() + bound) / 2.0 } else { bound }
}

/// The distance of a result from the reference; NaN and infinities must be met exactly, but for what
/// rounds to infinity.
fn error<T: Element>(got: T, expected: f64) -> f64 {
    let nearest = T::from_f64(expected).to_f64();
    let got = got.to_f64();
    if got.is_nan() && expected.is_nan() || got == nearest && !(got - expected).is_finite() {
        return 0.0;
    }
    let got = if got.is_infinite() { beyond(T::DTYPE).copysign(got) } else { got };
    let error = (got - expected).abs();
    if error.is_nan() { f64::INFINITY } else { error }
}

/// What would follow the largest number of a type.
fn beyond(dtype: Dtype) -> f64 {
    match dtype {
        Dtype::F16 => 65536.0,
        Dtype::F32 | Dtype::Bf16 => 2.0 * (1u128 << 127) as f64,
        Dtype::F64 => f64::INFINITY,
    }
}

/// An error in some unit; nothing is no error in any unit, and no error counts where no claim is
/// made.
fn ratio(error: f64, unit: f64) -> f64 {
    if error == 0.0 || unit == f64::INFINITY {
        return 0.0;
    }
    // A bound that is NaN stems from inputs that are not finite: only an exact match passes.
    if unit.is_nan() { f64::INFINITY } else { error / unit }
}

/// The distance between numbers of a type near v.
fn ulp(dtype: Dtype, v: f64) -> f64 {
    let (smallest, bits) = match dtype {
        Dtype::F32 => (f32::MIN_POSITIVE.into(), 23.0),
        Dtype::F16 => (6.103515625e-5, 10.0),
        Dtype::Bf16 => (f32::MIN_POSITIVE.into(), 7.0),
        Dtype::F64 => (f64::MIN_POSITIVE, 52.0),
    };
    (v.max(smallest).log2().floor() - bits).exp2()
}
