//! Gradients in Burn's graph.

mod common;

use burn::tensor::{Device, Tensor};
use common::*;

const DIMS: [usize; 4] = [2, 6, 3, 4];

fn x(device: &Device) -> Tensor<4> {
    tensor(&values::<f32>(144, 1), DIMS, device)
}

fn weights(device: &Device) -> Tensor<4> {
    tensor(&values::<f32>(144, 2), DIMS, device)
}

#[test]
fn gradients_of_two_uses_add_up() {
    let device = device().autodiff();
    let once = |size| {
        let x = x(&device).require_grad();
        let gradients = (ours(size).forward(x.clone()) * weights(&device)).backward();
        x.grad(&gradients).unwrap()
    };
    let x = x(&device).require_grad();
    let both = ours(3).forward(x.clone()) + ours(4).forward(x.clone());
    let gradients = (both * weights(&device)).backward();
    let expected = once(3) + once(4);
    assert_eq!(x.grad(&gradients).unwrap().to_data(), expected.to_data());
}

#[test]
fn one_layer_behind_another() {
    let device = device().autodiff();
    let chain = |forward: &dyn Fn(Tensor<4>) -> Tensor<4>| {
        let x = x(&device).require_grad();
        let y = forward(forward(x.clone()) * weights(&device));
        let gradients = (y * weights(&device)).backward();
        x.grad(&gradients).unwrap()
    };
    let (ours, burns) = (chain(&|x| ours(4).forward(x)), chain(&|x| burns(4).forward(x)));
    let tolerance = burn::tensor::Tolerance::rel_abs(5e-3, 1e-4); // as Burn's own tests of the module compare
    ours.to_data().assert_approx_eq::<f32>(&burns.to_data(), tolerance);
}

#[test]
fn an_untracked_tensor_gets_no_gradient() {
    let device = device().autodiff();
    let (x, w) = (x(&device), weights(&device).require_grad());
    let y = ours(4).forward(x.clone());
    assert!(!y.is_tracked());
    let gradients = (y.clone() * w.clone()).backward();
    assert!(x.grad(&gradients).is_none());
    assert_eq!(w.grad(&gradients).unwrap().to_data(), y.inner().to_data());
}

#[test]
fn a_device_without_autodiff() {
    let y = ours(4).forward(x(&device()));
    let tracked = ours(4).forward(x(&device().autodiff()).require_grad());
    assert_eq!(y.to_data(), tracked.inner().to_data());
}

#[test]
#[should_panic(expected = "has already been consumed")]
fn a_graph_is_walked_once() {
    let y = ours(4).forward(x(&device().autodiff()).require_grad());
    y.backward();
    y.backward();
}

#[test]
#[should_panic(expected = "requires a tracked autodiff tensor")]
fn gradients_have_none() {
    let x = x(&device().autodiff()).require_grad();
    let gradients = ours(4).forward(x.clone()).backward();
    x.grad(&gradients).unwrap().backward();
}

/// y is computed again, bit for bit.
#[test]
fn balanced_checkpointing_changes_no_bit() {
    let gradient = |device: Device| {
        let x = x(&device).require_grad();
        let y = (ours(4).forward(x.clone() * 2.0) * weights(&device)).exp();
        let gradients = (y.sin() * weights(&device)).backward();
        x.grad(&gradients).unwrap().to_data()
    };
    let plain = gradient(device().autodiff());
    assert_eq!(plain, gradient(device().autodiff().gradient_checkpointing()));
}

/// Along a few elements, the slope is the difference quotient.
#[test]
fn finite_differences() {
    let device = device();
    let loss = |x: &[f32]| -> f64 {
        let y: Vec<f32> = read(ours(4).forward(tensor::<4, f32>(x, DIMS, &device)));
        let w = values::<f32>(144, 2);
        y.iter().zip(w).map(|(y, w)| f64::from(*y) * f64::from(w)).sum()
    };
    let numbers = values::<f32>(144, 1);
    let (_, dx) = run(|x| ours(4).forward(x), &x(&device), &weights(&device));
    let dx: Vec<f32> = read(dx);
    for at in (0..144).step_by(7) {
        let step = 1.0 / 64.0;
        let moved = |by: f32| {
            let mut numbers = numbers.clone();
            numbers[at] += by;
            loss(&numbers)
        };
        let slope = (moved(step) - moved(-step)) / (2.0 * f64::from(step));
        // The step squared times a third derivative of some units; the rounding of y is far below it.
        assert!((slope - f64::from(dx[at])).abs() < 0.01, "{at}: {slope} {}", dx[at]);
    }
}
