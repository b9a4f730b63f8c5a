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

use crate::cpu::{self, Pixel, check_length, for_each_pixel};
use crate::recipe::SCALE;
use crate::{Lrn, Operation, Power, Result, Shape};

/// Half an ulp, the relative error of one correctly rounded f32 step.
const U: f64 = f32::EPSILON as f64 / 2.0;

/// Relative error of one step with sums: three roundings of a low part that is 2⁻¹¹ of the whole.
const STEP: f64 = 3.0 * U / 2048.0;

/// Relative error of the powers of b, without that of b: those of the low part of a factor, which is
/// up to 2⁻⁴ of it, in at most four factors of b^(−¼).
const POWERS: f64 = U / 2.0;

/// Relative error of a product with a factor: three roundings of such a low part.
const SCALED: f64 = 3.0 * U / 16.0;

/// What a device that flushes subnormal numbers may lose in the parts of one product.
const TINY: f64 = 4.0 * f32::MIN_POSITIVE as f64;

/// The largest intermediate value for which the bound is claimed: 2¹²⁴.
const LARGE: f64 = (1u128 << 124) as f64;

/// The largest deviation of a result from the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// The largest error, in units of the bound at its element: at most 1 when all is well.
    pub ratio: f64,
    /// The element of that error.
    pub index: usize,
    /// The value there.
    pub got: f32,
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
/// [`Error::Length`](crate::Error::Length) where a slice does not hold the tensor.
pub fn square_sums(lrn: &Lrn, shape: &Shape, x: &[f32], s: &[f32]) -> Result<Report> {
    check_length("s", shape, s)?;
    let expected = cpu::square_sums(lrn, shape, x)?;
    let allowed = allowances(lrn, shape, |pixel| {
        pixel.each(|i| {
            let window = || pixel.window(i).map(|j| f64::from(x[pixel.at(j)]).powi(2));
            let n = window().count() as f64;
            let sum = window().sum::<f64>();
            Allowance {
                bound: within_range(sum, (U + (n + 1.0) * STEP) * sum + n * TINY),
                largest_term: window().fold(0.0, f64::max),
            }
        })
    });
    Ok(report(s, &expected, &allowed))
}

/// Compares y with [`cpu::forward`].
///
/// # Errors
///
/// [`Error::Length`](crate::Error::Length) where a slice does not hold the tensor.
pub fn forward(lrn: &Lrn, shape: &Shape, x: &[f32], y: &[f32]) -> Result<Report> {
    check_length("y", shape, y)?;
    let expected = cpu::forward(lrn, shape, x)?;
    let allowed = allowances(lrn, shape, |pixel| {
        pixel.each(|i| {
            let normalized = Normalized::new(lrn, pixel, x, x, i);
            Allowance {
                bound: within_range(normalized.base, normalized.error()),
                largest_term: normalized.value.abs(),
            }
        })
    });
    Ok(report(y, &expected, &allowed))
}

/// Compares dx with [`cpu::backward`].
///
/// # Errors
///
/// [`Error::Length`](crate::Error::Length) where a slice does not hold the tensor.
pub fn backward(lrn: &Lrn, shape: &Shape, x: &[f32], dy: &[f32], dx: &[f32]) -> Result<Report> {
    check_length("dx", shape, dx)?;
    let expected = cpu::backward(lrn, shape, x, dy)?;
    let coefficient = 2.0 * lrn.a() * lrn.beta().abs();
    let allowed = allowances(lrn, shape, |pixel| {
        let terms = pixel.each(|i| Term::new(lrn, pixel, x, dy, i));
        pixel.each(|j| {
            let own = &terms[j].scaled;
            let others = || pixel.mirrored_window(j).map(|i| &terms[i]);
            let factor = coefficient * f64::from(x[pixel.at(j)]).abs();
            // The additions, the products with x and the coefficient (rounded), the subtraction.
            let summing = (others().count() as f64 + 3.0) * STEP + U;
            let error =
                |term: &Term| factor * (term.size * (term.relative + summing) + TINY / SCALE);
            let largest = others().map(|term| term.size).fold(0.0, f64::max);
            let sum: f64 = others().map(|term| term.size).sum();
            let bound = own.error() + others().map(error).sum::<f64>();
            let base = others().map(|term| term.scaled.base).fold(0.0, f64::max);
            Allowance {
                bound: within_range(base, within_range(sum * SCALE, bound)),
                largest_term: f64::max(own.value.abs(), factor * largest),
            }
        })
    });
    Ok(report(dx, &expected, &allowed))
}

/// Compares the result of an operation, named by a value, with [`cpu::run`].
///
/// # Errors
///
/// [`Error::Operands`](crate::Error::Operands), [`Error::Length`](crate::Error::Length).
pub fn run(
    lrn: &Lrn,
    shape: &Shape,
    operation: Operation,
    inputs: &[&[f32]],
    result: &[f32],
) -> Result<Report> {
    operation.check_inputs(shape, inputs)?;
    match operation {
        Operation::SquareSums => square_sums(lrn, shape, inputs[0], result),
        Operation::Forward => forward(lrn, shape, inputs[0], result),
        Operation::Backward => backward(lrn, shape, inputs[0], inputs[1], result),
    }
}

/// What one element may deviate.
#[derive(Clone, Copy)]
struct Allowance {
    bound: f64,
    largest_term: f64,
}

/// A value divided by b^β, and the relative error of that.
struct Normalized {
    base: f64,
    value: f64,
    relative: f64,
}

impl Normalized {
    fn new(lrn: &Lrn, pixel: &Pixel<'_>, x: &[f32], v: &[f32], i: usize) -> Normalized {
        let base = pixel.base(x, i);
        let beta = lrn.beta();
        // b lies within (1 ± e)·b, so that b^−β lies within (1 − e)^−|β|.
        let from_base = (1.0 - base_error(lrn, pixel, i, base)).powf(-beta.abs()) - 1.0;
        Normalized {
            base,
            value: f64::from(v[pixel.at(i)]) * base.powf(-beta),
            relative: from_base + power_error(lrn.beta(), base) + SCALED + STEP,
        }
    }

    fn error(&self) -> f64 {
        self.value.abs() * (self.relative + U) + TINY
    }
}

/// A term of the backward sum: its absolute value and relative error.
struct Term {
    scaled: Normalized,
    size: f64,
    relative: f64,
}

impl Term {
    fn new(lrn: &Lrn, pixel: &Pixel<'_>, x: &[f32], dy: &[f32], i: usize) -> Term {
        let scaled = Normalized::new(lrn, pixel, x, dy, i);
        let base = scaled.base;
        Term {
            size: (scaled.value * f64::from(x[pixel.at(i)]) / base).abs(),
            relative: scaled.relative
                + base_error(lrn, pixel, i, base)
                + POWERS
                + SCALED
                + 3.0 * STEP,
            scaled,
        }
    }
}

/// Relative error of b: a square and an addition for each of n channels, a product, a sum; squares
/// and products below the normal range may be lost.
fn base_error(lrn: &Lrn, pixel: &Pixel<'_>, i: usize, base: f64) -> f64 {
    let n = pixel.window(i).count() as f64;
    let lost = (lrn.a() * n + 1.0) * TINY;
    (n + 3.0) * STEP + lost / base
}

/// Relative error of b^−β from an exact b.
fn power_error(beta: f64, base: f64) -> f64 {
    match Power::of(beta) {
        Power::Zero => 0.0,
        Power::Half | Power::ThreeQuarters => POWERS,
        // The low part of 1/b is small where b is large.
        Power::One => POWERS + TINY * base,
        Power::General => {
            let log = base.log2().abs();
            let beta = beta.abs();
            // log2: 2^-21 absolute in [½, 2], 3 ulp elsewhere; the product rounds once, and β before;
            // exp2 has 3 + 2·|exponent| ulp; b was rounded.
            let exponent = beta * f64::max(8.0 * U, 6.0 * U * log) + 2.0 * U * beta * log;
            exponent.exp2() - 1.0 + (6.0 + 4.0 * beta * log) * U + beta * U
        }
    }
}

/// The bound, or no bound where an intermediate value is too large though its inputs are finite.
fn within_range(intermediate: f64, bound: f64) -> f64 {
    let too_large = intermediate.is_finite() && intermediate > LARGE;
    if too_large { f64::INFINITY } else { bound }
}

/// The allowance of every element, in the tensor's order.
fn allowances(
    lrn: &Lrn,
    shape: &Shape,
    of_pixel: impl Fn(&Pixel<'_>) -> Vec<Allowance>,
) -> Vec<Allowance> {
    let none = Allowance { bound: 0.0, largest_term: 0.0 };
    let mut allowed = vec![none; shape.elements() as usize];
    for_each_pixel(lrn, shape, |pixel| {
        for (i, allowance) in of_pixel(pixel).into_iter().enumerate() {
            allowed[pixel.at(i)] = allowance;
        }
    });
    allowed
}

/// The largest error of all elements.
fn report(got: &[f32], expected: &[f64], allowed: &[Allowance]) -> Report {
    let mut report = Report {
        ratio: 0.0,
        index: 0,
        got: got.first().copied().unwrap_or(0.0),
        expected: expected.first().copied().unwrap_or(0.0),
        bound: allowed.first().map_or(0.0, |allowance| allowance.bound),
        ulps: 0.0,
    };
    for (index, ((&got, &expected), allowance)) in got.iter().zip(expected).zip(allowed).enumerate()
    {
        let error = error(got, expected);
        let of_bound = ratio(error, allowance.bound);
        if allowance.bound.is_finite() {
            report.ulps = report.ulps.max(ratio(error, ulp(allowance.largest_term)));
        }
        if of_bound > report.ratio {
            report =
                Report { ratio: of_bound, index, got, expected, bound: allowance.bound, ..report };
        }
    }
    report
}

/// The distance of a result from the reference; NaN and infinities must be met exactly.
fn error(got: f32, expected: f64) -> f64 {
    let same = got.is_nan() && expected.is_nan() || got == expected as f32;
    let error = (f64::from(got) - expected).abs();
    match (same, error.is_nan()) {
        (true, _) if !error.is_finite() => 0.0,
        (_, true) => f64::INFINITY,
        _ => error,
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

/// The distance between f32 values near v.
fn ulp(v: f64) -> f64 {
    let exponent = v.max(f32::MIN_POSITIVE.into()).log2().floor();
    (exponent - 23.0).exp2()
}
