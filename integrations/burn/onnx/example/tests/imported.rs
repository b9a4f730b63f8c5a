//! Imported models call our layer, and compute the formula.

use burn::tensor::{Device, DeviceKind, Tensor, TensorData};
use onnx_example::{defaults, far_from_defaults};
use wgpu_lrn_burn::wgpu_lrn::{Shape, check};
use wgpu_lrn_burn::{Lrn, Path, path};

const DIMS: [usize; 4] = [2, 9, 3, 4];

fn device() -> Device {
    Device::wgpu(DeviceKind::DefaultDevice)
}

/// Draws numbers of both signs from −3 to 3.
fn numbers() -> Vec<f32> {
    let number = |i: u32| (i.wrapping_mul(0x9e37_79b9) >> 16) as f32 / 65_535.0 * 6.0 - 3.0;
    (1..=DIMS.iter().product::<usize>() as u32).map(number).collect()
}

fn assert_formula(lrn: &Lrn, forward: impl Fn(Tensor<4>) -> Tensor<4>) {
    assert_eq!(path(&device()), Path::Launch);
    let x = numbers();
    let y = forward(Tensor::from_data(TensorData::new(x.clone(), DIMS), &device()));
    let y: Vec<f32> = y.into_data().try_to_vec().unwrap();
    let report = check::forward(lrn, &Shape::new(&DIMS, 1).unwrap(), &x, &y).unwrap();
    assert!(report.passed() && report.is_complete(), "{lrn:?}: {report}");
}

/// Returns the numbers in f64: ONNX holds them in f32.
fn wide([alpha, beta, bias]: [f32; 3]) -> [f64; 3] {
    [alpha, beta, bias].map(f64::from)
}

fn onnx(size: u32, parameters: [f32; 3]) -> Lrn {
    let [alpha, beta, bias] = wide(parameters);
    Lrn::onnx(size).alpha(alpha).beta(beta).k(bias).build().unwrap()
}

#[test]
fn the_source_names_our_layer() {
    for source in [defaults::SOURCE, far_from_defaults::SOURCE] {
        assert!(source.contains("use wgpu_lrn_burn::LocalResponseNormConfig;"), "{source}");
        assert!(!source.contains("burn::nn::LocalResponseNorm"), "{source}");
    }
}

#[test]
fn attributes_that_are_absent_have_the_defaults_of_onnx() {
    let model = defaults::Model::new(&device());
    assert_formula(&onnx(5, [1e-4, 0.75, 1.0]), |x| model.forward(x));
}

#[test]
fn parameters_far_from_their_defaults() {
    let model = far_from_defaults::Model::new(&device());
    assert_formula(&onnx(4, [0.7, 0.6, 1.7]), |x| model.forward(x));
}
