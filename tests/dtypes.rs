//! What is special about types of 16 bits: their rounding, their range, and two in a word.

use half::{bf16, f16};
use test_support::{describe, gpus, is_right, plan, run, runs, values};
use wgpu::Features;
use wgpu_lrn::internals::Storage;
use wgpu_lrn::{Dtype, Element, Lrn, Operation, Shape, check, cpu, wgpu};

/// The numbers of a half type, by their bits.
trait Half: Element {
    fn of(bits: u16) -> Self;
    fn bits(self) -> u16;
    /// Returns the nearest, ties to even.
    fn nearest(v: f32) -> Self;
    fn is_nan(self) -> bool;
}

macro_rules! half {
    ($($half:ty),*) => {$(
        impl Half for $half {
            fn of(bits: u16) -> Self { <$half>::from_bits(bits) }
            fn bits(self) -> u16 { self.to_bits() }
            fn nearest(v: f32) -> Self { <$half>::from_f32(v) }
            fn is_nan(self) -> bool { <$half>::is_nan(self) }
        }
    )*};
}

half!(f16, bf16);

/// Returns a layer without a window, which only multiplies.
fn multiplied_by(scale: f64) -> Lrn {
    Lrn::new(0, 0, 0.0, 0.0, 1.0).unwrap().with_blend(scale, 0.0).unwrap()
}

/// Asserts that every number of a type, multiplied, is the nearest to the product; subnormals, infinities and NaN
/// included. Numbers that are subnormal as f32 too may become 0.
fn every_number<T: Half>() {
    // One NaN stands for all, since some mark what is not written.
    let number = |v: T| if v.is_nan() { T::nearest(f32::NAN) } else { v };
    let all: Vec<T> = (0..=u16::MAX).map(|bits| number(T::of(bits))).collect();
    for (dims, axis) in [([256, 256], 0), ([21845, 3], 1), ([16384, 4], 1)] {
        let shape = Shape::new(&dims, axis).unwrap().with_dtype(T::DTYPE);
        let x = &all[..shape.elements() as usize];
        // Exact products: themselves; ties, of which half go down; results below the normal range.
        for scale in [1.0, 1.0 + 1.0 / 2048.0, 1.0 + 1.0 / 256.0, 0.5, 3.0, 1.0 / 16384.0] {
            let lrn = multiplied_by(scale);
            for (gpu, choice) in runs(&lrn, &shape) {
                let y = run(gpu, &plan(gpu, choice, &lrn, &shape), Operation::Forward, &[x]);
                for (x, y) in x.iter().zip(y) {
                    let product = (x.to_f64() * scale) as f32;
                    let expected = T::nearest(product);
                    let least = product.abs().min(x.to_f64().abs() as f32);
                    let tiny = least < 2.0 * f32::MIN_POSITIVE && y.to_f64() == 0.0;
                    let same = y.bits() == expected.bits() || y.is_nan() && expected.is_nan();
                    let who = format!("{choice} on {}", describe(gpu));
                    assert!(same || tiny, "{who}: {scale} * {} = {}", x.to_f64(), y.to_f64());
                }
            }
        }
    }
}

#[test]
fn every_f16_is_rounded_to_the_nearest() {
    every_number::<f16>();
}

#[test]
fn every_bf16_is_rounded_to_the_nearest() {
    every_number::<bf16>();
}

/// Squares beyond f16 are not beyond the sums. (TensorFlow turns the whole pixel into NaN.)
#[test]
fn one_large_value_does_no_harm() {
    let lrn = Lrn::new(2, 2, 0.7, 0.75, 1.5).unwrap();
    for (dims, axis) in [([3, 13, 7], 1), ([3, 13, 8], 1), ([3, 7, 12], 2)] {
        let shape = Shape::new(&dims, axis).unwrap().with_dtype(Dtype::F16);
        let mut x: Vec<f16> = values(&shape, 5);
        for large in [300.0, 60000.0] {
            x[5 * shape.inner() as usize] = f16::from_f64(large);
            let dy = values(&shape, 6);
            for (gpu, choice) in runs(&lrn, &shape) {
                let plan = plan(gpu, choice, &lrn, &shape);
                let y = run(gpu, &plan, Operation::Forward, &[&x]);
                let dx = run(gpu, &plan, Operation::Backward, &[&x, &dy]);
                assert!(y.iter().chain(&dx).all(|v| v.is_finite()), "{choice}");
                assert!(is_right(&check::forward(&lrn, &shape, &x, &y).unwrap()));
                assert!(is_right(&check::backward(&lrn, &shape, &x, &dy, &dx).unwrap()));
            }
        }
        // A result beyond f16 is an infinity, and stays in its place.
        let s = cpu::square_sums(&lrn, &shape, &x).unwrap();
        for (gpu, choice) in runs(&lrn, &shape) {
            let got = run(gpu, &plan(gpu, choice, &lrn, &shape), Operation::SquareSums, &[&x]);
            let infinite = |(got, s): (&f16, &f64)| got.is_infinite() == (*s >= 65520.0);
            assert!(got.iter().zip(&s).all(infinite) && s.iter().any(|s| *s >= 65520.0));
        }
    }
}

/// What the tests of halves run is every way to store them that some adapter has.
#[test]
fn every_storage_is_tested() {
    let lrn = multiplied_by(1.0);
    let shape = Shape::nchw(2, 3, 4, 4).unwrap();
    let storages = |dtype: Dtype| {
        let shape = shape.with_dtype(dtype);
        let of = |(gpu, choice): (&wgpu_lrn::Gpu, _)| {
            plan(gpu, choice, &lrn, &shape).recipe(Operation::Forward).unwrap().passes[0].shader.storage
        };
        runs(&lrn, &shape).map(of).collect::<std::collections::HashSet<_>>()
    };
    let some_has = |feature| gpus().iter().any(|gpu| gpu.device().features().contains(feature));
    let (has_i16, has_f16) = (some_has(Features::SHADER_I16), some_has(Features::SHADER_F16));
    use Storage::{Float16, Int16, Packed, Words};
    for (storage, f16, bf16) in
        [(Packed, true, true), (Words, true, true), (Int16, has_i16, has_i16), (Float16, has_f16, false)]
    {
        assert_eq!(storages(Dtype::F16).contains(&storage), f16, "{storage:?}");
        assert_eq!(storages(Dtype::Bf16).contains(&storage), bf16, "{storage:?}");
    }
}
