//! What the compilers of real GPUs make of the kernels, on a machine that has no GPU.

mod aco;
mod args;
mod budget;
mod cases;
mod flow;
mod radv;
mod report;
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
    let report = Report { gpus: budget::GPUS.to_vec(), targets: targets(&args, &cases)? };
    if let Some(path) = &args.json {
        report.write(path)?;
    }
    table::print(&report)?;
    report.check()
}

/// What each compiler says of each case.
fn targets(args: &Args, cases: &[Case]) -> Result<Vec<Target>, Failure> {
    let programs = distinct(cases);
    args.amd.iter().map(|family| radv::target(family, cases, &programs)).collect()
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
