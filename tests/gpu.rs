//! Every kernel on every adapter against the f64 reference.

use std::collections::{BTreeMap, HashSet};
use test_support::cases::{CASES, EMPTY};
use test_support::{adapters, describe, of_dtype, plan, run, runs, values};
use wgpu_lrn::check::{self, Report};
use wgpu_lrn::internals::{Recipe, Stage};
use wgpu_lrn::{
    Choice, Dtype, Element, Error, Gpu, Kernel, Lrn, Operand, Operation, Plan, Precision, Shape,
    block_on, wgpu,
};

/// Runs an operation of a case and compares it.
fn compare<T: Element>(
    gpu: &Gpu,
    choice: Choice,
    lrn: &Lrn,
    shape: &Shape,
    operation: Operation,
) -> Report {
    let plan = plan(gpu, choice, lrn, shape);
    let [x, dy, old] = [1, 2, 3].map(|seed| values::<T>(shape, seed));
    let blends = lrn.blend() != 0.0;
    let inputs: &[&[T]] = match (operation, blends) {
        (Operation::SquareSums, _) | (Operation::Forward, false) => &[&x],
        (Operation::Forward, true) => &[&x, &old],
        (Operation::Backward, false) => &[&x, &dy],
        (Operation::Backward, true) => &[&x, &dy, &old],
    };
    let got = run(gpu, &plan, operation, inputs);
    check::run(lrn, shape, operation, inputs, &got).unwrap()
}

/// Whether a GPU runs a test of so high a number. Compiling is what takes the time here, on GL a second a
/// shader: there it is every third.
fn has_turn(gpu: &Gpu, number: usize) -> bool {
    gpu.info().backend != wgpu::Backend::Gl || number.is_multiple_of(3)
}

/// Every case in f32, fast and exact, in f64, and in a half type: the two differ by their codec alone, so that
/// they take turns, as do the types on GL.
fn every_case(operation: Operation) {
    use Precision::{Exact, Fast};
    let mut worst = BTreeMap::new();
    for (number, case) in CASES.iter().enumerate() {
        let half = [Dtype::F16, Dtype::Bf16][number % 2];
        let types = [(Dtype::F32, Fast), (Dtype::F32, Exact), (half, Fast), (Dtype::F64, Fast)];
        for (turn, (dtype, precision)) in types.into_iter().enumerate() {
            let (lrn, shape) = (case.lrn().with_precision(precision), case.shape().of(dtype));
            for (gpu, choice) in runs(&lrn, &shape).filter(|(gpu, _)| has_turn(gpu, number + turn))
            {
                let report =
                    of_dtype!(dtype, T => compare::<T>(gpu, choice, &lrn, &shape, operation));
                let numbers = format!("{} {}", precision.name(), dtype.name());
                let who = format!("{} {numbers} {choice} on {}", operation.name(), describe(gpu));
                assert!(report.passed(), "{}, {who}: {report}", case.name);
                let worst = worst.entry(who).or_insert(0.0f64);
                *worst = worst.max(report.ratio);
            }
        }
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
    for case in EMPTY {
        let (lrn, shape) = (case.lrn(), case.shape());
        for (gpu, choice) in runs(&lrn, &shape) {
            for &operation in Operation::ALL {
                let report = compare::<f32>(gpu, choice, &lrn, &shape, operation);
                assert!(report.passed(), "{}: {report}", case.name);
            }
        }
    }
}

/// Layers with ReLU before, with a scale and a blend after, and with all, of every type.
#[test]
fn fused_relu_scale_and_blend() {
    // All kernels and widths among them.
    let names = ["four_pixels", "runs_last", "narrowest_wide", "whole_axis_fours"];
    let cases = CASES.iter().filter(|case| names.contains(&case.name));
    for (case, dtype) in cases.flat_map(|case| Dtype::ALL.iter().map(move |&dtype| (case, dtype))) {
        let shape = case.shape().of(dtype);
        let lrn = case.lrn();
        let layers =
            [lrn.relu().blended(-1.7, 0.6).unwrap(), lrn.relu(), lrn.blended(0.3, 0.0).unwrap()];
        let layers = if dtype == Dtype::F32 { &layers[..] } else { &layers[..1] };
        for lrn in layers {
            for (gpu, choice) in runs(lrn, &shape) {
                for &operation in Operation::ALL {
                    let report =
                        of_dtype!(dtype, T => compare::<T>(gpu, choice, lrn, &shape, operation));
                    let who = format!("{} {choice} on {}", operation.name(), describe(gpu));
                    assert!(report.passed(), "{}, {lrn:?}, {who}: {report}", case.name);
                }
            }
        }
    }
}

/// y in the place of x, dx in that of dy: as elsewhere, or refused by name.
#[test]
fn in_place() {
    let mut kernels = HashSet::new();
    let small = CASES.iter().filter(|case| case.shape().elements() < 1000);
    let all = CASES.iter().map(|case| (case, Dtype::F32));
    let cases = all.chain(small.map(|case| (case, Dtype::F16)));
    for (number, (case, dtype)) in cases.enumerate() {
        let (lrn, shape) = (case.lrn(), case.shape().of(dtype));
        for (gpu, choice) in runs(&lrn, &shape).filter(|(gpu, _)| has_turn(gpu, number)) {
            for operation in [Operation::Forward, Operation::Backward] {
                let computes = choice.computes_in_place(operation);
                if computes && !is_too_long(gpu, choice, &lrn, &shape, operation) {
                    kernels.insert((choice.kernel, operation));
                    let reports =
                        of_dtype!(dtype, T => replace::<T>(gpu, choice, &lrn, &shape, operation));
                    let who = format!("{} {choice} on {}", operation.name(), describe(gpu));
                    assert!(reports.passed(), "{}, {who}: {reports}", case.name);
                }
            }
        }
    }
    assert_eq!(kernels.len(), 7, "{kernels:?}");
}

/// Whether *pixel* has no room for all channels of a pixel, and so refuses to work in place.
fn is_too_long(gpu: &Gpu, choice: Choice, lrn: &Lrn, shape: &Shape, operation: Operation) -> bool {
    let (features, limits) = (gpu.device().features(), gpu.device().limits());
    let refused = Recipe::new(lrn, shape, operation, true, choice, features, &limits).is_err();
    assert!(!refused || choice.kernel == Kernel::Pixel && shape.channels() > 1000);
    refused
}

/// Runs an operation in place and compares it.
fn replace<T: Element>(
    gpu: &Gpu,
    choice: Choice,
    lrn: &Lrn,
    shape: &Shape,
    operation: Operation,
) -> Report {
    let plan = plan(gpu, choice, lrn, shape);
    let (x, dy) = (values::<T>(shape, 1), values::<T>(shape, 2));
    let inputs: &[&[T]] = if operation == Operation::Backward { &[&x, &dy] } else { &[&x] };
    let mut buffers: Vec<_> = inputs.iter().map(|input| gpu.upload(input).unwrap()).collect();
    buffers.push(buffers[inputs.len() - 1].clone());
    let operands: Vec<Operand<'_>> = buffers.iter().map(Into::into).collect();
    let mut encoder = gpu.device().create_command_encoder(&Default::default());
    plan.record(&mut encoder, operation, &operands).unwrap();
    gpu.queue().submit([encoder.finish()]);
    let mut got: Vec<T> = block_on(gpu.download(&buffers[inputs.len()])).unwrap();
    got.truncate(inputs[0].len());
    check::run(lrn, shape, operation, inputs, &got).unwrap()
}

/// Two recordings in one encoder, in one buffer, each with its own values: the uniforms of one do not
/// overwrite those of the other.
#[test]
fn two_layers_share_an_encoder_and_a_buffer() {
    let case = &CASES[0];
    let shape = case.shape();
    let other = Lrn::exact(3, 1, 0.9, 1.0, 2.7).unwrap();
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
            assert!(report.passed(), "{choice}: {report}");
        }
    }
}

/// A device with WebGPU's default limits but for the size of a buffer.
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
    let lrn = Lrn::exact(1, 2, 0.4, 0.75, 1.3).unwrap();
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
            assert!(report.passed(), "element {start}: {report}");
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
        let descriptor =
            wgpu::DeviceDescriptor { required_limits, required_features, ..Default::default() };
        let (device, queue) = block_on(adapter.request_device(&descriptor)).unwrap();
        any_has_f64 |= device.features().contains(wgpu::Features::SHADER_F64);
        let gpu = Gpu::new(&device, &queue);
        let cases = CASES.iter().filter(|case| (500..30_000).contains(&case.shape().elements()));
        let cases =
            cases.flat_map(|case| Dtype::ALL.iter().map(move |&dtype| (case, dtype))).enumerate();
        for (_, (case, dtype)) in cases.filter(|(number, _)| has_turn(&gpu, *number)) {
            let (lrn, shape) = (case.lrn(), case.shape().of(dtype));
            for choice in Choice::available(&lrn, &shape, device.features()) {
                let plan = Plan::with_options(&device, &lrn, &shape, choice.into()).unwrap();
                for &operation in Operation::ALL {
                    let passes = match plan.recipe(operation) {
                        Err(Error::Limit { .. }) => continue, // a window alone is larger
                        recipe => &recipe.unwrap().passes,
                    };
                    let report =
                        of_dtype!(dtype, T => compare::<T>(&gpu, choice, &lrn, &shape, operation));
                    let who = format!("{} {choice} on {}", operation.name(), describe(&gpu));
                    assert!(report.passed(), "{}, {dtype:?} {who}: {report}", case.name);
                    cut += passes.iter().filter(|pass| pass.dispatches.len() > 1).count();
                    let has_stages = passes[0].shader.stage != Stage::Only;
                    kernels.insert((choice.kernel, dtype, has_stages));
                }
            }
        }
    }
    // Six kernels, and the stages of three; but of f64 the windows of *plane* are larger than a binding.
    let expected = 3 * (6 + 3) + if any_has_f64 { 6 + 3 - 1 } else { 0 };
    assert_eq!(kernels.len(), expected, "{kernels:?}");
    assert!(cut > 14 * expected, "{cut}");
}

/// Runs forward with as few copies of a large tensor as there can be.
fn forward_of_large(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    plan: &Plan,
    x: &[f32],
) -> Vec<f32> {
    use wgpu::BufferUsages as Usage;
    let size = plan.shape().bytes();
    let create = |usage| {
        device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size,
            usage,
            mapped_at_creation: false,
        })
    };
    let operand = Usage::STORAGE | Usage::COPY_DST | Usage::COPY_SRC;
    let (x_buffer, y_buffer, back) =
        (create(operand), create(operand), create(Usage::MAP_READ | Usage::COPY_DST));
    queue.write_buffer(&x_buffer, 0, bytemuck::cast_slice(x));
    let mut encoder = device.create_command_encoder(&Default::default());
    plan.forward(&mut encoder, &x_buffer, &y_buffer).unwrap();
    encoder.copy_buffer_to_buffer(&y_buffer, 0, &back, 0, size);
    queue.submit([encoder.finish()]);
    back.slice(..).map_async(wgpu::MapMode::Read, |mapped| mapped.unwrap());
    device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
    bytemuck::pod_collect_to_vec(&back.slice(..).get_mapped_range().unwrap())
}
