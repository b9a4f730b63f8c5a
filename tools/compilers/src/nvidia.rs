//! NVIDIA: nvcc and nvdisasm, as Python's packages bring them.

mod sass;

use crate::child::ask;
use crate::report::Figures;
use crate::translate::{Metal, metal};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::Command;
use terminal::Failure;
use wgpu_lrn::internals::Shader;

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

/// Returns what NVIDIA's compiler says of each shader, for an architecture.
pub fn figures(arch: &str, python: &Path, shaders: &[Shader]) -> Result<Vec<Figures>, Failure> {
    let known = sass::arch(arch)?;
    let modules: Vec<_> = shaders.iter().map(metal).collect();
    let asked = Asked { arch, shaders: &modules };
    let compiled: Vec<Compiled> = ask(Command::new(python).arg(SCRIPT), &asked)?;
    let each = shaders.iter().zip(&modules).zip(compiled);
    each.map(|((shader, module), said)| known.figures(shader, module.threads, said)).collect()
}
