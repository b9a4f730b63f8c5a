//! Layers where there is no GPU.

use crate::convert::{array, elements, zeroed};
use crate::error::thrown;
use crate::gpu::{shape, tuning};
use crate::{Lrn, Result};
use half::{bf16, f16};
use wasm_bindgen::prelude::*;
use wgpu_lrn::{Dtype, Element, Error, Operation, Shape, cpu};

/// Makes layers that need no WebGPU: plain loops in f64, the reference that every kernel is checked against. Slow.
#[wasm_bindgen]
pub struct Cpu;

#[wasm_bindgen]
impl Cpu {
    /// Returns a layer for tensors of these dimensions, as `Gpu.layer` does.
    pub fn layer(
        lrn: &Lrn,
        #[wasm_bindgen(unchecked_param_type = "number[]")] dims: JsValue,
        #[wasm_bindgen(unchecked_optional_param_type = "TensorOptions")] options: JsValue,
    ) -> Result<CpuLayer> {
        let (lrn, shape) = (lrn.build().map_err(thrown)?, shape(&dims, &options)?);
        let (windows, axes) = (lrn.windows().len(), shape.axes());
        if windows != axes {
            return Err(thrown(Error::Windows { windows, axes }));
        }
        let _checked = tuning(&options)?; // the CPU has no kernels to choose from
        Ok(CpuLayer { lrn, shape })
    }
}

/// A layer on the CPU, for tensors of one shape. Each call computes before it returns, and the page waits.
#[wasm_bindgen]
pub struct CpuLayer {
    lrn: wgpu_lrn::Lrn,
    shape: Shape,
}

#[wasm_bindgen]
impl CpuLayer {
    /// Computes s, the windowed square sums of x.
    #[wasm_bindgen(js_name = squareSums, unchecked_return_type = "Values")]
    pub fn square_sums(&self, #[wasm_bindgen(unchecked_param_type = "Values")] x: JsValue) -> Result<JsValue> {
        self.run(Operation::SquareSums, &[x])
    }

    /// Computes y of x.
    #[wasm_bindgen(unchecked_return_type = "Values")]
    pub fn forward(&self, #[wasm_bindgen(unchecked_param_type = "Values")] x: JsValue) -> Result<JsValue> {
        self.run(Operation::Forward, &[x])
    }

    /// Computes dx of x and dy.
    #[wasm_bindgen(unchecked_return_type = "Values")]
    pub fn backward(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Values")] x: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Values")] dy: JsValue,
    ) -> Result<JsValue> {
        self.run(Operation::Backward, &[x, dy])
    }
}

impl CpuLayer {
    /// Computes in f64, whatever the dtype.
    fn run(&self, operation: Operation, arrays: &[JsValue]) -> Result<JsValue> {
        let dtype = self.shape.dtype();
        let named = arrays.iter().zip(operation.operands());
        let inputs = named.map(|(array, operand)| widened(dtype, operand, array)).collect::<Result<Vec<_>>>()?;
        let inputs: Vec<_> = inputs.iter().map(Vec::as_slice).collect();
        let result = cpu::run(&self.lrn, &self.shape.with_dtype(Dtype::F64), operation, &inputs).map_err(thrown)?;
        rounded(dtype, &result)
    }
}

/// Returns the elements of a typed array, which is the value of an operand.
fn widened(dtype: Dtype, operand: &str, array: &JsValue) -> Result<Vec<f64>> {
    match dtype {
        Dtype::F32 => converted(&elements(operand, array)?, f32::to_f64),
        Dtype::F16 => converted(&elements(operand, array)?, f16::to_f64),
        Dtype::Bf16 => converted(&elements(operand, array)?, bf16::to_f64),
        Dtype::F64 => elements(operand, array),
    }
}

/// Returns a typed array of the nearest numbers that a dtype has.
fn rounded(dtype: Dtype, values: &[f64]) -> Result<JsValue> {
    match dtype {
        Dtype::F32 => array(&converted(values, <f32 as Element>::from_f64)?),
        Dtype::F16 => array(&converted(values, f16::from_f64)?),
        Dtype::Bf16 => array(&converted(values, bf16::from_f64)?),
        Dtype::F64 => array(values),
    }
}

/// Returns every value in another type.
fn converted<T: Copy, U: Element>(values: &[T], convert: fn(T) -> U) -> Result<Vec<U>> {
    let mut converted = zeroed::<U>(values.len(), "converting an array")?;
    converted.iter_mut().zip(values).for_each(|(to, &from)| *to = convert(from));
    Ok(converted)
}
