//! What an element may cost on known GPUs, and what to expect of what it costs.

use crate::cases::Layer;
use crate::report::{Row, Target};
use serde::Serialize;
use wgpu_lrn::Operation;

/// A GPU, by its public specification; boost clocks, which are lower under load.
#[derive(Clone, Copy, Serialize)]
pub struct Gpu {
    pub name: &'static str,
    /// Instructions of single lanes a second, in 10¹².
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
    gpu("RTX 4090", 41.0, 1008.0, "sm_89"),
    gpu("RTX 3060", 6.4, 360.0, "sm_86"),
    gpu("MI300X", 40.9, 5300.0, "VEGA20"),
    gpu("Vega 20", 6.6, 1024.0, "VEGA20"),
    gpu("RX 7900 XTX", 15.4, 960.0, "GFX1100"),
    gpu("RX 6800 XT", 10.4, 512.0, "NAVI21"),
    gpu("Arc A770", 9.8, 560.0, "NAVI21"),
    gpu("UHD 770", 0.4, 77.0, "NAVI21"),
    gpu("M2", 1.8, 100.0, "NAVI21"),
];

impl Gpu {
    /// Instructions that it issues while its memory moves so many bytes.
    pub fn budget(&self, bytes: u64) -> f64 {
        self.lanes_tera * 1e3 * bytes as f64 / self.memory_giga
    }

    /// Its own target; else another of NVIDIA's for one of NVIDIA's, and another of AMD's for any other.
    fn nearest<'a, 'b>(&self, targets: &'a [Target<'b>]) -> Option<&'a Target<'b>> {
        let is_nvidia = |name: &str| name.starts_with("sm_");
        let own = targets.iter().find(|target| target.name == self.target);
        let akin = |target: &&Target| is_nvidia(&target.name) == is_nvidia(self.target);
        own.or_else(|| targets.iter().find(akin))
    }

    /// The share of a copy's speed that some passes reach, which are all of an operation: each takes as
    /// long as its memory or its instructions, whichever is longer.
    fn fraction(&self, passes: &[&Row]) -> f64 {
        let slots = |row: &&Row| row.figures.listed.max(self.budget(row.case.moved));
        self.budget(passes[0].case.bytes) / passes.iter().map(slots).sum::<f64>()
    }
}

/// What to expect of an operation on a GPU, by the choice that is the fastest there.
#[derive(Serialize)]
pub struct Expected {
    #[serde(flatten)]
    pub layer: Layer,
    pub operation: &'static str,
    pub gpu: &'static str,
    /// The target whose code was counted.
    pub target: String,
    pub choice: String,
    /// Slots of an element, and those that there are while a copy moves it.
    pub slots: f64,
    pub budget: f64,
    /// The share of a copy's speed.
    pub fraction: f64,
}

/// What to expect of everything that was compiled.
pub fn expected(targets: &[Target]) -> Vec<Expected> {
    let of_gpu = |gpu: &Gpu| Some(expected_on(gpu, gpu.nearest(targets)?));
    GPUS.iter().filter_map(of_gpu).flatten().collect()
}

fn expected_on(gpu: &Gpu, target: &Target) -> Vec<Expected> {
    let layers = target.rows.chunk_by(|a, b| a.case.layer == b.case.layer);
    let each = |rows| {
        let operations = Operation::ALL.iter();
        operations.filter_map(move |operation| fastest(gpu, target, rows, operation.name()))
    };
    layers.flat_map(each).collect()
}

fn fastest(gpu: &Gpu, target: &Target, rows: &[Row], operation: &str) -> Option<Expected> {
    let of_operation: Vec<_> = rows.iter().filter(|r| r.case.operation == operation).collect();
    let choices = of_operation.chunk_by(|a, b| a.case.choice == b.case.choice).rev();
    let passes = choices.max_by(|a, b| gpu.fraction(a).total_cmp(&gpu.fraction(b)))?;
    let case = passes[0].case;
    Some(Expected {
        layer: case.layer.clone(),
        operation: case.operation,
        gpu: gpu.name,
        target: target.name.clone(),
        choice: case.choice.clone(),
        slots: passes.iter().map(|row| row.figures.listed).sum(),
        budget: gpu.budget(case.bytes),
        fraction: gpu.fraction(passes),
    })
}
