//! How exact the kernels are, and how far a bad value reaches.

mod support;

use support::{Random, describe, plan, run, runs, values};
use wgpu_lrn::check::{self, Report};
use wgpu_lrn::{Gpu, Kernel, Lrn, Operation, Shape, wgpu};

/// Both reports of a layer on x and dy.
fn reports(
    gpu: &Gpu,
    kernel: Kernel,
    lrn: &Lrn,
    shape: &Shape,
    x: &[f32],
    dy: &[f32],
) -> [Report; 2] {
    let plan = plan(gpu, kernel, lrn, shape);
    let y = run(gpu, &plan, Operation::Forward, &[x]);
    let dx = run(gpu, &plan, Operation::Backward, &[x, dy]);
    [check::forward(lrn, shape, x, &y).unwrap(), check::backward(lrn, shape, x, dy, &dx).unwrap()]
}

/// The largest errors, in ulp and in units of the bound, over windows up to 11 and inputs of both
/// signs spread over magnitudes from 1e-12 to 1e12.
fn largest(gpu: &Gpu, kernel: Kernel, beta: f32) -> [(f64, f64); 2] {
    let shape = Shape::nchw(9, 31, 29, 17).unwrap();
    let mut largest = [(0.0f64, 0.0f64); 2];
    for (p, q, a, k) in
        [(0, 0, 1.9, 2.1), (1, 2, 0.7, 1.3), (2, 2, 2e-5, 1.1), (5, 5, 0.7, 0.9), (8, 2, 1.3, 3.1)]
    {
        let lrn = Lrn::exact(p, q, a, beta, k).unwrap();
        let mut random = Random(u64::from(p) + 1);
        let mut draw = || (0..shape.elements()).map(|_| random.decades(-12.0, 12.0)).collect();
        let (x, dy): (Vec<f32>, Vec<f32>) = (draw(), draw());
        for (largest, report) in largest.iter_mut().zip(reports(gpu, kernel, &lrn, &shape, &x, &dy))
        {
            assert!(report.passed(), "beta {beta}, window {p} {q}, {}: {report}", describe(gpu));
            *largest = (largest.0.max(report.ulps), largest.1.max(report.ratio));
        }
    }
    largest
}

#[test]
fn errors_are_within_the_bound_and_a_few_ulp() {
    for (gpu, kernel) in runs() {
        for beta in [0.5, 0.75, 1.0] {
            let [forward, backward] = largest(gpu, kernel, beta);
            let who = format!("{} on {}, beta {beta}", kernel.name(), describe(gpu));
            println!(
                "{who}: forward {:.2} ulp ({:.3} of the bound), backward {:.2} ulp ({:.3})",
                forward.0, forward.1, backward.0, backward.1
            );
            if gpu.info().backend == wgpu::Backend::Vulkan {
                assert!(forward.0 <= 3.5 && backward.0 <= 4.5, "{who}: {forward:?} {backward:?}");
            }
        }
    }
}

#[test]
fn other_exponents_are_within_the_bound_of_pow() {
    for (gpu, kernel) in runs() {
        let [forward, backward] = largest(gpu, kernel, 0.6);
        let who = format!("{} on {}, beta 0.6", kernel.name(), describe(gpu));
        println!(
            "{who}: forward {:.2} ulp ({:.3} of the bound), backward {:.2} ulp ({:.3})",
            forward.0, forward.1, backward.0, backward.1
        );
    }
}

/// Runs with one channel of ordinary values, then with that channel replaced, and finds the channels
/// whose results differ.
fn reached(gpu: &Gpu, kernel: Kernel, operation: Operation, value: f32) -> Vec<usize> {
    let (shape, lrn) =
        (Shape::nchw(2, 41, 3, 5).unwrap(), Lrn::exact(3, 2, 0.6, 0.75, 1.4).unwrap());
    let plan = plan(gpu, kernel, &lrn, &shape);
    let (mut x, dy) = (values(&shape, 3), values(&shape, 4));
    let run = |x: &[f32]| match operation {
        Operation::Backward => run(gpu, &plan, operation, &[x, &dy]),
        _ => run(gpu, &plan, operation, &[x]),
    };
    let before = run(&x);
    let channel_of = |element: usize| element / 15 % 41;
    x.iter_mut().enumerate().filter(|(i, _)| channel_of(*i) == 20).for_each(|(_, v)| *v = value);
    let after = run(&x);
    let differ = |&i: &usize| before[i].to_bits() != after[i].to_bits();
    let mut channels: Vec<_> = (0..x.len()).filter(differ).map(channel_of).collect();
    channels.sort_unstable();
    channels.dedup();
    channels
}

#[test]
fn a_huge_or_bad_value_stays_inside_its_window() {
    for (gpu, kernel) in runs() {
        for value in [1e18, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            // Channel 20 is in the windows of 18 to 23, and those are in the mirrored windows of
            // 15 to 25.
            let window: Vec<usize> = (18..=23).collect();
            assert_eq!(reached(gpu, kernel, Operation::SquareSums, value), window, "{value}");
            assert_eq!(reached(gpu, kernel, Operation::Forward, value), window, "{value}");
            let backward = reached(gpu, kernel, Operation::Backward, value);
            assert!(backward.iter().all(|c| (15..=25).contains(c)), "{value}: {backward:?}");
            assert!(window.iter().all(|c| backward.contains(c)), "{value}: {backward:?}");
        }
    }
}

#[test]
fn infinities_and_nan_give_what_the_formula_gives() {
    let (shape, lrn) =
        (Shape::nchw(2, 23, 3, 2).unwrap(), Lrn::exact(1, 2, 0.6, 0.75, 1.4).unwrap());
    for (gpu, kernel) in runs() {
        for value in [1e18, f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            let (mut x, dy) = (values(&shape, 5), values(&shape, 6));
            x[6 * 11 + 1] = value;
            for report in reports(gpu, kernel, &lrn, &shape, &x, &dy) {
                assert!(report.passed(), "{value}, {}, {}: {report}", kernel.name(), describe(gpu));
            }
        }
    }
}

/// A pixel without any response has only the bias in its base, however small that is.
#[test]
fn zeros_stay_zeros_with_any_bias() {
    let shape = Shape::nchw(2, 13, 3, 5).unwrap();
    let (x, dy) = (vec![0.0; 390], values(&shape, 9));
    for (gpu, kernel) in runs() {
        for k in [1e-30, 1e-8, 1.0, 1e30] {
            let lrn = Lrn::exact(2, 1, 0.4, 0.75, k).unwrap();
            let plan = plan(gpu, kernel, &lrn, &shape);
            assert_eq!(run(gpu, &plan, Operation::Forward, &[&x]), x);
            for report in reports(gpu, kernel, &lrn, &shape, &x, &dy) {
                assert!(report.passed(), "k {k}, {}: {report}", kernel.name());
            }
        }
    }
}

/// An ordinary tensor with the small bias of PixelNorm, and one far below the squares.
#[test]
fn a_small_bias_does_no_harm() {
    let shape = Shape::nchw(2, 33, 3, 5).unwrap();
    let (x, dy) = (values(&shape, 10), values(&shape, 11));
    for (gpu, kernel) in runs() {
        for (beta, k) in [(0.5, 1e-8), (0.75, 1e-30), (1.0, 1e-20)] {
            let lrn = Lrn::exact(32, 32, 1.0 / 33.0, beta, k).unwrap();
            for report in reports(gpu, kernel, &lrn, &shape, &x, &dy) {
                assert!(report.passed(), "k {k}, {}: {report}", kernel.name());
            }
        }
    }
}
