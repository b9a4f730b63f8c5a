//! Another process, which is asked in JSON and answers in JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::io::Write;
use std::process::{Command, Stdio};
use terminal::Failure;

/// Runs a process, and parses what it makes of its standard input. It has to read that to its end before it writes.
pub fn ask<Answer: DeserializeOwned>(command: &mut Command, asked: &impl Serialize) -> Result<Answer, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |problem: &dyn Display| Failure::Refused(format!("{program}: {problem}"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| failed(&error))?;
    let input = serde_json::to_vec(asked).map_err(|error| failed(&error))?;
    let written = child.stdin.take().map(|mut stdin| stdin.write_all(&input));
    let output = child.wait_with_output().map_err(|error| failed(&error))?;
    if !output.status.success() || !matches!(written, Some(Ok(()))) {
        return Err(failed(&format_args!("ended with {}", output.status)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(&error))
}
