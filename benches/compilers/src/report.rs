//! What the compilers said, as it is in the JSON.

use crate::budget::Gpu;
use crate::cases::Case;
use crate::expected::Expected;
use crate::failure::Failure;
use crate::flow::{Instruction, Memory, Turn};
use crate::output::{note, write_whole};
use crate::turns::{IN_REGISTERS, turns};
use serde::Serialize;
use std::path::Path;

#[derive(Serialize)]
pub struct Report {
    /// Known GPUs, with the speeds of their arithmetic and their memory.
    pub gpus: Vec<Gpu>,
    pub targets: Vec<Target>,
    /// What to expect on the known GPUs.
    pub expected: Vec<Expected>,
}

/// A GPU that was compiled for.
#[derive(Serialize)]
pub struct Target {
    pub name: String,
    pub rows: Vec<Row>,
}

/// What an element costs in the listing.
#[derive(Clone, Copy, Default, Serialize)]
pub struct Cost {
    /// Slots of the arithmetic unit, on the way inside the tensor.
    pub slots: f64,
    /// The same with all other ways.
    pub slots_of_all: f64,
    /// Instructions of every kind, on the way inside the tensor.
    pub instructions: f64,
    /// The same with all other ways.
    pub instructions_of_all: f64,
    /// Loads from memory.
    pub loads: f64,
    /// Stores to memory.
    pub stores: f64,
}

impl Cost {
    fn new(code: &[Instruction], turns: &[(Turn, u32)]) -> Cost {
        let sum = |places: fn(&Turn) -> &[usize], of: fn(&Instruction) -> f64| -> f64 {
            let of_turn = |turn| places(turn).iter().map(|&at| of(&code[at])).sum::<f64>();
            turns.iter().map(|(turn, elements)| of_turn(turn) / f64::from(*elements)).sum()
        };
        Cost {
            slots: sum(|turn| &turn.way, |one| one.slots),
            slots_of_all: sum(|turn| &turn.body, |one| one.slots),
            instructions: sum(|turn| &turn.way, |_| 1.0),
            instructions_of_all: sum(|turn| &turn.body, |_| 1.0),
            loads: sum(|turn| &turn.way, |one| count(one, Memory::Load)),
            stores: sum(|turn| &turn.way, |one| count(one, Memory::Store)),
        }
    }
}

fn count(one: &Instruction, kind: Memory) -> f64 {
    if one.memory == kind { 1.0 } else { 0.0 }
}

/// What a wave does on a way.
pub struct Walk {
    /// The most of its loads that are under way together.
    pub loads_under_way: usize,
    /// How long it takes, where that is known.
    pub cycles: Option<f64>,
}

/// What a compiler says of one pass of an operation.
#[derive(Clone, Default, Serialize)]
pub struct Row {
    pub shape: &'static str,
    pub layout: &'static str,
    pub dtype: &'static str,
    /// Of the results, which matters for f32.
    pub precision: &'static str,
    pub pass: &'static str,
    /// The choice.
    pub kernel: String,
    /// Which of how many passes, from 1.
    pub part: (usize, usize),
    /// Bytes that the operation has to move for an element.
    pub bytes: u64,
    pub cost: Cost,
    /// Slots of an element by the compiler's own estimate.
    pub slots_estimated: Option<f64>,
    /// Cycles from an element of a wave to its next, on the way inside the tensor.
    pub latency: Option<f64>,
    /// The same by the compiler's own estimate.
    pub latency_estimated: Option<f64>,
    /// Loads of an invocation that are under way together.
    pub loads_under_way: usize,
    /// Registers of an invocation.
    pub registers: u64,
    /// Waves (warps) that a SIMD (scheduler) keeps.
    pub waves: u64,
    /// Registers (AMD) or bytes (NVIDIA) that were spilled.
    pub spills: u64,
    /// Bytes of private memory.
    pub private: u64,
    /// Bytes of workgroup memory.
    pub shared: u64,
    /// Whether all it keeps shall be in registers.
    pub in_registers: bool,
    /// The program, and what was made of it.
    #[serde(skip)]
    pub texts: [String; 2],
}

impl Row {
    /// What is known before it is compiled.
    fn of(case: &Case) -> Row {
        Row {
            shape: case.shape,
            layout: case.layout.name(),
            dtype: case.dtype.name(),
            precision: case.precision.name(),
            pass: case.operation.name(),
            kernel: case.choice.to_string(),
            part: case.part,
            bytes: case.dtype.bytes() * case.operation.operands().len() as u64,
            in_registers: IN_REGISTERS.contains(&case.choice.kernel),
            texts: [case.program.source(), String::new()],
            ..Row::default()
        }
    }

    /// The same with what stands in the listing. How a way through it is walked is for its own reader
    /// to say.
    pub fn read(
        case: &Case,
        listing: &str,
        code: &[Instruction],
        walk: impl Fn(&[&Instruction]) -> Walk,
    ) -> Row {
        let turns = turns(&case.program, code);
        let walked = turns.iter().map(|(turn, elements)| {
            let way: Vec<_> = turn.way.iter().map(|&at| &code[at]).collect();
            (walk(&way), f64::from(*elements))
        });
        let walked: Vec<_> = walked.collect();
        let latency = walked.iter().map(|(walk, elements)| Some(walk.cycles? / elements)).sum();
        let loads_under_way =
            walked.iter().map(|(walk, _)| walk.loads_under_way).max().unwrap_or(0);
        let mut row = Row::of(case);
        row.texts[1] = listing.to_owned();
        Row { cost: Cost::new(code, &turns), latency, loads_under_way, ..row }
    }

    /// Shape, layout, type of the elements and precision.
    pub fn layer(&self) -> [&'static str; 4] {
        [self.shape, self.layout, self.dtype, self.precision]
    }

    /// Which row it is.
    fn name(&self) -> String {
        let Row { kernel, pass, part: (part, parts), .. } = self;
        let part = if *parts > 1 { format!(" {part}/{parts}") } else { String::new() };
        format!("{} {kernel} {pass}{part}", self.layer().join(" "))
    }

    /// Whether it keeps in memory what shall be in registers.
    fn leaks(&self) -> bool {
        self.in_registers && self.spills + self.private > 0
    }
}

impl Report {
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        write_whole(path, |file| Ok(serde_json::to_writer_pretty(file, self)?))
    }

    /// Leaves the programs and the listings in a folder.
    pub fn keep(&self, folder: &Path) -> Result<(), Failure> {
        let failed = |error| Failure::file(folder, error);
        std::fs::create_dir_all(folder).map_err(failed)?;
        for (target, row) in self.rows() {
            for (text, suffix) in row.texts.iter().zip(["wgsl", "s"]) {
                let name =
                    format!("{} {}.{suffix}", target.name, row.name()).replace([' ', '/'], "_");
                std::fs::write(folder.join(name), text).map_err(failed)?;
            }
        }
        Ok(())
    }

    fn rows(&self) -> impl Iterator<Item = (&Target, &Row)> {
        self.targets.iter().flat_map(|target| target.rows.iter().map(move |row| (target, row)))
    }

    /// Refuses kernels that spill, or use private memory, and should not.
    pub fn check(&self) -> Result<(), Failure> {
        let leaks: Vec<_> = self.rows().filter(|(_, row)| row.leaks()).collect();
        for (target, row) in &leaks {
            let (name, spills, private) = (row.name(), row.spills, row.private);
            note(format_args!("{} {name}: {spills} spilled, {private} bytes private", target.name));
        }
        match leaks.len() {
            0 => Ok(()),
            n => Err(Failure::Beyond(format!("not all in registers: {n} of the programs"))),
        }
    }
}
