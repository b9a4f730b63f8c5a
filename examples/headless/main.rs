//! Local Response Normalization without a window: a demo, and a command line on `.npy` files.

mod adapters;
mod args;
mod conv1;
mod demo;
mod device;
mod failure;
mod layer;
mod npy;
mod output;
mod picture;

use args::{Args, Command, Place};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;
use wgpu_lrn::Operation;

fn main() -> ExitCode {
    match parse().and_then(|args| args.map_or(Ok(()), run)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::note(format_args!("error: {failure}"));
            failure.code()
        }
    }
}

/// The arguments, or nothing where help was asked for and given.
fn parse() -> Result<Option<Args>, Failure> {
    match Args::try_parse() {
        Ok(args) => Ok(Some(args)),
        Err(help) if !help.use_stderr() => output::say(help.to_string().trim_end()).map(|()| None),
        Err(error) => Err(Failure::Refused(usage(&error.to_string()))),
    }
}

/// The first paragraph of clap's message: the rest repeats the usage.
fn usage(message: &str) -> String {
    let problem = message.split("\n\n").next().unwrap_or(message);
    let problem = problem.strip_prefix("error: ").unwrap_or(problem);
    format!("{problem}; see --help")
}

fn run(args: Args) -> Result<(), Failure> {
    use Operation::{Backward, Forward, SquareSums};
    match &args.command {
        None => demonstrate(args),
        Some(Command::Adapters { json }) => adapters::list(*json),
        Some(Command::Forward { x, y, layer }) => layer::run(Forward, &[x], y, layer),
        Some(Command::Backward { x, dy, dx, layer }) => layer::run(Backward, &[x, dy], dx, layer),
        Some(Command::SquareSums { x, s, layer }) => layer::run(SquareSums, &[x], s, layer),
    }
}

fn demonstrate(args: Args) -> Result<(), Failure> {
    let Place { device, adapter, kernel } = args.place;
    demo::run(&demo::Options { out: args.out, device, adapter, kernel })
}
