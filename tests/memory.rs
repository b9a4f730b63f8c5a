//! Memory that is out: an error by name, and success when there is memory again.
#![cfg(target_os = "linux")]

use rlimit::Resource;
use test_support::{adapters, values};
use wgpu_lrn::{Error, Gpu, Lrn, Operand, Operation, Plan, Result, Shape, block_on, check, cpu, wgpu};

/// Runs something in 64 MiB of address space beyond what the process has.
fn with_little_memory<T>(calls: impl FnOnce() -> T) -> T {
    let sizes = std::fs::read_to_string("/proc/self/status").unwrap();
    let size = sizes.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    let kilobytes: u64 = size.trim().trim_end_matches(" kB").parse().unwrap();
    let (_, most) = Resource::AS.get().unwrap();
    Resource::AS.set(kilobytes * 1024 + (64 << 20), most).unwrap();
    let result = calls();
    Resource::AS.set(most, most).unwrap();
    result
}

/// Returns a layer that sums along two axes, one after the other, through temporaries as large as the tensor: 128 MiB.
fn staged() -> (Lrn, Shape) {
    let lrn = Lrn::over(&[(2, 1), (9, 7)], 0.3, 0.75, 1.2).unwrap();
    (lrn, Shape::over(&[128, 64, 64, 64], &[1, 3]).unwrap())
}

/// Makes the calls that allocate as much as the tensor, of which there is a buffer.
fn large_calls(gpu: &Gpu, plan: &Plan, x: &[f32], on_gpu: &wgpu::Buffer) -> [Result<()>; 7] {
    let (lrn, shape) = (plan.lrn(), plan.shape());
    let forward = || block_on(gpu.layer(lrn, shape)?.forward(x));
    let operands: [Operand<'_>; 2] = [on_gpu.into(); 2];
    let mut encoder = gpu.device().create_command_encoder(&Default::default());
    [
        gpu.upload(x).map(drop),
        block_on(gpu.download::<f32>(on_gpu)).map(drop),
        forward().map(drop),
        block_on(plan.prepare(Operation::Forward)).map(drop),
        plan.bind(Operation::Forward, &operands).map(drop),
        plan.record(&mut encoder, Operation::Forward, &operands),
        block_on(gpu.tune(lrn, shape)).map(drop),
    ]
}

/// Asserts that calls report that memory is out.
fn assert_refused(results: &[Result<()>], may_be_lost: bool) {
    for (call, result) in results.iter().enumerate() {
        match result {
            Err(Error::OutOfMemory { bytes: Some(bytes), .. }) => assert!(*bytes >= 1 << 27),
            Err(Error::DeviceLost { .. }) if may_be_lost => (),
            other => panic!("call {call}: {other:?}"),
        }
    }
}

/// One test, for the whole process has little memory meanwhile.
#[test]
fn what_finds_no_memory_is_refused_and_succeeds_later() {
    let (lrn, shape) = staged();
    let x = values::<f32>(&shape, 1);
    references_are_refused(&lrn, &shape, &x);
    for adapter in adapters() {
        let gpu = block_on(Gpu::with_adapter(&adapter)).unwrap();
        // wgpu does not ask OpenGL whether a buffer has found memory, and gives up the device when it fills one.
        let is_gl = gpu.info().backend == wgpu::Backend::Gl;
        let plan = Plan::new(&gpu, &lrn, &shape).unwrap();
        let on_gpu = gpu.upload(&x).unwrap();
        let refused = with_little_memory(|| large_calls(&gpu, &plan, &x, &on_gpu));
        assert_refused(&refused, is_gl);
        if is_gl {
            continue;
        }
        let refused = with_little_memory(|| gpu.buffer(shape.bytes()).map(drop));
        assert_refused(&[refused], false);
        plan.bind(Operation::Forward, &[(&on_gpu).into(); 2]).unwrap();
        assert!(block_on(gpu.download::<f32>(&on_gpu)).unwrap() == x);
    }
}

fn references_are_refused(lrn: &Lrn, shape: &Shape, x: &[f32]) {
    let refused = with_little_memory(|| {
        [cpu::backward(lrn, shape, x, x).map(drop), check::backward(lrn, shape, x, x, x).map(drop)]
    });
    assert_refused(&refused, false);
}
