//! What a program lists is what its shaders declare.

use naga::valid::{Capabilities, GlobalUse, ValidationFlags, Validator};
use std::collections::{BTreeMap, HashMap, HashSet};
use test_support::cases::CASES;
use wgpu_lrn::program::{Binding, Content, Pass, Program, Target};
use wgpu_lrn::{Dtype, Error, Lrn, Operation, Precision, Shape, Tuning, wgpu};

/// Returns the bindings that the entry point of a text uses, and whether it writes them; and the size of its
/// workgroups.
fn derived(pass: &Pass<'_>) -> (BTreeMap<u32, bool>, [u32; 3]) {
    let text = pass.wgsl();
    let module = naga::front::wgsl::parse_str(&text).unwrap_or_else(|e| panic!("{}", e.emit_to_string(&text)));
    let info = Validator::new(ValidationFlags::all(), Capabilities::all()).validate(&module).unwrap();
    let entry = module.entry_points.iter().position(|entry| entry.name == pass.entry_point()).unwrap();
    let uses = info.get_entry_point(entry);
    let used = module.global_variables.iter().filter_map(|(handle, variable)| {
        let binding = variable.binding.filter(|_| !uses[handle].is_empty())?;
        assert_eq!(binding.group, 0);
        Some((binding.binding, uses[handle].intersects(GlobalUse::WRITE | GlobalUse::ATOMIC)))
    });
    (used.collect(), module.entry_points[entry].workgroup_size)
}

fn listed(bindings: &[Binding]) -> BTreeMap<u32, bool> {
    bindings.iter().map(|binding| (binding.number, binding.is_written)).collect()
}

/// Programs of every choice, operation and precision at the named shapes, also in place, with the target of each.
fn programs() -> impl Iterator<Item = (Program, Shape, Operation)> {
    let layers = CASES.iter().enumerate().flat_map(|(turn, case)| {
        let dtype = Dtype::ALL[turn % Dtype::ALL.len()];
        let precisions = Precision::of(dtype).iter();
        precisions.map(move |&p| (case.lrn().with_precision(p), case.shape().with_dtype(dtype)))
    });
    layers.flat_map(|(lrn, shape)| {
        let features = wgpu::Features::SHADER_F64;
        let choices = test_support::choices(&lrn, &shape, features);
        choices.into_iter().flat_map(move |choice| of_choice(&lrn, &shape, features, choice.into()))
    })
}

fn of_choice(lrn: &Lrn, shape: &Shape, features: wgpu::Features, tuning: Tuning) -> Vec<(Program, Shape, Operation)> {
    let limits = wgpu::Limits { max_storage_buffers_per_shader_stage: 5, ..Default::default() };
    let mut programs = Vec::new();
    for &operation in Operation::ALL {
        for in_place in [false, true] {
            let target = Target { features, limits: limits.clone(), tuning, in_place };
            match Program::new(lrn, shape, operation, &target) {
                Err(Error::Unavailable { .. } | Error::Capacity { .. }) if in_place => {}
                program => programs.push((program.unwrap(), shape.clone(), operation)),
            }
        }
    }
    programs
}

#[test]
fn what_is_listed_is_what_shaders_declare() {
    let mut contents = HashSet::new();
    for (program, ..) in programs() {
        for pass in program.passes() {
            let (used, [x, y, z]) = derived(&pass);
            assert_eq!(listed(&pass.bindings()), used, "{}", pass.label());
            assert_eq!(([x, y, z], x), ([pass.workgroup_size(), 1, 1], pass.workgroup_size()));
            contents.extend(pass.bindings().into_iter().map(|binding| binding.content));
        }
    }
    let all = [Content::Operand(2), Content::Temporary(2), Content::Workspace, Content::Uniform];
    assert!(all.iter().all(|content| contents.contains(content)), "{contents:?}");
}

#[test]
fn bindings_are_numbered_from_0_on_request() {
    for (program, ..) in programs().step_by(3) {
        for pass in program.passes() {
            let renumbered = pass.renumbered();
            let bindings = renumbered.bindings();
            assert_eq!(listed(&bindings), derived(&renumbered).0, "{}", pass.label());
            assert!((0..).zip(&bindings).all(|(number, binding)| binding.number == number));
            assert_eq!(bindings.last().unwrap().content, Content::Uniform);
            let contents = |bindings: Vec<Binding>| bindings.into_iter().map(|b| b.content).collect::<Vec<_>>();
            assert_eq!(contents(bindings), contents(pass.bindings()));
        }
    }
}

/// Engines keep pipelines by the keys: what has one key is one pipeline.
#[test]
fn equal_keys_have_equal_pipelines() {
    let mut pipelines = HashMap::new();
    for (program, ..) in programs() {
        for pass in program.passes().flat_map(|pass| [pass, pass.renumbered()]) {
            let numbers: Vec<_> = pass.bindings().iter().map(|binding| binding.number).collect();
            let pipeline = (pass.wgsl(), pass.entry_point(), numbers);
            let known = pipelines.entry(pass.key()).or_insert_with(|| pipeline.clone());
            assert_eq!(*known, pipeline, "{}", pass.label());
        }
    }
}

#[test]
fn another_batch_has_the_same_keys() {
    let lrn = Lrn::pytorch(5).build().unwrap();
    let keys = |batch| {
        let shape = Shape::nchw(batch, 96, 55, 55).unwrap();
        let target = Target::default();
        let program = Program::new(&lrn, &shape, Operation::Backward, &target).unwrap();
        program.passes().map(|pass| pass.key()).collect::<Vec<_>>()
    };
    assert_eq!(keys(8), keys(16));
}

/// What is bound lies in the operands and temporaries, where bindings may start.
#[test]
fn ranges_lie_in_what_they_are_of() {
    for (program, shape, operation) in programs() {
        let temporaries: Vec<_> = program.temporaries().collect();
        for pass in program.passes() {
            for dispatch in pass.dispatches() {
                assert_eq!(dispatch.ranges.len(), pass.bindings().len());
                for (binding, bytes) in pass.bindings().iter().zip(&dispatch.ranges) {
                    let size = match binding.content {
                        Content::Operand(number) => {
                            assert!(number < operation.operands().len());
                            shape.operand_bytes()
                        }
                        Content::Temporary(number) => temporaries[number],
                        Content::Workspace => pass.workspace(),
                        Content::Uniform => dispatch.uniform.len() as u64,
                        other => panic!("{other:?}"),
                    };
                    assert!(bytes.start < bytes.end && bytes.end <= size, "{binding:?} {bytes:?} of {size}");
                    assert!(bytes.start.is_multiple_of(256));
                }
                assert!(dispatch.workgroups.iter().all(|&n| (1..=65535).contains(&n)));
            }
        }
    }
}

#[test]
fn what_no_device_computes_is_refused() {
    let (lrn, shape) = (Lrn::pytorch(5).build().unwrap(), Shape::nchw(1, 8, 4, 4).unwrap());
    let refused = |shape: &Shape, target: &Target| Program::new(&lrn, shape, Operation::Forward, target).unwrap_err();
    let f64 = refused(&shape.with_dtype(Dtype::F64), &Target::default());
    assert!(matches!(f64, Error::Feature { .. }));
    let limits = wgpu::Limits { max_buffer_size: 64, ..Default::default() };
    assert!(matches!(refused(&shape, &Target { limits, ..Default::default() }), Error::Limit { .. }));
    let tuning = wgpu_lrn::Kernel::Whole.into();
    assert!(matches!(refused(&shape, &Target { tuning, ..Default::default() }), Error::Unavailable { .. }));
    let empty = Shape::nchw(0, 8, 4, 4).unwrap();
    let program = Program::new(&lrn, &empty, Operation::Forward, &Target::default()).unwrap();
    assert!(program.passes().all(|pass| pass.dispatches().len() == 0));
}
