//! What recording costs, on wgpu's noop device, where the driver costs nothing.

use allocation_counter::measure;
use wgpu::BufferUsages as Usage;
use wgpu_lrn::{BoundOperation, Lrn, Operand, Operation, Plan, Shape, block_on, wgpu};

/// Returns a plan, and the queue without which its device is lost.
fn plan() -> (Plan, wgpu::Queue) {
    let shape = Shape::nchw(2, 96, 13, 11).unwrap();
    let (device, queue) = test_support::noop_device();
    let lrn = Lrn::new(2, 1, 0.3, 0.75, 1.2).unwrap();
    (Plan::new(&device, &lrn, &shape).unwrap(), queue)
}

fn buffers(plan: &Plan) -> Vec<wgpu::Buffer> {
    let buffer = |_| test_support::buffer(plan.device(), plan.shape().bytes(), Usage::STORAGE);
    (0..3).map(buffer).collect()
}

fn bound(plan: &Plan, buffers: &[wgpu::Buffer]) -> BoundOperation {
    let operands: Vec<Operand<'_>> = buffers.iter().map(Into::into).collect();
    plan.bind(Operation::Backward, &operands).unwrap()
}

/// Returns the allocations of recording so many times into one pass.
fn allocations(plan: &Plan, times: usize, record: impl Fn(&mut wgpu::ComputePass<'_>)) -> u64 {
    let mut encoder = plan.device().create_command_encoder(&Default::default());
    let mut pass = encoder.begin_compute_pass(&Default::default());
    measure(|| (0..times).for_each(|_| record(&mut pass))).count_total
}

/// The lists of commands that wgpu keeps grow by doubling; nothing else is allocated.
#[test]
fn a_bound_operation_allocates_nothing() {
    let (plan, _queue) = plan();
    let bound = bound(&plan, &buffers(&plan));
    let thousand = allocations(&plan, 1000, |pass| bound.record_in(pass));
    let two_thousand = allocations(&plan, 2000, |pass| bound.record_in(pass));
    assert!(two_thousand - thousand <= 8, "{thousand} and {two_thousand} allocations");
}

/// As one pass, what remains is what wgpu allocates for a pass with this label.
#[test]
fn a_bound_operation_allocates_no_more_than_its_pass() {
    let (plan, _queue) = plan();
    let bound = bound(&plan, &buffers(&plan));
    let mut encoder = plan.device().create_command_encoder(&Default::default());
    let label = plan.recipe(Operation::Backward).unwrap().passes[0].shader.label();
    bound.record(&mut encoder);
    let ours = measure(|| bound.record(&mut encoder)).count_total;
    let by_hand = measure(|| {
        let descriptor = wgpu::ComputePassDescriptor { label: Some(&label), timestamp_writes: None };
        bound.record_in(&mut encoder.begin_compute_pass(&descriptor));
    });
    assert_eq!(ours, by_hand.count_total);
}

#[test]
fn a_bound_empty_tensor_records_nothing() {
    let shape = Shape::nchw(0, 5, 3, 2).unwrap();
    let (device, _queue) = test_support::noop_device();
    let plan = Plan::new(&device, &Lrn::caffe().build().unwrap(), &shape).unwrap();
    let empty = test_support::buffer(&device, 0, Usage::STORAGE);
    let operands = [Operand::from(&empty), Operand::from(&empty)];
    let bound = plan.bind(Operation::Forward, &operands).unwrap();
    let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
    bound.record(&mut device.create_command_encoder(&Default::default()));
    assert!(block_on(scope.pop()).is_none());
}
