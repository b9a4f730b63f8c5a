//! What others than naga say: Khronos's validator of SPIR-V, Microsoft's compiler of HLSL, and browsers.

use crate::{compiled, hlsl, shaders, spirv};
use naga::back::hlsl::ShaderModel;
use std::path::{Path, PathBuf};
use std::process::Command;
use wgpu_lrn::Dtype;
use wgpu_lrn::internals::{Shader, Storage};

#[test]
fn spirv_val_accepts_every_shader() {
    let Ok(found) = Command::new("spirv-val").arg("--version").output() else {
        assert!(std::env::var_os("CI").is_none(), "CI must install spirv-val");
        println!("spirv-val is not installed: nothing was validated");
        return;
    };
    println!("{}", String::from_utf8_lossy(&found.stdout));
    let shaders: Vec<_> = shaders().iter().collect();
    each("spirv-val", &shaders, |shader, file| {
        let (module, info) = compiled(shader);
        let bytes = spirv(&module, &info).into_iter().flat_map(u32::to_le_bytes);
        std::fs::write(file, bytes.collect::<Vec<_>>()).unwrap();
        let mut command = Command::new("spirv-val");
        command.args(["--target-env", "vulkan1.1"]).arg(file);
        command
    });
}

/// It takes a second for a shader, so that it gets one of every kernel, stage, arithmetic and type of elements.
#[test]
#[ignore = "needs Microsoft's dxc: scripts/test --all-backends"]
fn dxc_accepts_shaders_of_every_kind() {
    let mut shaders: Vec<_> = shaders().iter().collect();
    let kind = |shader: &Shader| (shader.files(), shader.dtype);
    shaders.sort_by_cached_key(|shader| (format!("{:?}", kind(shader)), shader.source()));
    shaders.dedup_by_key(|shader| kind(shader));
    assert!(shaders.len() > 100, "{}", shaders.len());
    each("dxc", &shaders, |shader, file| {
        let (module, info) = compiled(shader);
        std::fs::write(file, hlsl(&module, &info, ShaderModel::V6_2)).unwrap();
        let mut command = Command::new("dxc");
        command.args(["-T", "cs_6_2", "-E", shader.entry(), "-HV", "2018", "-Ges", "-no-warnings"]);
        if [Storage::Int16, Storage::Float16].contains(&shader.storage) {
            command.arg("-enable-16bit-types");
        }
        command.arg(file);
        command
    });
}

/// Writes the sources that browsers may get, as a list in JSON, for the tests of `web`.
#[test]
#[ignore = "writes a file for the tests in browsers: scripts/test --web"]
fn sources_for_browsers() {
    let runs = |shader: &&Shader| shader.dtype != Dtype::F64 && shader.storage != Storage::Int16;
    let mut sources: Vec<_> = shaders().iter().filter(runs).map(Shader::source).collect();
    sources.sort();
    sources.dedup();
    assert!(sources.len() > 1000, "{}", sources.len());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/shaders.json");
    std::fs::write(path, serde_json::to_string(&sources).unwrap()).unwrap();
}

/// Gives each shader to a program, in as many threads as there are processors.
fn each(tool: &str, shaders: &[&Shader], ask: impl Fn(&Shader, &Path) -> Command + Sync) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(tool);
    std::fs::create_dir_all(&folder).unwrap();
    let shaders: Vec<_> = shaders.iter().enumerate().collect();
    let threads = std::thread::available_parallelism().unwrap().get();
    let accepts = |number: usize, shader: &Shader| {
        let file: PathBuf = folder.join(number.to_string());
        let run = ask(shader, &file).output().unwrap_or_else(|error| panic!("{tool}: {error}"));
        std::fs::remove_file(file).unwrap();
        let message = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{shader:?}: {message}");
    };
    std::thread::scope(|scope| {
        for share in shaders.chunks(shaders.len().div_ceil(threads)) {
            scope.spawn(|| share.iter().for_each(|(number, shader)| accepts(*number, shader)));
        }
    });
}
