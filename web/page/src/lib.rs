//! What the page computes in Rust, beside all that the package has.
#![cfg(target_arch = "wasm32")]

mod check;
mod measure;

pub use check::Checks;
use js_sys::Float32Array;
pub use measure::{Measuring, networks};
use wasm_bindgen::prelude::*;
use wgpu_lrn::{Operation, Shape, cpu};
pub use wgpu_lrn_web::*;

/// Returns the weights of the 96 filters: rows of columns of red, green, blue.
#[wasm_bindgen]
pub fn filters() -> Vec<f32> {
    conv1::bank().concat()
}

/// Returns what the channels respond to, by name: 16 neighbours are a family.
#[wasm_bindgen]
pub fn families() -> Vec<String> {
    conv1::FAMILIES.map(str::to_owned).to_vec()
}

/// Returns the feature maps [96, 55, 55] of a picture of 227×227 pixels, each of red, green and blue.
#[wasm_bindgen]
pub fn activations(rgb: &[u8]) -> Vec<f32> {
    conv1::activations(rgb, &conv1::bank())
}

/// Returns the versions that the page is built from.
#[wasm_bindgen]
pub fn versions() -> String {
    format!("wgpu-lrn {}, wgpu {}", env!("CARGO_PKG_VERSION"), benches::report::wgpu_version())
}

/// Returns the result of an operation on f32, by the CPU reference, rounded from f64.
#[wasm_bindgen]
pub fn reference(
    lrn: &Lrn,
    dims: Vec<u32>,
    axes: Vec<i32>,
    operation: &str,
    inputs: Vec<Float32Array>,
) -> std::result::Result<Vec<f32>, JsError> {
    let dims: Vec<_> = dims.into_iter().map(|dim| dim as usize).collect();
    let axes: Vec<_> = axes.into_iter().map(|axis| axis as isize).collect();
    let inputs: Vec<_> = inputs.iter().map(Float32Array::to_vec).collect();
    let inputs: Vec<_> = inputs.iter().map(Vec::as_slice).collect();
    let operation = operation.parse::<Operation>()?;
    let result = cpu::run(&lrn.build()?, &Shape::over(&dims, &axes)?, operation, &inputs)?;
    Ok(result.into_iter().map(|value| value as f32).collect())
}
