//! Every shader with every constant set, as the compilers of every backend see it.

mod control_flow;
mod tools;

use naga::back::hlsl::ShaderModel;
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{Module, back};
use std::collections::HashSet;
use std::sync::OnceLock;
use test_support::cases::CASES;
use wgpu_lrn::internals::{
    Arithmetic, LayerParams, Memory, Params, PartParams, Power, Recipe, Shader, Stage, Storage, TensorParams,
};
use wgpu_lrn::{Dtype, Kernel, Lrn, Operation, Precision, Shape, wgpu};

/// Devices with everything, without 16-bit integers, and without anything.
const DEVICES: [wgpu::Features; 3] =
    [wgpu::Features::SHADER_F64.union(wgpu::Features::SHADER_I16), wgpu::Features::SHADER_F16, wgpu::Features::empty()];

/// Cases with every kernel and width, in every memory.
const VARIED: [&str; 12] = [
    "four_pixels",
    "runs_last",
    "narrowest_wide",
    "wide_window",
    "whole_axis_fours",
    "few_channels_last",
    "long_axis_wide",
    "plane_strips",
    "slab_vectors",
    "plane_packets",
    "three_axes",
    "long_box",
];

/// Returns the shaders of all named cases, kernels, operations and powers, on two sets of limits; and of every type of
/// elements, fused and in place with the commonest power, and with any other.
fn shaders() -> &'static HashSet<Shader> {
    static SHADERS: OnceLock<HashSet<Shader>> = OnceLock::new();
    SHADERS.get_or_init(all_shaders)
}

fn all_shaders() -> HashSet<Shader> {
    let mut shaders = HashSet::new();
    for case in CASES {
        for beta in [0.0, 0.5, 0.75, 1.0, 0.6] {
            let lrn = Lrn::over(case.windows, case.a, beta, case.k).unwrap();
            for lrn in [Precision::Fast, Precision::Exact].map(|precision| lrn.with_precision(precision)) {
                for limits in [wgpu::Limits::default(), wgpu::Limits::downlevel_defaults()] {
                    add_shaders(&mut shaders, &lrn, &case.shape(), DEVICES[0], &limits);
                }
            }
        }
    }
    for case in CASES.iter().filter(|case| VARIED.contains(&case.name)) {
        let other = Lrn::over(case.windows, case.a, 1.7, case.k).unwrap();
        let lrns = [case.lrn(), case.lrn().with_relu(), case.lrn().with_blend(0.7, -0.3).unwrap(), other];
        for (features, dtype) in DEVICES.iter().flat_map(|f| Dtype::ALL.iter().map(move |&dtype| (*f, dtype))) {
            let shape = case.shape().with_dtype(dtype);
            for &precision in Precision::of(dtype) {
                for lrn in lrns.iter().map(|lrn| lrn.with_precision(precision)) {
                    add_shaders(&mut shaders, &lrn, &shape, features, &wgpu::Limits::default());
                }
            }
        }
    }
    add_split(&mut shaders);
    shaders
}

/// Adds the shaders of backward in two passes: a binding holds one halo of these images but not two.
fn add_split(shaders: &mut HashSet<Shader>) {
    for (dtype, reach) in [Dtype::F32, Dtype::F64].into_iter().flat_map(|d| [(d, 2), (d, 10)]) {
        let lrn = Lrn::new(reach, reach, 0.3, 0.75, 1.2).unwrap();
        let shape = Shape::new(&[1, 64, 8, 7], 1).unwrap().with_dtype(dtype);
        let window = u64::from(2 * reach + 1);
        let channel = shape.bytes() / 64;
        let limits = wgpu::Limits {
            max_storage_buffer_binding_size: (window + reach as u64) * channel + 256,
            ..Default::default()
        };
        for lrn in [lrn.clone(), lrn.with_relu(), lrn.with_blend(0.7, -0.3).unwrap()] {
            for choice in test_support::choices(&lrn, &shape, DEVICES[0]) {
                let operation = Operation::Backward;
                let recipe = Recipe::new(&lrn, &shape, operation, false, choice, DEVICES[0], &limits);
                let passes = recipe.unwrap().passes;
                assert_eq!(passes[1].shader.stage, Stage::OnlyTerms);
                shaders.extend(passes.into_iter().map(|pass| pass.shader));
            }
        }
    }
}

fn add_shaders(
    shaders: &mut HashSet<Shader>,
    lrn: &Lrn,
    shape: &Shape,
    features: wgpu::Features,
    limits: &wgpu::Limits,
) {
    for choice in test_support::choices(lrn, shape, features) {
        for &operation in Operation::ALL {
            let recipe = Recipe::new(lrn, shape, operation, false, choice, features, limits);
            let several = shape.axes() > 1; // more bindings than the least of devices has
            assert!(several || recipe.is_ok(), "{recipe:?}");
            let in_place = Recipe::new(lrn, shape, operation, true, choice, features, limits);
            // *pixel* has no room for all channels of a long axis.
            let long = choice.kernel == Kernel::Pixel && shape.channels() > 1000;
            assert!(several || long || in_place.is_ok() == choice.computes_in_place(operation));
            let passes = recipe.into_iter().chain(in_place).flat_map(|recipe| recipe.passes);
            shaders.extend(passes.map(|pass| pass.shader));
        }
    }
}

fn compiled(shader: &Shader) -> (Module, ModuleInfo) {
    valid(&shader.source())
}

fn valid(source: &str) -> (Module, ModuleInfo) {
    let module =
        naga::front::wgsl::parse_str(source).unwrap_or_else(|error| panic!("{}", error.emit_to_string(source)));
    let capabilities = Capabilities::FLOAT64
        | Capabilities::SHADER_FLOAT16
        | Capabilities::SHADER_FLOAT16_IN_FLOAT32
        | Capabilities::SHADER_INT16;
    let info = Validator::new(ValidationFlags::all(), capabilities)
        .validate(&module)
        .unwrap_or_else(|error| panic!("{}", error.emit_to_string(source)));
    (module, info)
}

fn spirv(module: &Module, info: &ModuleInfo) -> Vec<u32> {
    let options = back::spv::Options { flags: back::spv::WriterFlags::empty(), ..Default::default() };
    back::spv::write_vec(module, info, &options, None).unwrap()
}

fn hlsl(module: &Module, info: &ModuleInfo, shader_model: ShaderModel) -> String {
    let mut text = String::new();
    // Kernels write what they read of workgroup memory. FXC takes ten times as long to make it zero.
    let options = back::hlsl::Options {
        shader_model,
        fake_missing_bindings: true,
        zero_initialize_workgroup_memory: false,
        ..Default::default()
    };
    let pipeline = back::hlsl::PipelineOptions::default();
    back::hlsl::Writer::new(&mut text, &options, &pipeline).write(module, info, None).unwrap();
    text
}

fn msl(module: &Module, info: &ModuleInfo) -> String {
    let options = back::msl::Options { fake_missing_bindings: true, ..Default::default() };
    let pipeline = back::msl::PipelineOptions::default();
    back::msl::write_string(module, info, &options, &pipeline).unwrap().0
}

fn glsl(module: &Module, info: &ModuleInfo, entry: &str) -> String {
    let mut text = String::new();
    let options = back::glsl::Options {
        version: back::glsl::Version::Embedded { version: 310, is_webgl: false },
        ..Default::default()
    };
    let pipeline = back::glsl::PipelineOptions {
        shader_stage: naga::ShaderStage::Compute,
        entry_point: entry.to_owned(),
        multiview: None,
    };
    let policies = naga::proc::BoundsCheckPolicies::default();
    back::glsl::Writer::new(&mut text, module, info, &options, &pipeline, policies).unwrap().write().unwrap();
    text
}

#[test]
fn every_shader_is_written_for_every_backend() {
    let shaders = shaders();
    assert!(shaders.len() > 200, "{}", shaders.len());
    let powers: HashSet<Power> = shaders.iter().map(|shader| shader.power).collect();
    assert_eq!(powers.len(), 5);
    for shader in shaders {
        let (module, info) = compiled(shader);
        let entry = shader.entry();
        assert!(!spirv(&module, &info).is_empty());
        assert!(hlsl(&module, &info, ShaderModel::V5_1).contains(entry));
        // No Metal and no GLES device has f64, and naga cannot write it for them.
        if shader.dtype != Dtype::F64 {
            assert!(msl(&module, &info).contains("kernel void"));
        }
        // GLES has no numbers of 16 bits either.
        let sixteen = [Storage::Int16, Storage::Float16].contains(&shader.storage);
        if shader.dtype != Dtype::F64 && !sixteen {
            assert!(glsl(&module, &info, entry).contains("void main"));
        }
    }
}

/// With the values of their example, so that any tool can read them.
#[test]
fn the_files_of_every_kernel_are_valid_as_they_are() {
    let plain = shaders().iter().filter(|s| s.dtype == Dtype::F32);
    let sets: HashSet<_> = plain.map(|shader| shader.files()).collect();
    // Of *row* and *plane*, *whole*, and of *column*, two of *ring* and two of *pixel* in each stage.
    assert!(sets.len() > 30, "{}", sets.len());
    for files in sets {
        valid(&files.join("\n"));
    }
}

#[test]
fn every_value_has_its_place() {
    for shader in shaders() {
        let source = shader.source();
        for (name, value) in shader.values() {
            let declared = |keyword: &str| format!("{keyword} {name} = {value};");
            let places = [declared("const"), declared("alias")];
            let found = source.lines().filter(|line| places.iter().any(|place| line == place));
            assert_eq!(found.count(), 1, "{name} of {shader:?}");
        }
    }
}

/// The device's roots are left as they are where rounding to 16 bits hides their errors: not where terms may cancel.
#[test]
fn only_y_of_16_bits_does_without_corrected_roots() {
    for shader in shaders().iter().filter(|shader| shader.arithmetic == Arithmetic::Single) {
        let is_half = [Dtype::F16, Dtype::Bf16].contains(&shader.dtype);
        let cancels = shader.operation == Operation::Backward || shader.reads_output;
        let is_of_roots = shader.power != Power::General;
        let hidden = is_half && !cancels && shader.operation == Operation::Forward && is_of_roots;
        let corrected = format!("const CORRECTED = {};", !hidden);
        assert!(shader.source().contains(&corrected), "{shader:?}");
    }
}

/// What is marked is written out; and where windows are summed in registers, so is every loop of a length that is
/// known.
#[test]
fn loops_over_constants_are_written_out() {
    let shaders = shaders();
    assert!(shaders.iter().all(|shader| !shader.source().contains("// unroll")));
    // From a number to a constant.
    let is_known = |head: &str| {
        let mut words = head.split([' ', ';', ')']).filter(|word| !word.is_empty());
        let number = |word: &str| word.starts_with(|c: char| c.is_ascii_digit());
        let constant = |word: &str| word.starts_with(|c: char| c.is_ascii_uppercase());
        words.nth(4).is_some_and(number) && words.nth(2).is_some_and(|e| number(e) || constant(e))
    };
    assert!(is_known("for (var i = 0u; i < STEP; i++) {"));
    let in_registers = |s: &&Shader| s.memory == Memory::Registers;
    for shader in shaders.iter().filter(in_registers) {
        let source = shader.source();
        let mut loops = source.lines().map(str::trim).filter(|line| line.starts_with("for ("));
        assert!(!loops.any(is_known), "{shader:?}");
    }
}

#[test]
fn params_have_one_layout_in_rust_and_wgsl() {
    let (module, _) = compiled(shaders().iter().next().unwrap());
    let layout = |name: &str| {
        let (_, found) = module.types.iter().find(|(_, t)| t.name.as_deref() == Some(name)).unwrap();
        let naga::TypeInner::Struct { members, span } = &found.inner else { panic!("not a struct") };
        let field = |m: &naga::StructMember| (m.name.clone().unwrap(), m.offset as usize);
        (members.iter().map(field).collect::<Vec<_>>(), *span as usize)
    };
    macro_rules! compared {
        ($($name:ident),*) => {$(
            let rust = $name::FIELDS.iter().map(|&(field, offset)| (field.to_owned(), offset));
            let rust: Vec<_> = rust.collect();
            let (wgsl, span) = layout(stringify!($name));
            assert_eq!(wgsl, rust);
            assert_eq!(span, size_of::<$name>(), "of {}", stringify!($name));
        )*};
    }
    compared!(LayerParams, TensorParams, PartParams, Params);
}

/// Browsers refuse a number that f32 cannot hold; naga rounds it.
#[test]
fn numbers_fit_their_type() {
    for shader in shaders().iter().filter(|shader| shader.dtype != Dtype::F64) {
        let source = shader.source();
        let words = source.split(|c: char| !c.is_alphanumeric() && c != '.');
        let numbers: Vec<f64> = words.filter_map(|word| word.parse().ok()).collect();
        assert!(numbers.contains(&f64::from(f32::MAX)), "{shader:?}");
        let large = numbers.iter().find(|number| number.is_finite() && **number > f32::MAX.into());
        assert_eq!(large, None, "{shader:?}");
    }
}
