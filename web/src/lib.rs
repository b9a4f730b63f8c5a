//! wgpu-lrn for JavaScript: the classes of the npm package. `web/npm/README.md` shows their use.
#![cfg(target_arch = "wasm32")]
#![warn(unreachable_pub)]

mod convert;
mod cpu;
mod error;
mod gpu;
mod layer;
mod lrn;
mod operand;
mod types;

pub use cpu::{Cpu, CpuLayer};
pub use gpu::Gpu;
pub use layer::Layer;
pub use lrn::Lrn;
pub use operand::Operand;

/// A result whose error JavaScript catches.
pub type Result<T> = std::result::Result<T, wasm_bindgen::JsValue>;
