//! What the tests share. Each binary uses some of it.
#![allow(dead_code)]

use burn::tensor::{DType, Device, Element, Tensor, TensorData};
use std::sync::OnceLock;
use wgpu_lrn_burn::wgpu_lrn::{self, Dtype, Lrn, Shape, check};
use wgpu_lrn_burn::{LocalResponseNorm, LocalResponseNormConfig, Path, path};

/// The path that devices take: the feature `vulkan` compiles SPIR-V, and these tests share its queue.
pub const PATH: Path = if cfg!(feature = "vulkan") { Path::Queue } else { Path::Launch };

/// Returns the default device of wgpu, which takes that path.
pub fn device() -> Device {
    static DEVICE: OnceLock<Device> = OnceLock::new();
    let device = DEVICE.get_or_init(|| {
        let (device, setup) = Device::wgpu_options().init_with_setup().expect("a device of wgpu");
        wgpu_lrn_burn::share(&device, setup).unwrap();
        device
    });
    assert_eq!(path(device), PATH);
    device.clone()
}

/// Parameters far from their defaults, and from each other.
pub const ALPHA: f64 = 0.7;
pub const BETA: f64 = 0.6;
pub const K: f64 = 1.7;

pub fn ours(size: usize) -> LocalResponseNorm {
    LocalResponseNormConfig::new(size).with_alpha(ALPHA).with_beta(BETA).with_k(K).init()
}

pub fn burns(size: usize) -> burn::nn::LocalResponseNorm {
    let config = burn::nn::LocalResponseNormConfig::new(size);
    config.with_alpha(ALPHA).with_beta(BETA).with_k(K).init()
}

pub fn lrn(size: usize) -> Lrn {
    Lrn::onnx(size as u32).alpha(ALPHA).beta(BETA).k(K).build().unwrap()
}

/// A number that is an element in Burn and in the kernels.
pub trait Number: Element + wgpu_lrn::Element {}
impl<T: Element + wgpu_lrn::Element> Number for T {}

/// Draws numbers of both signs from −3 to 3, which differ from seed to seed.
pub fn values<T: Number>(count: usize, seed: u32) -> Vec<T> {
    let number = |i: u32| {
        let mixed = (i + 1).wrapping_mul(0x9e37_79b9).wrapping_add(seed.wrapping_mul(0x85eb_ca6b));
        let mixed = (mixed ^ mixed >> 15).wrapping_mul(0x2c1b_3c6d);
        f64::from((mixed ^ mixed >> 12) % 6001) / 1000.0 - 3.0
    };
    (0..count as u32).map(|i| <T as wgpu_lrn::Element>::from_f64(number(i))).collect()
}

pub fn tensor<const D: usize, T: Number>(values: &[T], dims: [usize; D], device: &Device) -> Tensor<D> {
    let data = TensorData::new(values.to_vec(), dims);
    Tensor::from_data(data, (device, <T as Element>::dtype()))
}

pub fn read<const D: usize, T: Number>(tensor: Tensor<D>) -> Vec<T> {
    tensor.into_data().try_to_vec().expect("of this type")
}

/// Runs a layer, and its gradient where dy is given. Backward begins with ones, so that no sum is needed: Burn's own
/// crashes where Mesa 22.3 compiles its SPIR-V.
pub fn run<const D: usize>(
    layer: impl Fn(Tensor<D>) -> Tensor<D>,
    x: &Tensor<D>,
    dy: &Tensor<D>,
) -> (Tensor<D>, Tensor<D>) {
    let x = x.clone().autodiff().require_grad();
    let y = layer(x.clone());
    let gradients = (y.clone() * dy.clone().autodiff()).backward();
    (y.inner(), x.grad(&gradients).expect("a gradient"))
}

/// Compares y and dx with the reference in f64, within the bound that the library derives.
pub fn assert_bounded<T: Number>(lrn: &Lrn, shape: &Shape, x: &[T], dy: &[T], y: &[T], dx: &[T]) {
    let shape = &shape.with_dtype(<T as wgpu_lrn::Element>::DTYPE);
    for report in [check::forward(lrn, shape, x, y), check::backward(lrn, shape, x, dy, dx)] {
        let report = report.unwrap();
        assert!(report.passed() && report.is_complete(), "{lrn:?} {shape:?}: {report}");
    }
}

/// Returns the types that the device has.
pub fn has(dtype: Dtype) -> bool {
    let dtype = match dtype {
        Dtype::F16 => DType::F16,
        Dtype::F64 => DType::F64,
        _ => DType::F32,
    };
    device().supports_dtype(dtype)
}
