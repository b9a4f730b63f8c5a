//! The comparison with the reference: what it must refuse, what it must accept, and that its bound is a number.

use test_support::half::{bf16, f16};
use test_support::hostile::{HOSTILE, INPUTS};
use test_support::{Random, values};
use wgpu_lrn::{Element, Lrn, Operation, Precision, Shape, check, cpu};

fn shape() -> Shape {
    Shape::nchw(2, 9, 3, 2).unwrap()
}

fn layer(a: f64, beta: f64, k: f64) -> Lrn {
    Lrn::new(1, 2, a, beta, k).unwrap()
}

/// Returns what the reference computes, in the type of the elements.
fn nearest<T: Element>(lrn: &Lrn, operation: Operation, inputs: &[&[T]]) -> Vec<T> {
    let shape = shape().with_dtype(T::DTYPE);
    cpu::run(lrn, &shape, operation, inputs).unwrap().into_iter().map(T::from_f64).collect()
}

#[test]
fn what_is_not_finite_where_the_reference_is_does_not_pass() {
    for (a, beta, k) in [(1e-17, 0.75, 1e-17), (1e30, 1.0, 1e30), (1e38, 2.0, 1e-38)] {
        let (lrn, shape) = (layer(a, beta, k), shape());
        let (x, dy) = (values::<f32>(&shape, 1), values::<f32>(&shape, 2));
        let dx = nearest(&lrn, Operation::Backward, &[&x, &dy]);
        for wrong in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN] {
            let at = dx.iter().position(|v| v.is_finite()).unwrap();
            let mut got = dx.clone();
            got[at] = wrong;
            let report = check::backward(&lrn, &shape, &x, &dy, &got).unwrap();
            assert!(!report.passed() && report.index == at, "{wrong}: {report}");
        }
    }
}

/// One image is beyond the range of squares, so that nothing is claimed of it; the other is ordinary.
#[test]
fn what_is_not_finite_where_no_claim_is_made_does_not_pass() {
    let (lrn, shape) = (layer(0.6, 0.75, 1.4), shape());
    let mut x = values::<f32>(&shape, 1);
    let (beyond, _) = x.split_at_mut(54);
    beyond.iter_mut().for_each(|v| *v *= 1e19);
    let y = nearest(&lrn, Operation::Forward, &[&x]);
    let report = check::forward(&lrn, &shape, &x, &y).unwrap();
    assert!(report.passed() && report.claimed == 54, "{report}");
    for wrong in [f32::INFINITY, f32::NAN] {
        let mut got = y.clone();
        got[7] = wrong;
        let report = check::forward(&lrn, &shape, &x, &got).unwrap();
        assert!(!report.passed() && report.index == 7, "{wrong}: {report}");
    }
}

/// Zeros, as a ReLU leaves them, are claimed like any other number.
#[test]
fn zeros_are_claimed() {
    let (lrn, shape) = (layer(0.6, 0.75, 1.4), shape());
    let [mut x, mut dy] = [1, 2].map(|seed| values::<f32>(&shape, seed));
    x.iter_mut().step_by(2).for_each(|v| *v = 0.0);
    dy.iter_mut().step_by(3).for_each(|v| *v = 0.0);
    let dx = nearest(&lrn, Operation::Backward, &[&x, &dy]);
    let report = check::backward(&lrn, &shape, &x, &dy, &dx).unwrap();
    assert!(report.passed() && report.is_complete(), "{report}");
    let mut got = dx;
    got[0] = f32::from_bits(0x0080_0000) * 8.0; // x and dy are 0, so dx is
    assert!(!check::backward(&lrn, &shape, &x, &dy, &got).unwrap().passed());
}

#[test]
fn what_is_finite_where_the_reference_is_not_does_not_pass() {
    let shape = shape();
    let mut x = values::<f32>(&shape, 1);
    for (beta, bad) in [(0.75, f32::NAN), (0.75, f32::INFINITY), (-0.4, f32::INFINITY)] {
        x[20] = bad;
        let lrn = layer(0.6, beta, 1.4);
        let y = nearest(&lrn, Operation::Forward, &[&x]);
        assert!(check::forward(&lrn, &shape, &x, &y).unwrap().passed());
        let at = y.iter().position(|v| !v.is_finite()).unwrap();
        let mut got = y.clone();
        got[at] = -0.0;
        let report = check::forward(&lrn, &shape, &x, &got).unwrap();
        assert!(!report.passed() && report.index == at, "{report}");
    }
}

/// No result passes of which nothing is claimed, and the report says how much is.
#[test]
fn a_report_counts_its_claims() {
    let shape = shape();
    let x: Vec<f32> = values::<f32>(&shape, 1).into_iter().map(|v| v * 1e19).collect();
    let lrn = layer(0.6, 0.75, 1.4);
    let y = nearest(&lrn, Operation::Forward, &[&x]);
    let report = check::forward(&lrn, &shape, &x, &y).unwrap();
    assert_eq!((report.claimed, report.right_unclaimed), (0, report.elements), "{report}");
    assert!(!report.passed() && !report.is_complete());
    let mut wrong = y.clone();
    wrong[5] *= 1.01;
    let report = check::forward(&lrn, &shape, &x, &wrong).unwrap();
    assert_eq!(report.right_unclaimed, report.elements - 1, "{report}");
    let text = format!("the bound holds for 0 of {} elements", report.elements);
    assert!(report.to_string().contains(&text), "{report}");

    let ordinary = values::<f32>(&shape, 1);
    let y = nearest(&lrn, Operation::Forward, &[&ordinary]);
    let report = check::forward(&lrn, &shape, &ordinary, &y).unwrap();
    assert!(report.passed() && report.is_complete() && report.elements == x.len());
    assert!(!report.to_string().contains("elements"), "{report}");
    let empty = Shape::nchw(0, 3, 2, 2).unwrap();
    assert!(check::forward::<f32>(&lrn, &empty, &[], &[]).unwrap().passed());
}

/// What the reference itself gives passes everywhere, in every type.
#[test]
fn the_reference_passes() {
    for hostile in HOSTILE {
        of_type::<f32>(hostile.a, hostile.beta, hostile.k);
        of_type::<f16>(hostile.a, hostile.beta, hostile.k);
        of_type::<bf16>(hostile.a, hostile.beta, hostile.k);
        of_type::<f64>(hostile.a, hostile.beta, hostile.k);
    }
}

fn of_type<T: Element>(a: f64, beta: f64, k: f64) {
    let shape = shape().with_dtype(T::DTYPE);
    for input in INPUTS {
        let (x, dy) = (input.x::<T>(&shape, 3), input.dy::<T>(&shape, 4));
        let inputs: [&[T]; 3] = [&x, &dy, &dy];
        for (lrn, count) in [(layer(a, beta, k), 0), (layer(a, beta, k).with_relu().with_blend(-0.7, 0.4).unwrap(), 1)]
        {
            for &operation in Operation::ALL {
                let blends = if operation == Operation::SquareSums { 0 } else { count };
                let inputs = &inputs[..operation.operands().len() - 1 + blends];
                let got = nearest(&lrn, operation, inputs);
                let report = check::run(&lrn, &shape, operation, inputs, &got).unwrap();
                assert!(report.ratio <= 1.0, "{lrn:?} {input:?} {operation:?}: {report}");
            }
        }
    }
}

/// Draws any number of f32 with the same probability: of every magnitude, infinities and NaN too, and zeros.
fn any(random: &mut Random) -> f32 {
    match random.range(0, 19) {
        0 => 0.0,
        1 => f32::INFINITY,
        2 => f32::NAN,
        _ => f32::from_bits(random.bits() as u32),
    }
}

fn any_layer(random: &mut Random) -> Option<Lrn> {
    let [a, beta, k, scale, blend] = std::array::from_fn(|_| f64::from(any(random)));
    let beta = if random.bits().is_multiple_of(2) { beta } else { random.signed(3.0).into() };
    let lrn = Lrn::new(1, 1, a.abs(), beta, k.abs()).ok()?;
    let lrn = lrn.with_precision(Precision::ALL[random.range(0, 1) as usize]);
    if random.bits().is_multiple_of(2) { Some(lrn) } else { lrn.with_relu().with_blend(scale, blend).ok() }
}

/// The report names the element that is wrong, and its bound.
#[test]
fn the_bound_is_a_number_at_every_input() {
    let mut random = Random(5);
    let (mut finite, mut claimed) = (0, 0);
    for _ in 0..30_000 {
        let Some(lrn) = any_layer(&mut random) else { continue };
        let shape = Shape::nchw(1, 4, 1, 1).unwrap();
        let [x, dy, old]: [[f32; 4]; 3] = std::array::from_fn(|_| std::array::from_fn(|_| any(&mut random)));
        for &operation in Operation::ALL {
            let inputs: &[&[f32]] = match (operation, lrn.blend() != 0.0) {
                (Operation::Backward, true) => &[&x, &dy, &old],
                (Operation::Backward, false) => &[&x, &dy],
                (Operation::Forward, true) => &[&x, &old],
                _ => &[&x],
            };
            let expected = cpu::run(&lrn, &shape, operation, inputs).unwrap();
            for wrong in 0..4 {
                let mut got: Vec<f32> = expected.iter().map(|&v| v as f32).collect();
                got[wrong] = if got[wrong].is_finite() { f32::INFINITY } else { 1.0 };
                let report = check::run(&lrn, &shape, operation, inputs, &got).unwrap();
                let who = format!("{lrn:?} {operation:?} {x:?} {dy:?} {old:?}: {report:?}");
                assert!(report.index == wrong && !report.passed(), "{who}");
                assert!(report.bound >= 0.0, "{who}");
                finite += usize::from(report.bound < f64::INFINITY);
                claimed += usize::from(report.claimed > 0);
            }
        }
    }
    assert!(finite > 10_000 && claimed > 10_000, "{finite} {claimed}");
}
