//! The kernel that is named is the one that runs.

use headless::device::Device;
use test_support::{adapters, values};
use wgpu_lrn::{Choice, Gpu, Kernel, Lrn, Operation, Plan, Shape, block_on, check, wgpu};

/// Returns every adapter with so little workgroup memory that *plane*, which the rule prefers, has no room.
fn narrow_gpus() -> impl Iterator<Item = Gpu> {
    adapters().into_iter().map(|adapter| {
        let required_limits = wgpu::Limits { max_compute_workgroup_storage_size: 256, ..adapter.limits() };
        let descriptor = wgpu::DeviceDescriptor { required_limits, ..Default::default() };
        let (device, queue) = block_on(adapter.request_device(&descriptor)).unwrap();
        Gpu::new(&device, &queue)
    })
}

/// Returns the first kernel by which the operation can be prepared.
fn first(gpu: &Gpu, lrn: &Lrn, shape: &Shape, operation: Operation) -> Kernel {
    let choices = Choice::available(lrn, shape, gpu.device().features()).unwrap();
    assert_eq!(choices[0].kernel, Kernel::Plane);
    let fits = |choice: &Choice| {
        let plan = Plan::with_tuning(gpu, lrn, shape, *choice).unwrap();
        block_on(plan.prepare(operation)).is_ok()
    };
    choices.into_iter().find(fits).unwrap().kernel
}

#[test]
fn where_the_preferred_kernel_has_no_room_the_next_is_named() {
    let lrn = Lrn::over(&[(2, 1), (0, 3)], 0.3, 0.75, 1.3).unwrap();
    let shape = Shape::over(&[3, 5, 32, 60], &[2, 3]).unwrap();
    let (x, dy): (Vec<f32>, Vec<f32>) = (values(&shape, 1), values(&shape, 2));
    for gpu in narrow_gpus() {
        for &operation in Operation::ALL {
            let inputs = &[&x[..], &dy][..operation.operands().len() - 1];
            let expected = first(&gpu, &lrn, &shape, operation);
            let device = Device { gpu: Some(gpu.clone()), kernel: None, remark: None };
            let run = device.run(&lrn, &shape, operation, inputs).unwrap();
            assert!(check::run(&lrn, &shape, operation, inputs, &run.values).unwrap().passed());
            assert_eq!(run.kernel, expected.name(), "{}", operation.name());
            assert!(device.line(&lrn, &run).contains(&format!("kernel={} ", expected.name())));
        }
    }
}
