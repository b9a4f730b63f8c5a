//! An opened GPU.

use crate::convert::{property, whole};
use crate::error::{parameter, thrown};
use crate::{Layer, Lrn, Operand, Result};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use wgpu_lrn::{Dtype, Error, Shape, Tuning, host, wgpu};

/// An opened GPU.
#[wasm_bindgen]
#[derive(Clone)]
pub struct Gpu {
    gpu: wgpu_lrn::Gpu,
}

impl Gpu {
    /// Returns the library's own GPU.
    pub fn inner(&self) -> &wgpu_lrn::Gpu {
        &self.gpu
    }
}

#[wasm_bindgen]
impl Gpu {
    /// Opens a GPU, with all the limits that it has: the one for high performance, unless told.
    pub async fn open(
        #[wasm_bindgen(unchecked_optional_param_type = "PowerPreference")] preference: JsValue,
    ) -> Result<Gpu> {
        let power = power(&preference).map_err(thrown)?;
        let adapter = host::find_adapter(host::adapters_preferring(power).await, None).map_err(thrown)?;
        let gpu = wgpu_lrn::Gpu::with_adapter(&adapter).await.map_err(thrown)?;
        Ok(Gpu { gpu })
    }

    /// Returns the device. The page may make pipelines, textures and canvases of its own on it.
    #[wasm_bindgen(getter, unchecked_return_type = "GPUDevice")]
    pub fn device(&self) -> JsValue {
        self.gpu.device().as_webgpu().into()
    }

    /// Returns the name of the adapter, as far as the browser tells it.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.gpu.info().name.clone()
    }

    /// Returns `true` if it is a software adapter, which says nothing about the speed of GPUs.
    #[wasm_bindgen(getter, js_name = isFallback)]
    pub fn is_fallback(&self) -> bool {
        self.gpu.info().device_type == wgpu::DeviceType::Cpu
    }

    /// Returns a buffer of so many bytes, zeroed. An error (memory is out) reaches the device's own handler.
    pub fn buffer(&self, bytes: f64) -> Result<Operand> {
        if !(0.0..=2f64.powi(53)).contains(&bytes) || bytes.fract() != 0.0 {
            return Err(parameter("bytes", bytes, "a whole number of at least 0"));
        }
        let buffer = self.gpu.buffer(bytes as u64).map_err(thrown)?;
        Ok(Operand { buffer })
    }

    /// Returns a layer for tensors of these dimensions, to be run any number of times.
    pub fn layer(
        &self,
        lrn: &Lrn,
        #[wasm_bindgen(unchecked_param_type = "number[]")] dims: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "TensorOptions")] options: JsValue,
    ) -> Result<Layer> {
        let (lrn, shape) = (lrn.build().map_err(thrown)?, shape(&dims, &options)?);
        let layer = self.gpu.layer_with_tuning(&lrn, &shape, tuning(&options)?).map_err(thrown)?;
        Ok(Layer { layer })
    }

    /// Measures every kernel for a layer on this GPU. The text that it finds can be kept, and given to `layer` as an option.
    #[wasm_bindgen(unchecked_return_type = "Promise<string>")]
    pub fn tune(
        &self,
        lrn: &Lrn,
        #[wasm_bindgen(unchecked_param_type = "number[]")] dims: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "TensorOptions")] options: JsValue,
    ) -> Result<Promise> {
        let (lrn, shape) = (lrn.build().map_err(thrown)?, shape(&dims, &options)?);
        let gpu = self.gpu.clone();
        Ok(future_to_promise(async move {
            let tuning = gpu.tune(&lrn, &shape).await.map_err(thrown)?;
            Ok(tuning.to_string().into())
        }))
    }
}

/// Parses which GPU to open: one of high performance unless told.
fn power(preference: &JsValue) -> wgpu_lrn::Result<wgpu::PowerPreference> {
    match preference.as_string().as_deref() {
        Some("low-power") => Ok(wgpu::PowerPreference::LowPower),
        Some("high-performance") | None => Ok(wgpu::PowerPreference::HighPerformance),
        Some(other) => Err(Error::UnknownName {
            kind: "power preference",
            given: other.to_owned(),
            known: vec!["high-performance", "low-power"],
        }),
    }
}

/// Returns a tensor as JavaScript describes it.
pub(crate) fn shape(dims: &JsValue, options: &JsValue) -> Result<Shape> {
    let dims = whole("a dimension", dims, 0.0, "a whole number from 0 to 4294967295")?;
    let dims: Vec<_> = dims.into_iter().map(|dim| dim as usize).collect();
    let axes = match property(options, "axes")? {
        Some(axes) => whole("an axis", &axes, f64::from(i32::MIN), "a whole number")?,
        None => vec![1.0],
    };
    let axes: Vec<_> = axes.into_iter().map(|axis| axis as isize).collect();
    let groups = property(options, "groups")?.unwrap_or_else(|| 1.into());
    let groups = whole("groups", &js_sys::Array::of1(&groups), 1.0, "a whole number of at least 1")?;
    let dtype = property(options, "dtype")?.and_then(|name| name.as_string());
    let dtype = dtype.map_or(Ok(Dtype::F32), |name| name.parse::<Dtype>()).map_err(thrown)?;
    let shape = Shape::over(&dims, &axes).and_then(|shape| shape.with_groups(groups[0] as u64));
    Ok(shape.map_err(thrown)?.with_dtype(dtype))
}

/// Parses the kernels that are asked for.
pub(crate) fn tuning(options: &JsValue) -> Result<Tuning> {
    let text = property(options, "tuning")?.and_then(|tuning| tuning.as_string());
    text.unwrap_or_default().parse().map_err(thrown)
}
