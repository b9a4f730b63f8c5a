//! Comparing a result with the CPU reference, in units of the error that the arithmetic allows.
//!
//! The bound of each element follows from the steps of the kernels, in the arithmetic that the layer's
//! [`Precision`](crate::Precision) and the type of the elements take. In one f32 (`shaders/arithmetic/single.wgsl`)
//! every step rounds. With sums in two (`shaders/arithmetic/pair.wgsl`) what remains is the last rounding, a few errors
//! of 2⁻³³ for each addition, and those of the powers: less than half as much as the last rounding. Numbers below the
//! normal range of f32 may be flushed to zero. docs/accuracy.md derives the numbers.
//!
//! No claim is made where an intermediate value leaves the range of the type that is computed with: a base outside
//! 2⁻¹²⁶ to 2¹²⁴, or a b^(−β) or lifted terms above 2¹²⁴. A [`Report`] counts the elements for which one is.
//! Infinities and NaN in the inputs are no reason: they must give what the formula gives.

mod allowance;
mod errors;

#[cfg(doc)]
use crate::cpu;
use crate::cpu::Reference;
use crate::{Dtype, Element, Lrn, Operation, Result, Shape};
use allowance::{Allowance, Analysis};

/// Tells how a result compares with the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// How many elements were compared.
    pub elements: usize,
    /// For how many of them a claim is made: a bound, or an infinity or NaN that must be met.
    pub claimed: usize,
    /// How many others are right all the same: no further off than 16 ulp, or not finite as the reference is.
    pub right_unclaimed: usize,
    /// The largest error, in units of the bound at its element: at most 1 when all is well. Infinite where a result is
    /// finite and the reference, rounded to the type, is not, or the other way round.
    pub ratio: f64,
    /// The element of that error.
    pub index: usize,
    /// The value there.
    pub got: f64,
    /// The reference there.
    pub expected: f64,
    /// The bound there; infinite where no claim is made.
    pub bound: f64,
    /// The largest error for which a claim is made, perhaps at another element, in ulp of the sum of the magnitudes of
    /// its terms (of which y has one, and dx one for itself and one for each channel of the window).
    pub ulps: f64,
}

impl Report {
    /// Returns `true` if every element for which a claim is made is within its bound, at least one is claimed (unless
    /// the tensor is empty), and results are finite exactly where the reference, rounded to the type, is.
    pub fn passed(&self) -> bool {
        self.ratio <= 1.0 && (self.claimed > 0 || self.elements == 0)
    }

    /// Returns `true` if a claim is made for every element.
    pub fn is_complete(&self) -> bool {
        self.claimed == self.elements
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verdict = if self.ratio <= 1.0 { "within" } else { "BEYOND" };
        write!(
            f,
            "largest error {} of the bound ({verdict}) at element {}: {:.8e}, reference {:.10e}; \
             at most {} ulp",
            short(self.ratio, 3),
            self.index,
            self.got,
            self.expected,
            short(self.ulps, 2)
        )?;
        if self.is_complete() {
            return Ok(());
        }
        let Report { elements, claimed, right_unclaimed, .. } = self;
        let others = elements - claimed;
        write!(
            f,
            "; the bound holds for {claimed} of {elements} elements; intermediate values of the other \
             {others} leave the range, and {right_unclaimed} of them are right"
        )
    }
}

/// Returns a number with so many decimals, and an exponent where it is long.
fn short(v: f64, decimals: usize) -> String {
    if v < 1e6 { format!("{v:.decimals$}") } else { format!("{v:.decimals$e}") }
}

/// Compares square sums with [`cpu::square_sums`].
///
/// # Errors
///
/// As [`cpu::square_sums`]; also [`Error::Length`](crate::Error::Length) and [`Error::Dtype`](crate::Error::Dtype)
/// where the result does not hold the tensor.
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
pub fn backward<T: Element>(lrn: &Lrn, shape: &Shape, x: &[T], dy: &[T], dx: &[T]) -> Result<Report> {
    run(lrn, shape, Operation::Backward, &[x, dy], dx)
}

/// Compares the result of `operation` with [`cpu::run`].
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
    let computed = reference.computed(operation, inputs)?;
    let expected = reference.blended(operation, inputs, &computed)?;
    let analysis = Analysis::new(T::DTYPE, operation, reference)?;
    let allowances = analysis.run(operation, inputs, &computed, &expected)?;
    Ok(report(result, &expected, &allowances))
}

/// Counts the elements, and finds the largest error of all.
fn report<T: Element>(got: &[T], expected: &[f64], allowed: &[Allowance]) -> Report {
    let mut report = Report {
        elements: got.len(),
        claimed: 0,
        right_unclaimed: 0,
        ratio: 0.0,
        index: 0,
        got: got.first().map_or(0.0, |v| v.to_f64()),
        expected: expected.first().copied().unwrap_or(0.0),
        bound: allowed.first().map_or(0.0, |allowance| allowance.bound),
        ulps: 0.0,
    };
    for (index, ((&got, &expected), allowance)) in got.iter().zip(expected).zip(allowed).enumerate() {
        report.count(got, expected, allowance);
        let bound = in_memory::<T>(allowance.bound, expected);
        let ratio = ratio_of(got, expected, bound);
        if ratio > report.ratio {
            report = Report { ratio, index, got: got.to_f64(), expected, bound, ..report };
        }
    }
    report
}

/// How many ulp a result is off at most that is called right though no claim is made.
const RIGHT: f64 = 16.0;

impl Report {
    fn count<T: Element>(&mut self, got: T, expected: f64, allowance: &Allowance) {
        let Allowance { bound, magnitude } = *allowance;
        let error = error(got, expected);
        if bound == f64::INFINITY {
            let is_right = error == 0.0 || error / ulp(T::DTYPE, expected.abs()) <= RIGHT;
            self.right_unclaimed += usize::from(is_right);
            return;
        }
        self.claimed += 1;
        if magnitude.is_finite() {
            self.ulps = self.ulps.max(error / ulp(T::DTYPE, magnitude));
        }
    }
}

/// Returns the bound, with the rounding of a 16-bit type.
fn in_memory<T: Element>(bound: f64, expected: f64) -> f64 {
    if T::DTYPE.is_half() && expected.is_finite() { bound + ulp(T::DTYPE, expected.abs() + bound) / 2.0 } else { bound }
}

/// Returns an error in units of its bound; infinite where only one of result and reference is finite, unless the
/// reference is so near the end of the type that rounding may explain it.
fn ratio_of<T: Element>(got: T, expected: f64, bound: f64) -> f64 {
    let is_alike = got.to_f64().is_finite() == T::from_f64(expected).to_f64().is_finite();
    let error = error(got, expected);
    let is_near_the_end = bound < f64::INFINITY && expected.abs() >= beyond(T::DTYPE) / 2.0;
    let is_explained = is_alike || (is_near_the_end && error <= bound);
    if !is_explained {
        return f64::INFINITY;
    }
    if error == 0.0 || bound == f64::INFINITY { 0.0 } else { error / bound }
}

/// Returns the distance of a result from the reference, which is 0 where an infinity or a NaN is met, and infinite
/// where it is not. The reference may round to infinity.
fn error<T: Element>(got: T, expected: f64) -> f64 {
    let nearest = T::from_f64(expected).to_f64();
    let got = got.to_f64();
    if got == nearest && !nearest.is_finite() || got.is_nan() && expected.is_nan() {
        return 0.0;
    }
    if got.is_nan() || !expected.is_finite() {
        return f64::INFINITY;
    }
    let got = if got.is_infinite() { beyond(T::DTYPE).copysign(got) } else { got };
    (got - expected).abs()
}

/// Returns what would follow the largest number of a type.
fn beyond(dtype: Dtype) -> f64 {
    match dtype {
        Dtype::F16 => 65536.0,
        Dtype::F32 | Dtype::Bf16 => 2.0 * (1u128 << 127) as f64,
        Dtype::F64 => f64::INFINITY,
    }
}

/// Returns the distance between numbers of a type near v.
fn ulp(dtype: Dtype, v: f64) -> f64 {
    let (smallest, bits) = match dtype {
        Dtype::F32 => (f32::MIN_POSITIVE.into(), 23.0),
        Dtype::F16 => (6.103515625e-5, 10.0),
        Dtype::Bf16 => (f32::MIN_POSITIVE.into(), 7.0),
        Dtype::F64 => (f64::MIN_POSITIVE, 52.0),
    };
    (v.max(smallest).log2().floor() - bits).exp2()
}
