//! Why the program ends without success, and with which exit code.

use std::fmt;
use std::path::Path;
use std::process::ExitCode;

/// Why the program ends without success.
#[derive(Debug)]
pub enum Failure {
    /// Bad usage, bad input, or a device that cannot do it: exit code 2.
    Refused(String),
    /// The result was checked and is wrong: exit code 1.
    Beyond(String),
    /// The user ended the program: exit code 130, as shells expect it.
    Interrupted,
}

impl Failure {
    /// Describes what happened to a file.
    pub fn file(path: &Path, problem: impl fmt::Display) -> Failure {
        Failure::Refused(format!("{}: {problem}", path.display()))
    }

    /// Returns the exit code.
    pub fn code(&self) -> ExitCode {
        match self {
            Failure::Refused(_) => ExitCode::from(2),
            Failure::Beyond(_) => ExitCode::from(1),
            Failure::Interrupted => ExitCode::from(130),
        }
    }
}

/// One line, whatever a driver or a file name put into the message.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = match self {
            Failure::Refused(message) | Failure::Beyond(message) => message,
            Failure::Interrupted => "interrupted; all files are as they were",
        };
        let words: Vec<_> = message.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        f.write_str(&words.join(" "))
    }
}

impl From<wgpu_lrn::Error> for Failure {
    fn from(error: wgpu_lrn::Error) -> Failure {
        Failure::Refused(error.to_string())
    }
}
