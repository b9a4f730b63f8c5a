//! What is asked of every kernel on every device, native or in a browser: layers on tensors, each computed by every
//! choice there is, against the f64 reference.

use crate::cases::{CASES, Case};
use crate::guarded::{self, text};
use crate::hostile::{HOSTILE, Hostile, Input, PLACES, Place};
use crate::{of_dtype, plan, values};
use wgpu_lrn::check::{self, Report};
use wgpu_lrn::internals::Recipe;
use wgpu_lrn::{Choice, Dtype, Element, Gpu, Kernel, Lrn, Operation, Precision, Shape, wgpu};

/// An operation of a layer on a tensor.
#[derive(Clone, Debug)]
pub struct Check {
    pub name: &'static str,
    pub lrn: Lrn,
    pub shape: Shape,
    pub operation: Operation,
    /// Whether y takes the place of x, or dx that of dy.
    pub in_place: bool,
    pub input: Input,
}

/// Returns every case in f32, fast and exact, in f64, and in a half type: the two differ by their codec alone, so that
/// they take turns.
pub fn plain(operation: Operation) -> Vec<Check> {
    use Precision::{Exact, Fast};
    let of_case = |(number, case): (usize, &Case)| {
        let half = [Dtype::F16, Dtype::Bf16][number % 2];
        let types = [(Dtype::F32, Fast), (Dtype::F32, Exact), (half, Fast), (Dtype::F64, Fast)];
        let lrn = case.lrn();
        types.map(|(dtype, precision)| Check {
            lrn: lrn.with_precision(precision),
            ..Check::new(case, dtype, operation)
        })
    };
    CASES.iter().enumerate().flat_map(of_case).collect()
}

/// Layers with ReLU before, with a scale and a blend after, and with all, of every type.
pub fn fused() -> Vec<Check> {
    // All kernels and widths among them.
    let names = ["four_pixels", "runs_last", "narrowest_wide", "whole_axis_fours"];
    let cases = CASES.iter().filter(|case| names.contains(&case.name));
    let typed = cases.flat_map(|case| Dtype::ALL.iter().map(move |&dtype| (case, dtype)));
    let layers = typed.flat_map(|(case, dtype)| {
        let lrn = case.lrn();
        let layers =
            [lrn.with_relu().with_blend(-1.7, 0.6).unwrap(), lrn.with_relu(), lrn.with_blend(0.3, 0.0).unwrap()];
        let count = if dtype == Dtype::F32 { layers.len() } else { 1 };
        layers.into_iter().take(count).map(move |lrn| (case, dtype, lrn))
    });
    let of_layer = |(case, dtype, lrn): (&Case, Dtype, Lrn)| {
        let check = |&operation| Check { lrn: lrn.clone(), ..Check::new(case, dtype, operation) };
        Operation::ALL.iter().map(check).collect::<Vec<_>>()
    };
    layers.flat_map(of_layer).collect()
}

/// Returns checks of y in the place of x and of dx in that of dy; plain, of the other types in turns, and with all that
/// is fused.
pub fn in_place() -> Vec<Check> {
    let small = CASES.iter().filter(|case| case.shape().elements() < 1000).enumerate();
    let types = [Dtype::F16, Dtype::Bf16, Dtype::F64];
    let small = small.map(|(number, case)| Check::new(case, types[number % 3], Operation::Forward));
    let all = CASES.iter().map(|case| Check::new(case, Dtype::F32, Operation::Forward));
    let fused = fused().into_iter().filter(|check| check.operation == Operation::Forward);
    let of_check = |check: Check| {
        [Operation::Forward, Operation::Backward].map(|operation| Check { operation, in_place: true, ..check.clone() })
    };
    all.chain(small).chain(fused).flat_map(of_check).collect()
}

/// Returns every hostile layer and input, on every place. Types, operations and what is fused take turns.
pub fn hostile() -> Vec<Check> {
    let pairs = HOSTILE.iter().flat_map(|hostile| PLACES.iter().map(move |place| (hostile, place)));
    pairs.enumerate().map(|(turn, (hostile, place))| Check::of_hostile(hostile, place, turn)).collect()
}

impl Check {
    pub fn new(case: &Case, dtype: Dtype, operation: Operation) -> Check {
        let (lrn, shape) = (case.lrn(), case.shape().with_dtype(dtype));
        Check { name: case.name, lrn, shape, operation, in_place: false, input: Input::Ordinary }
    }

    /// Returns a hostile layer, of the type, with the operation and the steps around it, that have a turn.
    pub fn of_hostile(hostile: &Hostile, place: &Place, turn: usize) -> Check {
        // Numbers of turns without a common factor: all combinations come.
        let dtype = [Dtype::F32, Dtype::F32, Dtype::Bf16, Dtype::F32, Dtype::F16, Dtype::F64, Dtype::F32];
        let operation =
            [Operation::Backward, Operation::Forward, Operation::Backward, Operation::SquareSums, Operation::Backward];
        let dtype = match (dtype[turn % dtype.len()], hostile.input) {
            // In f16 those are infinities and subnormal numbers, and devices may flush what is to be multiplied.
            (Dtype::F16, Input::Decades(..)) => Dtype::Bf16,
            (dtype, _) => dtype,
        };
        let lrn = hostile.lrn(place).with_precision(Precision::ALL[turn % 2]);
        let lrn = match turn % 9 {
            2 => lrn.with_relu(),
            4 => lrn.with_blend(-1.7, 0.0).unwrap(),
            6 => lrn.with_relu().with_blend(0.3, 0.6).unwrap(),
            _ => lrn,
        };
        let operation = operation[turn % operation.len()];
        Check {
            name: hostile.name,
            lrn,
            shape: place.shape().with_dtype(dtype),
            operation,
            in_place: turn % 4 == 3 && operation != Operation::SquareSums,
            input: hostile.input,
        }
    }

    /// Returns the choices that compute it on a device.
    pub fn choices(&self, gpu: &Gpu) -> Vec<Choice> {
        let mut choices = crate::choices(&self.lrn, &self.shape, gpu.device().features());
        choices.retain(|choice| !self.in_place || self.is_replaced_by(*choice, gpu));
        choices
    }

    /// Returns `true` if a choice works in place. *pixel* may have no room for all channels of a pixel.
    fn is_replaced_by(&self, choice: Choice, gpu: &Gpu) -> bool {
        let (features, limits) = (gpu.device().features(), gpu.device().limits());
        let Check { lrn, shape, operation, .. } = self;
        let recipe = Recipe::new(lrn, shape, *operation, true, choice, features, &limits);
        let has_room = choice.kernel != Kernel::Pixel || shape.channels() <= 1000;
        choice.computes_in_place(*operation) && (has_room || recipe.is_ok())
    }

    /// Computes it by a choice, and compares the result with the reference.
    ///
    /// # Errors
    ///
    /// What the library refused, or what was written where, in words.
    pub async fn run(&self, gpu: &Gpu, choice: Choice) -> Result<Report, String> {
        of_dtype!(self.shape.dtype(), T => self.run_of::<T>(gpu, choice).await)
    }

    async fn run_of<T: Element>(&self, gpu: &Gpu, choice: Choice) -> Result<Report, String> {
        let (x, dy) = (self.input.x::<T>(&self.shape, 1), self.input.dy::<T>(&self.shape, 2));
        let old = values::<T>(&self.shape, 3);
        let blends = self.lrn.blend() != 0.0;
        let inputs: &[&[T]] = match (self.operation, blends) {
            (Operation::SquareSums, _) | (Operation::Forward, false) => &[&x],
            // In place it blends with what it replaces.
            (Operation::Forward, true) => &[&x, if self.in_place { &x } else { &old }],
            (Operation::Backward, false) => &[&x, &dy],
            (Operation::Backward, true) => &[&x, &dy, if self.in_place { &dy } else { &old }],
        };
        let got = match self.in_place {
            true => self.replace(gpu, choice, inputs).await?,
            false => {
                let plan = plan(gpu, choice, &self.lrn, &self.shape);
                guarded::run(gpu, &plan, self.operation, inputs).await?
            }
        };
        check::run(&self.lrn, &self.shape, self.operation, inputs, &got).map_err(text)
    }

    /// Runs it with the result in the place of the last input.
    async fn replace<T: Element>(&self, gpu: &Gpu, choice: Choice, inputs: &[&[T]]) -> Result<Vec<T>, String> {
        let layer = gpu.layer_with_tuning(&self.lrn, &self.shape, choice).map_err(text)?;
        let inputs = &inputs[..self.operation.operands().len() - 1]; // without what is blended in
        let buffers: Result<Vec<_>, _> = inputs.iter().map(|input| gpu.upload(input)).collect();
        let buffers = buffers.map_err(text)?;
        let last = &buffers[inputs.len() - 1];
        let operands: Vec<_> = buffers.iter().chain([last]).map(Into::into).collect();
        layer.submit(self.operation, &operands).await.map_err(text)?;
        let mut got: Vec<T> = gpu.download(last).await.map_err(text)?;
        buffers.iter().for_each(wgpu::Buffer::destroy);
        got.truncate(inputs[0].len());
        Ok(got)
    }
}

impl std::fmt::Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Check { name, lrn, shape, operation, in_place, .. } = self;
        let (precision, dtype) = (lrn.precision().name(), shape.dtype().name());
        write!(f, "{name} {} {precision} {dtype}", operation.name())?;
        if lrn.has_relu() {
            write!(f, " relu")?;
        }
        if (lrn.scale(), lrn.blend()) != (1.0, 0.0) {
            write!(f, " scale {} blend {}", lrn.scale(), lrn.blend())?;
        }
        if *in_place { write!(f, " in place") } else { Ok(()) }
    }
}
