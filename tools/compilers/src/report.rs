//! What the compilers said, as it is in the JSON.

#[cfg(test)]
mod tests;

use crate::budget::{GPUS, Gpu};
use crate::cases::{Case, Cases};
use crate::expected::Expected;
use crate::memory::{Memory, Moved};
use crate::model::Kernel;
use crate::work::IN_REGISTERS;
use serde::Serialize;
use std::path::Path;
use terminal::{Failure, write_whole};
use wgpu_lrn::internals::Shader;

#[derive(Serialize)]
pub struct Report<'a> {
    /// Known GPUs, with the speeds of their arithmetic and their memory.
    pub gpus: [Gpu; GPUS.len()],
    pub targets: Vec<Target<'a>>,
    /// What to expect on the known GPUs.
    pub expected: Vec<Expected>,
}

/// A GPU that was compiled for.
#[derive(Serialize)]
pub struct Target<'a> {
    pub name: String,
    pub rows: Vec<Row<'a>>,
}

/// What a compiler says of a case.
#[derive(Serialize)]
pub struct Row<'a> {
    #[serde(flatten)]
    pub case: &'a Case,
    #[serde(flatten)]
    pub figures: Figures,
    /// Whether all that the kernel keeps shall be in registers.
    pub in_registers: bool,
    /// What it asks of memory, if an adapter could tell.
    pub memory: Option<&'a Memory>,
    /// Bytes under way of a multiprocessor.
    pub under_way: Option<f64>,
    /// What memory moves on the GPU of which this is the target.
    pub moved: Option<Moved>,
}

/// Sectors of stores, divided by those that their bytes need, from which on a kernel wastes them. Groups with a part of
/// two rows take one more.
const WASTE: f64 = 1.2;

/// What it says of a shader.
#[derive(Clone, Serialize)]
pub struct Figures {
    /// Slots of the arithmetic unit that an element takes, by the compiler's estimate where it makes one.
    pub slots: f64,
    /// The same, counted in the listing on the way inside the tensor.
    pub listed: f64,
    /// Cycles from an element of a wave to its next, where the compiler tells.
    pub latency: Option<f64>,
    /// The most loads of an invocation that are under way together.
    pub loads: usize,
    /// Instructions on the way for each of its loads.
    pub per_load: f64,
    /// Invocations that a multiprocessor keeps.
    pub resident: u64,
    /// Registers of an invocation.
    pub registers: u64,
    /// Waves (warps) that a SIMD (scheduler) keeps.
    pub waves: u64,
    /// Registers (AMD) or bytes (NVIDIA) that were spilled.
    pub spills: u64,
    /// Bytes of private memory: of a wave (AMD), of an invocation (NVIDIA).
    pub private: u64,
    /// Bytes of workgroup memory.
    pub shared: u64,
    /// The disassembly.
    #[serde(skip)]
    pub listing: String,
}

impl<'a> Target<'a> {
    /// Creates the rows of a target, whose figures are in the order of the shaders.
    pub fn new(name: &str, cases: &'a Cases, memories: &'a [Option<Memory>], figures: &[Figures]) -> Target<'a> {
        let row = |case: &'a Case| {
            let shader = &cases.shaders[case.shader];
            let row = Row {
                case,
                figures: figures[case.shader].clone(),
                in_registers: IN_REGISTERS.contains(&shader.choice.kernel),
                memory: memories.get(case.run).and_then(Option::as_ref),
                under_way: None,
                moved: None,
            };
            row.on(name)
        };
        Target { name: name.to_owned(), rows: cases.cases.iter().map(row).collect() }
    }
}

impl Row<'_> {
    /// Adds what depends on the GPU.
    fn on(self, target: &str) -> Self {
        let under_way = |memory: &Memory| memory.under_way(self.figures.loads, self.figures.resident);
        let gpu = GPUS.iter().find(|gpu| gpu.target == target);
        let moved = |gpu: &Gpu| Some(self.kernel()?.moved(&gpu.machine()));
        let (under_way, moved) = (self.memory.map(under_way), gpu.and_then(moved));
        Row { under_way, moved, ..self }
    }

    /// Returns what the model knows of the kernel.
    pub fn kernel(&self) -> Option<Kernel<'_>> {
        let memory = self.memory?;
        Some(Kernel {
            memory,
            workgroups: self.case.workgroups,
            resident: (self.figures.resident / memory.invocations.max(1) as u64).max(1),
            loads: self.figures.loads,
            instructions: self.figures.per_load,
        })
    }

    /// Returns `true` if stores of a preferred kernel take more sectors than their bytes need.
    fn wastes(&self) -> bool {
        let wastes = |memory: &Memory| memory.groups_of_32.written > WASTE;
        self.case.preferred && self.memory.is_some_and(wastes)
    }

    /// Returns `true` if it keeps in memory what shall be in registers.
    fn leaks(&self) -> bool {
        self.in_registers && self.figures.spills + self.figures.private > 0
    }
}

impl Report<'_> {
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        write_whole(path, |file| Ok(serde_json::to_writer_pretty(file, self)?))
    }

    /// Leaves the shaders and the listings in a folder.
    pub fn keep(&self, folder: &Path, shaders: &[Shader]) -> Result<(), Failure> {
        let failed = |error| Failure::file(folder, error);
        std::fs::create_dir_all(folder).map_err(failed)?;
        for (target, row) in self.rows() {
            let name = format!("{} {}", target.name, row.case).replace([' ', '/'], "_");
            let source = shaders[row.case.shader].source();
            std::fs::write(folder.join(format!("{name}.wgsl")), source).map_err(failed)?;
            std::fs::write(folder.join(format!("{name}.s")), &row.figures.listing).map_err(failed)?;
        }
        Ok(())
    }

    fn rows(&self) -> impl Iterator<Item = (&Target<'_>, &Row<'_>)> {
        self.targets.iter().flat_map(|target| target.rows.iter().map(move |row| (target, row)))
    }

    /// Returns the cases that waste sectors, each once.
    fn wastes(&self) -> impl Iterator<Item = &Row<'_>> {
        self.targets.iter().take(1).flat_map(|target| &target.rows).filter(|row| row.wastes())
    }

    /// Refuses kernels that spill, or use private memory, and should not; and preferred ones that waste sectors.
    pub fn check(&self) -> Result<(), Failure> {
        let leaks = self.rows().filter(|(_, row)| row.leaks()).map(leak);
        let faults: Vec<_> = leaks.chain(self.wastes().map(waste)).collect();
        match faults.is_empty() {
            true => Ok(()),
            false => Err(Failure::Beyond(faults.join("; "))),
        }
    }
}

fn leak((target, row): (&Target, &Row)) -> String {
    let (name, Figures { spills, private, .. }) = (row.case, &row.figures);
    let problem = format!("{spills} spilled, {private} bytes of private memory");
    format!("not all in registers: {} {name}: {problem}", target.name)
}

fn waste(row: &Row) -> String {
    let times = row.memory.map_or(1.0, |memory| memory.groups_of_32.written);
    format!("stores take {times:.2} times the sectors that their bytes need: {}", row.case)
}
