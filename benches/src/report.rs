//! The measurements, as they are in the JSON.

use serde::{Deserialize, Serialize};
use wgpu_lrn::{Kernel, Precision};

#[derive(Default, Deserialize, Serialize)]
pub struct Report {
    pub adapters: Vec<Adapter>,
}

#[derive(Clone, Deserialize, Serialize)]
pub struct Adapter {
    pub name: String,
    pub backend: String,
    pub driver: String,
    /// The version of wgpu; empty for those that use another way to the GPU.
    pub wgpu: String,
    /// What was measured with.
    pub timer: String,
    /// The best copy kernel found.
    pub copy_gbps: f64,
    /// The driver's own copy between buffers, on hardware.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_buffer_gbps: Option<f64>,
    pub measurements: Vec<Measurement>,
}

#[derive(Clone, Deserialize, Serialize)]
pub struct Measurement {
    pub shape: String,
    pub dims: Vec<usize>,
    pub layout: String,
    pub dtype: String,
    /// How exact it is; peers do not tell.
    #[serde(default = "fast")]
    pub precision: String,
    /// Look-behind and look-ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<[u32; 2]>,
    pub pass: String,
    /// A choice, a copy, `empty`, or a peer.
    pub kernel: String,
    /// The median.
    pub seconds: f64,
    /// The distance between the quartiles, relative to the median.
    pub spread: f64,
    pub gbps: f64,
    pub fraction_of_copy: f64,
    /// Whether the rule prefers it to all others that compute the operation on this device.
    #[serde(default)]
    pub rule: bool,
    /// Whether it was the fastest of all choices.
    #[serde(default)]
    pub fastest: bool,
}

fn fast() -> String {
    Precision::Fast.name().to_owned()
}

impl Measurement {
    /// Returns `true` if it is what this library does if told to tune, or what a peer does.
    pub fn is_best(&self) -> bool {
        let ours = Kernel::ALL.iter().any(|kernel| self.kernel.starts_with(kernel.name()));
        self.fastest || !(ours || is_copy(&self.kernel) || self.kernel == "empty")
    }
}

/// Returns `true` if what is named so in a measurement is a copy.
pub fn is_copy(kernel: &str) -> bool {
    kernel.starts_with("copy")
}

/// Returns the version of wgpu that this was built with.
pub fn wgpu_version() -> String {
    let lock = include_str!("../../Cargo.lock");
    let after = lock.split("name = \"wgpu\"\nversion = \"").nth(1).unwrap_or_default();
    after.split('"').next().unwrap_or_default().to_owned()
}
