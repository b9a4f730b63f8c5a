//! The kernels on a queue that the application shares.
#![cfg(feature = "vulkan")]

mod common;

use burn::backend::wgpu::WgpuSetup;
use burn::tensor::{Device, Tensor};
use common::*;
use wgpu_lrn_burn::wgpu_lrn::{block_on, wgpu};
use wgpu_lrn_burn::{Path, path, share};

/// What cannot be submitted leaves no numbers to be taken for results.
#[test]
fn the_setup_of_another_device_is_an_error_when_read() {
    let (device, setup) = Device::wgpu_options().init_with_setup().unwrap();
    let request = setup.adapter.request_device(&wgpu::DeviceDescriptor::default());
    let (other, queue) = block_on(request).unwrap();
    share(&device, WgpuSetup { device: other, queue, ..setup.clone() }).unwrap();
    assert_eq!(path(&device), Path::Queue);
    let x = || tensor::<3, f32>(&values(24, 1), [2, 4, 3], &device);
    assert!(ours(3).forward(x()).try_into_data().is_err());

    share(&device, setup).unwrap();
    let [y, burns]: [Tensor<3>; 2] = [ours(3).forward(x()), burns(3).forward(x())];
    let tolerance = burn::tensor::Tolerance::rel_abs(5e-3, 1e-4); // as Burn's own tests of the module compare
    y.to_data().assert_approx_eq::<f32>(&burns.to_data(), tolerance);
}
