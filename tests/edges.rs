//! Numbers at their edges: layers and inputs that are tiny, huge, infinite or NaN.

use std::collections::BTreeMap;
use test_support::checks::{self, Check};
use test_support::hostile::{HOSTILE, Input, PLACES, Place};
use test_support::{describe, gpus, gpus_of, plan, run};
use wgpu_lrn::check;
use wgpu_lrn::{Choice, Dtype, Gpu, Lrn, Operation, Precision, block_on, wgpu};

/// What share of the elements is claimed at least where it is not all of them, and why.
const CLAIMED: &[(&str, f64)] = &[
    ("steep_absurdly", 0.0), // a rounding error of b decides whether b^(−β) is 0 or 1
];

/// Runs a check by every choice of a GPU, and says what is wrong.
fn complaints(check: &Check, gpu: &Gpu) -> Vec<String> {
    let exception = CLAIMED.iter().find(|(name, _)| *name == check.name);
    let share = exception.map_or(1.0, |(_, share)| *share);
    let complaint = |choice: Choice| {
        let who = format!("{check} {choice} on {}", describe(gpu));
        match block_on(check.run(gpu, choice)) {
            Err(refusal) => Some(format!("{who}: {refusal}")),
            Ok(report) => {
                let is_claimed = report.claimed as f64 >= share * report.elements as f64;
                let is_right = report.ratio <= 1.0 && is_claimed;
                (!is_right).then(|| format!("{who}: {report}"))
            }
        }
    };
    check.choices(gpu).into_iter().filter_map(complaint).collect()
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "{} wrong:\n{}", complaints.len(), complaints.join("\n"));
}

#[test]
fn hostile_layers_are_within_the_bound_in_every_type() {
    let mut wrong = Vec::new();
    for (turn, check) in checks::hostile().iter().enumerate() {
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
fn hostile_layers_are_within_the_bound_in_f32() {
    let places =
        PLACES.iter().flat_map(|place| HOSTILE.iter().map(move |hostile| (place, hostile)));
    let mut wrong = Vec::new();
    for (place, hostile) in places {
        for (&precision, &operation) in
            Precision::ALL.iter().flat_map(|p| Operation::ALL.iter().map(move |o| (p, o)))
        {
            let check = Check {
                name: hostile.name,
                lrn: hostile.lrn(place).with_precision(precision),
                shape: place.shape(),
                operation,
                in_place: false,
                input: hostile.input,
            };
            wrong.extend(complaints(&check, &gpus()[0]));
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
        Lrn::exact_over(place.windows, A * factor, beta, K * factor).unwrap()
    }

    /// Whether b, its powers and the squares are normal numbers of f32, whatever x is.
    fn is_normal(&self) -> bool {
        let count: u32 = self.place.windows.iter().map(|(p, q)| p + q + 1).product();
        let squares = f64::from(count) * self.size * self.size;
        let bases = [K, K + A * squares].map(|b| b * self.factor);
        let powers = bases.iter().flat_map(|b| [1.0, -self.beta, -0.5, -1.0].map(|e| b.powf(e)));
        let is_normal = |v: f64| (f64::from(f32::MIN_POSITIVE)..=2f64.powi(124)).contains(&v);
        powers.chain([squares]).all(is_normal)
    }
}

/// (c·a, c·k) only multiplies y and dx by c^(−β).
#[test]
fn results_do_not_depend_on_the_scale_of_a_and_k() {
    let mut counts = BTreeMap::new();
    for (place, beta) in PLACES.iter().flat_map(|p| [0.5, 0.75, 1.0, 0.6].map(|beta| (p, beta))) {
        for exponent in (-100..=100).step_by(20) {
            for size in [1e-18, 1e-9, 1.0, 1e9, 1e18] {
                let scaled = Scaled { place, beta, factor: 2f64.powi(exponent), size };
                if scaled.is_normal() {
                    assert_scaled(&scaled);
                    *counts.entry((exponent, size.to_bits())).or_insert(0) += 1;
                }
            }
        }
    }
    assert!(counts.len() > 40, "{counts:?}");
}

fn assert_scaled(scaled: &Scaled) {
    let (gpu, shape) = (&gpus()[0], scaled.place.shape());
    let input = Input::Near(scaled.size);
    let (x, dy) = (input.x::<f32>(&shape, 21), input.dy::<f32>(&shape, 22));
    for lrn in Precision::ALL.iter().map(|&precision| scaled.lrn().with_precision(precision)) {
        for choice in Choice::available(&lrn, &shape, gpu.device().features()) {
            let dx = run(gpu, &plan(gpu, choice, &lrn, &shape), Operation::Backward, &[&x, &dy]);
            let report = check::backward(&lrn, &shape, &x, &dy, &dx).unwrap();
            let Scaled { beta, factor, size, .. } = scaled;
            let who = format!("{choice}, beta {beta}, factor {factor:e}, x {size:e}");
            assert!(report.passed() && report.is_complete(), "{who}: {report}");
            let most = if lrn.precision() == Precision::Exact { 1.5 } else { 12.0 };
            assert!(report.ulps <= most, "{who}: {report}");
        }
    }
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
                        lrn: Lrn::exact_over(place.windows, 0.6, beta, 1.4).unwrap(),
                        shape: place.shape().of(dtype),
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
