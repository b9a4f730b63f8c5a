//! NVIDIA: nvcc and nvdisasm, as Python's packages bring them.

use crate::cases::Case;
use crate::failure::Failure;
use crate::output::note;
use crate::report::Target;
use crate::sass;
use crate::translate::{Metal, metal};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use wgpu_lrn::Program;

/// What the compiler says of a shader.
#[derive(Deserialize)]
pub struct Compiled {
    pub registers: u64,
    /// Bytes that are spilled.
    pub spills: u64,
    /// Bytes of local memory: for spills, and for arrays that are indexed at run time.
    pub stack: u64,
    /// Bytes of workgroup memory.
    pub shared: u64,
    /// The disassembly.
    pub listing: String,
}

#[derive(Serialize)]
struct Asked<'a> {
    arch: &'a str,
    shaders: &'a [Metal],
}

/// What turns MSL to CUDA C++ and has it compiled.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/sass.py");

/// What it says of each case that it can be asked of. The programs are those of the cases, each once.
pub fn target(
    arch: &str,
    python: &Path,
    cases: &[Case],
    programs: &[&Program],
) -> Result<Target, Failure> {
    let (mut known, mut shaders) = (Vec::new(), Vec::new());
    for &program in programs {
        match metal(program) {
            Some(shader) => (known.push(program), shaders.push(shader)).0,
            None => note(format_args!("{arch}: left out for f16 with f64: {}", program.label())),
        }
    }
    let compiled = compile(python, &Asked { arch, shaders: &shaders })?;
    let mut rows = Vec::new();
    for case in cases {
        if let Some(at) = known.iter().position(|&program| *program == case.program) {
            rows.push(sass::row(arch, case, shaders[at].threads, &compiled[at])?);
        }
    }
    Ok(Target { name: arch.to_owned(), rows })
}

fn compile(python: &Path, asked: &Asked<'_>) -> Result<Vec<Compiled>, Failure> {
    let failed = |problem: String| Failure::Refused(format!("{}: {problem}", asked.arch));
    let mut child = Command::new(python)
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("{}: {error}", python.display())))?;
    let input = serde_json::to_vec(asked).map_err(|error| failed(error.to_string()))?;
    let written = child.stdin.take().map(|mut stdin| stdin.write_all(&input));
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() || !matches!(written, Some(Ok(()))) {
        return Err(failed(format!("sass.py ended with {}", output.status)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))
}
