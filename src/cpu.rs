//! The layer as plain loops in f64: the specification that every kernel is compared with.

use crate::{Error, Lrn, Operation, Result, Shape};

/// The windowed channel square sums s of x.
///
/// x has the elements of `shape`; so has the result.
///
/// # Errors
///
/// [`Error::Length`] where x does not.
pub fn square_sums(lrn: &Lrn, shape: &Shape, x: &[f32]) -> Result<Vec<f64>> {
    check_length("x", shape, x)?;
    let mut s = vec![0.0; x.len()];
    for_each_pixel(lrn, shape, |pixel| {
        for i in 0..pixel.channels {
            s[pixel.at(i)] = pixel.square_sum(x, i);
        }
    });
    Ok(s)
}

/// y from x: `y_i = x_i · (k + a·s_i)^(−β)`.
///
/// x has the elements of `shape`; so has the result.
///
/// # Errors
///
/// [`Error::Length`] where x does not.
pub fn forward(lrn: &Lrn, shape: &Shape, x: &[f32]) -> Result<Vec<f64>> {
    check_length("x", shape, x)?;
    let mut y = vec![0.0; x.len()];
    for_each_pixel(lrn, shape, |pixel| {
        for i in 0..pixel.channels {
            let at = pixel.at(i);
            y[at] = f64::from(x[at]) * pixel.base(x, i).powf(-lrn.beta());
        }
    });
    Ok(y)
}

/// dx from x and dy:
/// `dx_j = dy_j·b_j^(−β) − 2aβ·x_j·Σ dy_i·x_i·b_i^(−β−1)`, over the mirrored window `[j − q, j + p]`.
///
/// x and dy have the elements of `shape`; so has the result.
///
/// # Errors
///
/// [`Error::Length`] where they do not.
pub fn backward(lrn: &Lrn, shape: &Shape, x: &[f32], dy: &[f32]) -> Result<Vec<f64>> {
    check_length("x", shape, x)?;
    check_length("dy", shape, dy)?;
    let beta = lrn.beta();
    let mut dx = vec![0.0; x.len()];
    for_each_pixel(lrn, shape, |pixel| {
        let b = pixel.each(|i| pixel.base(x, i));
        let term = pixel.each(|i| {
            let at = pixel.at(i);
            f64::from(dy[at]) * f64::from(x[at]) * b[i].powf(-beta - 1.0)
        });
        for (j, b) in b.iter().enumerate() {
            let at = pixel.at(j);
            let terms: f64 = pixel.mirrored_window(j).map(|i| term[i]).sum();
            let own = f64::from(dy[at]) * b.powf(-beta);
            dx[at] = own - 2.0 * lrn.a() * beta * f64::from(x[at]) * terms;
        }
    });
    Ok(dx)
}

/// An operation, named by a value, on its inputs in the order of [`Operation::operands`].
///
/// # Errors
///
/// [`Error::Operands`], [`Error::Length`].
pub fn run(lrn: &Lrn, shape: &Shape, operation: Operation, inputs: &[&[f32]]) -> Result<Vec<f64>> {
    operation.check_inputs(shape, inputs)?;
    match operation {
        Operation::SquareSums => square_sums(lrn, shape, inputs[0]),
        Operation::Forward => forward(lrn, shape, inputs[0]),
        Operation::Backward => backward(lrn, shape, inputs[0], inputs[1]),
    }
}

/// One pixel: where its channels are, and the window along them.
pub(crate) struct Pixel<'a> {
    lrn: &'a Lrn,
    pub(crate) channels: usize,
    look_behind: usize,
    look_ahead: usize,
    first: usize,
    stride: usize,
}

impl Pixel<'_> {
    /// The element of a channel.
    pub(crate) fn at(&self, channel: usize) -> usize {
        self.first + channel * self.stride
    }

    /// A value for every channel.
    pub(crate) fn each<T>(&self, value: impl Fn(usize) -> T) -> Vec<T> {
        (0..self.channels).map(value).collect()
    }

    /// The window of channel i, clipped to the axis.
    pub(crate) fn window(&self, i: usize) -> std::ops::RangeInclusive<usize> {
        i.saturating_sub(self.look_behind)..=(i + self.look_ahead).min(self.channels - 1)
    }

    /// The channels whose windows hold channel j, clipped to the axis.
    pub(crate) fn mirrored_window(&self, j: usize) -> std::ops::RangeInclusive<usize> {
        j.saturating_sub(self.look_ahead)..=(j + self.look_behind).min(self.channels - 1)
    }

    /// s of channel i.
    pub(crate) fn square_sum(&self, x: &[f32], i: usize) -> f64 {
        self.window(i).map(|j| f64::from(x[self.at(j)]).powi(2)).sum()
    }

    /// b = k + a·s of channel i.
    pub(crate) fn base(&self, x: &[f32], i: usize) -> f64 {
        self.lrn.k() + self.lrn.a() * self.square_sum(x, i)
    }
}

/// Visits the pixels of a tensor.
pub(crate) fn for_each_pixel(lrn: &Lrn, shape: &Shape, mut visit: impl FnMut(&Pixel<'_>)) {
    let (look_behind, look_ahead) = lrn.reach(shape.channels());
    let (channels, inner) = (shape.channels() as usize, shape.inner() as usize);
    if shape.is_empty() {
        return;
    }
    for outer in 0..shape.outer() as usize {
        for n in 0..inner {
            visit(&Pixel {
                lrn,
                channels,
                look_behind: look_behind as usize,
                look_ahead: look_ahead as usize,
                first: outer * channels * inner + n,
                stride: inner,
            });
        }
    }
}

/// Refuses a slice that does not hold the tensor.
pub(crate) fn check_length<T>(operand: &'static str, shape: &Shape, slice: &[T]) -> Result<()> {
    let (given, expected) = (slice.len() as u64, shape.elements());
    if given == expected {
        return Ok(());
    }
    Err(Error::Length { operand, given, expected })
}
