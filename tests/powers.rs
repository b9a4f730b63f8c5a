//! Exponents other than 0, ½, ¾ and 1: powers of small and large bases, of what is no number, and beyond the type.

use test_support::{Random, describe, of_dtype, plan, precise_runs, run, values};
use wgpu_lrn::internals::Recipe;
use wgpu_lrn::{Choice, Dtype, Element, Gpu, Lrn, Operation, Precision, Shape, Tuning, check, cpu, wgpu};

/// Returns every adapter and precision, with the choice that it prefers: all compute powers alike.
fn preferred(lrn: &Lrn, shape: &Shape) -> Vec<(&'static Gpu, Choice, Lrn)> {
    let mut runs: Vec<_> = precise_runs(lrn, shape).collect();
    runs.dedup_by(|(a, _, lrn_a), (b, _, lrn_b)| std::ptr::eq(*a, *b) && lrn_a == lrn_b);
    runs
}

fn forward<T: Element>(gpu: &Gpu, choice: Choice, lrn: &Lrn, shape: &Shape, x: &[T]) -> Vec<T> {
    run(gpu, &plan(gpu, choice, lrn, shape), Operation::Forward, &[x])
}

/// Exponents, and the decades on both sides of 1 that inputs span: no result leaves the range of f32.
const EXPONENTS: [(f64, f64); 8] =
    [(0.6, 15.0), (0.3, 15.0), (0.9, 12.0), (1.7, 8.0), (2.6, 5.0), (-0.4, 12.0), (-1.3, 9.0), (1e-5, 15.0)];

/// Checks windows of one channel, whose b is as small and as large as the squares of the inputs.
fn small_and_large_bases<T: Element>() {
    let shape = Shape::new(&[7, 19, 149], 1).unwrap().with_dtype(T::DTYPE);
    for (beta, decades) in EXPONENTS {
        let mut random = Random(decades as u64);
        // With all the digits of an f64.
        let mut draw = |_| T::from_f64(f64::from(random.decades(-decades, decades)) * (1.0 + random.unit() * 1e-7));
        let x: Vec<T> = (0..shape.elements()).map(&mut draw).collect();
        let lrn = Lrn::new(0, 0, 0.7, beta, 10f64.powf(-2.0 * decades)).unwrap();
        for (gpu, choice, lrn) in preferred(&lrn, &shape) {
            let y = forward(gpu, choice, &lrn, &shape, &x);
            let report = check::forward(&lrn, &shape, &x, &y).unwrap();
            let precision = lrn.precision();
            let most = match precision {
                Precision::Exact => 0.55 + 0.05 * beta.abs(),
                Precision::Fast => 2.5 + 2.0 * beta.abs(),
            };
            let who = format!("{} {}, beta {beta}", precision.name(), describe(gpu));
            println!("{} {who}: {report}", T::DTYPE.name());
            assert!(report.passed() && report.ulps <= most, "{who}: {report}");
        }
    }
}

#[test]
fn powers_of_small_and_large_bases_lose_few_ulp() {
    small_and_large_bases::<f32>();
    small_and_large_bases::<f64>();
}

/// The channel that is made bad.
const BAD: usize = 23;

/// Checks that a bad value makes the channels whose windows hold it what it is, and no others.
fn bad_value_stays<T: Element>(beta: f64) {
    let shape = Shape::new(&[2, 41, 3, 4], 1).unwrap().with_dtype(T::DTYPE);
    let lrn = Lrn::new(3, 2, 0.6, beta, 1.4).unwrap();
    let channel = |i: usize| i / shape.inner() as usize % shape.channels() as usize;
    let mut x: Vec<T> = values(&shape, 3);
    let bad = |(i, v): (usize, &mut T)| {
        if channel(i) == BAD {
            *v = T::from_f64(f64::NAN);
        }
    };
    x.iter_mut().enumerate().for_each(bad);
    for (gpu, choice, lrn) in precise_runs(&lrn, &shape) {
        let y = forward(gpu, choice, &lrn, &shape, &x);
        for (i, y) in y.iter().enumerate() {
            let is_reached = (BAD - 2..=BAD + 3).contains(&channel(i));
            let who = format!("{} {choice} on {}", lrn.precision().name(), describe(gpu));
            assert_eq!(y.to_f64().is_nan(), is_reached, "beta {beta}, {who}: channel {}", channel(i));
        }
    }
}

#[test]
fn nan_makes_nan_of_its_neighbours_and_of_nothing_else() {
    for beta in [0.6, 1.7, -0.4] {
        for dtype in Dtype::ALL {
            of_dtype!(dtype, T => bad_value_stays::<T>(beta));
        }
    }
}

/// Checks that results are what the formula gives: NaN, infinities and zeros, and numbers nearly.
fn infinite_base<T: Element>(beta: f64) {
    let shape = Shape::new(&[2, 23, 3, 4], 1).unwrap().with_dtype(T::DTYPE);
    let lrn = Lrn::new(2, 1, 0.6, beta, 1.4).unwrap();
    let dy: Vec<T> = values(&shape, 6);
    for value in [f64::INFINITY, f64::NEG_INFINITY] {
        let mut x: Vec<T> = values(&shape, 5);
        x[shape.inner() as usize * 11] = T::from_f64(value);
        let operations = [(Operation::Forward, vec![&x[..]]), (Operation::Backward, vec![&x, &dy])];
        // Where beta is negative, backward multiplies infinities by zeros.
        let count = if beta > 0.0 { 2 } else { 1 };
        for (operation, inputs) in operations.into_iter().take(count) {
            let expected = cpu::run(&lrn, &shape, operation, &inputs).unwrap();
            for (gpu, choice, lrn) in preferred(&lrn, &shape) {
                let got = run(gpu, &plan(gpu, choice, &lrn, &shape), operation, &inputs);
                let who = format!("{value}, beta {beta}, {choice} on {}", describe(gpu));
                for (got, &expected) in got.iter().map(|v| v.to_f64()).zip(&expected) {
                    let is_near = (got - expected).abs() <= 1e-5 * (1.0 + expected.abs());
                    let is_same = got == expected || got.is_nan() && expected.is_nan();
                    assert!(is_near || is_same, "{who}: {got}, reference {expected}");
                }
            }
        }
    }
}

#[test]
fn an_infinite_base_gives_what_the_formula_gives() {
    for beta in [0.6, 1.7, -0.4] {
        infinite_base::<f32>(beta);
        infinite_base::<f64>(beta);
    }
}

/// Computes y of x and a base that is k alone.
fn y_of<T: Element>(x: f64, beta: f64, k: f64) -> Vec<f64> {
    let shape = Shape::new(&[1, 3, 1, 33], 1).unwrap().with_dtype(T::DTYPE);
    let lrn = Lrn::new(1, 0, 0.0, beta, k).unwrap();
    let x = vec![T::from_f64(x); shape.elements() as usize];
    let y = |(gpu, choice, lrn)| forward(gpu, choice, &lrn, &shape, &x)[0].to_f64();
    preferred(&lrn, &shape).into_iter().map(y).collect()
}

/// Powers are 1, 0 or nearly the largest number.
fn vast_exponent<T: Element>(beta: f64, largest: f64, epsilon: f64) {
    let (above, below) = (1.0 + epsilon, 1.0 - epsilon / 2.0);
    for (beta, k) in [(beta, 1.0), (-beta, 1.0), (1e-30, 7.3), (-1e-40, 0.2)] {
        let y = y_of::<T>(-0.5, beta, k);
        assert!(y.iter().all(|y| *y == -0.5), "beta {beta}, k {k}: {y:?}");
    }
    for (beta, k) in [(beta, above), (-beta, below), (beta, 1e30), (-beta, 1e-30)] {
        let y = y_of::<T>(-0.5, beta, k);
        assert!(y.iter().all(|y| *y == 0.0), "beta {beta}, k {k}: {y:?}");
    }
    let nearly_half = largest / 2.0 * 0.999..=largest / 2.0;
    for (beta, k) in [(-beta, above), (beta, below), (-beta, 1e30), (beta, 1e-30)] {
        let y = y_of::<T>(-0.5, beta, k);
        assert!(y.iter().all(|y| nearly_half.contains(&-y)), "beta {beta}, k {k}: {y:?}");
        let y = y_of::<T>(0.0, beta, k);
        assert!(y.iter().all(|y| *y == 0.0), "zeros, beta {beta}, k {k}: {y:?}");
    }
}

#[test]
fn a_vast_exponent_gives_one_nothing_or_the_most() {
    for beta in [1e10, 1e30, 3e38] {
        vast_exponent::<f32>(beta, f32::MAX.into(), f32::EPSILON.into());
    }
    for beta in [1e20, 3e38] {
        vast_exponent::<f64>(beta, f64::MAX, f64::EPSILON);
    }
}

/// Shaders rely on it that the first part has 16 bits.
#[test]
fn the_parts_of_an_exponent_are_all_of_it() {
    let shape = Shape::nchw(1, 7, 3, 5).unwrap();
    let limits = wgpu::Limits::default();
    for beta in [0.6, 0.3, -0.4, 1.7, 1.0 / 3.0, -12345.678, 1e-20] {
        let lrn = Lrn::new(1, 1, 0.3, beta, 1.0).unwrap();
        let (rule, features) = (Tuning::default(), wgpu::Features::empty());
        let recipe = Recipe::new(&lrn, &shape, Operation::Forward, false, rule, features, &limits);
        let [first, middle, low, _] = recipe.unwrap().passes[0].dispatches[0].params.layer.beta;
        assert_eq!(first.to_bits() & 0xff, 0, "{beta}: {first}");
        assert_eq!(f64::from(first) + f64::from(middle) + f64::from(low), beta);
    }
}
