//! The layer, as frameworks spell it.

use crate::Result;
use crate::convert::object;
use crate::error::{parameter, thrown};
use js_sys::Array;
use wasm_bindgen::prelude::*;
use wgpu_lrn::{Convention, LrnBuilder, Precision};

/// A layer. Each method gives a new one; what is wrong with it is told where it is used.
#[wasm_bindgen]
#[derive(Clone)]
pub struct Lrn {
    builder: LrnBuilder,
    relu: bool,
    scale: f64,
    blend: f64,
    precision: Precision,
}

impl Lrn {
    /// Checks and translates.
    pub fn build(&self) -> wgpu_lrn::Result<wgpu_lrn::Lrn> {
        let lrn = self.builder.clone().build()?.with_precision(self.precision);
        let lrn = if self.relu { lrn.with_relu() } else { lrn };
        lrn.with_blend(self.scale, self.blend)
    }

    fn spelled(builder: LrnBuilder) -> Lrn {
        Lrn { builder, relu: false, scale: 1.0, blend: 0.0, precision: Precision::Fast }
    }

    fn with(&self, change: impl FnOnce(LrnBuilder) -> LrnBuilder) -> Lrn {
        Lrn { builder: change(self.builder.clone()), ..self.clone() }
    }
}

#[wasm_bindgen]
impl Lrn {
    /// Returns the names that `convention` takes.
    #[wasm_bindgen(unchecked_return_type = "string[]")]
    pub fn conventions() -> Array {
        Convention::ALL.iter().map(|convention| JsValue::from(convention.name())).collect()
    }

    /// Creates a layer with the defaults of a framework, by its name.
    pub fn convention(name: &str) -> Result<Lrn> {
        let convention = name.parse::<Convention>().map_err(thrown)?;
        Ok(Lrn::spelled(convention.builder()))
    }

    /// Creates a layer as PyTorch's `local_response_norm` has it.
    pub fn pytorch(size: f64) -> Result<Lrn> {
        Lrn::convention(Convention::Pytorch.name())?.size(size)
    }

    /// Creates a layer as the ONNX operator `LRN` has it.
    pub fn onnx(size: f64) -> Result<Lrn> {
        Lrn::convention(Convention::Onnx.name())?.size(size)
    }

    /// Creates a layer as Caffe's `LRN` has it.
    pub fn caffe() -> Lrn {
        Lrn::spelled(Convention::Caffe.builder())
    }

    /// Creates a layer as TensorFlow's and TF.js's `localResponseNormalization` have it.
    pub fn tensorflow() -> Lrn {
        Lrn::spelled(Convention::Tensorflow.builder())
    }

    /// Creates a layer by the formula that is printed in the AlexNet paper.
    pub fn paper() -> Lrn {
        Lrn::spelled(Convention::Paper.builder())
    }

    /// Creates a layer as cuda-convnet2 has it, the program behind the paper.
    pub fn krizhevsky() -> Lrn {
        Lrn::spelled(Convention::Krizhevsky.builder())
    }

    /// Sets a window of so many channels, placed as the framework places it.
    pub fn size(&self, size: f64) -> Result<Lrn> {
        let size = channels("size", size)?;
        Ok(self.with(|builder| builder.size(size)))
    }

    /// Sets a window of 2·radius + 1 channels.
    pub fn radius(&self, radius: f64) -> Result<Lrn> {
        let radius = channels("radius", radius)?;
        Ok(self.with(|builder| builder.radius(radius)))
    }

    /// Sets a window by the channels before and after.
    pub fn window(&self, behind: f64, ahead: f64) -> Result<Lrn> {
        let (behind, ahead) = (channels("behind", behind)?, channels("ahead", ahead)?);
        Ok(self.with(|builder| builder.window(behind, ahead)))
    }

    /// Sets the same window along that many axes.
    pub fn axes(&self, axes: f64) -> Result<Lrn> {
        let axes = channels("axes", axes)?;
        Ok(self.with(|builder| builder.axes(axes as usize)))
    }

    /// Sets the framework's alpha.
    pub fn alpha(&self, alpha: f64) -> Lrn {
        self.with(|builder| builder.alpha(alpha))
    }

    /// Sets the exponent.
    pub fn beta(&self, beta: f64) -> Lrn {
        self.with(|builder| builder.beta(beta))
    }

    /// Sets the bias.
    pub fn k(&self, k: f64) -> Lrn {
        self.with(|builder| builder.k(k))
    }

    /// Computes ReLU before the layer, in one pass.
    pub fn relu(&self) -> Lrn {
        Lrn { relu: true, ..self.clone() }
    }

    /// Blends results with the old output: y ← scale·y' + blend·y.
    pub fn blended(&self, scale: f64, blend: f64) -> Lrn {
        Lrn { scale, blend, ..self.clone() }
    }

    /// Makes f32 results less than one ulp off.
    pub fn exact(&self) -> Lrn {
        Lrn { precision: Precision::Exact, ..self.clone() }
    }

    /// Returns the numbers of the formula, after the convention is applied.
    #[wasm_bindgen(unchecked_return_type = "Parameters")]
    pub fn parameters(&self) -> Result<JsValue> {
        let lrn = self.build().map_err(thrown)?;
        let windows = lrn.windows().iter();
        let windows: Array = windows.map(|&(p, q)| JsValue::from(Array::of2(&p.into(), &q.into()))).collect();
        object(&[
            ("windows", windows.into()),
            ("a", lrn.a().into()),
            ("beta", lrn.beta().into()),
            ("k", lrn.k().into()),
        ])
    }
}

/// Checks a number of channels, or of axes.
fn channels(name: &'static str, given: f64) -> Result<u32> {
    let number = given as u32;
    if f64::from(number) == given {
        return Ok(number);
    }
    Err(parameter(name, given, "a whole number from 0 to 4294967295"))
}
