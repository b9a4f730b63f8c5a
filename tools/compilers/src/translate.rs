//! Shaders as wgpu hands them to a driver.

mod doubles;

use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{AddressSpace, Module, ShaderStage, back};
use serde::{Deserialize, Serialize};
use wgpu_lrn::Dtype;
use wgpu_lrn::internals::Shader;

/// A module of SPIR-V with one entry point.
#[derive(Deserialize, Serialize)]
pub struct Spirv {
    pub words: Vec<u32>,
    pub entry: String,
    /// The bindings of group 0, and whether each is a uniform buffer.
    pub bindings: Vec<(u32, bool)>,
}

/// MSL with one entry point.
#[derive(Serialize)]
pub struct Metal {
    pub metal: String,
    pub entry: String,
    /// Invocations of a workgroup.
    pub threads: u32,
    /// What its literals of f16 stand for, if f16 stands for f64.
    pub numbers: Vec<f64>,
}

/// The checks that wgpu has naga write where the driver checks the bounds of buffers itself.
const POLICIES: BoundsCheckPolicies = BoundsCheckPolicies {
    index: BoundsCheckPolicy::Restrict,
    buffer: BoundsCheckPolicy::Unchecked,
    image_load: BoundsCheckPolicy::Unchecked,
    binding_array: BoundsCheckPolicy::Unchecked,
};

/// Returns SPIR-V as wgpu's Vulkan backend writes it, without zeros for workgroup memory, as the library asks.
pub fn spirv(shader: &Shader) -> Spirv {
    let (module, info) = valid(&shader.source());
    let options = back::spv::Options {
        lang_version: (1, 3),
        flags: back::spv::WriterFlags::empty(),
        bounds_check_policies: POLICIES,
        zero_initialize_workgroup_memory: back::spv::ZeroInitializeWorkgroupMemoryMode::None,
        ..Default::default()
    };
    let entry = shader.entry().to_owned();
    let pipeline = back::spv::PipelineOptions { shader_stage: ShaderStage::Compute, entry_point: entry.clone() };
    let words = back::spv::write_vec(&module, &info, &options, Some(&pipeline));
    Spirv { words: words.expect("naga writes its valid modules"), entry, bindings: bindings(&module) }
}

/// Returns MSL with the same checks. It has no f64: f16, which shaders in f64 do without, takes its place.
pub fn metal(shader: &Shader) -> Metal {
    let source = without_comments(&shader.source());
    let (source, numbers) = match shader.dtype {
        Dtype::F64 => doubles::replaced(&source),
        _ => (source, Vec::new()),
    };
    let (module, info) = valid(&source);
    let options = back::msl::Options {
        bounds_check_policies: POLICIES,
        zero_initialize_workgroup_memory: false,
        ..Default::default()
    };
    let entry = shader.entry().to_owned();
    let pipeline =
        back::msl::PipelineOptions { entry_point: Some((ShaderStage::Compute, entry.clone())), ..Default::default() };
    let metal = back::msl::write_string(&module, &info, &options, &pipeline);
    let of_entry = |point: &&naga::EntryPoint| point.name == entry;
    let size = module.entry_points.iter().find(of_entry).map_or([1; 3], |e| e.workgroup_size);
    let threads = size.iter().product();
    let metal = metal.expect("naga writes its valid modules").0;
    Metal { metal, entry, threads, numbers }
}

fn without_comments(source: &str) -> String {
    let code = source.lines().map(|line| line.split("//").next().unwrap_or(line));
    code.collect::<Vec<_>>().join("\n")
}

pub fn valid(source: &str) -> (Module, ModuleInfo) {
    let module =
        naga::front::wgsl::parse_str(source).unwrap_or_else(|error| panic!("{}", error.emit_to_string(source)));
    let info = Validator::new(ValidationFlags::all(), Capabilities::all())
        .validate(&module)
        .unwrap_or_else(|error| panic!("{}", error.emit_to_string(source)));
    (module, info)
}

fn bindings(module: &Module) -> Vec<(u32, bool)> {
    let bound = module
        .global_variables
        .iter()
        .filter_map(|(_, variable)| Some((variable.binding?.binding, variable.space == AddressSpace::Uniform)));
    bound.collect()
}
