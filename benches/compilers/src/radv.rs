//! AMD: Mesa's RADV, which compiles for any of AMD's GPUs without one ("null hardware").
//!
//! Its environment has to be set before the Vulkan loader is there, so the program starts itself once
//! more for each GPU.

mod device;

use crate::aco;
use crate::cases::Case;
use crate::failure::Failure;
use crate::report::{Row, Target};
use crate::translate::{Shader, spirv};
use device::Device;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{Write, stdin, stdout};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use wgpu_lrn::Program;

/// What the compiler says of a shader.
#[derive(Deserialize, Serialize)]
pub struct Compiled {
    /// By Mesa's names.
    pub statistics: BTreeMap<String, u64>,
    /// The disassembly.
    pub listing: String,
}

impl Compiled {
    pub fn statistic(&self, name: &str) -> Result<u64, Failure> {
        let unknown = || Failure::Refused(format!("this version of Mesa does not tell {name:?}"));
        self.statistics.get(name).copied().ok_or_else(unknown)
    }
}

/// Where drivers say that they are there.
const MANIFESTS: [&str; 3] =
    ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/// What it says of each case. The programs are those of the cases, each once.
pub fn target(family: &str, cases: &[Case], programs: &[&Program]) -> Result<Target, Failure> {
    let shaders: Vec<_> = programs.iter().map(|program| spirv(program)).collect();
    let compiled = compile(family, &shaders)?;
    let row = |case: &Case| -> Result<Row, Failure> {
        let at = programs.iter().position(|&program| *program == case.program);
        aco::row(family, case, &compiled[at.expect("the programs are those of the cases")])
    };
    let rows: Result<_, _> = cases.iter().map(row).collect();
    Ok(Target { name: family.to_owned(), rows: rows? })
}

/// Compiles in a process of its own.
fn compile(family: &str, shaders: &[Shader]) -> Result<Vec<Compiled>, Failure> {
    let failed = |problem: String| Failure::Refused(format!("RADV for {family}: {problem}"));
    let manifest = manifest().ok_or_else(|| failed("Mesa's driver is not installed".into()))?;
    let program = std::env::current_exe().map_err(|error| failed(error.to_string()))?;
    let mut child = Command::new(program)
        .arg("--serve")
        .env("RADV_FORCE_FAMILY", family)
        .env("VK_ICD_FILENAMES", &manifest)
        .env("VK_DRIVER_FILES", &manifest)
        .env("MESA_SHADER_CACHE_DISABLE", "true")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let input = serde_json::to_vec(shaders).map_err(|error| failed(error.to_string()))?;
    let written = child.stdin.take().map(|mut stdin| stdin.write_all(&input));
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if !output.status.success() || !matches!(written, Some(Ok(()))) {
        return Err(failed(format!("the compiling process ended with {}", output.status)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))
}

/// The file that leads Vulkan's loader to RADV.
fn manifest() -> Option<PathBuf> {
    let folders = MANIFESTS.iter().filter_map(|folder| std::fs::read_dir(folder).ok());
    let files = folders.flatten().filter_map(|file| Some(file.ok()?.path()));
    let mut found = files.filter(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("radeon_icd"))
    });
    found.next()
}

/// The other process: compiles the shaders that stand on standard input.
pub fn serve() -> Result<(), Failure> {
    let refused = |error: String| Failure::Refused(error);
    let shaders: Vec<Shader> =
        serde_json::from_reader(stdin().lock()).map_err(|error| refused(error.to_string()))?;
    let device = Device::open().map_err(refused)?;
    let compiled: Result<Vec<_>, _> = shaders.iter().map(|shader| device.compile(shader)).collect();
    let compiled = compiled.map_err(|error| refused(error.to_string()))?;
    serde_json::to_writer(stdout().lock(), &compiled).map_err(|error| refused(error.to_string()))
}
