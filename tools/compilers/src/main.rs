//! What the compilers of real GPUs make of the kernels, on a machine that has no GPU.

mod args;
mod budget;
mod cases;
mod child;
mod expected;
mod listing;
mod memory;
mod model;
mod nvidia;
mod radv;
mod report;
mod table;
mod trace;
mod translate;
mod work;

use args::Args;
use cases::Cases;
use memory::Memory;
use report::{Report, Target};
use std::process::ExitCode;
use terminal::{Failure, note};
use trace::Runner;

/// Why AMD's compiler is not asked.
const NO_RADV: &str = "Mesa's RADV is not installed (on Debian: mesa-vulkan-drivers)";

/// Why NVIDIA's is not.
const NO_PYTHON: &str = "no Python with nvidia-cuda-nvcc and nvidia-cuda-nvdisasm is named";

/// Loads of a kernel that are followed: a compromise, since most of the time goes into them.
const LOADS: u64 = 1 << 18;

fn main() -> ExitCode {
    terminal::run(run)
}

fn run(args: Args) -> Result<(), Failure> {
    if args.serve {
        return radv::serve();
    }
    args.check()?;
    let cases = Cases::of(&args)?;
    let memories = memories(&args, &cases)?;
    let targets = targets(&args, &cases, &memories)?;
    let report = Report { gpus: budget::GPUS, expected: expected::expected(&targets), targets };
    if let Some(path) = &args.json {
        report.write(path)?;
    }
    if let Some(folder) = &args.keep {
        report.keep(folder, &cases.shaders)?;
    }
    table::print(&report)?;
    report.check()
}

/// Returns what each run asks of memory, where an adapter can tell.
fn memories(args: &Args, cases: &Cases) -> Result<Vec<Option<Memory>>, Failure> {
    if args.no_memory {
        return Ok(Vec::new());
    }
    match Runner::open() {
        Ok(runner) => memory::of_all(&runner, &cases.runs, LOADS),
        Err(failure) => {
            note(format_args!("what is asked of memory is left out: {failure}"));
            Ok(Vec::new())
        }
    }
}

/// Returns what each compiler that is there says of each case.
fn targets<'a>(args: &Args, cases: &'a Cases, memories: &'a [Option<Memory>]) -> Result<Vec<Target<'a>>, Failure> {
    let mut targets = Vec::new();
    for family in args.amd() {
        match radv::manifest() {
            Some(manifest) => {
                let figures = radv::figures(family, &manifest, &cases.shaders)?;
                targets.push(Target::new(family, cases, memories, &figures));
            }
            None => note(format_args!("{family} is left out: {NO_RADV}")),
        }
    }
    for arch in args.nvidia() {
        match args.python() {
            Some(python) => {
                let figures = nvidia::figures(arch, &python, &cases.shaders)?;
                targets.push(Target::new(arch, cases, memories, &figures));
            }
            None => note(format_args!("{arch} is left out: {NO_PYTHON}")),
        }
    }
    match targets.is_empty() {
        true => Err(Failure::Refused("there is no compiler to ask".to_owned())),
        false => Ok(targets),
    }
}
