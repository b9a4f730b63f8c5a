//! What an element may cost on known GPUs.

use serde::Serialize;

/// A GPU, by its public specification; boost clocks, which are lower under load.
#[derive(Clone, Serialize)]
pub struct Gpu {
    pub name: &'static str,
    /// Arithmetic instructions of single lanes a second, in 10¹².
    pub lanes_tera: f64,
    /// Bytes of memory a second, in 10⁹.
    pub memory_giga: f64,
    /// The target whose code is nearest to its own.
    pub target: &'static str,
}

const fn gpu(name: &'static str, lanes_tera: f64, memory_giga: f64, target: &'static str) -> Gpu {
    Gpu { name, lanes_tera, memory_giga, target }
}

pub const GPUS: [Gpu; 11] = [
    gpu("H100 SXM", 29.6, 3350.0, "sm_90"),
    gpu("H200", 29.6, 4800.0, "sm_90"),
    gpu("MI300X", 40.9, 5300.0, "VEGA20"),
    gpu("RTX 4090", 41.0, 1008.0, "sm_89"),
    gpu("RTX 3060", 6.4, 360.0, "sm_86"),
    gpu("RX 7900 XTX", 15.4, 960.0, "GFX1100"),
    gpu("RX 6800 XT", 10.4, 512.0, "NAVI21"),
    gpu("Arc A770", 9.8, 560.0, ""),
    gpu("UHD 770", 0.4, 77.0, ""),
    gpu("M2", 1.8, 100.0, ""),
    gpu("Vega 20", 6.6, 1024.0, "VEGA20"),
];

impl Gpu {
    /// Instructions that it issues while its memory moves so many bytes.
    pub fn budget(&self, bytes: u64) -> f64 {
        self.lanes_tera * 1e12 * bytes as f64 / (self.memory_giga * 1e9)
    }
}
