//! The short way: host slices in, host slices out.

use std::future::{Future, poll_fn};
use std::io::Cursor;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use test_support::cases::CASES;
use test_support::{adapters, buffer, describe, gpus, is_right, noop_device, of_dtype, values};
use wgpu::BufferUsages as Usage;
use wgpu_lrn::{
    Choice, Dtype, Element, Error, Gpu, Kernel, Lrn, Operation, Plan, Segments, Shape, Tuning, block_on, check, host,
    wgpu,
};

#[test]
fn slices_in_slices_out() {
    let case = &CASES[0];
    let (lrn, shape) = (case.lrn(), case.shape());
    let (x, dy): (Vec<f32>, Vec<f32>) = (values(&shape, 1), values(&shape, 2));
    for gpu in gpus() {
        let layer = gpu.layer(&lrn, &shape).unwrap();
        let s = block_on(layer.square_sums(&x)).unwrap();
        let y = block_on(layer.forward(&x)).unwrap();
        let dx = block_on(layer.backward(&x, &dy)).unwrap();
        assert!(is_right(&check::square_sums(&lrn, &shape, &x, &s).unwrap()));
        assert!(is_right(&check::forward(&lrn, &shape, &x, &y).unwrap()));
        assert!(is_right(&check::backward(&lrn, &shape, &x, &dy, &dx).unwrap()));
    }
}

/// On buffers: in the order of the calls, whether or not they are awaited.
#[test]
fn a_layer_submits_at_once() {
    let case = &CASES[0];
    let (lrn, shape) = (case.lrn(), case.shape());
    let x: Vec<f32> = values(&shape, 1);
    for gpu in gpus() {
        let layer = gpu.layer(&lrn, &shape).unwrap();
        let (a, b) = (gpu.upload(&x).unwrap(), gpu.buffer(shape.operand_bytes()).unwrap());
        let first = layer.submit(Operation::Forward, &[(&a).into(), (&b).into()]);
        let second = layer.submit(Operation::Backward, &[(&a).into(), (&b).into(), (&b).into()]);
        block_on(second).unwrap();
        block_on(first).unwrap();
        let y = block_on(layer.forward(&x)).unwrap();
        let dx: Vec<f32> = block_on(gpu.download(&b)).unwrap();
        assert!(is_right(&check::backward(&lrn, &shape, &x, &y, &dx[..x.len()]).unwrap()));
        let refused = block_on(layer.submit(Operation::Forward, &[(&a).into(), (&b).into(), (&b).into()]));
        assert!(matches!(refused, Err(Error::Operands { given: 3, .. })));
    }
}

/// An executor may move what it awaits from thread to thread.
#[test]
fn futures_are_send() {
    fn is_send<T: Send>(_: &T) {}
    let (lrn, shape) = (Lrn::caffe().build().unwrap(), Shape::nchw(2, 3, 4, 5).unwrap());
    let gpu = &gpus()[0];
    let layer = gpu.layer(&lrn, &shape).unwrap();
    let mut timer = gpu.timer().unwrap();
    is_send(&Gpu::open());
    is_send(&layer.forward(&[0f32]));
    is_send(&layer.plan().prepare(Operation::Forward));
    is_send(&layer.submit(Operation::Forward, &[]));
    is_send(&layer.stream(Operation::Forward).run(&mut [Cursor::new([])], &mut Cursor::new(Vec::new())));
    is_send(&gpu.tune(&lrn, &shape));
    is_send(&timer.time(|_| ()));
}

/// Two calls awaited on one thread: neither holds up the other.
#[test]
fn futures_run_side_by_side() {
    let case = &CASES[1];
    let (lrn, shape) = (case.lrn(), case.shape());
    let x: Vec<f32> = values(&shape, 1);
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
        block_on(both);
        for y in results.into_iter().flatten() {
            assert!(is_right(&check::forward(&lrn, &shape, &x, &y).unwrap()));
        }
    }
}

/// What is found is available, can be written down, and computes what it should.
#[test]
fn a_tuned_plan() {
    let case = CASES.iter().find(|case| case.name == "four_pixels").unwrap();
    let (lrn, shape) = (case.lrn(), case.shape());
    let (x, dy): (Vec<f32>, Vec<f32>) = (values(&shape, 1), values(&shape, 2));
    for gpu in gpus() {
        let tuning = block_on(gpu.tune(&lrn, &shape)).unwrap();
        assert_eq!(tuning.to_string().parse(), Ok(tuning));
        let available = test_support::choices(&lrn, &shape, gpu.device().features());
        let gpu = Gpu::new(gpu.device(), gpu.queue());
        let plan = Plan::with_tuning(gpu.device(), &lrn, &shape, tuning).unwrap();
        let chosen = |all: Tuning, &operation| all.with(operation, plan.preferred_choice(operation));
        assert_eq!(Operation::ALL.iter().fold(Tuning::default(), chosen).or_any(), tuning);
        for &operation in Operation::ALL {
            let segments = Segments::Usual;
            let found = Choice { segments, ..plan.preferred_choice(operation) };
            assert!(available.contains(&found), "{tuning}");
            let inputs = [&x[..], &dy][..operation.operands().len() - 1].to_vec();
            let layer = gpu.layer_with_tuning(&lrn, &shape, tuning).unwrap();
            assert_eq!(layer.plan().preferred_choice(operation), plan.preferred_choice(operation));
            let got = test_support::run(&gpu, &plan, operation, &inputs);
            assert!(is_right(&check::run(&lrn, &shape, operation, &inputs, &got).unwrap()));
        }
    }
}

#[test]
fn tuning_an_empty_tensor_takes_the_rule() {
    let (lrn, shape) = (Lrn::caffe().build().unwrap(), Shape::nchw(0, 3, 4, 5).unwrap());
    let gpu = &gpus()[0];
    let tuning = block_on(gpu.tune(&lrn, &shape)).unwrap();
    let chosen = Plan::new(gpu, &lrn, &shape).unwrap().preferred_choice(Operation::Forward);
    assert_eq!(tuning, Tuning::from(chosen).or_any());
}

/// What a text leaves open, the rule chooses; what is no tuning is refused.
#[test]
fn tunings_are_texts() {
    let texts = [
        "forward any",
        "forward column",
        "forward column 2",
        "forward any 2 half",
        "backward any any double or any",
        "square_sums pixel 1 usual or any",
        "forward any or any",
    ];
    for text in texts {
        let tuning: Tuning = text.parse().unwrap();
        assert!(tuning.to_string().contains(text), "{tuning}");
        assert_eq!(tuning.to_string().parse(), Ok(tuning));
    }
    assert_eq!("".parse(), Ok(Tuning::default()));
    assert_eq!("forward  ring\n\n".parse(), "forward ring".parse::<Tuning>());
    assert_eq!("forward or any".parse(), "forward any or any".parse::<Tuning>());
    let twice = Error::RepeatedOperation { operation: Operation::Forward };
    assert_eq!("forward ring\nforward any".parse::<Tuning>(), Err(twice));
    let bad = [
        ("forwards column 1", "operation"),
        ("column 1", "operation"),
        ("forward", "kernel"),
        ("forward rows 1", "kernel"),
        ("forward column one", "width"),
        ("forward column 1 few", "segments"),
        ("forward column 3", "width"),
        ("forward column 1 half or", "word"),
    ];
    for (text, expected) in bad {
        let refused = text.parse::<Tuning>();
        assert!(matches!(refused, Err(Error::UnknownName { kind, .. }) if kind == expected), "{text}");
    }
}

/// A preference gives way where it cannot be met; what is forced is refused.
#[test]
fn what_is_given_is_forced_unless_any_may_follow() {
    let (lrn, shape) = (Lrn::pytorch(21).build().unwrap(), Shape::nchw(1, 40, 3, 5).unwrap());
    let gpu = &gpus()[0];
    let buffer = gpu.buffer(shape.bytes()).unwrap();
    let in_place = |tuning: Tuning| {
        let plan = Plan::with_tuning(gpu, &lrn, &shape, tuning).unwrap();
        assert_eq!(plan.preferred_choice(Operation::Forward).kernel, Kernel::Ring);
        plan.bind(Operation::Forward, &[(&buffer).into(), (&buffer).into()])
    };
    assert!(matches!(in_place(Kernel::Ring.into()), Err(Error::Unavailable { .. })));
    assert_eq!(in_place(Tuning::from(Kernel::Ring).or_any()).unwrap().choice().kernel, Kernel::Pixel);
    let whole = Tuning::from(Kernel::Whole);
    assert!(matches!(Plan::with_tuning(gpu, &lrn, &shape, whole), Err(Error::Unavailable { .. })));
    assert!(Plan::with_tuning(gpu, &lrn, &shape, whole.or_any()).is_ok());
}

/// It runs what is recorded, and is done when the GPU is.
#[test]
fn the_timer_runs_and_waits() {
    let case = &CASES[1];
    let (lrn, shape) = (case.lrn(), case.shape());
    let values: Vec<f32> = values(&shape, 1);
    for gpu in gpus() {
        let (x, y) = (gpu.upload(&values).unwrap(), gpu.buffer(shape.operand_bytes()).unwrap());
        let plan = Plan::new(gpu, &lrn, &shape).unwrap();
        let bound = plan.bind(Operation::Forward, &[(&x).into(), (&y).into()]).unwrap();
        let mut timer = gpu.timer().unwrap();
        let mut time = || block_on(timer.time(|pass| bound.record_in(pass))).unwrap();
        let times = [(); 3].map(|()| time());
        assert!(!times.contains(&Duration::ZERO), "{times:?}");
        println!("{times:?} by {} on {}", timer.clock().name(), describe(gpu));
        let y: Vec<f32> = block_on(gpu.download(&y)).unwrap();
        assert!(is_right(&check::forward(&lrn, &shape, &values, &y).unwrap()));
    }
}

#[test]
fn bad_slices_are_named() {
    let gpu = &gpus()[0];
    let (lrn, shape) = (Lrn::caffe().build().unwrap(), Shape::nchw(2, 3, 4, 5).unwrap());
    let layer = gpu.layer(&lrn, &shape).unwrap();
    let length = |operand, given| Error::Length { operand, given, expected: 120 };
    assert_eq!(block_on(layer.forward(&[0f32; 119])), Err(length("x", 119)));
    assert_eq!(block_on(layer.backward(&[0f32; 120], &[0.0; 121])), Err(length("dy", 121)));
    let too_few = block_on(layer.run(Operation::Backward, &[&[0f32; 120]]));
    let expected = Operation::Backward.operands();
    assert_eq!(too_few, Err(Error::Operands { operation: Operation::Backward, given: 2, expected }));
}

/// Downloads a buffer of so many bytes, of which the whole words are written.
fn downloaded<T: Element>(gpu: &Gpu, size: usize) -> (wgpu_lrn::Result<Vec<T>>, Vec<u8>) {
    let bytes: Vec<u8> = (0..size / 4 * 4).map(|i| 37 + 5 * i as u8).collect();
    let buffer = buffer(gpu.device(), size as u64, Usage::COPY_SRC | Usage::COPY_DST);
    gpu.queue().write_buffer(&buffer, 0, &bytes);
    (block_on(gpu.download(&buffer)), bytes)
}

fn assert_downloads<T: Element>(gpu: &Gpu) {
    for size in 0..=21 {
        let elements = size / size_of::<T>() * size_of::<T>();
        let (values, bytes) = downloaded::<T>(gpu, size);
        let what = format!("{size} bytes of {} on {}", T::DTYPE.name(), describe(gpu));
        match bytes.get(..elements) {
            Some(expected) => {
                let values = values.unwrap_or_else(|refused| panic!("{what}: {refused}"));
                assert_eq!(bytemuck::cast_slice::<T, u8>(&values), expected, "{what}");
            }
            None => {
                let (given, expected) = (size as u64, elements.next_multiple_of(4) as u64);
                assert_eq!(values.err(), Some(Error::BufferWords { given, expected }), "{what}");
            }
        }
    }
}

/// Whatever ends of buffers are: GPUs copy whole words.
#[test]
fn buffers_of_any_size_are_downloaded_or_refused_by_name() {
    let (device, queue) = noop_device();
    for gpu in gpus().iter().chain([&Gpu::new(&device, &queue)]) {
        for &dtype in Dtype::ALL {
            of_dtype!(dtype, T => assert_downloads::<T>(gpu));
        }
    }
}

#[test]
fn a_buffer_beyond_the_device_is_refused_by_name() {
    let gpu = &gpus()[0];
    let granted = gpu.device().limits().max_buffer_size;
    let refused = gpu.buffer(granted + 1).unwrap_err();
    assert_eq!(refused, Error::Limit { limit: "max_buffer_size", needed: (granted + 1).next_multiple_of(4), granted });
}

/// What is preferred changes the order alone.
#[test]
fn adapters_by_a_preference() {
    let names = |adapters: Vec<wgpu::Adapter>| {
        let mut names: Vec<_> = adapters.iter().map(|adapter| adapter.get_info().name).collect();
        names.sort();
        names
    };
    let all = names(adapters());
    for power in [wgpu::PowerPreference::LowPower, wgpu::PowerPreference::HighPerformance] {
        assert_eq!(names(block_on(host::adapters_preferring(power))), all);
    }
}

#[test]
fn an_absent_adapter_is_named_with_those_there_are() {
    let adapters = adapters();
    let name = adapters[0].get_info().name;
    let refused = host::find_adapter(adapters, Some("no such adapter")).unwrap_err();
    let Error::NoAdapter { wanted, found } = refused else { panic!("{refused}") };
    assert!(wanted.contains("no such adapter") && found.contains(&name), "{wanted} {found}");
    let none = host::find_adapter(Vec::new(), None).unwrap_err().to_string();
    assert_eq!(none, "no GPU adapter with compute shaders is present; found: none");
}

/// Adapters of one name have numbers.
#[test]
fn every_adapter_is_found_by_its_listed_name() {
    let adapters = adapters();
    let names = host::adapter_names(&adapters);
    for (adapter, name) in adapters.iter().zip(&names) {
        let found = host::find_adapter(adapters.clone(), Some(&name.to_ascii_uppercase())).unwrap();
        assert_eq!(found.get_info(), adapter.get_info(), "{name}");
        for number in [0, names.len() + 1] {
            assert!(host::find_adapter(adapters.clone(), Some(&format!("{name}#{number}"))).is_err());
        }
    }
    assert!(names.iter().enumerate().all(|(at, name)| !names[..at].contains(name)), "{names:?}");
}
