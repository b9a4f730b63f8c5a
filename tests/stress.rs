//! Many threads, dropped futures, and long runs: the same answers, and nothing left behind.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use test_support::{adapters, describe, gpus, is_right, values};
use wgpu_lrn::{Gpu, Lrn, Operand, Operation, Plan, Shape, block_on, check, wgpu};

/// Returns a layer whose backward has four passes, which hand sums on in temporaries of the plan.
fn staged() -> (Lrn, Shape) {
    let lrn = Lrn::over(&[(2, 1), (9, 7)], 0.3, 0.75, 1.2).unwrap();
    (lrn, Shape::over(&[3, 12, 5, 22], &[1, 3]).unwrap())
}

/// Sixteen threads record one plan into encoders of their own, and submit them as it comes.
#[test]
fn threads_share_a_plan_and_its_temporaries() {
    let (lrn, shape) = staged();
    for gpu in gpus() {
        let plan = Plan::new(gpu, &lrn, &shape).unwrap();
        let layer = gpu.layer(&lrn, &shape).unwrap();
        std::thread::scope(|scope| {
            for seed in 0..16 {
                let (plan, layer, lrn, shape) = (&plan, &layer, &lrn, &shape);
                scope.spawn(move || {
                    let (x, dy) = (values::<f32>(shape, seed), values::<f32>(shape, seed + 100));
                    let expected = block_on(layer.backward(&x, &dy)).unwrap();
                    let report = check::backward(lrn, shape, &x, &dy, &expected).unwrap();
                    assert!(is_right(&report), "{report}");
                    let [x, dy] = [x, dy].map(|values| gpu.upload(&values).unwrap());
                    for _ in 0..5 {
                        let dx = gpu.buffer(shape.operand_bytes()).unwrap();
                        let mut encoder = gpu.device().create_command_encoder(&Default::default());
                        plan.backward(&mut encoder, &x, &dy, &dx).unwrap();
                        gpu.queue().submit([encoder.finish()]);
                        assert_eq!(block_on(gpu.download::<f32>(&dx)).unwrap(), expected);
                    }
                });
            }
        });
    }
}

/// Futures that are polled once, or never, and dropped.
#[test]
fn dropped_futures_leave_the_layer_as_it_was() {
    let (lrn, shape) = staged();
    let x = values::<f32>(&shape, 1);
    for gpu in gpus() {
        let layer = gpu.layer(&lrn, &shape).unwrap();
        let before = block_on(layer.forward(&x)).unwrap();
        for _ in 0..100 {
            drop(layer.forward(&x));
            let mut polled = pin!(layer.forward(&x));
            let _ = polled.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        }
        assert_eq!(block_on(layer.forward(&x)).unwrap(), before);
    }
}

/// Counts the buffers, bind groups and pipelines of a device.
fn held(gpu: &Gpu) -> [isize; 3] {
    gpu.device().poll(wgpu::PollType::wait_indefinitely()).unwrap();
    let counters = gpu.device().get_internal_counters().hal;
    [&counters.buffers, &counters.bind_groups, &counters.compute_pipelines].map(|counter| counter.read())
}

/// Makes plans, binds and runs them, and drops all.
fn cycles(gpu: &Gpu, times: usize) {
    let (lrn, shape) = staged();
    let x = gpu.upload(&values::<f32>(&shape, 1)).unwrap();
    for _ in 0..times {
        let plan = Plan::new(gpu, &lrn, &shape).unwrap();
        let y = gpu.buffer(shape.operand_bytes()).unwrap();
        let operands = [Operand::from(&x), Operand::from(&y)];
        let bound = [(); 20].map(|()| plan.bind(Operation::Forward, &operands).unwrap());
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        bound[7].record(&mut encoder);
        gpu.queue().submit([encoder.finish()]);
        gpu.device().poll(wgpu::PollType::Poll).unwrap();
    }
}

fn soak(times: usize) {
    for adapter in adapters() {
        let gpu = block_on(Gpu::with_adapter(&adapter)).unwrap();
        cycles(&gpu, 2); // compiles
        let before = held(&gpu);
        cycles(&gpu, times);
        assert_eq!(held(&gpu), before, "{}", describe(&gpu));
    }
}

#[test]
fn cycles_leave_nothing_behind() {
    soak(2_000);
}

/// `cargo test --release --test stress -- --ignored`
#[test]
#[ignore = "takes minutes"]
fn many_cycles_leave_nothing_behind() {
    soak(20_000);
}
