//! NVIDIA: nvcc and nvdisasm, as Python's packages bring them.

mod sass;

use crate::child::ask;
use crate::failure::Failure;
use crate::report::Figures;
use crate::translate::{Metal, metal};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::Command;
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

/// What it says of each program, for an architecture.
pub fn figures(arch: &str, python: &Path, programs: &[Program]) -> Result<Vec<Figures>, Failure> {
    let known = sass::arch(arch)?;
    let shaders: Vec<_> = programs.iter().map(metal).collect();
    let asked = Asked { arch, shaders: &shaders };
    let compiled: Vec<Compiled> = ask(Command::new(python).arg(SCRIPT), &asked)?;
    let each = programs.iter().zip(&shaders).zip(compiled);
    each.map(|((program, shader), said)| known.figures(program, shader.threads, said)).collect()
}
