//! LRN on every GPU of this machine, timed beside a copy of the same bytes.

mod args;
mod cases;
mod chart;
mod expected;
mod measure;
mod page;
mod report;
mod table;
mod variant;

use args::Args;
use expected::Expectations;
use report::Report;
use std::process::ExitCode;
use terminal::{Failure, say};
use wgpu_lrn::{Gpu, block_on, host};

fn main() -> ExitCode {
    terminal::run(|args| run(&args))
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
    let all = block_on(host::adapters());
    let adapters = match &args.adapter {
        None if all.is_empty() => vec![host::find(all, None)?], // says that there is none
        None => all,
        name => vec![host::find(all, name.as_deref())?],
    };
    let mut report = Report::default();
    for adapter in &adapters {
        report.adapters.push(measure::measure(&block_on(Gpu::on(adapter))?, &cases, args)?);
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
