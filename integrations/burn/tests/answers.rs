//! y and dx are those of the formula, and those of Burn's module.

mod common;

use burn::tensor::{DType, Device, Tensor, TensorData, Tolerance};
use common::*;
use half::f16;
use wgpu_lrn_burn::wgpu_lrn::{Dtype, Shape};

/// Returns the tolerance of Burn's own tests of the module.
fn burns_tolerance() -> Tolerance<f32> {
    Tolerance::rel_abs(5e-3, 1e-4)
}

/// Computes Burn's module on a device and in a type whose powers are right.
fn by_burn<const D: usize, T: Number>(size: usize, dims: [usize; D], numbers: [&[T]; 2]) -> [TensorData; 2] {
    let (device, dtype) = burns_device::<T>();
    let [x, dy] = numbers.map(|numbers| {
        let data = TensorData::new(numbers.to_vec(), dims).convert_dtype(dtype);
        Tensor::<D>::from_data(data, (&device, dtype))
    });
    let (y, dx) = run(|x| burns(size).forward(x), &x, &dy);
    [y.to_data(), dx.to_data()]
}

/// Returns a device and a type whose powers are right: Burn's powers of f64 are infinite in WGSL, and f16 rounds
/// between its operations.
fn burns_device<T: Number>() -> (Device, DType) {
    match T::DTYPE {
        Dtype::F64 => (Device::flex(), DType::F64),
        Dtype::F16 => (Device::flex(), DType::F32),
        _ => (device(), DType::F32),
    }
}

/// Ours against the reference, and against Burn's.
fn compare<const D: usize, T: Number>(size: usize, dims: [usize; D]) {
    let device = device();
    let count = dims.iter().product();
    let (x, dy) = (values::<T>(count, 1), values::<T>(count, 2));
    let (x_tensor, dy_tensor) = (tensor(&x, dims, &device), tensor(&dy, dims, &device));
    let (y, dx) = run(|x| ours(size).forward(x), &x_tensor, &dy_tensor);
    let shape = Shape::new(&dims, 1).unwrap();
    assert_bounded::<T>(&lrn(size), &shape, &x, &dy, &read(y.clone()), &read(dx.clone()));
    for (ours, burns) in [y, dx].iter().zip(by_burn::<D, T>(size, dims, [&x, &dy])) {
        let ours = ours.to_data().convert_dtype(DType::F32);
        ours.assert_approx_eq::<f32>(&burns.convert_dtype(DType::F32), burns_tolerance());
    }
}

fn every_size_and_rank<T: Number>() {
    for size in 1..=8 {
        compare::<3, T>(size, [2, 13, 7]);
        compare::<4, T>(size, [2, 11, 3, 5]);
        compare::<5, T>(size, [1, 6, 2, 3, 3]);
    }
    compare::<4, T>(5, [1, 3, 4, 4]); // fewer channels than the window
    compare::<4, T>(4, [2, 1, 3, 3]);
    compare::<3, T>(3, [3, 40, 1]);
}

#[test]
fn f32_is_the_formulas_and_burns() {
    every_size_and_rank::<f32>();
}

#[test]
fn f64_is_the_formulas_and_burns() {
    if has(Dtype::F64) {
        every_size_and_rank::<f64>();
    }
}

#[test]
fn f16_is_the_formulas_and_burns() {
    if has(Dtype::F16) {
        every_size_and_rank::<f16>();
    }
}

#[test]
fn an_exponent_of_any_kind() {
    let dims = [2, 9, 4];
    let (x, dy) = (values::<f32>(72, 3), values::<f32>(72, 4));
    for beta in [0.5, 0.75, 1.0, 0.6, 1.3] {
        let config = wgpu_lrn_burn::LocalResponseNormConfig::new(4);
        let module = config.with_alpha(0.7).with_beta(beta).with_k(1.7).init();
        let (x_tensor, dy_tensor) = (tensor(&x, dims, &device()), tensor(&dy, dims, &device()));
        let (y, dx) = run(|x| module.forward(x), &x_tensor, &dy_tensor);
        let lrn = wgpu_lrn_burn::Lrn::onnx(4).alpha(0.7).beta(beta).k(1.7).build().unwrap();
        let shape = Shape::new(&dims, 1).unwrap();
        assert_bounded::<f32>(&lrn, &shape, &x, &dy, &read(y), &read(dx));
    }
}

/// What the kernels refuse, Burn's operations compute.
#[test]
fn a_bias_of_zero_is_burns() {
    let x: Tensor<3> = tensor(&values::<f32>(24, 5), [2, 4, 3], &device());
    let ours = wgpu_lrn_burn::LocalResponseNormConfig::new(3).with_k(0.0).init();
    let burns = burn::nn::LocalResponseNormConfig::new(3).with_k(0.0).init();
    assert_eq!(ours.forward(x.clone()).to_data(), burns.forward(x).to_data());
}

#[test]
fn nothing_in_nothing_out() {
    let x = Tensor::<4>::zeros([2, 0, 3, 3], &device());
    assert_eq!(ours(5).forward(x).dims(), [2, 0, 3, 3]);
    let device: Device = device().autodiff();
    let x = Tensor::<4>::zeros([0, 4, 3, 3], &device).require_grad();
    assert_eq!(ours(5).forward(x).dims(), [0, 4, 3, 3]);
}
