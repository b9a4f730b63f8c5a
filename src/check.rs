//! Comparing a result with the CPU reference, in units of the error that the arithmetic allows.
//!
//! The bound of each element follows from the steps of the kernels, in the arithmetic that the layer's
//! [`Precision`](crate::Precision) and the type of the elements take. In one f32 (`shaders/arithmetic/single.wgsl`) every
//! step rounds. With sums in two (`shaders/arithmetic/pair.wgsl`) what remains is the last rounding, a few errors of
//! 2⁻³³ for each addition, and those of the powers: half as much as the last rounding for β = ½, ¾ and 1.
//! Other exponents have the error that [WGSL](https://www.w3.org/TR/WGSL/#floating-point-accuracy) allows
//! `pow`. Numbers below the normal range of f32 may be flushed to zero. docs/accuracy.md derives the numbers.
//!
//! No claim is made, and every value accepted, where an intermediate value leaves the range of f32: a
//! base or b^(−β) above 2¹²⁴, or backward terms above 2⁸⁴.

mod bound;

#[cfg(doc)]
use crate::cpu;
use crate::cpu::Reference;
use crate::{Dtype, Element, Lrn, Operation, Result, Shape};
use bound::{Allowance, Analysis};

/// The largest deviation of a result from the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
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
    /// The largest error, perhaps at another element, in ulp of the sum of the magnitudes of its terms (of
    /// which y has one, and dx one for itself and one for each channel of the window).
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
    operation.check_inputs(lrn, shape, inputs)?;
    shape.check_slice(operation.operands()[operation.inputs()], result)?;
    let reference = Reference::new(lrn, shape, inputs[0])?;
    let expected = reference.run(operation, inputs)?;
    let allowances = Analysis::new(T::DTYPE, reference)?.run(operation, inputs, &expected)?;
    Ok(report(result, &expected, &allowances))
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
            report.ulps = report.ulps.max(ratio(error, ulp(T::DTYPE, allowance.magnitude)));
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
