//! How exact the kernels are, and how far a bad value reaches.

use test_support::{Random, describe, is_right, plan, precise_runs, run, runs, values};
use wgpu_lrn::check::{self, Report};
use wgpu_lrn::{Choice, Gpu, Kernel, Lrn, Operation, Precision, Shape, block_on};

/// Returns both reports of a layer on x and dy.
fn reports(gpu: &Gpu, choice: Choice, lrn: &Lrn, shape: &Shape, x: &[f32], dy: &[f32]) -> [Report; 2] {
    let plan = plan(gpu, choice, lrn, shape);
    let y = run(gpu, &plan, Operation::Forward, &[x]);
    let dx = run(gpu, &plan, Operation::Backward, &[x, dy]);
    [check::forward(lrn, shape, x, &y).unwrap(), check::backward(lrn, shape, x, dy, &dx).unwrap()]
}

/// Look-behind and look-ahead, a and k.
type Window = (u32, u32, f64, f64);

/// Returns a layer with the same window along each axis of a shape.
fn layer(shape: &Shape, (p, q, a, k): Window, beta: f64) -> Lrn {
    Lrn::over(&vec![(p, q); shape.axes()], a, beta, k).unwrap()
}

/// Windows up to 11.
const LAYERS: [Window; 5] = [(0, 0, 1.9, 2.1), (1, 2, 0.7, 1.3), (2, 2, 2e-5, 1.1), (5, 5, 0.7, 0.9), (8, 2, 1.3, 3.1)];

/// A window that is no longer narrow.
const WIDE: [Window; 1] = [(9, 7, 0.5, 1.2)];

/// A choice on an adapter, with a shape for which it is available and the layers to try.
struct Run {
    gpu: &'static Gpu,
    precision: Precision,
    choice: Choice,
    shape: Shape,
    layers: &'static [Window],
}

impl Run {
    fn is_like(&self, gpu: &Gpu, precision: Precision, choice: Choice) -> bool {
        std::ptr::eq(self.gpu, gpu) && self.precision == precision && self.choice == choice
    }
}

/// Returns every choice of every adapter and precision, once.
fn every_choice() -> Vec<Run> {
    let shapes = [
        (Shape::nchw(9, 31, 29, 17).unwrap(), &LAYERS[..]), // odd: single pixels
        (Shape::nchw(9, 31, 29, 16).unwrap(), &LAYERS[..]),
        (Shape::nhwc(9, 29, 17, 32).unwrap(), &LAYERS[..]),
        (Shape::nchw(39, 6, 29, 16).unwrap(), &LAYERS[3..4]), // a window of the whole axis
        (Shape::nchw(5, 31, 29, 16).unwrap(), &WIDE[..]),
        (Shape::over(&[9, 29, 17, 31], &[2, 3]).unwrap(), &LAYERS[1..2]), // a window of 4 by 4
        (Shape::over(&[9, 29, 31, 16], &[1, 2]).unwrap(), &LAYERS[1..2]),
    ];
    let mut all: Vec<Run> = Vec::new();
    for (shape, layers) in shapes {
        for (gpu, choice, lrn) in precise_runs(&layer(&shape, layers[0], 0.75), &shape) {
            let precision = lrn.precision();
            if !all.iter().any(|run| run.is_like(gpu, precision, choice)) {
                all.push(Run { gpu, precision, choice, shape: shape.clone(), layers });
            }
        }
    }
    assert!(Kernel::ALL.iter().all(|k| all.iter().any(|run| run.choice.kernel == *k)));
    all
}

/// Prints and returns the largest errors, in ulp and in units of the bound, over inputs of both signs
/// spread over so many decades below 1 and above.
fn largest(run: &Run, beta: f64, decades: f64) -> [(f64, f64); 2] {
    let &Run { gpu, precision, choice, ref shape, layers } = run;
    let mut largest = [(0.0f64, 0.0f64); 2];
    let who = format!("{} {choice} on {}, beta {beta}", precision.name(), describe(gpu));
    for &window in layers {
        let (p, q, ..) = window;
        let lrn = layer(shape, window, beta).with_precision(precision);
        let mut random = Random(u64::from(p) + 1);
        let mut draw = || (0..shape.elements()).map(|_| random.decades(-decades, decades)).collect();
        let (x, dy): (Vec<f32>, Vec<f32>) = (draw(), draw());
        for (largest, report) in largest.iter_mut().zip(reports(gpu, choice, &lrn, shape, &x, &dy)) {
            assert!(is_right(&report), "window {p} {q}, {who}: {report}");
            *largest = (largest.0.max(report.ulps), largest.1.max(report.ratio));
        }
    }
    let [forward, backward] = largest;
    println!(
        "{who}: forward {:.2} ulp ({:.3} of the bound), backward {:.2} ulp ({:.3})",
        forward.0, forward.1, backward.0, backward.1
    );
    largest
}

/// Returns `true` if a device computes with subnormal numbers, which WGSL lets it take for 0. What that costs is in the
/// bound, and many ulp.
fn keeps_subnormals(gpu: &Gpu) -> bool {
    let layer = gpu.layer(&Lrn::new(1, 1, 1.0, 0.0, 1.0).unwrap(), &Shape::nchw(1, 3, 1, 1).unwrap());
    block_on(layer.unwrap().forward(&[1e-40f32; 3])).unwrap() == [1e-40; 3]
}

#[test]
fn errors_are_within_the_bound_and_a_few_ulp() {
    for run in every_choice() {
        [0.5, 0.75, 1.0].into_iter().for_each(|beta| lose_few_ulp(&run, beta, 12.0));
    }
}

/// Inputs so large or small that neither a power nor its product with dy leaves the range of f32.
#[test]
fn other_exponents_are_as_exact() {
    for run in every_choice() {
        for (beta, decades) in [(0.6, 12.0), (0.3, 12.0), (1.7, 7.0), (-0.4, 12.0)] {
            lose_few_ulp(&run, beta, decades);
        }
    }
}

fn lose_few_ulp(run: &Run, beta: f64, decades: f64) {
    let [forward, backward] = largest(run, beta, decades);
    let (most_forward, most_backward) = match run.precision {
        // The error of b counts |beta| times.
        Precision::Fast => (8.0 * beta.abs().max(1.0), 10.0 * beta.abs().max(1.0)),
        Precision::Exact => (0.75, 1.5),
    };
    if keeps_subnormals(run.gpu) {
        assert!(
            forward.0 <= most_forward && backward.0 <= most_backward,
            "beta {beta}, {}: {forward:?} {backward:?}",
            run.choice
        );
    }
}

/// What the fast kernels lose on ordinary inputs: AlexNet's first layer, and on smaller images others.
#[test]
fn fast_is_within_a_few_ulp_on_ordinary_inputs() {
    lose_at_most([4.0, 6.0], 55, 2, 0.75, 2e-5);
    for (side, beta) in [2, 5].into_iter().flat_map(|side| [0.5, 0.75, 1.0].map(|b| (side, b))) {
        lose_at_most([6.0, 10.0], 27, side, beta, 2e-5);
        lose_at_most([6.0, 10.0], 27, side, beta, 1.0);
    }
    for beta in [0.6, 0.3, 0.9, -0.4] {
        lose_at_most([6.0, 10.0], 27, 5, beta, 1.0);
    }
    // The error of b counts 1.7 times.
    lose_at_most([9.0, 15.0], 27, 5, 1.7, 1.0);
}

/// Runs forward and backward on normally distributed inputs of two magnitudes, in both layouts.
fn lose_at_most(most: [f64; 2], size: usize, side: u32, beta: f64, a: f64) {
    let lrn = Lrn::new(side, side, a, beta, 1.0).unwrap();
    let first = [size, size + 1].map(|width| Shape::nchw(1, 96, size, width).unwrap());
    let last = Shape::nhwc(1, size, size, 96).unwrap();
    for (shape, deviation) in first.iter().chain([&last]).flat_map(|s| [1.0, 50.0].map(|d| (s, d))) {
        let [x, dy] = [1, 2].map(|seed| normal(shape, seed, deviation));
        for (gpu, choice) in runs(&lrn, shape) {
            let ulps = reports(gpu, choice, &lrn, shape, &x, &dy).map(|report| report.ulps);
            let layer = format!("window {}, beta {beta}, a {a}", 2 * side + 1);
            let who = format!("{choice} on {}, {layer}, deviation {deviation}", describe(gpu));
            println!("{who}: {ulps:.2?} ulp");
            assert!(ulps.iter().zip(most).all(|(ulps, most)| *ulps <= most), "{who}: {ulps:?}");
        }
    }
}

/// Draws normally distributed values (Box and Muller 1958).
fn normal(shape: &Shape, seed: u64, deviation: f64) -> Vec<f32> {
    let mut random = Random(seed);
    let mut draw = || {
        let radius = (-2.0 * (1.0 - random.unit()).ln()).sqrt();
        (radius * (std::f64::consts::TAU * random.unit()).cos() * deviation) as f32
    };
    (0..shape.elements()).map(|_| draw()).collect()
}

/// The channel that is made bad.
const BAD: usize = 24;

/// Runs with one channel of ordinary values, then with that channel replaced, and finds the channels
/// whose results differ.
fn reached(gpu: &Gpu, choice: Choice, lrn: &Lrn, shape: &Shape, operation: Operation, value: f32) -> Vec<usize> {
    let plan = plan(gpu, choice, lrn, shape);
    let (mut x, dy) = (values(shape, 3), values(shape, 4));
    let run = |x: &[f32]| match operation {
        Operation::Backward => run(gpu, &plan, operation, &[x, &dy]),
        _ => run(gpu, &plan, operation, &[x]),
    };
    let before = run(&x);
    let channel_of = |element: usize| element / shape.inner() as usize % shape.channels() as usize;
    x.iter_mut().enumerate().filter(|(i, _)| channel_of(*i) == BAD).for_each(|(_, v)| *v = value);
    let after = run(&x);
    let differ = |&i: &usize| before[i].to_bits() != after[i].to_bits();
    let mut channels: Vec<_> = (0..x.len()).filter(differ).map(channel_of).collect();
    channels.sort_unstable();
    channels.dedup();
    channels
}

#[test]
fn a_huge_or_bad_value_stays_inside_its_window() {
    let narrow = [[2, 41, 3, 5], [2, 41, 3, 4], [2, 44, 1, 1]].map(|dims| (dims, 3, 2));
    for (dims, p, q) in narrow.into_iter().chain([([2, 73, 3, 5], 11, 9)]) {
        let lrn = Lrn::new(p, q, 0.6, 0.75, 1.4).unwrap();
        let shape = Shape::new(&dims, 1).unwrap();
        // The channel is in the windows of some, and those are in the mirrored windows of more.
        let (c, p, q) = (BAD, p as usize, q as usize);
        let window: Vec<usize> = (c - q..=c + p).collect();
        let mirrored = c - q - p..=c + p + q;
        for (gpu, choice, lrn) in precise_runs(&lrn, &shape) {
            for value in [1e18, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
                let reached = |operation| reached(gpu, choice, &lrn, &shape, operation, value);
                let who = format!("{} {choice}, {value}", lrn.precision().name());
                assert_eq!(reached(Operation::SquareSums), window, "{who}");
                assert_eq!(reached(Operation::Forward), window, "{who}");
                let backward = reached(Operation::Backward);
                assert!(backward.iter().all(|c| mirrored.contains(c)), "{who}: {backward:?}");
                assert!(window.iter().all(|c| backward.contains(c)), "{who}: {backward:?}");
            }
        }
    }
}

#[test]
fn infinities_and_nan_give_what_the_formula_gives() {
    let narrow = [[2, 23, 3, 2], [2, 23, 3, 4], [2, 24, 1, 1], [2, 2, 3, 1]].map(|d| (d, 1, 2));
    for (dims, p, q) in narrow.into_iter().chain([([2, 61, 3, 5], 8, 13)]) {
        let lrn = Lrn::new(p, q, 0.6, 0.75, 1.4).unwrap();
        let shape = Shape::new(&dims, 1).unwrap();
        for (gpu, choice, lrn) in precise_runs(&lrn, &shape) {
            for value in [1e18, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
                let (mut x, dy) = (values(&shape, 5), values(&shape, 6));
                x[shape.inner() as usize * (shape.channels() as usize / 2)] = value;
                for report in reports(gpu, choice, &lrn, &shape, &x, &dy) {
                    assert!(is_right(&report), "{value}, {choice}, {}: {report}", describe(gpu));
                }
            }
        }
    }
}

/// A pixel without any response has only the bias in its base, however small that is.
#[test]
fn zeros_stay_zeros_with_any_bias() {
    for dims in [[2, 13, 3, 5], [2, 13, 3, 4], [30, 16, 1, 1]] {
        let shape = Shape::new(&dims, 1).unwrap();
        let (x, dy) = (vec![0.0; shape.elements() as usize], values(&shape, 9));
        for k in [1e-30, 1e-8, 1.0, 1e30] {
            let lrn = Lrn::new(2, 1, 0.4, 0.75, k).unwrap();
            for (gpu, choice, lrn) in precise_runs(&lrn, &shape) {
                let plan = plan(gpu, choice, &lrn, &shape);
                assert_eq!(run(gpu, &plan, Operation::Forward, &[&x]), x);
                for report in reports(gpu, choice, &lrn, &shape, &x, &dy) {
                    assert!(is_right(&report), "k {k}, {choice}: {report}");
                }
            }
        }
    }
}

/// What is missing beyond the ends of an axis has a base of k alone, whose power may be beyond the type.
#[test]
fn what_is_missing_adds_nothing_whatever_its_power() {
    for (dims, axes, windows) in [
        (&[2, 13, 3, 5][..], &[1][..], &[(2, 1)][..]),
        (&[2, 3, 5, 16], &[3], &[(2, 1)]),
        (&[4, 3, 1, 13], &[3], &[(1, 1)]),
        (&[2, 70, 3, 4], &[1], &[(11, 9)]),
        (&[2, 5, 9, 7], &[2, 3], &[(2, 1), (1, 2)]),
    ] {
        let shape = Shape::over(dims, axes).unwrap();
        let away_from_zero = |v: f32| if v.abs() < 1.0 { 1.5 } else { v };
        let x: Vec<f32> = values::<f32>(&shape, 12).into_iter().map(away_from_zero).collect();
        let dy = values(&shape, 13);
        let lrn = Lrn::over(windows, 0.7, 2.0, 1e-20).unwrap();
        for (gpu, choice, lrn) in precise_runs(&lrn, &shape) {
            for report in reports(gpu, choice, &lrn, &shape, &x, &dy) {
                assert!(is_right(&report) && report.bound < 1.0, "{choice}: {report}");
            }
        }
    }
}

/// An ordinary tensor with the small bias of PixelNorm, and one far below the squares.
#[test]
fn a_small_bias_does_no_harm() {
    let shape = Shape::nchw(2, 33, 3, 5).unwrap();
    let (x, dy) = (values(&shape, 10), values(&shape, 11));
    for (beta, k) in [(0.5, 1e-8), (0.75, 1e-30), (1.0, 1e-20)] {
        let lrn = Lrn::new(32, 32, 1.0 / 33.0, beta, k).unwrap();
        for (gpu, choice, lrn) in precise_runs(&lrn, &shape) {
            for report in reports(gpu, choice, &lrn, &shape, &x, &dy) {
                assert!(is_right(&report), "k {k}, {choice}: {report}");
            }
        }
    }
}
