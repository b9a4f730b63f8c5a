//! Any file: an array with as many values as its dimensions say, or an error; and no more memory than the file has.

#![no_main]

use headless::npy::{self, Stored};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|bytes: &[u8]| {
    let path = std::env::temp_dir().join(format!("wgpu-lrn-fuzz-{}.npy", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    let _ = npy::dtype(&path);
    read::<f32>(&path, bytes.len());
    read::<f64>(&path, bytes.len());
    std::fs::remove_file(&path).unwrap();
});

fn read<T: Stored>(path: &Path, length: usize) {
    if let Ok(tensor) = npy::read::<T>(path) {
        assert_eq!(tensor.dims.iter().product::<usize>(), tensor.values.len());
        assert!(tensor.values.len() * size_of::<T>() <= length);
    }
}
