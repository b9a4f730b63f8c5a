//! What a layer costs: compilations and memory.

mod common;

use burn::tensor::{Device, Tensor};
use common::*;
use log::{LevelFilter, Log, Metadata, Record};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the pipelines that wgpu says it creates, Burn's own among them.
struct Counter;

static COMPILED: AtomicUsize = AtomicUsize::new(0);
static COUNTER: Counter = Counter;
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

impl Log for Counter {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let text = record.args().to_string();
        if text.starts_with("Device::create_compute_pipeline ->") {
            COMPILED.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn flush(&self) {}
}

fn compiled() -> usize {
    COMPILED.load(Ordering::Relaxed)
}

fn x(batch: usize, device: &Device) -> Tensor<4> {
    tensor(&values::<f32>(batch * 6 * 9, 1), [batch, 6, 3, 3], device)
}

/// Returns a step of a training loop: the layer, a loss, its gradient.
fn step(weights: Tensor<4>) -> Tensor<4> {
    let weights = weights.autodiff().require_grad();
    let y = ours(5).forward(ours(3).forward(weights.clone()) * 2.0);
    let gradients = y.powf_scalar(2.0).backward();
    let gradient = weights.grad(&gradients).unwrap();
    let next = weights.inner() - gradient * 0.01;
    next.device().sync().unwrap();
    next
}

#[test]
fn a_training_loop_compiles_in_its_first_step_only() {
    let _alone = ONE_AT_A_TIME.lock().unwrap();
    let _ = log::set_logger(&COUNTER);
    log::set_max_level(LevelFilter::Trace);
    let mut weights = step(x(2, &device()));
    let first = compiled();
    assert!(first > 0);
    for _ in 0..5 {
        weights = step(weights);
    }
    assert_eq!(compiled(), first);
    log::set_max_level(LevelFilter::Off);
}

/// Returns the number and the bytes of the device's live allocations.
fn allocations(device: &Device) -> (u64, u64) {
    device.sync().unwrap();
    let usage = device.memory_pool_usage().expect("CubeCL reports it");
    (usage.number_allocs, usage.bytes_in_use)
}

#[test]
fn forward_adds_one_allocation() {
    let _alone = ONE_AT_A_TIME.lock().unwrap();
    let device = device();
    let x = x(4, &device);
    drop(ours(5).forward(x.clone()));
    let (before, bytes) = allocations(&device);
    let y = ours(5).forward(x.clone());
    let (after, bytes_after) = allocations(&device);
    assert_eq!((after - before, bytes_after - bytes), (1, 4 * 6 * 9 * 4));
    drop((x, y));
}

/// x is kept, y is the caller's, dx is the result.
#[test]
fn backward_keeps_x_alone() {
    let _alone = ONE_AT_A_TIME.lock().unwrap();
    let device = device();
    let tracked = x(4, &device).autodiff().require_grad();
    let warm = ours(5).forward(tracked.clone()).backward();
    drop(warm);
    let (before, bytes) = allocations(&device);
    let y = ours(5).forward(tracked.clone());
    let (forward, bytes_forward) = allocations(&device);
    assert_eq!((forward - before, bytes_forward - bytes), (1, 4 * 6 * 9 * 4));
    let gradients = y.clone().backward();
    let dx = tracked.grad(&gradients).unwrap();
    drop(gradients);
    let (backward, bytes_backward) = allocations(&device);
    assert_eq!((backward - before, bytes_backward - bytes), (2, 2 * 4 * 6 * 9 * 4));
    drop((y, dx));
}
