//! Numbers at their edges: layers and inputs that are tiny, huge, infinite or NaN.

use std::collections::HashSet;
use test_support::checks::{self, Check};
use test_support::hostile::{HOSTILE, Input, PLACES, Place};
use test_support::{describe, gpus, gpus_of, is_right, run};
use wgpu_lrn::check::{self, Report};
use wgpu_lrn::{Choice, Dtype, Gpu, Lrn, Operation, Pipelines, Plan, Precision, Shape, block_on, wgpu};

/// What share of the elements is claimed at least where it is not all of them, and why.
const CLAIMED: &[(&str, f64)] = &[
    ("tiny_k_tiny_x", 0.3),    // where x is 0 in f16, what may be flushed in a·s is as large as k
    ("growing_infinity", 0.8), // whether a term is infinite or NaN, for β below −1
];

fn is_claimed_and_right(name: &str, report: &Report) -> bool {
    let exception = CLAIMED.iter().find(|(exception, _)| *exception == name);
    let share = exception.map_or(1.0, |(_, share)| *share);
    report.ratio <= 1.0 && report.claimed as f64 >= share * report.elements as f64
}

/// Runs a check by every choice of a GPU, and says what is wrong.
fn complaints(check: &Check, gpu: &Gpu) -> Vec<String> {
    let complaint = |choice: Choice| {
        let who = format!("{check} {choice} on {}", describe(gpu));
        match block_on(check.run(gpu, choice)) {
            Err(refusal) => Some(format!("{who}: {refusal}")),
            Ok(report) if is_claimed_and_right(check.name, &report) => None,
            Ok(report) => Some(format!("{who}: {report}")),
        }
    };
    check.choices(gpu).into_iter().filter_map(complaint).collect()
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} wrong:\n{}", complaints.len(), complaints.join("\n"));
}

/// Runs every hostile check of the operations by every choice of every GPU.
fn assert_hostile_layers_are_right(operations: &[Operation]) {
    let mut wrong = Vec::new();
    let checks = checks::hostile();
    let wanted = checks.iter().filter(|check| operations.contains(&check.operation));
    for (turn, check) in wanted.enumerate() {
        for gpu in gpus_of(check.shape.dtype()) {
            if gpu.info().backend == wgpu::Backend::Gl && turn % 3 > 0 {
                continue; // compiles for a second
            }
            wrong.extend(complaints(check, gpu));
        }
    }
    assert_none(&wrong);
}

#[test]
fn hostile_layers_are_within_the_bound_forward() {
    assert_hostile_layers_are_right(&[Operation::Forward, Operation::SquareSums]);
}

#[test]
fn hostile_layers_are_within_the_bound_backward() {
    assert_hostile_layers_are_right(&[Operation::Backward]);
}

/// Runs backward, by every choice of the first GPU in every precision, with pipelines that layers share.
fn gradients(pipelines: &Pipelines, lrn: &Lrn, shape: &Shape, input: Input) -> Vec<(Precision, Choice, Report)> {
    let gpu = &gpus()[0];
    let (x, dy) = (input.x::<f32>(shape, 21), input.dy::<f32>(shape, 22));
    let report = |lrn: &Lrn, choice: Choice| {
        let plan = Plan::with_tuning(pipelines, lrn, shape, choice).unwrap();
        let dx = run(gpu, &plan, Operation::Backward, &[&x, &dy]);
        (lrn.precision(), choice, check::backward(lrn, shape, &x, &dy, &dx).unwrap())
    };
    let of_precision = |&precision: &Precision| {
        let lrn = lrn.with_precision(precision);
        let choices = test_support::choices(&lrn, shape, gpu.device().features());
        choices.into_iter().map(|choice| report(&lrn, choice)).collect::<Vec<_>>()
    };
    Precision::ALL.iter().flat_map(of_precision).collect()
}

#[test]
fn hostile_gradients_are_within_the_bound_by_every_kernel() {
    let mut wrong = Vec::new();
    for place in PLACES {
        let pipelines = Pipelines::new(gpus()[0].device());
        for hostile in HOSTILE {
            let all = gradients(&pipelines, &hostile.lrn(place), &place.shape(), hostile.input);
            let all = all.iter().filter(|(.., report)| !is_claimed_and_right(hostile.name, report));
            let complaint = |(precision, choice, report): &(Precision, Choice, Report)| {
                format!("{} {} {choice}: {report}", hostile.name, precision.name())
            };
            wrong.extend(all.map(complaint));
        }
    }
    assert_none(&wrong);
}

/// A layer whose a and k are so many times those of another, on inputs of some magnitude.
struct Scaled {
    place: &'static Place,
    beta: f64,
    factor: f64,
    size: f64,
}

const A: f64 = 0.3;
const K: f64 = 0.7;

impl Scaled {
    fn lrn(&self) -> Lrn {
        let Scaled { place, beta, factor, .. } = *self;
        Lrn::over(place.windows, A * factor, beta, K * factor).unwrap()
    }

    /// Returns `true` if b, its powers and the squares are normal numbers of f32, whatever x is.
    fn is_normal(&self) -> bool {
        let count: u32 = self.place.windows.iter().map(|(p, q)| p + q + 1).product();
        let squares = f64::from(count) * self.size * self.size;
        let bases = [K, K + A * squares].map(|b| b * self.factor);
        let powers = bases.iter().flat_map(|b| [1.0, -self.beta, -0.5, -1.0].map(|e| b.powf(e)));
        let is_normal = |v: f64| (f64::from(f32::MIN_POSITIVE)..=2f64.powi(124)).contains(&v);
        powers.chain([squares]).all(is_normal)
    }

    /// Returns what is wrong with its gradients.
    fn complaints(&self, pipelines: &Pipelines) -> Vec<String> {
        let Scaled { place, beta, factor, size } = *self;
        let all = gradients(pipelines, &self.lrn(), &place.shape(), Input::Near(size));
        let is_wrong = |(precision, _, report): &&(Precision, Choice, Report)| {
            // Along several axes sums are rounded between the passes.
            let most = if *precision == Precision::Exact { 2.0 } else { 12.0 };
            !is_right(report) || report.ulps > most
        };
        let complaint = |(precision, choice, report): &(Precision, Choice, Report)| {
            let who = format!("{} {choice}, beta {beta}", precision.name());
            format!("{who}, factor {factor:e}, x {size:e}: {report}")
        };
        all.iter().filter(is_wrong).map(complaint).collect()
    }
}

/// (c·a, c·k) only multiplies y and dx by c^(−β).
#[test]
fn results_do_not_depend_on_the_scale_of_a_and_k() {
    let (mut wrong, mut tried) = (Vec::new(), HashSet::new());
    for (place, beta) in PLACES.iter().flat_map(|p| [0.5, 0.75, 1.0, 0.6].map(|beta| (p, beta))) {
        let pipelines = Pipelines::new(gpus()[0].device());
        for exponent in (-100..=100).step_by(20) {
            for decade in [-18, -9, 0, 9, 18] {
                let (factor, size) = (2f64.powi(exponent), 10f64.powi(decade));
                let scaled = Scaled { place, beta, factor, size };
                if scaled.is_normal() {
                    tried.insert((exponent, decade));
                    wrong.extend(scaled.complaints(&pipelines));
                }
            }
        }
    }
    assert_none(&wrong);
    assert!(tried.len() > 30, "{tried:?}");
}

/// Each NaN and each infinity reaches its window, and is there what the formula makes of it.
#[test]
fn nan_reaches_its_window_for_every_exponent() {
    let mut wrong = Vec::new();
    for place in PLACES {
        for beta in [0.5, 0.75, 1.0, 0.6, 1.7, -0.4] {
            for &dtype in Dtype::ALL {
                for gpu in gpus_of(dtype).filter(|gpu| gpu.info().backend != wgpu::Backend::Gl) {
                    let check = Check {
                        name: "nan",
                        lrn: Lrn::over(place.windows, 0.6, beta, 1.4).unwrap(),
                        shape: place.shape().with_dtype(dtype),
                        operation: Operation::Forward,
                        in_place: false,
                        input: Input::Holds(f64::NAN),
                    };
                    wrong.extend(complaints(&check, gpu));
                }
            }
        }
    }
    assert_none(&wrong);
}
