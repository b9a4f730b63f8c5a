//! The module that takes the place of Burn's.

use crate::Error;
use crate::functions::{Prepared, by_kernels, differentiated, prepared};
use crate::layer::Layer;
use burn::config::Config;
use burn::module::{Content, DisplaySettings, Module, ModuleDisplay};
use burn::nn;
use burn::tensor::{Tensor, assert_shape};
use log::debug;
use wgpu_lrn::Lrn;

/// Configures a [`LocalResponseNorm`], as `burn::nn::LocalResponseNormConfig` does Burn's.
#[derive(Config, Debug)]
pub struct LocalResponseNormConfig {
    /// Holds the number of channels in the window.
    pub size: usize,
    /// Holds the coefficient, which is divided by the size. Default: 0.0001
    #[config(default = 0.0001)]
    pub alpha: f64,
    /// Holds the exponent. Default: 0.75
    #[config(default = 0.75)]
    pub beta: f64,
    /// Holds the bias. Default: 1.0
    #[config(default = 1.0)]
    pub k: f64,
}

impl LocalResponseNormConfig {
    /// Creates the module.
    ///
    /// # Panics
    ///
    /// Panics if `size` is 0.
    pub fn init(&self) -> LocalResponseNorm {
        let LocalResponseNormConfig { size, alpha, beta, k } = *self;
        assert!(size > 0, "size must be greater than 0.");
        LocalResponseNorm { size, alpha, beta, k }
    }
}

/// Applies Local Response Normalization across the channels, as `burn::nn::LocalResponseNorm` does: its window leans
/// ahead where its size is even.
///
/// ```
/// use wgpu_lrn_burn::{LocalResponseNorm, LocalResponseNormConfig};
///
/// let norm: LocalResponseNorm = LocalResponseNormConfig::new(5).with_k(2.0).init();
/// assert_eq!(norm.to_string(), "LocalResponseNorm {size: 5, alpha: 0.0001, beta: 0.75, k: 2}");
/// ```
#[derive(Module, Debug)]
#[module(custom_display)]
pub struct LocalResponseNorm {
    size: usize,
    alpha: f64,
    beta: f64,
    k: f64,
}

impl LocalResponseNorm {
    /// Returns the normalised tensor, which has the shape of the input, `[N, C, D1, ...]`.
    ///
    /// Where the kernels do not run, or refuse the parameters or the type of the elements, Burn's own operations
    /// compute it.
    ///
    /// # Panics
    ///
    /// Panics if the rank of the input is less than 3.
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        assert_shape!(input, [_, _, _, ..]);
        match self.prepared(&input) {
            Some(Prepared::Kernels(layer)) => by_kernels(input, layer),
            Some(Prepared::Empty) => input,
            Some(Prepared::Burn(_)) | None => self.burns().forward(input),
        }
    }

    fn prepared<const D: usize>(&self, x: &Tensor<D>) -> Option<Prepared> {
        let lrn = self.lrn().inspect_err(|error| debug!("by Burn's operations: {error}")).ok()?;
        match prepared(x, &lrn, &[1], differentiated(x)) {
            Err(Error::Lrn(wgpu_lrn::Error::DeviceLost { .. })) => Some(Prepared::Kernels(Layer::Lost)),
            prepared => prepared.inspect_err(|error| debug!("by Burn's operations: {error}")).ok(),
        }
    }

    fn lrn(&self) -> wgpu_lrn::Result<Lrn> {
        let size = u32::try_from(self.size).unwrap_or(u32::MAX);
        Lrn::onnx(size).alpha(self.alpha).beta(self.beta).k(self.k).build()
    }

    fn burns(&self) -> nn::LocalResponseNorm {
        let config = nn::LocalResponseNormConfig::new(self.size);
        config.with_alpha(self.alpha).with_beta(self.beta).with_k(self.k).init()
    }
}

impl ModuleDisplay for LocalResponseNorm {
    fn custom_settings(&self) -> Option<DisplaySettings> {
        DisplaySettings::new().with_new_line_after_attribute(false).optional()
    }

    fn custom_content(&self, content: Content) -> Option<Content> {
        let content = content.add("size", &self.size).add("alpha", &self.alpha);
        content.add("beta", &self.beta).add("k", &self.k).optional()
    }
}
