//! The reference itself: its gradient is the derivative of its forward pass.

use test_support::cases::{CASES, Case};
use test_support::{Random, values};
use wgpu_lrn::cpu;

fn dot(a: &[f64], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * f64::from(*b)).sum()
}

/// Returns the derivative of forward along a direction, by a central difference of step 2h.
fn derivative(case: &Case, x: &[f32], direction: &[f32], h: f32) -> Vec<f64> {
    let moved = |h: f32| {
        let x: Vec<f32> = x.iter().zip(direction).map(|(x, v)| x + h * v).collect();
        cpu::forward(&case.lrn(), &case.shape(), &x).unwrap()
    };
    let (up, down) = (moved(h), moved(-h));
    up.iter().zip(down).map(|(up, down)| (up - down) / (2.0 * f64::from(h))).collect()
}

/// Multiples of 2^-8, so that x ± h·v is exact in f32.
fn coarse(values: Vec<f32>) -> Vec<f32> {
    values.into_iter().map(|v| (v * 256.0).round() / 256.0).collect()
}

/// ⟨dy, J·v⟩ = ⟨Jᵀ·dy, v⟩ for directions v with a single channel or all of them.
#[test]
fn backward_is_the_derivative_of_forward() {
    let small = CASES.iter().filter(|case| case.shape().elements() < 5000);
    for case in small {
        let shape = case.shape();
        let (x, dy) = (coarse(values(&shape, 11)), coarse(values(&shape, 12)));
        let dx = cpu::backward(&case.lrn(), &shape, &x, &dy).unwrap();
        let mut random = Random(13);
        let mut single = vec![0.0; x.len()];
        single[random.range(0, x.len() as u64 - 1) as usize] = 1.0;
        for direction in [single, coarse(values(&shape, 14))] {
            let h = 1.0 / 1024.0;
            let forward = dot(&derivative(case, &x, &direction, h), &dy);
            let backward = dot(&dx, &direction);
            let scale: f64 = dx.iter().zip(&direction).map(|(a, b)| (a * f64::from(*b)).abs()).sum();
            let error = (forward - backward).abs();
            // The difference quotient errs by h² times a third derivative.
            assert!(error <= 1e-4 * (1.0 + scale), "{}: {forward} {backward}", case.name);
        }
    }
}

/// Worked by hand: C = 3, window [i − 1, i], a = 1, β = 1, k = 1.
#[test]
fn a_pixel_worked_by_hand() {
    let lrn = wgpu_lrn::Lrn::new(1, 0, 1.0, 1.0, 1.0).unwrap();
    let shape = wgpu_lrn::Shape::new(&[3], 0).unwrap();
    let (x, dy) = ([1.0f32, -2.0, 3.0], [1.0f32, 1.0, 2.0]);
    assert_eq!(cpu::square_sums(&lrn, &shape, &x).unwrap(), [1.0, 5.0, 13.0]);
    assert_eq!(cpu::forward(&lrn, &shape, &x).unwrap(), [1.0 / 2.0, -2.0 / 6.0, 3.0 / 14.0]);
    // Terms dy·x/b²: 1/4, −2/36, 6/196; the mirrored window is [j, j + 1].
    let expected = [
        1.0 / 2.0 - 2.0 * 1.0 * (1.0 / 4.0 - 2.0 / 36.0),
        1.0 / 6.0 - 2.0 * -2.0 * (-2.0 / 36.0 + 6.0 / 196.0),
        2.0 / 14.0 - 2.0 * 3.0 * (6.0 / 196.0),
    ];
    let dx = cpu::backward(&lrn, &shape, &x, &dy).unwrap();
    assert!(dx.iter().zip(expected).all(|(got, e)| (got - e).abs() < 1e-14), "{dx:?}");
}
