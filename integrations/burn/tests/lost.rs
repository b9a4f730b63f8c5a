//! Whoever reads the result of a device that is lost gets no numbers, and does not wait.

mod common;

use burn::tensor::{Device, Tensor};
use common::*;
use std::sync::mpsc::{self, RecvTimeoutError};
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
    assert_no_numbers(move || ours(3).forward(module));
    assert_no_numbers(move || local_response_norm(x, &lrn(3), &[1]).unwrap());
}

/// Asserts that a result cannot be read, and that this is known in time. Some of what Burn 0.22 reads of a lost device
/// panics only where the numbers are looked at.
#[track_caller]
fn assert_no_numbers(call: impl FnOnce() -> Tensor<3> + Send + 'static) {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let data = call().try_into_data();
        sender.send(data.is_ok_and(|data| data.try_to_vec::<f32>().is_ok()))
    });
    match receiver.recv_timeout(PATIENCE) {
        Ok(has_numbers) => assert!(!has_numbers),
        Err(error) => assert_eq!(error, RecvTimeoutError::Disconnected, "no answer"), // it panicked
    }
}
