//! The layer inside a captured graph: replays compute it of what the input holds by then.

mod common;

use burn::tensor::{Tensor, capture};
use common::*;
use std::cell::RefCell;
use wgpu_lrn_burn::Path;
use wgpu_lrn_burn::wgpu_lrn::check::{self, Report};
use wgpu_lrn_burn::wgpu_lrn::{Result, Shape};

const DIMS: [usize; 3] = [2, 7, 12];

fn numbers(seed: u32) -> Vec<f32> {
    values(DIMS.iter().product(), seed)
}

fn shape() -> Shape {
    Shape::new(&DIMS, 1).unwrap()
}

/// Writes other numbers into the memory of a tensor, which graphs go on reading.
fn refresh(x: &RefCell<Tensor<3>>, seed: u32) {
    let new = tensor(&numbers(seed), DIMS, &device());
    x.borrow_mut().inplace(|old| old * 0.0 + new);
}

/// Graphs hold no kernels that are submitted beside Burn's, but Burn's own operations, which round more often.
fn assert_close(is_hardware: bool, report: Result<Report>) {
    let report = report.unwrap();
    let is_ours = PATH == Path::Launch || !is_hardware;
    assert!(report.is_complete() && if is_ours { report.passed() } else { report.ulps < 64.0 }, "{report}");
}

#[test]
fn replays_are_fresh() {
    let x = RefCell::new(tensor(&numbers(1), DIMS, &device()));
    let mut graph = capture(&device(), || ours(4).forward(x.borrow().clone()));
    assert!(graph.is_hardware());
    for seed in 2..6 {
        refresh(&x, seed);
        // SAFETY: x and y live on, and this thread alone uses them.
        let y: Vec<f32> = read(unsafe { graph.replay() }.clone());
        assert_close(true, check::forward(&lrn(4), &shape(), &numbers(seed), &y));
    }
}

/// Where Burn compiles SPIR-V, it does not seal a graph of its own gradients either, and runs the closure again.
#[test]
fn replays_of_gradients_are_fresh() {
    let x = RefCell::new(tensor(&numbers(1), DIMS, &device()));
    let dy = tensor(&numbers(9), DIMS, &device());
    let mut graph = capture(&device(), || run(|x| ours(4).forward(x), &x.borrow(), &dy));
    let is_hardware = graph.is_hardware();
    assert!(is_hardware || PATH == Path::Queue);
    for seed in 2..6 {
        refresh(&x, seed);
        // SAFETY: x, dy and the results live on, and this thread alone uses them.
        let (y, dx) = unsafe { graph.replay() };
        let (y, dx): (Vec<f32>, Vec<f32>) = (read(y.clone()), read(dx.clone()));
        let (x, dy) = (numbers(seed), numbers(9));
        assert_close(is_hardware, check::forward(&lrn(4), &shape(), &x, &y));
        assert_close(is_hardware, check::backward(&lrn(4), &shape(), &x, &dy, &dx));
    }
}
