//! What fails beside the caller's control: a lost device, destroyed or foreign buffers, memory. All of it is an error,
//! none a panic.

use std::sync::atomic::{AtomicUsize, Ordering};
use test_support::cases::CASES;
use test_support::{adapters, buffer, noop_device, values};
use wgpu::BufferUsages as Usage;
use wgpu_lrn::{Error, Gpu, Lrn, Operand, Operation, Plan, Result, Shape, block_on, wgpu};

/// Opens every adapter for this test alone, and the noop device.
fn fresh_gpus() -> Vec<Gpu> {
    let adapters = adapters();
    let opened = adapters.iter().map(|adapter| block_on(Gpu::with_adapter(adapter)).unwrap());
    let (device, queue) = noop_device();
    opened.chain([Gpu::new(&device, &queue)]).collect()
}

fn layer() -> (Lrn, Shape) {
    (Lrn::new(2, 1, 0.3, 0.75, 1.2).unwrap(), Shape::nchw(2, 12, 5, 7).unwrap())
}

fn assert_lost<T>(what: &str, result: Result<T>) {
    match result {
        Err(Error::DeviceLost { .. }) => (),
        Err(other) => panic!("{what}: {other}"),
        Ok(_) => panic!("{what} succeeds"),
    }
}

#[test]
fn every_call_tells_of_a_lost_device() {
    let (lrn, shape) = layer();
    let other = Lrn::new(1, 3, 0.7, 0.6, 2.0).unwrap();
    for gpu in fresh_gpus() {
        let x = values::<f32>(&shape, 1);
        let layer = gpu.layer(&lrn, &shape).unwrap();
        let [compiled, new] = [&lrn, &other].map(|lrn| Plan::new(&gpu, lrn, &shape).unwrap());
        let empty = Plan::new(&gpu, &lrn, &Shape::nchw(0, 12, 5, 7).unwrap()).unwrap();
        let buffers = [(); 2].map(|()| gpu.buffer(shape.operand_bytes()).unwrap());
        let operands: Vec<Operand<'_>> = buffers.iter().map(Into::into).collect();
        block_on(compiled.prepare(Operation::Forward)).unwrap();
        let bound = compiled.bind(Operation::Forward, &operands).unwrap();
        let mut timer = gpu.timer().unwrap();

        gpu.device().destroy();
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        let mut record = |plan: &Plan| plan.record(&mut encoder, Operation::Forward, &operands);
        assert_lost("record", record(&compiled));
        assert_lost("record, compile", record(&new));
        assert_lost("Plan::new", Plan::new(&gpu, &lrn, &shape));
        assert_lost("prepare", block_on(new.prepare(Operation::Backward)));
        assert_lost("prepare, compiled", block_on(compiled.prepare(Operation::Forward)));
        assert_lost("prepare, empty", block_on(empty.prepare(Operation::Forward)));
        assert_lost("bind", compiled.bind(Operation::Forward, &operands));
        assert_lost("layer", gpu.layer(&lrn, &shape));
        assert_lost("forward", block_on(layer.forward(&x)));
        assert_lost("buffer", gpu.buffer(16));
        assert_lost("upload", gpu.upload(&x));
        assert_lost("download", block_on(gpu.download::<f32>(&buffers[0])));
        assert_lost("timer", gpu.timer());
        assert_lost("time", block_on(timer.time(|pass| bound.record_in(pass))));
        assert_lost("tune", block_on(gpu.tune(&lrn, &shape)));
        bound.record(&mut encoder);
    }
}

/// Threads run layers while the device is destroyed: each call succeeds or is told.
#[test]
fn a_device_destroyed_meanwhile() {
    let case = &CASES[0];
    let (lrn, shape) = (case.lrn(), case.shape());
    let x = values::<f32>(&shape, 1);
    for gpu in fresh_gpus() {
        let (done, lost) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while lost.load(Ordering::Relaxed) < 40 {
                        let layer = gpu.layer(&lrn, &shape);
                        match layer.and_then(|layer| block_on(layer.forward(&x))) {
                            Ok(_) => done.fetch_add(1, Ordering::Relaxed),
                            Err(Error::DeviceLost { .. }) => lost.fetch_add(1, Ordering::Relaxed),
                            Err(other) => panic!("{other}"),
                        };
                    }
                });
            }
            while done.load(Ordering::Relaxed) < 20 {
                std::thread::yield_now();
            }
            gpu.device().destroy();
        });
        assert!(done.into_inner() >= 20);
    }
}

#[test]
fn destroyed_and_foreign_buffers_are_refused() {
    let (lrn, shape) = layer();
    for gpu in fresh_gpus() {
        let plan = Plan::new(&gpu, &lrn, &shape).unwrap();
        let [x, y, destroyed] = [(); 3].map(|()| gpu.buffer(shape.operand_bytes()).unwrap());
        destroyed.destroy();
        let bind = |x: &wgpu::Buffer, y: &wgpu::Buffer| plan.bind(Operation::Forward, &[x.into(), y.into()]);
        for refused in [bind(&destroyed, &y), bind(&x, &destroyed)] {
            let message = refused.unwrap_err().to_string();
            assert!(message.contains("binding operands") && message.contains("destroyed"), "{message}");
        }
        bind(&x, &y).unwrap();
    }
}

/// Of another device; a buffer of another instance panics inside wgpu.
#[test]
fn buffers_of_another_device_are_refused() {
    let (lrn, shape) = layer();
    for adapter in adapters() {
        let [gpu, other] = [(); 2].map(|()| block_on(Gpu::with_adapter(&adapter)).unwrap());
        let plan = Plan::new(&gpu, &lrn, &shape).unwrap();
        let [x, y] = [&gpu, &other].map(|gpu| gpu.buffer(shape.operand_bytes()).unwrap());
        for operands in [[(&x).into(), (&y).into()], [(&y).into(), (&x).into()]] {
            let refused = plan.bind(Operation::Forward, &operands).unwrap_err();
            assert!(matches!(&refused, Error::Gpu { doing: "binding operands", .. }), "{refused}");
        }
    }
}

/// Uniforms of more dispatches than fit the device's largest buffer.
#[test]
fn uniforms_beyond_the_largest_buffer_are_refused() {
    let limits = wgpu::Limits {
        max_buffer_size: 1 << 16,
        max_storage_buffer_binding_size: 384, // one image at a time
        ..wgpu::Limits::downlevel_defaults()
    };
    let descriptor = wgpu::DeviceDescriptor { required_limits: limits, ..Default::default() };
    let (device, _queue) = wgpu::Device::noop(&descriptor);
    let (lrn, shape) = (layer().0, Shape::nchw(512, 16, 2, 1).unwrap());
    let plan = Plan::new(&device, &lrn, &shape).unwrap();
    let refused = block_on(plan.prepare(Operation::Forward)).unwrap_err();
    assert!(matches!(refused, Error::Limit { limit: "max_buffer_size", .. }), "{refused}");
    let bytes = shape.operand_bytes();
    let [x, y] = [(); 2].map(|()| buffer(&device, bytes, Usage::STORAGE));
    assert!(plan.bind(Operation::Forward, &[(&x).into(), (&y).into()]).is_err());
}
