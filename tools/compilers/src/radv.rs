//! AMD: Mesa's RADV, which compiles for any of AMD's GPUs without one ("null hardware").
//!
//! Its environment has to be set before the Vulkan loader is there, so the program starts itself once
//! more for each GPU.

mod aco;
mod device;

use crate::child::ask;
use crate::report::Figures;
use crate::translate::{Spirv, spirv};
use device::Device;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::Command;
use terminal::Failure;
use wgpu_lrn::internals::Shader;

/// What the compiler says of a shader.
#[derive(Deserialize, Serialize)]
pub struct Compiled {
    /// By Mesa's names.
    pub statistics: BTreeMap<String, u64>,
    /// The disassembly.
    pub listing: String,
}

/// Where drivers say that they are there.
const MANIFESTS: [&str; 3] = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/// Returns the file that leads Vulkan's loader to RADV.
pub fn manifest() -> Option<PathBuf> {
    let folders = MANIFESTS.iter().filter_map(|folder| std::fs::read_dir(folder).ok());
    let mut files = folders.flatten().filter_map(|file| Some(file.ok()?.path()));
    files.find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("radeon_icd")))
}

/// Returns what Mesa's compiler says of each shader, for GPUs of a family.
pub fn figures(family: &str, manifest: &Path, shaders: &[Shader]) -> Result<Vec<Figures>, Failure> {
    let modules: Vec<_> = shaders.iter().map(spirv).collect();
    let program = std::env::current_exe().map_err(refused)?;
    let mut command = Command::new(program);
    command
        .arg("--serve")
        .env("RADV_FORCE_FAMILY", family)
        .env("VK_ICD_FILENAMES", manifest)
        .env("VK_DRIVER_FILES", manifest)
        .env("MESA_SHADER_CACHE_DISABLE", "true");
    let compiled: Vec<Compiled> = ask(&mut command, &modules)?;
    let each = shaders.iter().zip(compiled);
    each.map(|(shader, compiled)| aco::figures(family, shader, compiled)).collect()
}

/// Serves as the other process: compiles the modules that stand on standard input.
pub fn serve() -> Result<(), Failure> {
    let modules: Vec<Spirv> = serde_json::from_reader(stdin().lock()).map_err(refused)?;
    let device = Device::open().map_err(refused)?;
    let compiled: Result<Vec<_>, _> = modules.iter().map(|module| device.compile(module)).collect();
    serde_json::to_writer(stdout().lock(), &compiled.map_err(refused)?).map_err(refused)
}

fn refused(error: impl Display) -> Failure {
    Failure::Refused(format!("RADV: {error}"))
}
