//! Every decision, without a device.

use std::collections::HashSet;
use test_support::Random;
use test_support::cases::CASES;
use wgpu_lrn::internals::{Dispatch, Params, Pass, Recipe, Shader, Source, Stage, TensorParams};
use wgpu_lrn::{Choice, Error, Kernel, Lrn, Operation, Options, Precision, Shape, wgpu};

const F64: wgpu::Features = wgpu::Features::SHADER_F64;

fn recipe(
    lrn: &Lrn,
    shape: &Shape,
    operation: Operation,
    kernel: Kernel,
    limits: &wgpu::Limits,
) -> Recipe {
    let choice = Options::default().kernel(kernel).choose(lrn, shape, F64).unwrap();
    Recipe::new(lrn, shape, operation, false, choice, F64, limits).unwrap()
}

fn constant(shader: &Shader, name: &str) -> Option<u64> {
    shader.constants.iter().find(|(n, _)| *n == name).map(|(_, value)| u64::from(*value))
}

/// Workgroups that a dispatch needs.
fn groups(shader: &Shader, params: &Params) -> u64 {
    let (pixels, segments) = (u64::from(params.part.pixels), u64::from(params.part.segments));
    let constant = |name| constant(shader, name).unwrap();
    match shader.choice.kernel {
        Kernel::Whole => pixels.div_ceil(constant("PIXELS")) * segments,
        Kernel::Pixel => pixels.div_ceil(constant("ROWS") * constant("ROW")) * segments,
        Kernel::Column | Kernel::Ring => pixels.div_ceil(constant("INVOCATIONS")) * segments,
        Kernel::Plane => {
            pixels.div_ceil(constant("PIXELS")) * u64::from(params.tensor.strips) * segments
        }
        Kernel::Row => (pixels * segments).div_ceil(constant("INVOCATIONS")),
        new => panic!("this test must learn the workgroups of {}", new.name()),
    }
}

/// The element of the whole tensor that a shader finds for a channel of a pixel of a dispatch, from
/// what is bound and what the uniform says. Elements are counted in what is loaded at once.
fn element(
    stored: u64,
    bound: &std::ops::Range<u64>,
    shift: u32,
    params: &Params,
    (pixel, column, channel): (u64, u64, u64),
) -> u64 {
    let TensorParams { inner, beside, image, .. } = params.tensor;
    let [inner, beside, image] = [inner, beside, image].map(u64::from);
    let pixel = u64::from(params.part.first_pixel) + pixel;
    let offset = pixel / beside * image + pixel % beside + column * beside + channel * inner;
    let in_binding = shift.wrapping_add(offset as u32);
    let element = bound.start / stored + u64::from(in_binding);
    assert!(
        bound.start.is_multiple_of(stored) && element < bound.end / stored,
        "element {element} of {bound:?}"
    );
    element
}

/// The channels before and after a channel that a shader needs.
fn halo(shader: &Shader) -> (u64, u64) {
    let [p, q] = ["LOOK_BEHIND", "LOOK_AHEAD"].map(|name| constant(shader, name).unwrap());
    let (before, after) = if shader.entry() == "backward" { (p + q, p + q) } else { (p, q) };
    let packet = if shader.choice.kernel == Kernel::Row { 4 } else { 1 };
    (before.div_ceil(packet), after.div_ceil(packet))
}

/// The columns that the workgroups of *plane* write, strip by strip; the one column of other kernels.
fn columns(shader: &Shader, params: &Params) -> Vec<u64> {
    let Some(written) = constant(shader, "WRITTEN").filter(|_| params.tensor.columns > 1) else {
        return vec![0];
    };
    let held = constant(shader, "COLUMNS").unwrap();
    assert!(constant(shader, "COLUMNS_BEFORE").unwrap() + written <= held);
    let strips = 0..u64::from(params.tensor.strips);
    let columns = strips.flat_map(|strip| strip * written..(strip + 1) * written);
    columns.filter(|&column| column < u64::from(params.tensor.columns)).collect()
}

/// Follows a dispatch as the shaders do: which elements it writes; that what it reads is bound.
fn follow(pass: &Pass, dispatch: &Dispatch, written: &mut [u8]) {
    let params = &dispatch.params;
    let halo = halo(&pass.shader);
    let (begin, end) = (u64::from(params.part.write_begin), u64::from(params.part.write_end));
    let width = pass.shader.choice.width as usize;
    let stored = pass.shader.dtype.bytes() * width as u64;
    let groups = groups(&pass.shader, params);
    let grid = u64::from(dispatch.grid[0]) * u64::from(dispatch.grid[1]);
    assert!(
        grid >= groups && grid < groups + u64::from(dispatch.grid[1]),
        "{groups} in {:?}",
        dispatch.grid
    );
    assert_eq!(params.part.grid_width, dispatch.grid[0]);
    assert_eq!(
        u64::from(params.part.segments),
        (end - begin).div_ceil(u64::from(params.tensor.segment))
    );
    let first_needed = begin.saturating_sub(halo.0);
    let last_needed =
        (end - 1 + halo.1).min(u64::from(params.tensor.image / params.tensor.inner) - 1);
    assert!(
        u64::from(params.part.read_begin) <= first_needed
            && last_needed < u64::from(params.part.read_end)
    );
    for pixel in 0..u64::from(params.part.pixels) {
        for column in columns(&pass.shader, params) {
            for channel in begin..end {
                let (shift, at) = (params.part.output_shift, (pixel, column, channel));
                let first = element(stored, &dispatch.output, shift, params, at) as usize * width;
                written[first..first + width].iter_mut().for_each(|times| *times += 1);
            }
            for channel in [first_needed, last_needed] {
                let (shift, at) = (params.part.input_shift, (pixel, column, channel));
                element(stored, &dispatch.input, shift, params, at);
            }
        }
    }
}

fn check(recipe: &Recipe, shape: &Shape, limits: &wgpu::Limits) {
    assert!(recipe.passes.iter().all(|pass| !pass.sources.is_empty()));
    // A pass writes a whole tensor, but *row* may leave its last pixels to another.
    let together = if recipe.choice.kernel == Kernel::Row { 2 } else { 1 };
    for (number, passes) in recipe.passes.chunks(together).enumerate() {
        let last = (number + 1) * together >= recipe.passes.len();
        let sums = |pass: &Pass| pass.sources.iter().any(|(_, s)| matches!(s, Source::Totals(_)));
        assert!(passes.iter().all(|pass| last != sums(pass)));
        let mut written = vec![0; shape.elements() as usize];
        passes.iter().for_each(|pass| check_pass(pass, shape, limits, &mut written));
        let missed = written.iter().filter(|&&times| times != 1).count();
        assert_eq!(missed, 0, "{missed} elements not written exactly once: {passes:#?}");
    }
}

fn check_pass(pass: &Pass, shape: &Shape, limits: &wgpu::Limits, written: &mut [u8]) {
    let alignment = u64::from(limits.min_storage_buffer_offset_alignment);
    for dispatch in &pass.dispatches {
        for bytes in [&dispatch.input, &dispatch.output] {
            assert!(bytes.end - bytes.start <= limits.max_storage_buffer_binding_size, "{bytes:?}");
            assert!(
                bytes.start.is_multiple_of(alignment) && bytes.end <= shape.operand_bytes(),
                "{bytes:?}"
            );
        }
        let most = limits.max_compute_workgroups_per_dimension;
        assert!(dispatch.grid.iter().all(|&side| 0 < side && side <= most), "{:?}", dispatch.grid);
        follow(pass, dispatch, written);
    }
    assert!(pass.workspace <= limits.max_storage_buffer_binding_size);
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
            for choice in Choice::available(&lrn, &shape, F64) {
                for &operation in Operation::ALL {
                    match Recipe::new(&lrn, &shape, operation, false, choice, F64, &limits) {
                        Ok(recipe) => check(&recipe, &shape, &limits),
                        Err(refused) => needs_five_buffers(&refused, operation, &shape, &limits),
                    }
                }
            }
        }
    }
}

#[test]
fn every_element_is_written_once_for_random_shapes_and_limits() {
    let mut random = Random(21);
    let (mut cut, mut left_over, mut refused, mut kernels) = (0, 0, 0, HashSet::new());
    for _ in 0..20_000 {
        // Often channels follow each other.
        let inner = random.range(0, 1) * 29 + 1;
        let dims = [random.range(0, 9), random.range(1, 40), random.range(1, inner)];
        let dims = dims.map(|d| d as usize);
        let limits = wgpu::Limits {
            max_storage_buffer_binding_size: 4 * random.range(16, 2000),
            min_storage_buffer_offset_alignment: 1 << random.range(2, 8),
            max_compute_workgroups_per_dimension: random.range(1, 7) as u32,
            max_compute_workgroup_storage_size: random.range(512, 16384) as u32,
            max_compute_invocations_per_workgroup: random.range(1, 256) as u32,
            ..Default::default()
        };
        let mut side = || random.range(0, 13) as u32;
        let (p, q) = (side(), side());
        // Windows of one length along neighbouring axes are what *plane* takes.
        let windows = [(p, q), (q, p)];
        let axes = random.range(1, 2) as usize;
        let shape = Shape::over(&dims, &[1, 0][..axes]).unwrap();
        let lrn = Lrn::exact_over(&windows[..axes], 0.3, 0.75, 1.2).unwrap();
        let choices = Choice::available(&lrn, &shape, F64);
        let choice = choices[random.range(0, choices.len() as u64 - 1) as usize];
        let operation = Operation::ALL[random.range(0, 2) as usize];
        match Recipe::new(&lrn, &shape, operation, false, choice, F64, &limits) {
            Ok(recipe) => {
                kernels.insert((choice.kernel, choice.width));
                cut += u64::from(recipe.passes[0].dispatches.len() > 1);
                left_over += u64::from(choice.kernel == Kernel::Row && recipe.passes.len() > 1);
                check(&recipe, &shape, &limits);
            }
            Err(Error::Limit { needed, granted, .. }) => {
                refused += 1;
                assert!(needed > granted);
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(kernels.len(), 9, "{kernels:?}");
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
    let cuts: Vec<_> = recipe.passes[0]
        .dispatches
        .iter()
        .map(|d| (d.params.part.write_begin, d.params.part.write_end))
        .collect();
    assert_eq!(cuts, [(0, 19), (19, 38), (38, 57), (57, 64)]);
    assert_eq!(
        (
            recipe.passes[0].dispatches[1].params.part.read_begin,
            recipe.passes[0].dispatches[1].params.part.read_end
        ),
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
    let choice = Options::default().kernel(Kernel::Column).choose(&exact, &shape, F64).unwrap();
    let refused = Recipe::new(&exact, &shape, Operation::Backward, false, choice, F64, &limits);
    assert!(matches!(refused, Err(Error::Limit { .. })));
}

#[test]
fn an_image_whose_window_exceeds_a_binding_is_refused_by_name() {
    let shape = Shape::nchw(1, 64, 4000, 3000).unwrap();
    let limits = wgpu::Limits { max_buffer_size: 1 << 32, ..Default::default() };
    let choice = Options::default().choose(&alexnet(), &shape, F64).unwrap();
    let refused = Recipe::new(&alexnet(), &shape, Operation::Forward, false, choice, F64, &limits)
        .unwrap_err();
    let needed = 5 * 4000 * 3000 * 4 + 256;
    assert_eq!(
        refused,
        Error::Limit { limit: "max_storage_buffer_binding_size", needed, granted: 128 << 20 }
    );
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
        recipe(&alexnet(), &shape, Operation::Forward, Kernel::Column, &limits)
            .passes
            .remove(0)
            .shader
    };
    assert_eq!(shader(55), shader(27));
}

#[test]
fn only_wide_windows_need_a_workspace() {
    let limits = wgpu::Limits::default();
    let workspace = |channels, window, kernel| {
        let lrn = Lrn::exact(window, window, 0.1, 0.75, 1.0).unwrap();
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
        for choice in Choice::available(&alexnet(), &shape, F64) {
            let recipe =
                Recipe::new(&alexnet(), &shape, Operation::Backward, false, choice, F64, &limits);
            assert_eq!(recipe.unwrap().passes[0].dispatches, []);
        }
    }
}
