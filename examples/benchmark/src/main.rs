//! LRN on every GPU of this machine, timed beside a copy of the same bytes.

mod args;
mod chart;
mod expected;
mod json;
mod measure;
mod page;
mod table;

use args::Args;
use benches::report::Report;
use expected::Expectations;
use std::process::ExitCode;
use terminal::{Failure, say};
use wgpu_lrn::{Gpu, block_on, host};

fn main() -> ExitCode {
    terminal::run(|args| run(&args))
}

fn run(args: &Args) -> Result<(), Failure> {
    let expect: Expectations = args.expect.as_deref().map(json::read).transpose()?.unwrap_or_default();
    let report = if args.compare.is_empty() { block_on(measured(args))? } else { compared(args)? };
    if let Some(path) = &args.json {
        json::write(&report, path)?;
        say(path.display())?;
    }
    if let Some(path) = &args.html {
        page::write(&report, &expect, path)?;
        say(path.display())?;
    }
    Ok(())
}

/// Measures on every adapter, or on the one that is named.
async fn measured(args: &Args) -> Result<Report, Failure> {
    args.check()?;
    let cases = args.selection().cases()?;
    let all = host::adapters().await;
    let adapters = match &args.adapter {
        None if all.is_empty() => vec![host::find_adapter(all, None)?], // says that there is none
        None => all,
        name => vec![host::find_adapter(all, name.as_deref())?],
    };
    let mut report = Report::default();
    for adapter in &adapters {
        let gpu = Gpu::with_adapter(adapter).await?;
        report.adapters.push(measure::measure(&gpu, &cases, args.patience()).await?);
    }
    Ok(report)
}

/// Returns the adapters of several files.
fn compared(args: &Args) -> Result<Report, Failure> {
    let mut report = Report::default();
    for path in &args.compare {
        report.adapters.extend(json::read::<Report>(path)?.adapters);
    }
    Ok(report)
}
