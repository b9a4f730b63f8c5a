//! The layer among Burn's own operations, in any order, from any thread, gives what it gives on the CPU.

mod common;

use burn::tensor::{Device, Tensor, Tolerance, s};
use common::*;
use std::sync::Mutex;

const DIMS: [usize; 3] = [2, 6, 10];

/// The same tensor here and on the CPU, where Burn's operations compute everything.
#[derive(Clone)]
struct Twin([Tensor<3>; 2]);

impl Twin {
    fn new(seed: u32) -> Twin {
        let numbers = values::<f32>(120, seed);
        Twin([device(), Device::flex()].map(|device| tensor(&numbers, DIMS, &device)))
    }

    fn map(self, operation: impl Fn(Tensor<3>) -> Tensor<3>) -> Twin {
        Twin(self.0.map(operation))
    }

    fn zip(self, other: Twin, operation: impl Fn(Tensor<3>, Tensor<3>) -> Tensor<3>) -> Twin {
        let ([a, b], [c, d]) = (self.0, other.0);
        Twin([operation(a, c), operation(b, d)])
    }

    fn compare(&self) {
        let [here, there] = self.0.clone().map(|tensor| tensor.into_data());
        here.assert_approx_eq::<f32>(&there, Tolerance::rel_abs(5e-3, 1e-3));
    }
}

/// Returns a product of matrices; where Mesa 22.3 compiles Burn's SPIR-V of it, that crashes, and numbers are moved
/// instead.
fn product(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    if cfg!(feature = "vulkan") {
        return (a * 0.4 + b.flip([1])).tanh();
    }
    (a.matmul(b.clone().swap_dims(1, 2)).matmul(b) * 0.02).tanh()
}

/// Applies the operation that the seed draws, on a twin and another one. Numbers stay between −3 and 3.
fn step(twin: Twin, other: Twin, draw: u32) -> Twin {
    let size = 1 + draw as usize / 16 % 8;
    match draw % 8 {
        0 => Twin::new(draw),
        1 => twin.zip(other, |a, b| (a * 0.5 + b * 0.5).tanh() * 3.0),
        2 => twin.zip(other, product),
        3 => twin.map(|x| x.slice(s![0..1]).expand(DIMS)),
        4 => twin.zip(other, |x, dy| run(|x| ours(size).forward(x), &x, &dy).1.tanh() * 3.0),
        5 => twin.map(|x| ours(size).forward(x.reshape([2, 10, 6]).swap_dims(1, 2)) * 2.0),
        _ => twin.map(|x| ours(size).forward(x) * 2.0),
    }
}

/// Runs a chain of drawn operations, and compares the twins at its end.
fn chain(twins: &Mutex<Vec<Twin>>, seed: u32, steps: u32) {
    let mut draw = seed;
    let mut drawn = || {
        draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        draw >> 8
    };
    for _ in 0..steps {
        let (at, other) = (drawn() as usize % 4, drawn() as usize % 4);
        let (twin, other) = {
            let twins = twins.lock().unwrap();
            (twins[at].clone(), twins[other].clone())
        };
        let next = step(twin, other, drawn());
        twins.lock().unwrap()[at] = next;
    }
    for twin in twins.lock().unwrap().iter_mut() {
        twin.compare();
        // Differences grow from chain to chain no further.
        twin.0[1] = Tensor::from_data(twin.0[0].to_data(), &Device::flex());
    }
}

fn twins() -> Mutex<Vec<Twin>> {
    Mutex::new((0..4).map(Twin::new).collect())
}

#[test]
fn random_chains() {
    let twins = twins();
    (0..80).for_each(|seed| chain(&twins, seed, 12));
}

#[test]
#[ignore = "takes a minute"]
fn a_thousand_random_chains() {
    let twins = twins();
    (1000..2000).for_each(|seed| chain(&twins, seed, 12));
}

/// Each thread has tensors of its own. Where threads share some, Burn 0.22.1 mixes up numbers without this layer too.
#[test]
fn random_chains_of_four_threads() {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let twins = twins();
                (0..8).for_each(|turn| chain(&twins, 100 * thread + turn, 12));
            });
        }
    });
}
