//! Whoever reads the result of a device that is lost gets an error, and does not wait.

mod common;

use burn::tensor::{Device, Tensor};
use common::*;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use wgpu_lrn_burn::{local_response_norm, path, share};

const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn a_lost_device_is_an_error_when_read() {
    let (device, setup) = Device::wgpu_options().init_with_setup().unwrap();
    share(&device, setup.clone()).unwrap();
    assert_eq!(path(&device), PATH);
    let x: Tensor<3> = tensor(&values::<f32>(24, 1), [2, 4, 3], &device);
    assert!(ours(3).forward(x.clone()).try_into_data().is_ok());

    setup.device.destroy();
    let module = x.clone();
    answers(move || ours(3).forward(module).try_into_data().is_err());
    answers(move || {
        local_response_norm(x, &lrn(3), &[1]).map(Tensor::try_into_data).map_or(true, |read| read.is_err())
    });
}

/// Asserts that a call returns `true` in time.
#[track_caller]
fn answers(call: impl FnOnce() -> bool + Send + 'static) {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(call()));
    assert!(receiver.recv_timeout(PATIENCE).expect("an answer"));
}
