//! What the programs have in common: their command line, their exit codes, and what they leave behind.

mod failure;
mod output;

use clap::Parser;
use env_logger::Env;
pub use failure::Failure;
pub use output::{note, say, write_whole};
use std::process::ExitCode;

/// Runs a whole program: parses the command line, runs, and tells in one line why it failed. It logs what `RUST_LOG`
/// asks for, on standard error.
pub fn run<Args: Parser>(program: impl FnOnce(Args) -> Result<(), Failure>) -> ExitCode {
    env_logger::Builder::from_env(Env::default().default_filter_or("off")).init();
    match parse().and_then(|args| args.map_or(Ok(()), program)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            note(format_args!("error: {failure}"));
            failure.code()
        }
    }
}

/// Returns the arguments, or nothing where help was asked for and given.
fn parse<Args: Parser>() -> Result<Option<Args>, Failure> {
    match Args::try_parse() {
        Ok(args) => Ok(Some(args)),
        Err(help) if !help.use_stderr() => say(help.to_string().trim_end()).map(|()| None),
        Err(error) => Err(Failure::Refused(usage(&error.to_string()))),
    }
}

/// Returns the first paragraph of clap's message: the rest repeats the usage.
fn usage(message: &str) -> String {
    let problem = message.split("\n\n").next().unwrap_or(message);
    let problem = problem.strip_prefix("error: ").unwrap_or(problem);
    format!("{problem}; see --help")
}
