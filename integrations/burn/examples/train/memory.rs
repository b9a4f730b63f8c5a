//! How much device memory a training holds.

use burn::tensor::Device;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Keeps the largest sample of the bytes in use.
#[derive(Clone, Debug, Default)]
pub struct Peak(Arc<AtomicU64>);

impl Peak {
    /// Takes a sample. Devices that report no usage count as 0.
    pub fn sample(&self, device: &Device) {
        let bytes = device.memory_pool_usage().map_or(0, |usage| usage.bytes_in_use);
        self.0.fetch_max(bytes, Ordering::Relaxed);
    }

    pub fn mebibytes(&self) -> f64 {
        self.0.load(Ordering::Relaxed) as f64 / f64::from(1 << 20)
    }
}
