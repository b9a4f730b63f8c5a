//! What an element may cost on known GPUs.

use crate::memory::Behind;
use crate::model::Machine;
use serde::Serialize;

/// A GPU, by its public specification; boost clocks, which are lower under load.
#[derive(Clone, Copy, Serialize)]
pub struct Gpu {
    pub name: &'static str,
    /// Instructions of single lanes a second, in 10¹².
    pub lanes_tera: f64,
    /// Bytes of memory a second, in 10⁹.
    pub memory_giga: f64,
    /// Multiprocessors, or what its maker calls them, and the lanes of each.
    pub multiprocessors: u64,
    pub lanes: u64,
    /// MiB of the last cache before its memory.
    pub cache_mib: u64,
    /// The target whose code is nearest to its own.
    pub target: &'static str,
}

/// Bytes of a channel of HBM2 a second, in 10⁹. Those of other memories are half to twice as fast.
const CHANNEL: f64 = 28.0;

/// Nanoseconds of a load from memory: what others have measured of such GPUs lies between 400 and 800.
const LATENCY: f64 = 600.0;

const fn gpu(
    name: &'static str,
    (lanes_tera, memory_giga): (f64, f64),
    (multiprocessors, lanes, cache_mib): (u64, u64, u64),
    target: &'static str,
) -> Gpu {
    Gpu { name, lanes_tera, memory_giga, multiprocessors, lanes, cache_mib, target }
}

pub const GPUS: [Gpu; 11] = [
    gpu("H100 SXM", (29.6, 3350.0), (132, 128, 50), "sm_90"),
    gpu("H200", (29.6, 4800.0), (132, 128, 50), "sm_90"),
    gpu("RTX 4090", (41.0, 1008.0), (128, 128, 72), "sm_89"),
    gpu("RTX 3060", (6.4, 360.0), (28, 128, 3), "sm_86"),
    gpu("MI300X", (40.9, 5300.0), (304, 64, 256), "VEGA20"),
    gpu("Vega 20", (6.6, 1024.0), (60, 64, 4), "VEGA20"),
    gpu("RX 7900 XTX", (15.4, 960.0), (96, 64, 96), "GFX1100"),
    gpu("RX 6800 XT", (10.4, 512.0), (72, 64, 128), "NAVI21"),
    gpu("Arc A770", (9.8, 560.0), (32, 128, 16), "NAVI21"),
    gpu("UHD 770", (0.4, 77.0), (2, 128, 2), "NAVI21"),
    gpu("M2", (1.8, 100.0), (10, 128, 8), "NAVI21"),
];

impl Gpu {
    /// Returns the instructions that it issues while its memory moves so many bytes.
    pub fn budget(&self, bytes: u64) -> f64 {
        self.lanes_tera * 1e3 * bytes as f64 / self.memory_giga
    }

    /// Returns what the model knows of the GPU.
    pub fn machine(&self) -> Machine {
        let Gpu { multiprocessors, lanes, .. } = *self;
        let clock_giga = self.lanes_tera * 1e3 / (multiprocessors * lanes) as f64;
        Machine {
            multiprocessors,
            lanes,
            bandwidth: self.memory_giga / clock_giga,
            behind: Behind { cache: self.cache_mib << 20, channels: (self.memory_giga / CHANNEL).ceil() as usize },
            latency: LATENCY * clock_giga,
        }
    }
}
