//! What to expect of a layer on known GPUs.

use crate::budget::{GPUS, Gpu};
use crate::cases::Layer;
use crate::model::Cycles;
use crate::report::{Row, Target};
use serde::Serialize;
use wgpu_lrn::Operation;

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
    /// The time of its memory, divided by that of a copy of the same bytes.
    pub memory: f64,
    /// The share of a copy's speed.
    pub fraction: f64,
}

/// Returns what to expect of everything that was compiled.
pub fn expected(targets: &[Target]) -> Vec<Expected> {
    let of_gpu = |gpu: &Gpu| Some(expected_on(gpu, nearest(gpu, targets)?));
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
    let speeds = choices.map(|passes| (Speed::of(gpu, passes), passes));
    let (speed, passes) = speeds.max_by(|(a, _), (b, _)| a.fraction.total_cmp(&b.fraction))?;
    let case = passes[0].case;
    Some(Expected {
        layer: case.layer.clone(),
        operation: case.operation,
        gpu: gpu.name,
        target: target.name.clone(),
        choice: case.choice.clone(),
        slots: passes.iter().map(|row| row.figures.listed).sum(),
        budget: gpu.budget(case.bytes),
        memory: speed.memory,
        fraction: speed.fraction,
    })
}

/// How fast some passes are, which are all of an operation.
struct Speed {
    /// The time of their memory, divided by that of a copy.
    memory: f64,
    /// The share of a copy's speed: each pass takes as long as its memory or its instructions, whichever is longer.
    fraction: f64,
}

impl Speed {
    fn of(gpu: &Gpu, passes: &[&Row]) -> Speed {
        let copy = gpu.budget(passes[0].case.bytes);
        let (mut memory, mut all) = (0.0, 0.0);
        for row in passes {
            let of_memory = gpu.budget(row.case.moved) * of_memory(gpu, row);
            memory += of_memory;
            all += of_memory.max(row.figures.listed);
        }
        Speed { memory: memory / copy, fraction: copy / all }
    }
}

/// Returns the time that memory takes, divided by what it takes to move each byte once; the latter where no address is
/// known.
fn of_memory(gpu: &Gpu, row: &Row) -> f64 {
    let Some(kernel) = row.kernel() else { return 1.0 };
    let cycles = Cycles::of(&kernel, &gpu.machine());
    cycles.total() / cycles.least.max(1.0)
}

/// Returns a GPU's own target; else another of NVIDIA's for one of NVIDIA's, and another of AMD's for any other.
fn nearest<'a, 'b>(gpu: &Gpu, targets: &'a [Target<'b>]) -> Option<&'a Target<'b>> {
    let is_nvidia = |name: &str| name.starts_with("sm_");
    let own = targets.iter().find(|target| target.name == gpu.target);
    let akin = |target: &&Target| is_nvidia(&target.name) == is_nvidia(gpu.target);
    own.or_else(|| targets.iter().find(akin))
}
