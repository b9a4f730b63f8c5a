//! A layer on a GPU.

use crate::convert::{array, operands};
use crate::error::thrown;
use crate::{Operand, Result};
use half::{bf16, f16};
use js_sys::Promise;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::future_to_promise;
use wgpu_lrn::{Dtype, Element, Operation};

/// A layer on a GPU, for tensors of one shape.
///
/// On arrays, which are read at once: `squareSums`, `forward`, `backward`. On buffers: the same with `Into`, which
/// submits at once, so that it comes between what the page submits before and after; its promise is fulfilled when the
/// device has accepted it.
#[wasm_bindgen]
pub struct Layer {
    pub(crate) layer: wgpu_lrn::Layer,
}

#[wasm_bindgen]
impl Layer {
    /// Returns the bytes of an operand.
    #[wasm_bindgen(getter)]
    pub fn bytes(&self) -> f64 {
        self.layer.plan().shape().operand_bytes() as f64
    }

    /// Compiles an operation ahead of its first use. Tells the kernel and its width.
    pub async fn prepare(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Operation")] operation: String,
    ) -> Result<String> {
        let operation = operation.parse::<Operation>().map_err(thrown)?;
        let choice = self.layer.plan().prepare(operation).await.map_err(thrown)?;
        Ok(choice.to_string())
    }

    /// Computes s, the windowed square sums of x.
    #[wasm_bindgen(js_name = squareSums, unchecked_return_type = "Promise<Values>")]
    pub fn square_sums(&self, #[wasm_bindgen(unchecked_param_type = "Values")] x: JsValue) -> Result<Promise> {
        self.run(Operation::SquareSums, &[x])
    }

    /// Computes y of x.
    #[wasm_bindgen(unchecked_return_type = "Promise<Values>")]
    pub fn forward(&self, #[wasm_bindgen(unchecked_param_type = "Values")] x: JsValue) -> Result<Promise> {
        self.run(Operation::Forward, &[x])
    }

    /// Computes dx of x and dy.
    #[wasm_bindgen(unchecked_return_type = "Promise<Values>")]
    pub fn backward(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Values")] x: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Values")] dy: JsValue,
    ) -> Result<Promise> {
        self.run(Operation::Backward, &[x, dy])
    }

    /// Submits s of x.
    #[wasm_bindgen(js_name = squareSumsInto, unchecked_return_type = "Promise<void>")]
    pub fn square_sums_into(&self, x: &Operand, s: &Operand) -> Promise {
        self.submit(Operation::SquareSums, &[x, s])
    }

    /// Submits y of x; they may be the same.
    #[wasm_bindgen(js_name = forwardInto, unchecked_return_type = "Promise<void>")]
    pub fn forward_into(&self, x: &Operand, y: &Operand) -> Promise {
        self.submit(Operation::Forward, &[x, y])
    }

    /// Submits dx of x and dy; dx may be the same as dy.
    #[wasm_bindgen(js_name = backwardInto, unchecked_return_type = "Promise<void>")]
    pub fn backward_into(&self, x: &Operand, dy: &Operand, dx: &Operand) -> Promise {
        self.submit(Operation::Backward, &[x, dy, dx])
    }
}

impl Layer {
    fn run(&self, operation: Operation, inputs: &[JsValue]) -> Result<Promise> {
        match self.layer.plan().shape().dtype() {
            Dtype::F16 => self.run_of::<f16>(operation, inputs),
            Dtype::Bf16 => self.run_of::<bf16>(operation, inputs),
            _ => self.run_of::<f32>(operation, inputs),
        }
    }

    /// Takes the values now: the page may change its arrays while this runs.
    fn run_of<T: Element>(&self, operation: Operation, inputs: &[JsValue]) -> Result<Promise> {
        let values = operands::<T>(operation, inputs)?;
        let layer = self.layer.clone();
        Ok(future_to_promise(async move {
            let inputs: Vec<_> = values.iter().map(Vec::as_slice).collect();
            let result = layer.run(operation, &inputs).await.map_err(thrown)?;
            array(&result)
        }))
    }

    fn submit(&self, operation: Operation, operands: &[&Operand]) -> Promise {
        let operands: Vec<_> = operands.iter().map(|operand| (&operand.buffer).into()).collect();
        let submitted = self.layer.submit(operation, &operands);
        let settled = async { submitted.await.map(|()| JsValue::UNDEFINED).map_err(thrown) };
        future_to_promise(settled)
    }
}
