//! The same bits: for one kernel on one device the result of an element depends on its image alone; not on the run, the
//! batch, the cut of the tensor, where operands lie, or what lies around them. `Exception` says where that ends.

use std::collections::BTreeSet;
use test_support::draw::{self, Drawn, Unstructured};
use test_support::{Random, adapters, describe, of_dtype};
use wgpu_lrn::internals::{Recipe, Stage};
use wgpu_lrn::{
    Choice, Dtype, Element, Error, Gpu, Kernel, Lrn, Operand, Operation, Plan, Precision, Shape, block_on, wgpu,
};

/// A layer on images.
struct Case {
    image: &'static [usize],
    /// Counted from the axis of the batch, 0.
    axes: &'static [isize],
    windows: &'static [(u32, u32)],
}

#[rustfmt::skip]
const fn case(image: &'static [usize], axes: &'static [isize], windows: &'static [(u32, u32)]) -> Case {
    Case { image, axes, windows }
}

/// Most images are larger than a small binding, which then ends at no multiple of what a kernel sums together.
#[rustfmt::skip]
const CASES: &[Case] = &[
    case(&[57, 42],    &[1],    &[(5, 3)]),          // *pixel* takes segments, but in place all channels
    case(&[4, 1030],   &[-1],   &[(2, 4)]),          // *row* joins two pixels of an image
    case(&[1103, 3],   &[1],    &[(2, 3)]),          // *pixel* takes segments
    case(&[6, 43],     &[-1],   &[(2, 3)]),          // *row* joins four pixels, also of two images
    case(&[37, 9, 4],  &[1, 2], &[(2, 3), (4, 1)]),
    case(&[60, 19],    &[1, 2], &[(14, 8), (2, 9)]),
    case(&[40, 6],     &[1],    &[(39, 40)]),
    case(&[2, 1108],   &[-1],   &[(5, 2)]),          // *row* sums eight windows together
    case(&[1103, 2],   &[1],    &[(20, 13)]),        // *ring* takes several segments, but in place one
    case(&[45, 28],    &[1, 2], &[(1, 1), (2, 0)]),  // *plane* takes tiles
    case(&[61, 19],    &[1, 2], &[(2, 3), (4, 1)]),  // *plane* walks
];

/// Images of a batch.
const IMAGES: usize = 5;

/// Where the promise ends.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Exception {
    /// Where the channels of a pixel are no multiple of 4, *row* joins 2 or 4 pixels: bits depend on the pixel's
    /// place among them. The last pixels of the tensor, which are too few to be joined, are *pixel*'s.
    Joined,
    /// Backward, but in exact f32, sums squares in a pass of its own where a small binding has no room for two halos,
    /// or for a workspace.
    Split,
    /// In place *pixel* takes all channels of an axis, of which it else may take segments.
    InPlace,
}

/// A layer by a choice on an image, alone and as the first, the third and the last of a batch.
struct Run<'a> {
    /// A device, and the same with small limits.
    gpus: [&'a Gpu; 2],
    operation: Operation,
    lrn: Lrn,
    choice: Choice,
    shapes: [Shape; 2],
    /// In bytes.
    inputs: [Vec<Vec<u8>>; 2],
}

/// Where operands lie in a buffer: so many bytes apart, among bytes of one value.
#[derive(Clone, Copy)]
struct Layout {
    apart: usize,
    around: u8,
}

const PLAIN: Layout = Layout { apart: 0, around: 0 };
/// In every type a NaN.
const AMONG_NAN: Layout = Layout { apart: 768, around: 0xFF };
/// In every type a large number.
const AMONG_LARGE: Layout = Layout { apart: 256, around: 0x7B };

/// What was seen in all runs.
#[derive(Default)]
struct Seen {
    kernels: BTreeSet<&'static str>,
    /// Dispatches that small limits add.
    cuts: usize,
    /// Those for which bits did differ.
    exceptions: BTreeSet<Exception>,
}

impl Case {
    /// Returns every choice of two devices for an operation.
    fn runs<'a>(&self, gpus: [&'a Gpu; 2], operation: Operation, dtype: Dtype, precision: Precision) -> Vec<Run<'a>> {
        let lrn = Lrn::over(self.windows, 0.013, 0.75, 1.3).unwrap();
        let lrn = lrn.with_precision(precision);
        let dims = [1, IMAGES].map(|images| [&[images], self.image].concat());
        let shapes = dims.map(|dims| Shape::over(&dims, self.axes).unwrap().with_dtype(dtype));
        let inputs = inputs(&shapes[0], operation);
        let available = |shape| test_support::choices(&lrn, shape, gpus[0].device().features());
        let choices = available(&shapes[0]);
        assert_eq!(choices, available(&shapes[1]));
        let run = |choice| {
            let (lrn, shapes, inputs) = (lrn.clone(), shapes.clone(), inputs.clone());
            Run { gpus, operation, lrn, choice, shapes, inputs }
        };
        choices.into_iter().map(run).collect()
    }
}

/// Draws the inputs of an operation: of an image, and of a batch that surrounds it with others.
fn inputs(image: &Shape, operation: Operation) -> [Vec<Vec<u8>>; 2] {
    let mut random = Random(image.elements());
    let inputs = 0..operation.operands().len() - 1;
    let images: Vec<_> = inputs.map(|_| [(); 3].map(|()| drawn(&mut random, image))).collect();
    let batch = |[image, a, b]: &[Vec<u8>; 3]| [image, a, image, b, image].map(Vec::as_slice).concat();
    [images.iter().map(|[image, ..]| image.clone()).collect(), images.iter().map(batch).collect()]
}

/// Draws elements of both signs and several magnitudes, in bytes.
fn drawn(random: &mut Random, shape: &Shape) -> Vec<u8> {
    of_dtype!(shape.dtype(), T => {
        let elements = (0..shape.elements()).map(|_| random.decades(-2.0, 2.0).into());
        let elements: Vec<T> = elements.map(<T as Element>::from_f64).collect();
        bytemuck::cast_slice(&elements).to_vec()
    })
}

impl Run<'_> {
    fn check(&self, seen: &mut Seen) {
        let [[alone, batch], [small, small_batch]] = self.gpus.map(|gpu| self.plans(gpu));
        let expected = self.result(&alone, PLAIN, false);
        for (what, plan, layout) in [
            ("again", &alone, PLAIN),
            ("elsewhere", &alone, AMONG_NAN),
            ("in a batch", &batch, AMONG_LARGE),
            ("cut", &small, AMONG_LARGE),
            ("cut and in a batch", &small_batch, AMONG_NAN),
        ] {
            let [before, after] = [&alone, plan].map(|plan| plan.recipe(self.operation).unwrap());
            let exception = self.is_split(&before, &after).then_some(Exception::Split);
            self.compare(what, &expected, &self.result(plan, layout, false), exception, seen);
            seen.cuts += dispatches(&after) - dispatches(&before);
        }
        if let Some(in_place) = self.in_place() {
            let differs = segment(&in_place) != segment(&alone.recipe(self.operation).unwrap());
            let exception = (differs && self.choice.kernel == Kernel::Pixel).then_some(Exception::InPlace);
            for (what, plan) in [("in place", &alone), ("in place and in a batch", &batch)] {
                self.compare(what, &expected, &self.result(plan, AMONG_NAN, true), exception, seen);
            }
        }
        seen.kernels.insert(self.choice.kernel.name());
    }

    /// Creates a plan of the image, and one of the batch.
    fn plans(&self, gpu: &Gpu) -> [Plan; 2] {
        let plan = |shape| Plan::with_tuning(gpu, &self.lrn, shape, self.choice).unwrap();
        self.shapes.each_ref().map(plan)
    }

    /// Returns `true` if a pass has become two.
    fn is_split(&self, before: &Recipe, after: &Recipe) -> bool {
        let is_split = stages(before) != stages(after);
        if is_split {
            assert_eq!(stages(before), [Stage::Only]);
            assert_eq!(stages(after), [Stage::Squares, Stage::OnlyTerms]);
            assert_eq!(self.lrn.precision(), Precision::Fast);
        }
        is_split
    }

    /// Returns the recipe of the image in place, if there is one.
    fn in_place(&self) -> Option<Recipe> {
        let Run { gpus, operation, lrn, choice, shapes, .. } = self;
        let (features, limits) = (gpus[0].device().features(), gpus[0].device().limits());
        if !choice.computes_in_place(*operation) {
            return None;
        }
        match Recipe::new(lrn, &shapes[0], *operation, true, *choice, features, &limits) {
            Err(Error::Capacity { kernel: Kernel::Pixel, .. }) => None, // no room for all channels
            recipe => Some(recipe.unwrap()),
        }
    }

    /// Returns the result of operands that lie in one buffer.
    fn result(&self, plan: &Plan, layout: Layout, in_place: bool) -> Vec<u8> {
        let size = plan.shape().bytes() as usize;
        let inputs = &self.inputs[usize::from(*plan.shape() != self.shapes[0])];
        let blank = vec![layout.around; size];
        let operands = inputs.iter().chain([&blank]).take(inputs.len() + usize::from(!in_place));
        let (mut bytes, mut offsets) = (Vec::new(), Vec::new());
        for operand in operands {
            bytes.resize(bytes.len().next_multiple_of(256) + layout.apart, layout.around);
            offsets.push(bytes.len());
            bytes.extend(operand);
        }
        bytes.resize(bytes.len().next_multiple_of(4) + layout.apart, layout.around);
        let start = offsets[offsets.len() - 1];
        offsets.extend(in_place.then_some(start));
        let bytes = self.computed(plan, &bytes, &offsets);
        bytes[start..start + size].to_vec()
    }

    /// Returns a buffer of operands after a plan has run on it.
    fn computed(&self, plan: &Plan, bytes: &[u8], offsets: &[usize]) -> Vec<u8> {
        let gpu = self.gpus.into_iter().find(|gpu| gpu.device() == plan.device()).unwrap();
        let buffer = &gpu.upload::<f32>(&bytemuck::pod_collect_to_vec(bytes)).unwrap();
        let size = plan.shape().operand_bytes();
        let operands = offsets.iter().map(|&offset| Operand { buffer, offset: offset as u64, size });
        let operands: Vec<_> = operands.collect();
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        plan.record(&mut encoder, self.operation, &operands).unwrap();
        gpu.queue().submit([encoder.finish()]);
        let computed = block_on(gpu.download::<f32>(buffer)).unwrap();
        buffer.destroy();
        bytemuck::pod_collect_to_vec(&computed)
    }

    /// Compares the image, wherever it is, with what was expected of it.
    fn compare(&self, what: &str, expected: &[u8], got: &[u8], exception: Option<Exception>, seen: &mut Seen) {
        let element_bytes = self.shapes[0].dtype().bytes() as usize;
        let images = got.len() / expected.len();
        for (image, got) in got.chunks(expected.len()).enumerate().step_by(2) {
            let elements = expected.chunks(element_bytes).zip(got.chunks(element_bytes)).enumerate();
            for (element, (expected, got)) in elements.filter(|(_, (expected, got))| expected != got) {
                let joined = self.place(element, 0, 1) != self.place(element, image, images);
                let exception = exception.or(joined.then_some(Exception::Joined));
                let exception = exception.unwrap_or_else(|| {
                    panic!("{self} {what}: element {element} of image {image}: {got:?}, alone {expected:?}")
                });
                seen.exceptions.insert(exception);
            }
        }
    }

    /// Returns the place among joined pixels of that of an element of an image; none for those that are left over.
    fn place(&self, element: usize, image: usize, images: usize) -> Option<usize> {
        let channels = self.shapes[0].channels() as usize;
        let joined = match (self.choice.kernel, channels % 4) {
            (Kernel::Row, 1 | 3) => 4,
            (Kernel::Row, 2) => 2,
            _ => return Some(0),
        };
        let pixels = self.shapes[0].outer() as usize; // of an image
        let pixel = image * pixels + element / channels;
        (pixel < images * pixels / joined * joined).then_some(pixel % joined)
    }
}

impl std::fmt::Display for Run<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Run { gpus, operation, lrn, choice, shapes, .. } = self;
        let (operation, precision, gpu) = (operation.name(), lrn.precision(), describe(gpus[0]));
        write!(f, "{operation} {precision:?} {choice} of {:?} on {gpu}", shapes[0])
    }
}

fn stages(recipe: &Recipe) -> Vec<Stage> {
    // *row* may leave its last pixels to a second pass.
    let mut stages: Vec<_> = recipe.passes.iter().map(|pass| pass.shader.stage).collect();
    stages.dedup();
    stages
}

fn dispatches(recipe: &Recipe) -> usize {
    recipe.passes.iter().map(|pass| pass.dispatches.len()).sum()
}

/// Returns the channels of a segment in the pass that makes the result.
fn segment(recipe: &Recipe) -> u32 {
    recipe.passes[recipe.passes.len() - 1].dispatches[0].params.tensor.segment
}

/// Opens an adapter twice, as it is and with small limits: bindings of 4 KiB that begin at any multiple of 256 bytes,
/// and grids of 25 workgroups.
fn opened(adapter: &wgpu::Adapter) -> [Gpu; 2] {
    let gpu = block_on(Gpu::with_adapter(adapter)).unwrap();
    let required_limits = wgpu::Limits {
        max_storage_buffer_binding_size: 4096,
        min_storage_buffer_offset_alignment: 256,
        max_compute_workgroups_per_dimension: 5,
        ..gpu.device().limits()
    };
    let required_features = gpu.device().features();
    let descriptor = wgpu::DeviceDescriptor { required_limits, required_features, ..Default::default() };
    let (device, queue) = block_on(adapter.request_device(&descriptor)).unwrap();
    [gpu, Gpu::new(&device, &queue)]
}

/// Compares every case in fast f32 and, by turns, in another type or precision. Compiling takes the time here; GL,
/// which takes a second for a shader, computes every third case.
fn every_case(operation: Operation) -> Seen {
    let mut seen = Seen::default();
    for adapter in adapters() {
        let [gpu, small]: &[Gpu; 2] = Box::leak(Box::new(opened(&adapter)));
        let every = if gpu.info().backend == wgpu::Backend::Gl { 3 } else { 1 };
        for (number, case) in CASES.iter().enumerate().step_by(every) {
            let (dtype, precision) = [
                ([Dtype::F16, Dtype::Bf16][number % 2], Precision::Fast),
                (Dtype::F32, Precision::Exact),
                (Dtype::F64, Precision::Fast),
            ][(number + operation as usize) % 3];
            for (dtype, precision) in [(Dtype::F32, Precision::Fast), (dtype, precision)] {
                let runs = case.runs([gpu, small], operation, dtype, precision);
                runs.iter().for_each(|run| run.check(&mut seen));
            }
        }
    }
    assert_eq!(seen.kernels.len(), Kernel::ALL.len(), "{:?}", seen.kernels);
    assert!(seen.cuts > 100, "{}", seen.cuts);
    seen
}

#[test]
fn square_sums() {
    let seen = every_case(Operation::SquareSums);
    assert_eq!(seen.exceptions, [Exception::Joined].into());
}

#[test]
fn forward() {
    let seen = every_case(Operation::Forward);
    assert_eq!(seen.exceptions, [Exception::Joined, Exception::InPlace].into());
}

#[test]
fn backward() {
    let seen = every_case(Operation::Backward);
    assert_eq!(seen.exceptions, [Exception::Joined, Exception::Split, Exception::InPlace].into());
}

/// A batch has fewer segments than an image alone: its pixels are more, and keep the device busy.
#[test]
fn segments_that_a_batch_changes() {
    let case = case(&[99, 30, 40], &[1], &[(1, 1)]);
    for adapter in adapters() {
        let [gpu, small]: &[Gpu; 2] = Box::leak(Box::new(opened(&adapter)));
        let runs = case.runs([gpu, small], Operation::Backward, Dtype::F32, Precision::Fast);
        let column = Choice::new(Kernel::Column, 1);
        for run in runs.iter().filter(|run| run.choice == column) {
            let plans = run.plans(gpu);
            let [alone, batch] = plans.each_ref().map(|plan| run.result(plan, PLAIN, false));
            run.compare("in a batch", &alone, &batch, None, &mut Seen::default());
            let segments = plans.map(|plan| segment(&plan.recipe(run.operation).unwrap()));
            assert_eq!(segments, [14, 22], "{run}");
        }
    }
}

/// What a kernel sums together begins at the same channels in every piece: where the shader does not see to that, the
/// cut does.
#[test]
fn segments_begin_at_whole_steps_and_runs() {
    let mut random = Random(22);
    let mut cut = BTreeSet::new();
    for _ in 0..20_000 {
        let bytes = draw::bytes(&mut random, 200);
        let drawn = Drawn::new(&mut Unstructured::new(&bytes)).unwrap();
        let Drawn { lrn, shape, operation, choice, mut limits, .. } = drawn;
        // No binding is too small for a run with its halos.
        limits.max_storage_buffer_binding_size = limits.max_storage_buffer_binding_size.max(1024);
        let features = wgpu::Features::SHADER_F64;
        let choices = test_support::choices(&lrn, &shape, features);
        let choice = choices[choice % choices.len()];
        let recipe = Recipe::new(&lrn, &shape, operation, false, choice, features, &limits);
        for pass in recipe.iter().flat_map(|recipe| &recipe.passes) {
            let constant = |name| pass.shader.constant(name);
            let grain = constant("GRAIN").or(constant("STEP"));
            for params in pass.dispatches.iter().map(|dispatch| dispatch.params) {
                let (segment, begin) = (params.tensor.segment, params.part.write_begin);
                let is_aligned = match grain {
                    Some(grain) => segment.is_multiple_of(grain),
                    None => begin.is_multiple_of(segment),
                };
                let is_row = pass.shader.choice.kernel == Kernel::Row;
                assert!(is_aligned || (params.part.segments == 1 && !is_row), "{pass:#?}");
                if begin > 0 {
                    cut.insert(pass.shader.choice.kernel.name());
                }
            }
        }
    }
    assert_eq!(cut.len(), 6, "{cut:?}"); // *whole* is never cut through an image
}
