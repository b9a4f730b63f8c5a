//! What Burn's module lacks.

mod common;

use burn::tensor::{DType, Tensor};
use common::*;
use wgpu_lrn_burn::wgpu_lrn::{self, Dtype, Shape, check};
use wgpu_lrn_burn::{Error, Lrn, Precision, local_response_norm, square_sums};

fn compare<const D: usize>(lrn: &Lrn, dims: [usize; D], axes: &[isize]) {
    let device = device();
    let count = dims.iter().product();
    let (x, dy) = (values::<f32>(count, 21), values::<f32>(count, 22));
    let layer = |x| local_response_norm(x, lrn, axes).unwrap();
    let (y, dx) = run(layer, &tensor(&x, dims, &device), &tensor(&dy, dims, &device));
    let shape = Shape::over(&dims, axes).unwrap();
    assert_bounded::<f32>(lrn, &shape, &x, &dy, &read(y), &read(dx));
}

#[test]
fn any_window_along_any_axis() {
    let lrn = Lrn::new(1, 3, 0.3, 0.6, 1.7).unwrap();
    for axis in -4..4 {
        compare(&lrn, [5, 7, 3, 6], &[axis]);
    }
    compare(&Lrn::new(20, 20, 0.3, 0.6, 1.7).unwrap(), [3, 50, 4], &[1]);
    compare(&Lrn::new(1, 3, 0.3, 0.6, 1.7).unwrap(), [17], &[0]);
}

#[test]
fn windows_along_several_axes() {
    let lrn = Lrn::over(&[(1, 2), (0, 1)], 0.3, 0.75, 1.7).unwrap();
    compare(&lrn, [2, 3, 7, 9], &[2, 3]);
    compare(&lrn, [2, 6, 7, 3], &[-1, 1]);
    let cube = Lrn::over(&[(1, 1), (2, 1), (0, 1)], 0.3, 0.75, 1.7).unwrap();
    compare(&cube, [2, 4, 5, 6], &[1, 2, 3]);
}

#[test]
fn every_convention() {
    let spellings = [
        Lrn::pytorch(4),
        Lrn::onnx(4),
        Lrn::caffe().size(5),
        Lrn::cudnn().size(6),
        Lrn::onednn(5),
        Lrn::openvino(4),
        Lrn::tensorflow().radius(2),
        Lrn::paper().size(4),
        Lrn::krizhevsky().size(4),
    ];
    for spelling in spellings {
        compare(&spelling.alpha(0.7).beta(0.6).k(1.7).build().unwrap(), [2, 9, 3, 4], &[1]);
    }
}

#[test]
fn relu_scale_and_precision() {
    let lrn = Lrn::pytorch(4).alpha(0.7).beta(0.6).k(1.7).build().unwrap();
    let dims = [2, 9, 3, 4];
    compare(&lrn.with_relu(), dims, &[1]);
    compare(&lrn.with_blend(2.5, 0.0).unwrap(), dims, &[1]);
    compare(&lrn.with_precision(Precision::Exact), dims, &[1]);
    compare(&lrn.with_precision(Precision::Exact).with_relu(), dims, &[-1]);
}

#[test]
fn other_types() {
    let lrn = Lrn::pytorch(4).alpha(0.7).beta(0.6).k(1.7).build().unwrap();
    if has(Dtype::F64) {
        of_type::<f64>(&lrn);
    }
    if has(Dtype::F16) {
        of_type::<half::f16>(&lrn);
    }
}

fn of_type<T: Number>(lrn: &Lrn) {
    for dims in [[2, 9, 3, 4], [1, 5, 3, 3]] {
        let count = dims.iter().product();
        let (x, dy) = (values::<T>(count, 23), values::<T>(count, 24));
        let layer = |x| local_response_norm(x, lrn, &[2]).unwrap();
        let (y, dx) = run(layer, &tensor(&x, dims, &device()), &tensor(&dy, dims, &device()));
        let shape = Shape::new(&dims, 2).unwrap();
        assert_bounded::<T>(lrn, &shape, &x, &dy, &read(y), &read(dx));
    }
}

#[test]
fn sums_of_squares() {
    let lrn = Lrn::over(&[(1, 2), (0, 1)], 0.3, 0.75, 1.7).unwrap();
    let x = values::<f32>(2 * 5 * 7 * 3, 25);
    let x_tensor = tensor(&x, [2, 5, 7, 3], &device());
    let s: Vec<f32> = read::<4, f32>(square_sums(x_tensor.clone(), &lrn, &[1, 2]).unwrap());
    let shape = Shape::over(&[2, 5, 7, 3], &[1, 2]).unwrap();
    let report = check::square_sums(&lrn, &shape, &x, &s).unwrap();
    assert!(report.passed() && report.is_complete(), "{report}");

    let tracked = x_tensor.autodiff().require_grad();
    assert_eq!(square_sums(tracked.clone(), &lrn, &[1, 2]).unwrap_err(), Error::Gradient);
    let constant = Tensor::from_inner(tracked.inner());
    let of_constant = square_sums(constant, &lrn, &[1, 2]).unwrap();
    assert!(of_constant.is_autodiff() && !of_constant.is_tracked());
    assert_eq!(read::<4, f32>(of_constant.inner()), s);
}

#[test]
fn what_is_refused() {
    let lrn = Lrn::pytorch(4).build().unwrap();
    let x = || Tensor::<4>::ones([2, 3, 4, 5], &device());
    let error = |lrn: &Lrn, axes: &[isize]| local_response_norm(x(), lrn, axes).unwrap_err();
    let axis = Error::Lrn(wgpu_lrn::Error::Axis { axis: 4, rank: 4 });
    assert_eq!(error(&lrn, &[4]), axis);
    assert_eq!(error(&lrn, &[4]).to_string(), "axis 4 is outside a tensor of rank 4; use -4 to 3");
    assert_eq!(error(&lrn, &[]), Error::Lrn(wgpu_lrn::Error::NoAxis));
    assert_eq!(error(&lrn, &[1, 2]), Error::Lrn(wgpu_lrn::Error::Windows { windows: 1, axes: 2 }));
    let blended = lrn.with_blend(1.0, 0.5).unwrap();
    assert_eq!(error(&blended, &[1]), Error::Blend { blend: 0.5 });
    let flex = burn::tensor::Device::flex();
    let x = Tensor::<3>::ones([2, 3, 4], (&flex, DType::BF16));
    let refused = local_response_norm(x, &lrn, &[1]).unwrap_err();
    assert_eq!(refused, Error::Dtype { given: DType::BF16 });
}

#[test]
fn nothing_in_nothing_out() {
    let lrn = Lrn::pytorch(4).build().unwrap();
    let x = || Tensor::<3>::zeros([2, 0, 4], &device());
    assert_eq!(local_response_norm(x(), &lrn, &[1]).unwrap().dims(), [2, 0, 4]);
    assert_eq!(square_sums(x(), &lrn, &[2]).unwrap().dims(), [2, 0, 4]);
}
