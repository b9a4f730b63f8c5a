//! The measurements, as they are in the JSON.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use terminal::{Failure, write_whole};
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
    /// Whether the rule prefers it.
    #[serde(default)]
    pub rule: bool,
    /// Whether it was the fastest of all choices.
    #[serde(default)]
    pub fastest: bool,
}

fn fast() -> String {
    Precision::Fast.name().to_owned()
}

/// What a file of JSON holds.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, error))?;
    serde_json::from_reader(BufReader::new(file)).map_err(|error| Failure::file(path, error))
}

impl Report {
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        write_whole(path, |file| Ok(serde_json::to_writer_pretty(file, self)?))
    }
}

impl Measurement {
    /// Whether it is what this library does if told to tune, or what a peer does.
    pub fn is_best(&self) -> bool {
        let ours = Kernel::ALL.iter().any(|kernel| self.kernel.starts_with(kernel.name()));
        self.fastest || !(ours || is_copy(&self.kernel) || self.kernel == "empty")
    }
}

/// Whether what is named so in a measurement is a copy.
pub fn is_copy(kernel: &str) -> bool {
    kernel.starts_with("copy")
}
