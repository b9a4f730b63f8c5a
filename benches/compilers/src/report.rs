//! What the compilers said, as it is in the JSON.

use crate::budget::{Expected, GPUS, Gpu};
use crate::cases::{Case, Cases};
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
}

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
    /// The figures are those of the shaders.
    pub fn new(name: &str, cases: &'a Cases, figures: &[Figures]) -> Target<'a> {
        let row = |case: &'a Case| Row {
            case,
            figures: figures[case.shader].clone(),
            in_registers: IN_REGISTERS.contains(&cases.shaders[case.shader].choice.kernel),
        };
        Target { name: name.to_owned(), rows: cases.cases.iter().map(row).collect() }
    }
}

impl Row<'_> {
    /// Whether it keeps in memory what shall be in registers.
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
            std::fs::write(folder.join(format!("{name}.s")), &row.figures.listing)
                .map_err(failed)?;
        }
        Ok(())
    }

    fn rows(&self) -> impl Iterator<Item = (&Target<'_>, &Row<'_>)> {
        self.targets.iter().flat_map(|target| target.rows.iter().map(move |row| (target, row)))
    }

    /// Refuses kernels that spill, or use private memory, and should not.
    pub fn check(&self) -> Result<(), Failure> {
        let leak = |(target, row): (&Target, &Row)| {
            let Figures { spills, private, .. } = row.figures;
            let name = row.case;
            format!("{} {name}: {spills} spilled, {private} bytes of private memory", target.name)
        };
        let leaks: Vec<_> = self.rows().filter(|(_, row)| row.leaks()).map(leak).collect();
        match leaks.is_empty() {
            true => Ok(()),
            false => Err(Failure::Beyond(format!("not all in registers: {}", leaks.join("; ")))),
        }
    }
}
