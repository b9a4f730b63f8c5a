//! A buffer of a GPU.

use wasm_bindgen::prelude::*;
use wgpu_lrn::wgpu;

/// A buffer of a GPU, to be an operand of a layer and a binding of the page's own pipelines.
#[wasm_bindgen]
pub struct Operand {
    pub(crate) buffer: wgpu::Buffer,
}

#[wasm_bindgen]
impl Operand {
    /// Returns the buffer on `Gpu.device`; it can be bound as storage, written and copied.
    #[wasm_bindgen(getter, unchecked_return_type = "GPUBuffer")]
    pub fn buffer(&self) -> JsValue {
        self.buffer.as_webgpu().into()
    }

    /// Frees its memory now, rather than when the browser collects garbage.
    pub fn destroy(&self) {
        self.buffer.destroy();
    }
}
