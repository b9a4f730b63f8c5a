//! Every kernel on every adapter against the f64 reference.

mod support;

use support::cases::{CASES, Case, EMPTY};
use support::{describe, plan, run, runs, values};
use wgpu_lrn::check::{self, Report};
use wgpu_lrn::{Gpu, Kernel, Operation};

/// Runs an operation of a case and compares it.
fn compare(gpu: &Gpu, kernel: Kernel, case: &Case, operation: Operation) -> Report {
    let (lrn, shape) = (case.lrn(), case.shape());
    let (x, dy) = (values(&shape, 1), values(&shape, 2));
    let plan = plan(gpu, kernel, &lrn, &shape);
    let inputs: &[&[f32]] = if operation == Operation::Backward { &[&x, &dy] } else { &[&x] };
    let got = run(gpu, &plan, operation, inputs);
    match operation {
        Operation::SquareSums => check::square_sums(&lrn, &shape, &x, &got),
        Operation::Forward => check::forward(&lrn, &shape, &x, &got),
        Operation::Backward => check::backward(&lrn, &shape, &x, &dy, &got),
    }
    .unwrap()
}

fn every_case(operation: Operation) {
    for (gpu, kernel) in runs() {
        let mut worst = 0.0f64;
        for case in CASES {
            let report = compare(gpu, kernel, case, operation);
            let name = format!("{}, {}, {}", case.name, kernel.name(), describe(gpu));
            assert!(report.passed(), "{name}: {report}");
            worst = worst.max(report.ratio);
        }
        let kernel = kernel.name();
        println!("{} {kernel} on {}: {worst:.3} of the bound", operation.name(), describe(gpu));
    }
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
    for (gpu, kernel) in runs() {
        for case in EMPTY {
            for operation in Operation::ALL {
                let report = compare(gpu, kernel, case, operation);
                assert!(report.passed(), "{}: {report}", case.name);
            }
        }
    }
}
