//! What the page computes in Rust, beside all that the package has.
#![cfg(target_arch = "wasm32")]

mod check;
mod measure;

pub use check::Checks;
pub use measure::{Measuring, networks};
use wasm_bindgen::prelude::*;
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
