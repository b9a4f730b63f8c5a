//! Sizes and limits beyond all reason: an answer at once or an error by name, and neither overflow nor endless work.

use test_support::follow::assert_next_pixels;
use test_support::{buffer, noop_device};
use wgpu::BufferUsages as Usage;
use wgpu_lrn::internals::Recipe;
use wgpu_lrn::{Dtype, Error, Kernel, Lrn, Operation, Plan, Shape, block_on, check, cpu, wgpu};

const F64: wgpu::Features = wgpu::Features::SHADER_F64;

fn alexnet() -> Lrn {
    Lrn::new(2, 2, 0.1, 0.75, 1.0).unwrap()
}

/// Returns every recipe of a tensor on some limits.
fn recipes(lrn: &Lrn, shape: &Shape, limits: &wgpu::Limits) -> Vec<Result<Recipe, Error>> {
    let choices = test_support::choices(lrn, shape, F64);
    let of = |choice| {
        Operation::ALL.iter().flat_map(move |&operation| {
            [false, true].map(|in_place| Recipe::new(lrn, shape, operation, in_place, choice, F64, limits))
        })
    };
    choices.into_iter().flat_map(of).collect()
}

#[test]
fn tensors_that_no_buffer_holds_are_refused_at_once() {
    let limits = wgpu::Limits { max_buffer_size: 1 << 40, ..Default::default() };
    for dims in [&[1 << 20, 96, 1 << 20][..], &[1 << 44, 96], &[96, 1 << 44], &[1 << 50]] {
        for dtype in Dtype::ALL {
            let shape = Shape::new(dims, -1).unwrap().with_dtype(*dtype);
            for refused in recipes(&alexnet(), &shape, &limits) {
                match refused.unwrap_err() {
                    Error::Limit { limit, .. } => assert_eq!(limit, "max_buffer_size"),
                    Error::Unavailable { .. } => (), // in place
                    other => panic!("{dims:?}: {other}"),
                }
            }
        }
    }
}

/// A kernel counts channels in 32 bits, from before the first to beyond the last.
#[test]
fn axes_longer_than_kernels_count_are_refused() {
    let limits = wgpu::Limits { max_buffer_size: u64::MAX, ..Default::default() };
    let whole = Lrn::over(&[(u32::MAX, u32::MAX); 2], 0.1, 0.75, 1.0).unwrap();
    let refused = |lrn: &Lrn, shape: &Shape, channels| {
        for recipe in recipes(lrn, shape, &limits) {
            match recipe.unwrap_err() {
                Error::AxisLength { channels: given, .. } => assert_eq!(given, channels),
                Error::Unavailable { .. } => (), // in place
                other => panic!("{other}"),
            }
        }
    };
    for channels in [1 << 31, 1 << 32, (1 << 32) + 5] {
        refused(&alexnet(), &Shape::new(&[1, channels, 1], 1).unwrap(), channels as u64);
    }
    // Neighbours that windows hold whole are one axis.
    refused(&whole, &Shape::over(&[1 << 17, 1 << 17], &[0, 1]).unwrap(), 1 << 34);
}

/// *row* counts the channels of joined pixels in 32 bits, too. Where they are too many, other kernels compute.
#[test]
fn row_joins_no_more_channels_than_it_counts() {
    let limits = wgpu::Limits { max_buffer_size: u64::MAX, ..Default::default() };
    let most = (1 << 31) - 1;
    let shapes = [
        // Pixels and their channels, and whether *row* takes them.
        ([4, most / 4], true),
        ([5, most / 4 + 2], false),
        ([4, (1 << 30) + 1], false),
        ([9, 1_400_000_001], false),
        ([6, most], false),
        ([2, most / 2 - 1], true),
        ([3, most / 2 + 3], false),
        ([2, most - 1], false),
        ([3, most - 3], true), // joins none
    ];
    for (dims, taken) in shapes {
        for lrn in [alexnet(), Lrn::new(0, 5, 0.1, 0.75, 1.0).unwrap()] {
            let shape = Shape::new(&dims, 1).unwrap().with_dtype(Dtype::F16);
            let recipes: Vec<_> = recipes(&lrn, &shape, &limits).into_iter().flatten().collect();
            recipes.iter().for_each(assert_next_pixels);
            let by_row = |recipe: &Recipe| recipe.choice.kernel == Kernel::Row;
            assert_eq!(recipes.iter().any(by_row), taken, "{dims:?}");
            assert!(!recipes.iter().all(by_row), "{dims:?}");
        }
    }
}

/// However large its other dimensions, an empty tensor has an answer.
#[test]
fn vast_empty_tensors() {
    let (device, _queue) = noop_device();
    let most = usize::MAX;
    for dims in [[0, most, most, most], [most, 0, most, most], [most, most, most, 0], [0; 4]] {
        for axis in 0..4 {
            let shape = Shape::new(&dims, axis).unwrap();
            assert_eq!((shape.elements(), shape.bytes()), (0, 0));
            let plan = Plan::new(&device, &alexnet(), &shape).unwrap();
            for &operation in Operation::ALL {
                block_on(plan.prepare(operation)).unwrap();
            }
            assert_eq!(cpu::forward::<f32>(&alexnet(), &shape, &[]), Ok(vec![]));
            assert!(check::backward::<f32>(&alexnet(), &shape, &[], &[], &[]).unwrap().passed());
            let limits = wgpu::Limits::default();
            for recipe in recipes(&alexnet(), &shape, &limits).into_iter().flatten() {
                assert!(recipe.passes.iter().all(|pass| pass.dispatches.is_empty()));
            }
        }
        let all = Lrn::over(&[(2, 1); 4], 0.1, 0.75, 1.0).unwrap();
        let shape = Shape::over(&dims, &[3, 1, 0, 2]).unwrap();
        assert_eq!(cpu::forward::<f64>(&all, &shape.with_dtype(Dtype::F64), &[]), Ok(vec![]));
        block_on(Plan::new(&device, &all, &shape).unwrap().prepare(Operation::Backward)).unwrap();
    }
}

#[test]
fn layers_without_axes_or_with_far_too_many_are_refused() {
    assert_eq!(Lrn::over(&[], 0.1, 0.75, 1.0), Err(Error::NoAxis));
    for axes in [0, 65, usize::MAX] {
        let refused = Lrn::caffe().axes(axes).build().unwrap_err();
        assert!(matches!(refused, Error::Parameter { name: "axes", .. }), "{refused}");
    }
    assert!(Lrn::caffe().windows(&[]).build().is_err());
}

/// Each limit by itself at 0, 1 and its largest: no recipe panics, and each that there is ends.
#[test]
fn absurd_limits() {
    type Set = fn(&mut wgpu::Limits, u64);
    let set: [(&str, Set); 8] = [
        ("max_buffer_size", |l, v| l.max_buffer_size = v),
        ("max_storage_buffer_binding_size", |l, v| l.max_storage_buffer_binding_size = v),
        ("max_storage_buffers_per_shader_stage", |l, v| {
            l.max_storage_buffers_per_shader_stage = v as u32;
        }),
        ("max_compute_workgroup_storage_size", |l, v| {
            l.max_compute_workgroup_storage_size = v as u32;
        }),
        ("max_compute_invocations_per_workgroup", |l, v| {
            l.max_compute_invocations_per_workgroup = v as u32;
        }),
        ("max_compute_workgroup_size_x", |l, v| l.max_compute_workgroup_size_x = v as u32),
        ("max_compute_workgroups_per_dimension", |l, v| {
            l.max_compute_workgroups_per_dimension = v as u32;
        }),
        ("min_storage_buffer_offset_alignment", |l, v| {
            l.min_storage_buffer_offset_alignment = v as u32;
        }),
    ];
    let wide = Lrn::new(40, 31, 0.1, 0.75, 1.0).unwrap();
    let within = Lrn::over(&[(2, 1), (1, 2)], 0.1, 0.75, 1.0).unwrap();
    let dims = [2, 96, 13, 12];
    for (limit, set) in set {
        for value in [0, 1, 2, 3, 255, u64::MAX >> 33, u64::MAX >> 32] {
            let mut limits = wgpu::Limits::default();
            set(&mut limits, value);
            let mut kinds = Vec::new();
            for (lrn, axes) in [(&alexnet(), &[1][..]), (&wide, &[1]), (&wide, &[3]), (&within, &[2, 3])] {
                kinds.extend(recipes(lrn, &Shape::over(&dims, axes).unwrap(), &limits));
            }
            for refused in kinds.into_iter().filter_map(Result::err) {
                use Error::{Capacity, Limit, Unavailable};
                let known = matches!(refused, Limit { .. } | Capacity { .. } | Unavailable { .. });
                assert!(known, "{limit} = {value}: {refused}");
            }
        }
    }
}

/// Where the preferred kernel does not fit the device, the next does.
#[test]
fn a_plan_falls_back_on_a_kernel_that_fits() {
    let descriptor = wgpu::DeviceDescriptor {
        required_limits: wgpu::Limits { max_compute_workgroup_storage_size: 128, ..wgpu::Limits::downlevel_defaults() },
        ..Default::default()
    };
    let (device, _queue) = wgpu::Device::noop(&descriptor);
    let within = Lrn::over(&[(2, 2), (2, 2)], 0.1, 0.75, 1.0).unwrap();
    let shape = Shape::over(&[3, 5, 32, 60], &[2, 3]).unwrap();
    let plan = Plan::new(&device, &within, &shape).unwrap();
    assert_eq!(plan.preferred_choice(Operation::Forward).kernel, Kernel::Plane);
    let computes = block_on(plan.prepare(Operation::Forward)).unwrap();
    assert_ne!(computes.kernel, Kernel::Plane);
    let [x, y] = [(); 2].map(|()| buffer(&device, shape.operand_bytes(), Usage::STORAGE));
    let bound = plan.bind(Operation::Forward, &[(&x).into(), (&y).into()]).unwrap();
    assert_eq!(bound.choice(), computes);
    // What is forced has no other.
    let forced = Plan::with_tuning(&device, &within, &shape, Kernel::Plane);
    assert!(matches!(block_on(forced.unwrap().prepare(Operation::Forward)), Err(Error::Limit { .. })));
}
