//! The layer as plain loops in f64: the specification that every kernel is compared with.

use crate::axis::{Axis, axes};
use crate::memory;
use crate::{Element, Lrn, Operation, Result, Shape};

/// Returns the square sums s of x.
///
/// x has the elements of `shape`; so has the result.
///
/// # Errors
///
/// [`Error::Length`](crate::Error::Length), [`Error::Dtype`](crate::Error::Dtype) where x does not;
/// [`Error::Windows`](crate::Error::Windows) where the layer has not one window for each axis;
/// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
pub fn square_sums<T: Element>(lrn: &Lrn, shape: &Shape, x: &[T]) -> Result<Vec<f64>> {
    run(lrn, shape, Operation::SquareSums, &[x])
}

/// Returns y of x: `y_i = x_i · (k + a·s_i)^(−β)`; of a blended layer, where y was 0 before.
///
/// x has the elements of `shape`; so has the result.
///
/// # Errors
///
/// As [`square_sums`].
pub fn forward<T: Element>(lrn: &Lrn, shape: &Shape, x: &[T]) -> Result<Vec<f64>> {
    run(lrn, shape, Operation::Forward, &[x])
}

/// Returns dx of x and dy:
/// `dx_j = dy_j·b_j^(−β) − 2aβ·x_j·Σ dy_i·x_i·b_i^(−β−1)`, over the mirrored window `[j − q, j + p]`;
/// of a blended layer, where dx was 0 before.
///
/// x and dy have the elements of `shape`; so has the result.
///
/// # Errors
///
/// As [`square_sums`].
pub fn backward<T: Element>(lrn: &Lrn, shape: &Shape, x: &[T], dy: &[T]) -> Result<Vec<f64>> {
    run(lrn, shape, Operation::Backward, &[x, dy])
}

/// Runs `operation` on `inputs`, which are in the order of [`Operation::operands`]; of a blended
/// layer also, as the last, on what the result holds before.
///
/// # Errors
///
/// As [`square_sums`]; also [`Error::Operands`](crate::Error::Operands).
pub fn run<T: Element>(lrn: &Lrn, shape: &Shape, operation: Operation, inputs: &[&[T]]) -> Result<Vec<f64>> {
    operation.check_inputs(lrn, shape, inputs)?;
    let reference = Reference::new(lrn, shape, inputs[0])?;
    reference.blended(operation, inputs, &reference.computed(operation, inputs)?)
}

/// Returns what a blended layer adds to element i: blend times what the result holds, if that is known.
pub(crate) fn added<T: Element>(lrn: &Lrn, operation: Operation, inputs: &[&[T]], i: usize) -> Option<f64> {
    let old = inputs.get(operation.inputs()).filter(|_| lrn.is_blended());
    old.map(|old| lrn.blend() * old[i].to_f64())
}

/// What the operations have in common.
pub(crate) struct Reference<'a> {
    pub(crate) lrn: &'a Lrn,
    pub(crate) windows: Windows,
    /// After ReLU, where that is part of the layer.
    pub(crate) x: Vec<f64>,
    pub(crate) s: Vec<f64>,
    /// k + a·s.
    pub(crate) b: Vec<f64>,
}

impl<'a> Reference<'a> {
    /// Creates a reference from an x of the right length.
    pub(crate) fn new<T: Element>(lrn: &'a Lrn, shape: &Shape, x: &[T]) -> Result<Reference<'a>> {
        let rectified = |v: f64| if lrn.has_relu() && v < 0.0 { 0.0 } else { v };
        let x: Vec<f64> = each(x.len(), |i| rectified(x[i].to_f64()))?;
        let windows = Windows { axes: axes(lrn, shape)? };
        let s = windows.sums(each(x.len(), |i| x[i] * x[i])?)?;
        let b = each(s.len(), |i| lrn.k() + lrn.a() * s[i])?;
        Ok(Reference { lrn, windows, x, s, b })
    }

    /// Computes an operation before the epilogue.
    pub(crate) fn computed<T: Element>(&self, operation: Operation, inputs: &[&[T]]) -> Result<Vec<f64>> {
        match operation {
            Operation::SquareSums => each(self.s.len(), |i| self.s[i]),
            Operation::Forward => self.forward(),
            Operation::Backward => self.backward(inputs[1]),
        }
    }

    /// Applies the epilogue to what was computed.
    pub(crate) fn blended<T: Element>(
        &self,
        operation: Operation,
        inputs: &[&[T]],
        computed: &[f64],
    ) -> Result<Vec<f64>> {
        let scale = if operation == Operation::SquareSums { 1.0 } else { self.lrn.scale() };
        each(computed.len(), |i| {
            let scaled = scale * computed[i];
            added(self.lrn, operation, inputs, i).map_or(scaled, |old| scaled + old)
        })
    }

    /// Returns b_i^exponent.
    pub(crate) fn power(&self, i: usize, exponent: f64) -> f64 {
        self.b[i].powf(exponent)
    }

    /// Returns b_i^(−β−1), without rounding the exponent.
    pub(crate) fn power_over_base(&self, i: usize) -> f64 {
        let beta = self.lrn.beta();
        if self.b[i] == f64::INFINITY { self.power(i, -beta - 1.0) } else { self.power(i, -beta) / self.b[i] }
    }

    fn forward(&self) -> Result<Vec<f64>> {
        each(self.x.len(), |i| self.x[i] * self.power(i, -self.lrn.beta()))
    }

    fn backward<T: Element>(&self, dy: &[T]) -> Result<Vec<f64>> {
        let beta = self.lrn.beta();
        let term = |i: usize| dy[i].to_f64() * self.x[i] * self.power_over_base(i);
        let terms = self.windows.mirrored().sums(each(self.x.len(), term)?)?;
        let gradient = |j: usize| {
            let own = dy[j].to_f64() * self.power(j, -beta);
            own - 2.0 * self.lrn.a() * beta * self.x[j] * terms[j]
        };
        let masked = |j: usize| self.lrn.has_relu() && self.x[j] == 0.0;
        each(self.x.len(), |j| if masked(j) { 0.0 } else { gradient(j) })
    }
}

/// The windows of a tensor: boxes, which are folded along one axis after the other.
pub(crate) struct Windows {
    pub(crate) axes: Vec<Axis>,
}

impl Windows {
    /// Returns the elements whose windows hold an element.
    pub(crate) fn mirrored(&self) -> Windows {
        Windows { axes: self.axes.iter().map(|axis| axis.mirrored()).collect() }
    }

    /// Returns the sum over the window of each element.
    pub(crate) fn sums(&self, values: Vec<f64>) -> Result<Vec<f64>> {
        self.folded(values, |a, b| a + b)
    }

    /// Returns the values in the window of each element, put together.
    pub(crate) fn folded(&self, values: Vec<f64>, fold: impl Fn(f64, f64) -> f64) -> Result<Vec<f64>> {
        self.axes.iter().try_fold(values, |values, axis| folded(axis, &values, &fold))
    }
}

fn folded(axis: &Axis, values: &[f64], fold: impl Fn(f64, f64) -> f64) -> Result<Vec<f64>> {
    let length = |n: u64| n as usize; // of a slice in memory
    let (channels, inner) = (length(axis.channels), length(axis.inner));
    let folded = |i: usize| {
        let channel = i / inner % channels;
        let first = channel.saturating_sub(length(axis.look_behind));
        let last = (channel + length(axis.look_ahead)).min(channels - 1);
        let at = |other: usize| values[i + other * inner - channel * inner];
        (first + 1..=last).fold(at(first), |folded, other| fold(folded, at(other)))
    };
    each(values.len(), folded)
}

fn each<T>(count: usize, value: impl FnMut(usize) -> T) -> Result<Vec<T>> {
    memory::each("computing the reference", count, value)
}
