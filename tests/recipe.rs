//! Every decision, without a device.

use std::collections::HashSet;
use test_support::Random;
use test_support::cases::CASES;
use test_support::draw::{self, Drawn, Unstructured};
use test_support::follow::assert_complete;
use wgpu_lrn::internals::{Recipe, Stage};
use wgpu_lrn::{Error, Kernel, Lrn, Operation, Precision, Shape, Tuning, wgpu};

const F64: wgpu::Features = wgpu::Features::SHADER_F64;

fn recipe(lrn: &Lrn, shape: &Shape, operation: Operation, kernel: Kernel, limits: &wgpu::Limits) -> Recipe {
    Recipe::new(lrn, shape, operation, false, kernel, F64, limits).unwrap()
}

/// Backward along several axes binds x, dy, dx, s and sums of terms: more than the least of devices has.
fn needs_five_buffers(refused: &Error, operation: Operation, shape: &Shape, limits: &wgpu::Limits) {
    let granted = limits.max_storage_buffers_per_shader_stage.into();
    let limit = "max_storage_buffers_per_shader_stage";
    assert_eq!(*refused, Error::Limit { limit, needed: 5, granted });
    assert!(granted == 4 && operation == Operation::Backward && shape.axes() > 1);
}

#[test]
fn every_element_is_written_once_for_named_cases() {
    for limits in [wgpu::Limits::default(), wgpu::Limits::downlevel_defaults()] {
        for case in CASES {
            let (lrn, shape) = (case.lrn(), case.shape());
            for choice in test_support::choices(&lrn, &shape, F64) {
                for &operation in Operation::ALL {
                    match Recipe::new(&lrn, &shape, operation, false, choice, F64, &limits) {
                        Ok(recipe) => assert_complete(&recipe, &shape, &limits),
                        Err(refused) => needs_five_buffers(&refused, operation, &shape, &limits),
                    }
                }
            }
        }
    }
}

#[test]
fn every_element_is_written_once_for_drawn_layers_and_limits() {
    let mut random = Random(21);
    let (mut cut, mut left_over, mut refused) = (0, 0, 0);
    let (mut drawn, mut followed) = (HashSet::new(), HashSet::new());
    for _ in 0..20_000 {
        let bytes = draw::bytes(&mut random, 200);
        let Drawn { lrn, shape, operation, limits, choice, .. } = Drawn::new(&mut Unstructured::new(&bytes)).unwrap();
        let choices = test_support::choices(&lrn, &shape, F64);
        drawn.extend(choices.iter().map(|choice| (choice.kernel, choice.width)));
        let choice = choices[choice % choices.len()];
        for in_place in [false, choice.computes_in_place(operation)] {
            match Recipe::new(&lrn, &shape, operation, in_place, choice, F64, &limits) {
                Ok(recipe) => {
                    followed.insert((choice.kernel, choice.width));
                    cut += u64::from(recipe.passes[0].dispatches.len() > 1);
                    left_over += u64::from(choice.kernel == Kernel::Row && recipe.passes.len() > 1);
                    assert_complete(&recipe, &shape, &limits);
                }
                Err(Error::Limit { needed, granted, .. }) => {
                    refused += 1;
                    assert!(needed > granted);
                }
                Err(Error::Capacity { needed, most, .. }) => assert!(in_place && needed > most),
                Err(error) => panic!("{error}"),
            }
        }
    }
    // Each kernel, in every width that it has for one of the layers, and those of the named cases are among them.
    assert_eq!(followed, drawn);
    let named = CASES.iter().flat_map(|case| test_support::choices(&case.lrn(), &case.shape(), F64));
    let named: HashSet<_> = named.map(|choice| (choice.kernel, choice.width)).collect();
    assert!(named.is_subset(&drawn), "{named:?}, but {drawn:?}");
    assert!(Kernel::ALL.iter().all(|kernel| named.iter().any(|(of, _)| of == kernel)), "{named:?}");
    assert!(
        cut > 1000 && left_over > 100 && refused > 100,
        "{cut} cut, {left_over} with pixels left over by row, {refused} refused"
    );
}

fn alexnet() -> Lrn {
    Lrn::pytorch(5).build().unwrap()
}

#[test]
fn a_tensor_larger_than_a_binding_is_cut_between_images() {
    let shape = Shape::nchw(128, 96, 55, 55).unwrap();
    assert_eq!(shape.bytes(), 148_684_800);
    let limits = wgpu::Limits::default();
    let recipe = recipe(&alexnet(), &shape, Operation::Forward, Kernel::Column, &limits);
    let cuts: Vec<_> = recipe.passes[0].dispatches.iter().map(|d| d.input.clone()).collect();
    assert_eq!(cuts.len(), 2);
    assert!(cuts.iter().all(|cut| cut.end - cut.start <= 128 << 20), "{cuts:?}");
}

#[test]
fn one_huge_image_is_cut_along_its_channels_with_halos() {
    let shape = Shape::nchw(1, 64, 1200, 1000).unwrap();
    let limits = wgpu::Limits { max_buffer_size: 1 << 32, ..Default::default() };
    let recipe = recipe(&alexnet(), &shape, Operation::Backward, Kernel::Column, &limits);
    let cuts: Vec<_> =
        recipe.passes[0].dispatches.iter().map(|d| (d.params.part.write_begin, d.params.part.write_end)).collect();
    assert_eq!(cuts, [(0, 19), (19, 38), (38, 57), (57, 64)]);
    assert_eq!(
        (recipe.passes[0].dispatches[1].params.part.read_begin, recipe.passes[0].dispatches[1].params.part.read_end),
        (15, 42)
    );
}

#[test]
fn backward_sums_squares_first_where_two_halos_exceed_a_binding() {
    let shape = Shape::nchw(1, 64, 2048, 2048).unwrap();
    let limits = wgpu::Limits { max_buffer_size: 1 << 30, ..Default::default() };
    let recipe = recipe(&alexnet(), &shape, Operation::Backward, Kernel::Column, &limits);
    let stages: Vec<_> = recipe.passes.iter().map(|pass| pass.shader.stage).collect();
    assert_eq!(stages, [Stage::Squares, Stage::OnlyTerms]);
    // A channel is 16 MiB: 8 of them fit, but for the alignment, of which 4 are halo.
    for dispatch in recipe.passes.iter().flat_map(|pass| &pass.dispatches) {
        assert!(dispatch.input.end - dispatch.input.start <= 128 << 20);
        assert!(dispatch.params.part.write_end - dispatch.params.part.write_begin <= 3);
    }
    // Between the passes squares would be rounded.
    let exact = alexnet().with_precision(Precision::Exact);
    let refused = Recipe::new(&exact, &shape, Operation::Backward, false, Kernel::Column, F64, &limits);
    assert!(matches!(refused, Err(Error::Limit { .. })));
}

#[test]
fn an_image_whose_window_exceeds_a_binding_is_refused_by_name() {
    let shape = Shape::nchw(1, 64, 4000, 3000).unwrap();
    let limits = wgpu::Limits { max_buffer_size: 1 << 32, ..Default::default() };
    let rule = Tuning::default();
    let refused = Recipe::new(&alexnet(), &shape, Operation::Forward, false, rule, F64, &limits).unwrap_err();
    let needed = 5 * 4000 * 3000 * 4 + 256;
    assert_eq!(refused, Error::Limit { limit: "max_storage_buffer_binding_size", needed, granted: 128 << 20 });
}

#[test]
fn many_pixels_fold_into_two_dimensions() {
    let shape = Shape::new(&[70_000, 300], 1).unwrap();
    let limits = wgpu::Limits { max_compute_workgroups_per_dimension: 8000, ..Default::default() };
    let recipe = recipe(&alexnet(), &shape, Operation::Forward, Kernel::Pixel, &limits);
    assert_eq!(recipe.passes[0].dispatches.len(), 1);
    assert_eq!(recipe.passes[0].dispatches[0].grid, [7_778, 3]);
}

#[test]
fn shapes_share_shaders() {
    let limits = wgpu::Limits::default();
    let shader = |h| {
        let shape = Shape::nchw(2, 96, h, 31).unwrap();
        recipe(&alexnet(), &shape, Operation::Forward, Kernel::Column, &limits).passes.remove(0).shader
    };
    assert_eq!(shader(55), shader(27));
}

#[test]
fn only_wide_windows_need_a_workspace() {
    let limits = wgpu::Limits::default();
    let workspace = |channels, window, kernel| {
        let lrn = Lrn::new(window, window, 0.1, 0.75, 1.0).unwrap();
        let shape = Shape::nchw(4, channels, 10, 10).unwrap();
        recipe(&lrn, &shape, Operation::Backward, kernel, &limits).passes[0].workspace
    };
    assert_eq!(workspace(256, 15, Kernel::Ring), 0);
    assert_ne!(workspace(256, 127, Kernel::Ring), 0);
    assert_eq!(workspace(256, 255, Kernel::Pixel), 0);
}

#[test]
fn empty_tensors_need_no_dispatch() {
    let limits = wgpu::Limits::default();
    for dims in [[0, 5, 3], [2, 0, 3], [2, 5, 0]] {
        let shape = Shape::new(&dims, 1).unwrap();
        for choice in test_support::choices(&alexnet(), &shape, F64) {
            let recipe = Recipe::new(&alexnet(), &shape, Operation::Backward, false, choice, F64, &limits);
            assert_eq!(recipe.unwrap().passes[0].dispatches, []);
        }
    }
}
