//! Reading the command line.

use crate::failure::Failure;
use crate::output::say;
use clap::Parser;

/// The arguments, or nothing where help was asked for and given.
pub fn parse<Args: Parser>() -> Result<Option<Args>, Failure> {
    match Args::try_parse() {
        Ok(args) => Ok(Some(args)),
        Err(help) if !help.use_stderr() => say(help.to_string().trim_end()).map(|()| None),
        Err(error) => Err(Failure::Refused(usage(&error.to_string()))),
    }
}

/// The first paragraph of clap's message: the rest repeats the usage.
fn usage(message: &str) -> String {
    let problem = message.split("\n\n").next().unwrap_or(message);
    let problem = problem.strip_prefix("error: ").unwrap_or(problem);
    format!("{problem}; see --help")
}
