//! Tensors that begin inside a buffer, or lie in another order, or are still to be computed by a fused kernel.

mod common;

use burn::tensor::{Tensor, s};
use common::*;
use wgpu_lrn_burn::wgpu_lrn::Shape;

/// Asserts that a layer on a tensor that is not contiguous gives what it gives on the same numbers.
fn assert_as_copied<const D: usize>(x: Tensor<D>) {
    let dims = x.dims();
    let numbers: Vec<f32> = read(x.clone());
    let dy = values::<f32>(numbers.len(), 9);
    let (y, dx) = run(|x| ours(4).forward(x), &x, &tensor(&dy, dims, &device()));
    let shape = Shape::new(&dims, 1).unwrap();
    assert_bounded::<f32>(&lrn(4), &shape, &numbers, &dy, &read(y), &read(dx));
}

fn big() -> Tensor<4> {
    tensor(&values::<f32>(6 * 8 * 4 * 16, 6), [6, 8, 4, 16], &device())
}

#[test]
fn a_slice_with_an_offset() {
    assert_as_copied(big().slice(s![1..3]));
    assert_as_copied(big().slice(s![5..6]));
}

#[test]
fn a_slice_of_channels() {
    assert_as_copied(big().slice([1..3, 2..7]));
    assert_as_copied(big().slice([1..3, 2..7, 1..2, 3..4]));
}

/// Its offset is no multiple of what a binding may start at.
#[test]
fn a_slice_at_an_odd_offset() {
    let x: Tensor<3> = tensor(&values::<f32>(7 * 3 * 5, 7), [7, 3, 5], &device());
    for start in 1..6 {
        assert_as_copied(x.clone().slice(s![start..start + 2]));
    }
}

#[test]
fn swapped_dimensions() {
    assert_as_copied(big().swap_dims(1, 2));
    assert_as_copied(big().swap_dims(1, 3));
    assert_as_copied(big().swap_dims(0, 1));
    assert_as_copied(big().permute([3, 1, 0, 2]));
}

#[test]
fn expanded_dimensions() {
    let x: Tensor<4> = tensor(&values::<f32>(2 * 3 * 5, 8), [2, 1, 3, 5], &device());
    assert_as_copied(x.expand([2, 6, 3, 5]));
    let x: Tensor<4> = tensor(&values::<f32>(6, 8), [1, 6, 1, 1], &device());
    assert_as_copied(x.expand([2, 6, 3, 5]));
}

#[test]
fn a_gradient_that_is_expanded() {
    let dims = [2, 6, 4];
    let x = values::<f32>(48, 10);
    let tracked: Tensor<3> = tensor(&x, dims, &device()).autodiff().require_grad();
    let gradients = ours(4).forward(tracked.clone()).backward();
    let dx: Tensor<3> = tracked.grad(&gradients).unwrap();
    let y = ours(4).forward(tensor(&x, dims, &device()));
    let (ones, shape) = ([1f32; 48], Shape::new(&dims, 1).unwrap());
    assert_bounded::<f32>(&lrn(4), &shape, &x, &ones, &read(y), &read(dx));
}

#[test]
fn behind_and_before_fused_operations() {
    let (dims, numbers) = ([2, 7, 3, 3], values::<f32>(126, 11));
    let x: Tensor<4> = tensor(&numbers, dims, &device());
    let before = (x * 0.5 + 1.0).abs();
    let known: Vec<f32> = read(before.clone());
    let behind = ours(4).forward((tensor(&numbers, dims, &device()) * 0.5 + 1.0).abs()) * 2.0 - 1.0;
    let y: Vec<f32> = read::<4, f32>(behind).iter().map(|y| (y + 1.0) / 2.0).collect();
    let alone: Vec<f32> = read(ours(4).forward(tensor::<4, f32>(&known, dims, &device())));
    // The two elementwise operations round three times, each to half an ulp of at most 7.
    let most = y.iter().zip(&alone).map(|(y, alone)| (y - alone).abs()).fold(0.0, f32::max);
    assert!(most <= 3.0 * 7.0 * f32::EPSILON, "{most}");
}

/// Tensors of all kinds around x and y keep their numbers.
#[test]
fn neighbours_are_untouched() {
    for count in [1, 3, 7, 16, 63] {
        let dims = [1, 3, count];
        let neighbour = |seed| tensor::<3, f32>(&values(3 * count, seed), dims, &device());
        let neighbours: Vec<_> = (0..16).map(neighbour).collect();
        // Freed memory between them is where results go.
        let mut kept = Vec::new();
        for (turn, neighbour) in neighbours.into_iter().enumerate() {
            if turn % 3 > 0 {
                kept.push((turn, neighbour));
            }
        }
        let x = kept[3].1.clone();
        let results: Vec<_> = (0..8).map(|_| ours(3).forward(x.clone())).collect();
        for (turn, neighbour) in kept {
            assert_eq!(read::<3, f32>(neighbour), values::<f32>(3 * count, turn as u32));
        }
        let first: Vec<f32> = read(results[0].clone());
        assert!(results.into_iter().all(|result| read::<3, f32>(result) == first));
    }
}
