//! What the compilers of real GPUs make of the kernels, on a machine that has no GPU.

mod aco;
mod args;
mod budget;
mod cases;
mod expected;
mod flow;
mod nvidia;
mod radv;
mod report;
mod sass;
mod table;
mod translate;
mod turns;

#[path = "../../../examples/shared/failure.rs"]
mod failure;
#[path = "../../shared/networks.rs"]
mod networks;
#[path = "../../../examples/shared/output.rs"]
mod output;
#[path = "../../../examples/shared/usage.rs"]
mod usage;

use args::Args;
use cases::{Case, cases};
use failure::Failure;
use output::note;
use report::{Report, Target};
use std::process::ExitCode;
use wgpu_lrn::Program;

/// Why NVIDIA's compiler is not asked.
const NO_PYTHON: &str =
    "name a Python that has nvidia-cuda-nvcc and nvidia-cuda-nvdisasm with --python";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            note(&failure);
            failure.code()
        }
    }
}

fn run() -> Result<(), Failure> {
    let Some(args) = usage::parse::<Args>()? else { return Ok(()) };
    if args.serve {
        return radv::serve();
    }
    args.check()?;
    let cases = cases(&args)?;
    let targets = targets(&args, &cases)?;
    let expected = expected::expected(&targets);
    let report = Report { gpus: budget::GPUS.to_vec(), targets, expected };
    if let Some(path) = &args.json {
        report.write(path)?;
    }
    if let Some(folder) = &args.keep {
        report.keep(folder)?;
    }
    table::print(&report)?;
    report.check()
}

/// What each compiler says of each case.
fn targets(args: &Args, cases: &[Case]) -> Result<Vec<Target>, Failure> {
    let programs = distinct(cases);
    let mut targets = Vec::new();
    for family in args.amd() {
        targets.push(radv::target(family, cases, &programs)?);
    }
    for arch in args.nvidia() {
        match args.python() {
            Some(python) => targets.push(nvidia::target(arch, &python, cases, &programs)?),
            None => note(format_args!("{arch} is left out: {NO_PYTHON}")),
        }
    }
    if targets.is_empty() {
        return Err(Failure::Refused("there is no compiler to ask".to_owned()));
    }
    Ok(targets)
}

/// The programs of the cases, each once.
fn distinct(cases: &[Case]) -> Vec<&Program> {
    let mut programs: Vec<&Program> = Vec::new();
    for case in cases {
        if !programs.contains(&&case.program) {
            programs.push(&case.program);
        }
    }
    programs
}
