//! Plans share pipelines: counted by wgpu, each on a device of its own.

use std::collections::HashSet;
use test_support::{adapters, cases::CASES, is_right, values};
use wgpu_lrn::{Gpu, Lrn, Operation, Pipelines, Plan, Shape, block_on, check, wgpu};

const OPERATIONS: [Operation; 2] = [Operation::Forward, Operation::Backward];

/// Opens every adapter anew, with a count of the pipelines that it has compiled and not dropped.
fn fresh_gpus() -> Vec<(Gpu, impl Fn() -> usize)> {
    let fresh = |adapter: &_| {
        let gpu = block_on(Gpu::with_adapter(adapter)).unwrap();
        let device = gpu.device().clone();
        let count = move || device.get_internal_counters().hal.compute_pipelines.read() as usize;
        let own = count(); // wgpu's own
        (gpu, move || count() - own)
    };
    adapters().iter().map(fresh).collect()
}

fn prepared(plans: &[Plan]) {
    for (plan, operation) in plans.iter().flat_map(|plan| OPERATIONS.map(|of| (plan, of))) {
        block_on(plan.prepare(operation)).unwrap();
    }
}

/// Layers that differ in numbers, and in the batch, only; and one with other windows.
fn layers() -> [(Lrn, Shape); 4] {
    let lrn = Lrn::new(2, 1, 0.3, 0.75, 1.2).unwrap();
    [
        (lrn.clone(), Shape::nchw(1, 20, 9, 7).unwrap()),
        (lrn, Shape::nchw(3, 20, 9, 7).unwrap()),
        (Lrn::new(2, 1, 0.7, 0.75, 2.5).unwrap(), Shape::nchw(1, 20, 9, 7).unwrap()),
        (Lrn::new(1, 3, 0.3, 0.75, 1.2).unwrap(), Shape::nchw(1, 20, 9, 7).unwrap()),
    ]
}

#[test]
fn equal_shaders_compile_once() {
    for (gpu, compiled) in fresh_gpus() {
        let plan = |(lrn, shape): (Lrn, Shape)| Plan::new(&gpu, &lrn, &shape).unwrap();
        let plans = layers().map(plan);
        let recipes = plans.iter().flat_map(|plan| OPERATIONS.map(|of| plan.recipe(of).unwrap()));
        let shaders = recipes.flat_map(|recipe| recipe.passes).map(|pass| pass.shader);
        let shaders: HashSet<_> = shaders.collect();
        assert!(shaders.len() < 2 * plans.len(), "nothing is shared");
        prepared(&plans);
        assert_eq!(compiled(), shaders.len());
        // What is shared outlives the plans.
        drop(plans);
        let plans = layers().map(plan);
        prepared(&plans);
        assert_eq!(compiled(), shaders.len());
    }
}

/// Threads that need the same pipeline at the same time wait for one of them.
#[test]
fn threads_compile_once() {
    for (gpu, compiled) in fresh_gpus() {
        let [(lrn, shape), ..] = layers();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| prepared(&[Plan::new(&gpu, &lrn, &shape).unwrap()]));
            }
        });
        assert_eq!(compiled(), 2);
    }
}

#[test]
fn plans_of_a_device_share_nothing() {
    for (gpu, compiled) in fresh_gpus() {
        let plans = layers().map(|(lrn, shape)| Plan::new(gpu.device(), &lrn, &shape).unwrap());
        prepared(&plans);
        assert_eq!(compiled(), 8);
        drop(plans);
        gpu.device().poll(wgpu::PollType::wait_indefinitely()).unwrap();
        assert_eq!(compiled(), 0);
    }
}

/// What tuning compiles, plans and layers find.
#[test]
fn tuning_compiles_for_later() {
    for (gpu, compiled) in fresh_gpus() {
        let [(lrn, shape), ..] = layers();
        let tuning = block_on(gpu.tune(&lrn, &shape)).unwrap();
        let tuned = compiled();
        prepared(&[Plan::with_tuning(&gpu, &lrn, &shape, tuning).unwrap()]);
        let layer = gpu.layer_with_tuning(&lrn, &shape, tuning).unwrap();
        block_on(layer.forward(&values::<f32>(&shape, 1))).unwrap();
        assert_eq!(compiled(), tuned);
    }
}

/// A pipeline made with the data of an earlier cache computes the same.
#[test]
fn a_cache_of_the_driver() {
    let case = &CASES[0];
    let (lrn, shape) = (case.lrn(), case.shape());
    let x: Vec<f32> = values(&shape, 1);
    for (gpu, _) in fresh_gpus() {
        if !gpu.device().features().contains(wgpu::Features::PIPELINE_CACHE) {
            continue; // GL has none
        }
        let mut data = None;
        for _ in 0..2 {
            let descriptor = wgpu::PipelineCacheDescriptor { label: None, data: data.as_deref(), fallback: false };
            // SAFETY: the data is of a cache of this device.
            let cache = unsafe { gpu.device().create_pipeline_cache(&descriptor) };
            let pipelines = Pipelines::with_cache(gpu.device(), cache.clone());
            let cached = Gpu::with_pipelines(&pipelines, gpu.queue());
            let y = block_on(cached.layer(&lrn, &shape).unwrap().forward(&x)).unwrap();
            assert!(is_right(&check::forward(&lrn, &shape, &x, &y).unwrap()));
            data = cache.get_data();
            println!("{} bytes", data.as_ref().map_or(0, Vec::len));
        }
        assert!(data.is_some_and(|data| !data.is_empty()));
    }
}
