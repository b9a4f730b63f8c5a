//! The layer's numbers.

use crate::{Error, Precision, Result};

/// Holds the parameters of Local Response Normalization, as the formula has them.
///
/// With s the sum of squares over the window `[i − look_behind, i + look_ahead]` of channels,
/// clipped to the tensor (along several axes: over the box of such windows):
///
/// ```text
/// y_i = x_i · (k + a·s_i)^(−beta)
/// ```
///
/// Frameworks write the same formula with other parameters; the constructors named after them
/// translate. [`Lrn::new`] takes the five numbers as they are.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Lrn {
    /// Look-behind and look-ahead along each axis.
    windows: Vec<(u32, u32)>,
    a: f64,
    beta: f64,
    k: f64,
    relu: bool,
    scale: f64,
    blend: f64,
    precision: Precision,
}

impl Lrn {
    /// Returns the layer with these parameters of the formula.
    ///
    /// The window sums the `look_behind` channels before a channel, the channel itself, and the
    /// `look_ahead` channels after it; it may be wider than the axis.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] where `a` is negative, `k` is not positive, or one of the three is NaN
    /// or outside the range of f32.
    pub fn new(look_behind: u32, look_ahead: u32, a: f64, beta: f64, k: f64) -> Result<Lrn> {
        Lrn::over(&[(look_behind, look_ahead)], a, beta, k)
    }

    /// Returns the layer with a window along each of several axes, in the order of
    /// [`Shape::over`](crate::Shape::over): (look-behind, look-ahead) of each.
    ///
    /// # Errors
    ///
    /// As [`Lrn::new`]; also [`Error::NoAxis`] where there is no window.
    pub fn over(windows: &[(u32, u32)], a: f64, beta: f64, k: f64) -> Result<Lrn> {
        if windows.is_empty() {
            return Err(Error::NoAxis);
        }
        require("a", a, "a number of at least 0 that f32 can hold", a >= 0.0)?;
        require("beta", beta, "a number that f32 can hold", true)?;
        require("k", k, "a number above 0 that f32 can hold", k as f32 > 0.0)?;
        let windows = windows.to_vec();
        Ok(Lrn { windows, a, beta, k, relu: false, scale: 1.0, blend: 0.0, precision: Precision::Fast })
    }

    /// Applies ReLU to x before the layer, in the same pass: x stands for max(x, 0) in all formulas, and dx is 0 where
    /// x is not above 0, as where the two are separate.
    pub fn with_relu(&self) -> Lrn {
        Lrn { relu: true, ..self.clone() }
    }

    /// Scales each result and blends it with the old output: y ← scale·y' + blend·y, where y' is what the layer
    /// computes and y what the output holds; and likewise dx. With a blend of 0 the output is not read. Square sums are
    /// not blended.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] where one of them is NaN or outside the range of f32.
    pub fn with_blend(&self, scale: f64, blend: f64) -> Result<Lrn> {
        require("scale", scale, "a number that f32 can hold", true)?;
        require("blend", blend, "a number that f32 can hold", true)?;
        Ok(Lrn { scale, blend, ..self.clone() })
    }

    /// Returns the layer with another precision; the default is [`Precision::Fast`].
    pub fn with_precision(&self, precision: Precision) -> Lrn {
        Lrn { precision, ..self.clone() }
    }

    /// Returns look-behind and look-ahead along each axis: the channels before and after a channel that its window
    /// sums.
    pub fn windows(&self) -> &[(u32, u32)] {
        &self.windows
    }

    /// Returns the coefficient a of the square sum.
    pub fn a(&self) -> f64 {
        self.a
    }

    /// Returns the exponent β.
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// Returns the bias k.
    pub fn k(&self) -> f64 {
        self.k
    }

    /// Returns `true` if ReLU comes first.
    pub fn has_relu(&self) -> bool {
        self.relu
    }

    /// Returns the factor of what is computed.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Returns the factor of what the output held.
    pub fn blend(&self) -> f64 {
        self.blend
    }

    /// Returns the precision.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    pub(crate) fn has_epilogue(&self) -> bool {
        self.scale != 1.0 || self.is_blended()
    }

    pub(crate) fn is_blended(&self) -> bool {
        self.blend != 0.0
    }
}

/// Refuses a parameter that is not finite, as shaders take it, or not `accepted`.
pub(crate) fn require(name: &'static str, given: f64, expected: &'static str, accepted: bool) -> Result<()> {
    if (given as f32).is_finite() && accepted {
        return Ok(());
    }
    Err(Error::Parameter { name, given, expected })
}
