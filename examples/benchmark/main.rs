//! LRN on every GPU of this machine, timed beside a copy of the same bytes.

mod args;
mod cases;
mod chart;
mod expected;
#[path = "../shared/failure.rs"]
mod failure;
mod measure;
#[path = "../shared/output.rs"]
mod output;
mod page;
mod report;
#[path = "../../benches/shared/mod.rs"]
mod shared;
mod table;
#[path = "../shared/usage.rs"]
mod usage;
mod variant;

use args::Args;
use expected::Expectations;
use failure::Failure;
use output::say;
use report::Report;
use shared::networks;
use std::process::ExitCode;
use wgpu_lrn::{Gpu, host};

fn main() -> ExitCode {
    match usage::parse::<Args>().and_then(|args| args.as_ref().map_or(Ok(()), run)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::note(format_args!("error: {failure}"));
            failure.code()
        }
    }
}

fn run(args: &Args) -> Result<(), Failure> {
    let expect: Expectations =
        args.expect.as_deref().map(report::read).transpose()?.unwrap_or_default();
    let report = if args.compare.is_empty() { measured(args)? } else { compared(args)? };
    if let Some(path) = &args.json {
        report.write(path)?;
        say(path.display())?;
    }
    if let Some(path) = &args.html {
        page::write(&report, &expect, path)?;
        say(path.display())?;
    }
    Ok(())
}

/// Measures on every adapter, or on the one that is named.
fn measured(args: &Args) -> Result<Report, Failure> {
    args.check()?;
    let cases = cases::cases(args)?;
    let all = host::adapters_blocking();
    let adapters = match &args.adapter {
        None if all.is_empty() => vec![host::find(all, None)?], // says that there is none
        None => all,
        name => vec![host::find(all, name.as_deref())?],
    };
    let mut report = Report::default();
    for adapter in &adapters {
        report.adapters.push(measure::measure(&Gpu::on_blocking(adapter)?, &cases, args)?);
    }
    Ok(report)
}

/// The adapters of several files.
fn compared(args: &Args) -> Result<Report, Failure> {
    let mut report = Report::default();
    for path in &args.compare {
        report.adapters.extend(report::read::<Report>(path)?.adapters);
    }
    Ok(report)
}
