//! Which path devices take, and what they compute there. Nothing here shares a setup but the one test that says so.

mod common;

use burn::tensor::{DType, Device, DeviceKind, Tensor};
use common::*;
use wgpu_lrn_burn::wgpu_lrn::{Shape, check};
use wgpu_lrn_burn::{Error, Lrn, Path, local_response_norm, path, square_sums};

/// Returns a layer that Burn's operations compute.
fn onnx() -> Lrn {
    lrn(4)
}

fn assert_burns(device: &Device) {
    assert_eq!(path(device), Path::Burn);
    assert_eq!(path(&device.clone().autodiff()), Path::Burn);
    let (dims, numbers) = ([2, 7, 3, 4], values::<f32>(168, 31));
    let x = || tensor::<4, f32>(&numbers, dims, device);
    let expected = burns(4).forward(x()).to_data();
    assert_eq!(ours(4).forward(x()).to_data(), expected);

    // As ONNX's, by the functions; its alpha is divided and multiplied again.
    let shape = Shape::new(&dims, 1).unwrap();
    for axis in [1, -3] {
        let y: Vec<f32> = read(local_response_norm(x(), &onnx(), &[axis]).unwrap());
        assert!(check::forward(&onnx(), &shape, &numbers, &y).unwrap().ulps < 64.0);
    }
    let tracked = x().autodiff().require_grad();
    let y = local_response_norm(tracked.clone(), &onnx(), &[1]).unwrap();
    assert!(tracked.grad(&y.backward()).is_some());

    let refused = |lrn: &Lrn, axes: &[isize]| {
        let error = local_response_norm(x(), lrn, axes).unwrap_err();
        assert_eq!(error, Error::Unavailable { path: Path::Burn });
    };
    refused(&onnx(), &[2]);
    refused(&Lrn::pytorch(4).build().unwrap(), &[1]);
    refused(&onnx().with_relu(), &[1]);
    assert_eq!(square_sums(x(), &onnx(), &[1]).unwrap_err(), Error::Unavailable { path: Path::Burn });
}

#[test]
fn the_cpu_takes_burns() {
    assert_burns(&Device::flex());
    let x = Tensor::<3>::ones([1, 4, 2], (&Device::flex(), DType::F64));
    assert_eq!(ours(3).forward(x.clone()).to_data(), burns(3).forward(x).to_data());
}

/// A device that compiles WGSL launches; one that compiles SPIR-V does not share its queue unasked.
#[test]
fn wgpu_unshared() {
    let device = Device::wgpu(DeviceKind::DefaultDevice);
    if cfg!(feature = "vulkan") {
        assert_burns(&device);
    } else {
        assert_eq!(path(&device), Path::Launch);
        assert_eq!(path(&device.autodiff()), Path::Launch);
    }
}

#[test]
fn only_devices_of_wgpu_are_shared() {
    let options = Device::wgpu_options().device_kind(DeviceKind::Cpu);
    let (device, setup) = options.init_with_setup().unwrap();
    let refused = wgpu_lrn_burn::share(&Device::flex(), setup.clone()).unwrap_err();
    assert!(matches!(refused, Error::Share { .. }));
    wgpu_lrn_burn::share(&device.clone().autodiff(), setup).unwrap();
    assert_eq!(path(&device), PATH);
    let x: Tensor<4> = tensor(&values::<f32>(168, 31), [2, 7, 3, 4], &device);
    assert!(local_response_norm(x, &onnx().with_relu(), &[2]).is_ok());
}
