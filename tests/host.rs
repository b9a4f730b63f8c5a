//! The short way: host slices in, host slices out.

mod support;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use support::cases::CASES;
use support::{gpus, values};
use wgpu_lrn::{Error, Lrn, Operation, Shape, check, host};

#[test]
fn slices_in_slices_out() {
    let case = &CASES[0];
    let (lrn, shape) = (case.lrn(), case.shape());
    let (x, dy) = (values(&shape, 1), values(&shape, 2));
    for gpu in gpus() {
        let layer = gpu.layer(&lrn, &shape).unwrap();
        let s = layer.square_sums_blocking(&x).unwrap();
        let y = layer.forward_blocking(&x).unwrap();
        let dx = layer.backward_blocking(&x, &dy).unwrap();
        assert!(check::square_sums(&lrn, &shape, &x, &s).unwrap().passed());
        assert!(check::forward(&lrn, &shape, &x, &y).unwrap().passed());
        assert!(check::backward(&lrn, &shape, &x, &dy, &dx).unwrap().passed());
    }
}

/// Two calls awaited on one thread: neither holds up the other.
#[test]
fn futures_run_side_by_side() {
    let case = &CASES[1];
    let (lrn, shape) = (case.lrn(), case.shape());
    let x = values(&shape, 1);
    for gpu in gpus() {
        let layer = gpu.layer(&lrn, &shape).unwrap();
        let mut calls = [pin!(layer.forward(&x)), pin!(layer.forward(&x))];
        let mut results = [const { None }; 2];
        let both = poll_fn(|context| {
            for (call, result) in calls.iter_mut().zip(&mut results) {
                if result.is_none() {
                    *result = match call.as_mut().poll(context) {
                        Poll::Ready(y) => Some(y.unwrap()),
                        Poll::Pending => None,
                    };
                }
            }
            if results.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
        });
        pollster::block_on(both);
        for y in results.into_iter().flatten() {
            assert!(check::forward(&lrn, &shape, &x, &y).unwrap().passed());
        }
    }
}

#[test]
fn bad_slices_are_named() {
    let gpu = &gpus()[0];
    let (lrn, shape) = (Lrn::caffe().build().unwrap(), Shape::nchw(2, 3, 4, 5).unwrap());
    let layer = gpu.layer(&lrn, &shape).unwrap();
    let length = |operand, given| Error::Length { operand, given, expected: 120 };
    assert_eq!(layer.forward_blocking(&[0.0; 119]), Err(length("x", 119)));
    assert_eq!(layer.backward_blocking(&[0.0; 120], &[0.0; 121]), Err(length("dy", 121)));
    let too_few = pollster::block_on(layer.run(Operation::Backward, &[&[0.0; 120]]));
    let expected = Operation::Backward.operands();
    assert_eq!(too_few, Err(Error::Operands { operation: "backward", given: 2, expected }));
}

#[test]
fn a_buffer_beyond_the_device_is_refused_by_name() {
    let gpu = &gpus()[0];
    let granted = gpu.device().limits().max_buffer_size;
    let refused = gpu.buffer(granted).unwrap_err();
    assert_eq!(
        refused,
        Error::Limit { limit: "max_buffer_size", needed: granted.saturating_mul(4), granted }
    );
}

#[test]
fn an_absent_adapter_is_named_with_those_there_are() {
    let adapters = host::adapters_blocking();
    let name = adapters[0].get_info().name;
    let refused = host::find(adapters, Some("no such adapter")).unwrap_err();
    let Error::NoAdapter { wanted, found } = refused else { panic!("{refused}") };
    assert!(wanted.contains("no such adapter") && found.contains(&name), "{wanted} {found}");
    let none = host::find(Vec::new(), None).unwrap_err().to_string();
    assert_eq!(none, "no GPU adapter with compute shaders is present; found: none");
}
