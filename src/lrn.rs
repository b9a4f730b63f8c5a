//! The layer's numbers.

use crate::{Convention, Error, Precision, Result, Spelling};

/// Local Response Normalization, in its exact parameters.
///
/// With s the sum of squares over the window `[i − look_behind, i + look_ahead]` of channels,
/// clipped to the tensor (along several axes: over the box of such windows):
///
/// ```text
/// y_i = x_i · (k + a·s_i)^(−beta)
/// ```
///
/// Frameworks write the same formula with other parameters; the constructors named after them
/// translate. [`Lrn::exact`] takes the five numbers as they are.
#[derive(Clone, Debug, PartialEq)]
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
    /// The layer with exactly these parameters.
    ///
    /// The window sums the `look_behind` channels before a channel, the channel itself, and the
    /// `look_ahead` channels after it; it may be wider than the axis.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] where `a` is negative, `k` is not positive, or one of the three is NaN
    /// or outside the range of f32.
    pub fn exact(look_behind: u32, look_ahead: u32, a: f64, beta: f64, k: f64) -> Result<Lrn> {
        Lrn::exact_over(&[(look_behind, look_ahead)], a, beta, k)
    }

    /// The layer with exactly these parameters and a window along each of several axes, in the order of
    /// [`Shape::over`](crate::Shape::over): (look-behind, look-ahead) of each.
    ///
    /// # Errors
    ///
    /// As [`Lrn::exact`].
    pub fn exact_over(windows: &[(u32, u32)], a: f64, beta: f64, k: f64) -> Result<Lrn> {
        require("a", a, "a number of at least 0 that f32 can hold", a >= 0.0)?;
        require("beta", beta, "a number that f32 can hold", true)?;
        require("k", k, "a number above 0 that f32 can hold", k as f32 > 0.0)?;
        let windows = windows.to_vec();
        Ok(Lrn {
            windows,
            a,
            beta,
            k,
            relu: false,
            scale: 1.0,
            blend: 0.0,
            precision: Precision::Fast,
        })
    }

    /// The layer after ReLU, in one pass: x stands for max(x, 0) in all formulas, and dx is 0 where x
    /// is not above 0, as where the two are separate.
    pub fn relu(&self) -> Lrn {
        Lrn { relu: true, ..self.clone() }
    }

    /// The same with results y ← scale·y' + blend·y, where y' is what the layer computes and y what the
    /// output holds; and likewise dx. With a blend of 0 the output is not read. Square sums are not
    /// blended.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] where one of them is NaN or outside the range of f32.
    pub fn blended(&self, scale: f64, blend: f64) -> Result<Lrn> {
        require("scale", scale, "a number that f32 can hold", true)?;
        require("blend", blend, "a number that f32 can hold", true)?;
        Ok(Lrn { scale, blend, ..self.clone() })
    }

    /// The layer with another promise of how exact its results are; [`Precision::Fast`] unless told.
    pub fn with_precision(&self, precision: Precision) -> Lrn {
        Lrn { precision, ..self.clone() }
    }

    /// PyTorch's `local_response_norm`: alpha 1e-4, beta ¾, k 1 unless set.
    pub fn pytorch(size: u32) -> Spelling {
        Convention::Pytorch.spelling().size(size)
    }

    /// The ONNX operator `LRN`: alpha 1e-4, beta ¾, bias 1 unless set.
    pub fn onnx(size: u32) -> Spelling {
        Convention::Onnx.spelling().size(size)
    }

    /// Caffe's `LRN` layer across channels, odd sizes only: size 5, alpha 1, beta ¾, k 1 unless set.
    pub fn caffe() -> Spelling {
        Convention::Caffe.spelling()
    }

    /// cuDNN's cross-channel LRN: size 5, alpha 1e-4, beta ¾, k 2 unless set.
    pub fn cudnn() -> Spelling {
        Convention::Cudnn.spelling()
    }

    /// oneDNN's LRN across channels, whose even sizes drop one channel and still divide by `size`.
    ///
    /// Its API has no defaults; alpha 1/8192, beta ¾, k 1 are those of its test driver benchdnn.
    pub fn onednn(size: u32) -> Spelling {
        Convention::Onednn.spelling().size(size)
    }

    /// OpenVINO's operation `LRN`, along any axes; even sizes drop one channel and still divide.
    ///
    /// Its attributes have no defaults; alpha 1e-4, beta ¾, k 1 are those of its documentation's example.
    pub fn openvino(size: u32) -> Spelling {
        Convention::Openvino.spelling().size(size)
    }

    /// TensorFlow's `tf.nn.lrn`: radius 5, alpha 1 (not divided), beta ½, bias 1 unless set.
    pub fn tensorflow() -> Spelling {
        Convention::Tensorflow.spelling()
    }

    /// The formula printed in the AlexNet paper: n 5, alpha 1e-4 **not divided by n**, beta ¾, k 2
    /// unless set. [`Lrn::krizhevsky`] is what its author's program did.
    pub fn paper() -> Spelling {
        Convention::Paper.spelling()
    }

    /// Krizhevsky's own program cuda-convnet2: n 5, alpha 1e-4 **divided by n** (2e-5), beta ¾, k 2
    /// unless set. [`Lrn::paper`] is what his paper printed.
    pub fn krizhevsky() -> Spelling {
        Convention::Krizhevsky.spelling()
    }

    /// The channels before and after a channel that its window sums, along each axis.
    pub fn windows(&self) -> &[(u32, u32)] {
        &self.windows
    }

    /// The coefficient a of the square sum.
    pub fn a(&self) -> f64 {
        self.a
    }

    /// The exponent β.
    pub fn beta(&self) -> f64 {
        self.beta
    }

    /// The bias k.
    pub fn k(&self) -> f64 {
        self.k
    }

    /// Whether ReLU comes first.
    pub fn has_relu(&self) -> bool {
        self.relu
    }

    /// The factor of what is computed.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// The factor of what the output held.
    pub fn blend(&self) -> f64 {
        self.blend
    }

    /// How exact the results are.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    pub(crate) fn is_scaled(&self) -> bool {
        self.scale != 1.0 || self.is_blended()
    }

    pub(crate) fn is_blended(&self) -> bool {
        self.blend != 0.0
    }
}

/// Refuses a parameter that is not finite, as shaders take it, or not `accepted`.
pub(crate) fn require(
    name: &'static str,
    given: f64,
    expected: &'static str,
    accepted: bool,
) -> Result<()> {
    if (given as f32).is_finite() && accepted {
        return Ok(());
    }
    Err(Error::Parameter { name, given, expected })
}
