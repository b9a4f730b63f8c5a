//! How each framework spells the layer: the one conversion table.

use crate::lrn::require;
use crate::names::names;
use crate::{Error, Lrn, Result};

names! {
    /// Names a framework's way to write the layer's parameters.
    #[non_exhaustive]
    "convention" Convention {
        /// `torch.nn.functional.local_response_norm`.
        Pytorch = "pytorch",
        /// The ONNX operator `LRN`; also MIOpen, Burn and tract.
        Onnx = "onnx",
        /// Caffe's `LRN` layer.
        Caffe = "caffe",
        /// `cudnnLRNCrossChannelForward`.
        Cudnn = "cudnn",
        /// oneDNN's `lrn_across_channels` and `lrn_within_channel`.
        Onednn = "onednn",
        /// OpenVINO's operation `LRN`.
        Openvino = "openvino",
        /// `tf.nn.local_response_normalization`; also TF.js.
        Tensorflow = "tensorflow",
        /// The AlexNet paper (Krizhevsky, Sutskever, Hinton 2012, section 3.3), as printed.
        Paper = "paper",
        /// cuda-convnet2, the program behind the paper.
        Krizhevsky = "krizhevsky",
        /// The parameters of the formula itself, as [`Lrn::new`] takes them.
        Formula = "formula",
    }
}

/// One entry of the conversion table.
struct Entry {
    /// (look-behind, look-ahead) of a window of n channels.
    window: fn(u32) -> (u32, u32),
    divides: bool,
    even: bool,
    /// Set if windows may run along several axes; alpha is then divided by the elements of all.
    axes: bool,
    size: Option<u32>,
    alpha: f64,
    beta: f64,
    k: f64,
}

/// An even window leans back.
fn leans_back(n: u32) -> (u32, u32) {
    (n / 2, (n - 1) / 2)
}

/// An even window leans ahead.
fn leans_ahead(n: u32) -> (u32, u32) {
    ((n - 1) / 2, n / 2)
}

/// An even window drops one channel.
fn drops_one(n: u32) -> (u32, u32) {
    ((n - 1) / 2, (n - 1) / 2)
}

/// An even window gains one channel.
fn gains_one(n: u32) -> (u32, u32) {
    (n / 2, n / 2)
}

impl Convention {
    #[rustfmt::skip]
    fn entry(self) -> Entry {
        let entry = |window, divides, even, axes, size, alpha, beta, k| Entry {
            window, divides, even, axes, size, alpha, beta, k,
        };
        // window, alpha divided by n, even n, several axes, default n, alpha, beta, k
        match self {
            Convention::Pytorch    => entry(leans_back,  true,  true,  false, None,     1e-4,         0.75, 1.0),
            Convention::Onnx       => entry(leans_ahead, true,  true,  false, None,     1e-4,         0.75, 1.0),
            Convention::Caffe      => entry(drops_one,   true,  false, true,  Some(5),  1.0,          0.75, 1.0),
            Convention::Cudnn      => entry(leans_ahead, true,  true,  false, Some(5),  1e-4,         0.75, 2.0),
            Convention::Onednn     => entry(drops_one,   true,  true,  true,  None,     1.0 / 8192.0, 0.75, 1.0),
            Convention::Openvino   => entry(drops_one,   true,  true,  true,  None,     1e-4,         0.75, 1.0),
            Convention::Tensorflow => entry(drops_one,   false, false, false, Some(11), 1.0,          0.5,  1.0),
            Convention::Paper      => entry(gains_one,   false, true,  false, Some(5),  1e-4,         0.75, 2.0),
            Convention::Krizhevsky => entry(leans_back,  true,  true,  false, Some(5),  1e-4,         0.75, 2.0),
            Convention::Formula    => entry(drops_one,   false, false, true,  None,     1e-4,         0.75, 1.0),
        }
    }

    /// Returns the parameters that this framework takes where its user sets none.
    pub fn builder(self) -> LrnBuilder {
        let entry = self.entry();
        LrnBuilder {
            convention: self,
            extent: entry.size.map(Extent::Size),
            axes: None,
            alpha: entry.alpha,
            beta: entry.beta,
            k: entry.k,
        }
    }
}

/// How wide the window is, before the convention is applied.
#[derive(Clone, Debug, PartialEq)]
enum Extent {
    Size(u32),
    Radius(u32),
    Window(u32, u32),
    /// Along each axis.
    Windows(Vec<(u32, u32)>),
}

/// Holds the layer in a framework's parameters; [`LrnBuilder::build`] translates it into [`Lrn`].
///
/// Each parameter is what the last call sets it to. `size`, `radius`, `window` and `windows` set the same one.
///
/// ```
/// use wgpu_lrn::Lrn;
///
/// let lrn = Lrn::pytorch(4).alpha(2.0).k(3.0).build()?;
/// assert_eq!(lrn, Lrn::new(2, 1, 0.5, 0.75, 3.0)?);
/// # Ok::<(), wgpu_lrn::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "build() makes the layer"]
pub struct LrnBuilder {
    convention: Convention,
    extent: Option<Extent>,
    axes: Option<usize>,
    alpha: f64,
    beta: f64,
    k: f64,
}

impl LrnBuilder {
    /// Sets a window of `size` channels, placed as the framework places it.
    pub fn size(self, size: u32) -> Self {
        self.extent(Extent::Size(size))
    }

    /// Sets a window of `2·radius + 1` channels.
    pub fn radius(self, radius: u32) -> Self {
        self.extent(Extent::Radius(radius))
    }

    /// Sets a window by its two sides. Where the framework divides alpha, it divides by
    /// `look_behind + look_ahead + 1`.
    pub fn window(self, look_behind: u32, look_ahead: u32) -> Self {
        self.extent(Extent::Window(look_behind, look_ahead))
    }

    /// Applies the size, radius or window along that many axes: 2 for what Caffe and oneDNN call *within channel*.
    pub fn axes(self, axes: usize) -> Self {
        Self { axes: Some(axes), ..self }
    }

    /// Sets a window along each axis by its two sides. Where the framework divides alpha, it divides
    /// by the elements of the box.
    pub fn windows(self, windows: &[(u32, u32)]) -> Self {
        self.extent(Extent::Windows(windows.to_vec()))
    }

    /// Sets the framework's alpha.
    pub fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }

    /// Sets the exponent.
    pub fn beta(self, beta: f64) -> Self {
        Self { beta, ..self }
    }

    /// Sets the bias: k, TensorFlow's and ONNX's `bias`.
    pub fn k(self, k: f64) -> Self {
        Self { k, ..self }
    }

    /// Checks the parameters and translates them.
    ///
    /// # Errors
    ///
    /// [`Error::Parameter`] where a parameter is outside its range (a size of 0, alpha below 0,
    /// NaN, no axes), [`Error::EvenSize`] where the framework knows odd sizes only, [`Error::NoWindow`]
    /// where none was set and the framework has no default, [`Error::OneAxis`] where the framework
    /// knows no windows along several axes, [`Error::Windows`] where [`LrnBuilder::windows`] and
    /// [`LrnBuilder::axes`] give two numbers of axes.
    pub fn build(self) -> Result<Lrn> {
        let convention = self.convention;
        let expected = "a number of at least 0 that f32 can hold";
        require("alpha", self.alpha, expected, self.alpha >= 0.0)?;
        let axes = self.count_axes()?;
        let extent = self.extent.ok_or(Error::NoWindow { convention })?;
        let (windows, elements) = placed(convention, extent, axes)?;
        let divisor = if convention.entry().divides { elements } else { 1.0 };
        Lrn::over(&windows, self.alpha / divisor, self.beta, self.k)
    }

    /// Returns the number of axes, on which all calls must agree.
    fn count_axes(&self) -> Result<usize> {
        let windows = match &self.extent {
            Some(Extent::Windows(windows)) => windows.len(),
            _ => self.axes.unwrap_or(1),
        };
        let axes = self.axes.unwrap_or(windows);
        if (axes, windows) != (1, 1) && !self.convention.entry().axes {
            return Err(Error::OneAxis { convention: self.convention });
        }
        if axes != windows {
            return Err(Error::Windows { windows, axes });
        }
        let expected = "from 1 to 64, as a tensor may have axes";
        require("axes", axes as f64, expected, (1..=64).contains(&axes))?;
        Ok(axes)
    }

    fn extent(self, extent: Extent) -> Self {
        Self { extent: Some(extent), ..self }
    }
}

/// Returns the windows of an extent, and the number of elements that divides alpha.
fn placed(convention: Convention, extent: Extent, axes: usize) -> Result<(Vec<(u32, u32)>, f64)> {
    let Entry { window, even, .. } = convention.entry();
    let channels = |&(p, q): &(u32, u32)| f64::from(p) + f64::from(q) + 1.0;
    let (window, size) = match extent {
        Extent::Windows(windows) => {
            let elements = windows.iter().map(channels).product();
            return Ok((windows, elements));
        }
        Extent::Size(0) => return Err(Error::Parameter { name: "size", given: 0.0, expected: "at least 1" }),
        Extent::Size(given) if given % 2 == 0 && !even => return Err(Error::EvenSize { convention, given }),
        Extent::Size(n) => (window(n), f64::from(n)),
        Extent::Radius(r) => ((r, r), channels(&(r, r))),
        Extent::Window(p, q) => ((p, q), channels(&(p, q))),
    };
    Ok((vec![window; axes], size.powf(axes as f64)))
}

/// Constructors named as frameworks spell the layer.
impl Lrn {
    /// Begins with PyTorch's `local_response_norm`: alpha 1e-4, beta ¾, k 1 unless set.
    pub fn pytorch(size: u32) -> LrnBuilder {
        Convention::Pytorch.builder().size(size)
    }

    /// Begins with the ONNX operator `LRN`: alpha 1e-4, beta ¾, bias 1 unless set.
    pub fn onnx(size: u32) -> LrnBuilder {
        Convention::Onnx.builder().size(size)
    }

    /// Begins with Caffe's `LRN` layer across channels, odd sizes only: size 5, alpha 1, beta ¾, k 1 unless set.
    pub fn caffe() -> LrnBuilder {
        Convention::Caffe.builder()
    }

    /// Begins with cuDNN's cross-channel LRN: size 5, alpha 1e-4, beta ¾, k 2 unless set.
    pub fn cudnn() -> LrnBuilder {
        Convention::Cudnn.builder()
    }

    /// Begins with oneDNN's LRN across channels, whose even sizes drop one channel and still divide by `size`.
    ///
    /// Its API has no defaults; alpha 1/8192, beta ¾, k 1 are those of its test driver benchdnn.
    pub fn onednn(size: u32) -> LrnBuilder {
        Convention::Onednn.builder().size(size)
    }

    /// Begins with OpenVINO's operation `LRN`, along any axes; even sizes drop one channel and still divide.
    ///
    /// Its attributes have no defaults; alpha 1e-4, beta ¾, k 1 are those of its documentation's example.
    pub fn openvino(size: u32) -> LrnBuilder {
        Convention::Openvino.builder().size(size)
    }

    /// Begins with TensorFlow's `tf.nn.lrn`: radius 5, alpha 1 (not divided), beta ½, bias 1 unless set.
    pub fn tensorflow() -> LrnBuilder {
        Convention::Tensorflow.builder()
    }

    /// Begins with the formula printed in the AlexNet paper: n 5, alpha 1e-4 **not divided by n**, beta ¾, k 2
    /// unless set. [`Lrn::krizhevsky`] is what its author's program did.
    pub fn paper() -> LrnBuilder {
        Convention::Paper.builder()
    }

    /// Begins with Krizhevsky's own program cuda-convnet2: n 5, alpha 1e-4 **divided by n** (2e-5), beta ¾, k 2
    /// unless set. [`Lrn::paper`] is what his paper printed.
    pub fn krizhevsky() -> LrnBuilder {
        Convention::Krizhevsky.builder()
    }
}
