//! Every kernel on every adapter against the f64 reference.

use std::collections::{BTreeMap, HashSet};
use test_support::cases::{CASES, EMPTY};
use test_support::checks::{self, Check};
use test_support::{adapters, describe, gpus_of, is_right, plan, runs, values};
use wgpu_lrn::internals::Stage;
use wgpu_lrn::{Choice, Dtype, Error, Gpu, Kernel, Lrn, Operand, Operation, Plan, Shape, block_on, check, wgpu};

/// Returns `true` if a GPU runs a test of so high a number. Compiling is what takes the time here, on GL a second a
/// shader: there it is every third.
fn has_turn(gpu: &Gpu, number: usize) -> bool {
    gpu.info().backend != wgpu::Backend::Gl || number.is_multiple_of(3)
}

/// Runs a check by a choice; tells the worst error in units of the bound.
fn ratio(check: &Check, gpu: &Gpu, choice: Choice) -> f64 {
    let who = format!("{check} {choice} on {}", describe(gpu));
    let report = block_on(check.run(gpu, choice));
    let report = report.unwrap_or_else(|refused| panic!("{who}: {refused}"));
    assert!(is_right(&report), "{who}: {report}");
    report.ratio
}

/// Returns every check on every adapter, by every choice; GL takes its turns where told.
fn runs_of(checks: &[Check], in_turns: bool) -> impl Iterator<Item = (&Check, &'static Gpu, Choice)> {
    checks.iter().enumerate().flat_map(move |(number, check)| {
        let gpus = gpus_of(check.shape.dtype());
        let gpus = gpus.filter(move |gpu| !in_turns || has_turn(gpu, number));
        let choices = move |gpu| check.choices(gpu).into_iter().map(move |choice| (check, gpu, choice));
        gpus.flat_map(choices)
    })
}

fn every_case(operation: Operation) {
    let mut worst = BTreeMap::new();
    for (check, gpu, choice) in runs_of(&checks::plain(operation), true) {
        let numbers = format!("{} {}", check.lrn.precision().name(), check.shape.dtype().name());
        let who = format!("{} {numbers} {choice} on {}", operation.name(), describe(gpu));
        let worst = worst.entry(who).or_insert(0.0f64);
        *worst = worst.max(ratio(check, gpu, choice));
    }
    worst.iter().for_each(|(who, ratio)| println!("{who}: {ratio:.3} of the bound"));
    assert!(Kernel::ALL.iter().all(|k| worst.keys().any(|who| who.contains(k.name()))));
}

#[test]
fn square_sums() {
    every_case(Operation::SquareSums);
}

#[test]
fn forward() {
    every_case(Operation::Forward);
}

#[test]
fn backward() {
    every_case(Operation::Backward);
}

#[test]
fn empty_tensors_do_nothing() {
    let all = |case| Operation::ALL.iter().map(move |&o| Check::new(case, Dtype::F32, o));
    let checks: Vec<_> = EMPTY.iter().flat_map(all).collect();
    runs_of(&checks, false).for_each(|(check, gpu, choice)| assert_eq!(ratio(check, gpu, choice), 0.0));
}

#[test]
fn fused_relu_scale_and_blend() {
    for (check, gpu, choice) in runs_of(&checks::fused(), false) {
        ratio(check, gpu, choice);
    }
}

#[test]
fn in_place() {
    let mut kernels = HashSet::new();
    for (check, gpu, choice) in runs_of(&checks::in_place(), true) {
        kernels.insert((choice.kernel, check.operation));
        ratio(check, gpu, choice);
    }
    assert_eq!(kernels.len(), 7, "{kernels:?}");
}

/// Two recordings in one encoder, in one buffer, each with its own values: the uniforms of one do not
/// overwrite those of the other.
#[test]
fn two_layers_share_an_encoder_and_a_buffer() {
    let case = &CASES[0];
    let shape = case.shape();
    let other = Lrn::new(3, 1, 0.9, 1.0, 2.7).unwrap();
    let x: Vec<f32> = values(&shape, 7);
    let step = shape.bytes().next_multiple_of(256);
    for (gpu, choice) in runs(&case.lrn(), &shape) {
        let pool = gpu.buffer(step * 3).unwrap();
        gpu.queue().write_buffer(&pool, 0, bytemuck::cast_slice(&x));
        let at = |i: u64| Operand { buffer: &pool, offset: i * step, size: shape.bytes() };
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        for (i, lrn) in [&case.lrn(), &other].into_iter().enumerate() {
            plan(gpu, choice, lrn, &shape).forward(&mut encoder, at(0), at(i as u64 + 1)).unwrap();
        }
        gpu.queue().submit([encoder.finish()]);
        let pool: Vec<f32> = block_on(gpu.download(&pool)).unwrap();
        for (i, lrn) in [&case.lrn(), &other].into_iter().enumerate() {
            let start = (i + 1) * step as usize / 4;
            let y = &pool[start..start + x.len()];
            let report = check::forward(lrn, &shape, &x, y).unwrap();
            assert!(is_right(&report), "{choice}: {report}");
        }
    }
}

/// Returns a device with WebGPU's default limits but for the size of a buffer.
fn device_with_default_limits(adapter: &wgpu::Adapter) -> (wgpu::Device, wgpu::Queue) {
    let max_buffer_size = adapter.limits().max_buffer_size;
    let required_limits = wgpu::Limits { max_buffer_size, ..wgpu::Limits::default() };
    let required_limits = required_limits.or_worse_values_from(&adapter.limits());
    let descriptor = wgpu::DeviceDescriptor { required_limits, ..Default::default() };
    block_on(adapter.request_device(&descriptor)).unwrap()
}

/// 300 MB on bindings of at most 128 MiB: cut, computed, and right on both sides of each cut.
#[test]
fn a_tensor_of_300_mb_works_on_default_limits() {
    let shape = Shape::nchw(13, 96, 245, 245).unwrap();
    assert!(shape.bytes() > 299_000_000);
    let lrn = Lrn::new(1, 2, 0.4, 0.75, 1.3).unwrap();
    let x = values(&shape, 8);
    for adapter in adapters() {
        let (device, queue) = device_with_default_limits(&adapter);
        assert!(device.limits().max_storage_buffer_binding_size <= 128 << 20);
        let plan = Plan::new(&device, &lrn, &shape).unwrap();
        let dispatches = &plan.recipe(Operation::Forward).unwrap().passes[0].dispatches;
        assert!(dispatches.len() >= 3);
        let y = forward_of_large(&device, &queue, &plan, &x);
        let image = 96 * 245 * 245;
        let cuts = dispatches.iter().map(|d| d.output.start as usize / 4 / image);
        let beside_cuts = cuts.flat_map(|cut| [cut, cut.saturating_sub(1)]).chain([12]);
        for start in beside_cuts.map(|n| n * image) {
            let one = Shape::nchw(1, 96, 245, 245).unwrap();
            let part = start..start + image;
            let report = check::forward(&lrn, &one, &x[part.clone()], &y[part]).unwrap();
            assert!(is_right(&report), "element {start}: {report}");
        }
    }
}

/// Bindings of 4 KiB: every larger tensor is cut, between images and through them, whatever the size of
/// its elements and of the sums between stages.
#[test]
fn small_bindings() {
    let (mut cut, mut kernels, mut any_has_f64) = (0, HashSet::new(), false);
    for adapter in adapters() {
        let required_limits = wgpu::Limits {
            max_storage_buffer_binding_size: 4096,
            min_storage_buffer_offset_alignment: 256, // pieces begin somewhere in their bindings
            ..adapter.limits()
        };
        let needed = wgpu::Features::SHADER_I16 | wgpu::Features::SHADER_F64;
        let required_features = adapter.features() & needed;
        let descriptor = wgpu::DeviceDescriptor { required_limits, required_features, ..Default::default() };
        let (device, queue) = block_on(adapter.request_device(&descriptor)).unwrap();
        any_has_f64 |= device.features().contains(wgpu::Features::SHADER_F64);
        let gpu = Gpu::new(&device, &queue);
        let cases = CASES.iter().filter(|case| (500..30_000).contains(&case.shape().elements()));
        let cases = cases.flat_map(|case| Dtype::ALL.iter().map(move |&dtype| (case, dtype))).enumerate();
        for (_, (case, dtype)) in cases.filter(|(number, _)| has_turn(&gpu, *number)) {
            let (lrn, shape) = (case.lrn(), case.shape().with_dtype(dtype));
            for choice in test_support::choices(&lrn, &shape, device.features()) {
                let plan = Plan::with_tuning(&device, &lrn, &shape, choice).unwrap();
                for &operation in Operation::ALL {
                    let passes = match plan.recipe(operation) {
                        Err(Error::Limit { .. }) => continue, // a window alone is larger
                        recipe => &recipe.unwrap().passes,
                    };
                    ratio(&Check::new(case, dtype, operation), &gpu, choice);
                    cut += passes.iter().filter(|pass| pass.dispatches.len() > 1).count();
                    let has_stages = passes[0].shader.stage != Stage::Only;
                    kernels.insert((choice.kernel, dtype, has_stages));
                }
            }
        }
    }
    // Seven kernels, and the stages of three.
    let expected = (7 + 3) * if any_has_f64 { 4 } else { 3 };
    assert_eq!(kernels.len(), expected, "{kernels:?}");
    assert!(cut > 14 * expected, "{cut}");
}

/// Runs forward with as few copies of a large tensor as there can be.
fn forward_of_large(device: &wgpu::Device, queue: &wgpu::Queue, plan: &Plan, x: &[f32]) -> Vec<f32> {
    use wgpu::BufferUsages as Usage;
    let size = plan.shape().bytes();
    let create =
        |usage| device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false });
    let operand = Usage::STORAGE | Usage::COPY_DST | Usage::COPY_SRC;
    let (x_buffer, y_buffer, back) = (create(operand), create(operand), create(Usage::MAP_READ | Usage::COPY_DST));
    queue.write_buffer(&x_buffer, 0, bytemuck::cast_slice(x));
    let mut encoder = device.create_command_encoder(&Default::default());
    plan.forward(&mut encoder, &x_buffer, &y_buffer).unwrap();
    encoder.copy_buffer_to_buffer(&y_buffer, 0, &back, 0, size);
    queue.submit([encoder.finish()]);
    back.slice(..).map_async(wgpu::MapMode::Read, |mapped| mapped.unwrap());
    device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
    bytemuck::pod_collect_to_vec(&back.slice(..).get_mapped_range().unwrap())
}
