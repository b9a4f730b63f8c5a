//! What is refused, and how. On wgpu's noop device: it validates as any device does, and computes
//! nothing, so that nothing here depends on a GPU.

use test_support::{buffer, noop_device as device};
use wgpu::BufferUsages as Usage;
use wgpu_lrn::{
    Convention, Dtype, Error, Kernel, Lrn, Operand, Operation, Plan, Precision, Shape, block_on, cpu, wgpu,
};

const DIMS: [usize; 4] = [2, 6, 5, 7];
const BYTES: u64 = 2 * 6 * 5 * 7 * 4;

fn plan(device: &wgpu::Device) -> Plan {
    Plan::new(device, &Lrn::pytorch(3).build().unwrap(), &Shape::new(&DIMS, 1).unwrap()).unwrap()
}

/// Records forward; wgpu must not complain, whether the call is accepted or refused.
fn forward(device: &wgpu::Device, x: Operand<'_>, y: Operand<'_>) -> wgpu_lrn::Result<()> {
    let plan = plan(device);
    let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
    let mut encoder = device.create_command_encoder(&Default::default());
    let result = plan.forward(&mut encoder, x, y);
    drop(encoder.finish());
    let complaint = block_on(scope.pop());
    assert!(complaint.is_none(), "{complaint:?}");
    result
}

fn at(buffer: &wgpu::Buffer, offset: u64, size: u64) -> Operand<'_> {
    Operand { buffer, offset, size }
}

#[test]
fn parameters() {
    let parameter = |name, given, expected| Err(Error::Parameter { name, given, expected });
    let at_least_0 = "a number of at least 0 that f32 can hold";
    assert_eq!(Lrn::new(1, 1, -0.5, 0.75, 1.0), parameter("a", -0.5, at_least_0));
    assert_eq!(Lrn::new(1, 1, 1.0, 0.75, 0.0), parameter("k", 0.0, "a number above 0 that f32 can hold"));
    assert_eq!(Lrn::new(1, 1, 1.0, 0.75, -1.0), parameter("k", -1.0, "a number above 0 that f32 can hold"));
    assert!(Lrn::new(1, 1, 1.0, 0.75, 1e-50).is_err(), "0 as an f32");
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e39] {
        for lrn in [Lrn::new(1, 1, bad, 0.75, 1.0), Lrn::new(1, 1, 1.0, bad, 1.0), Lrn::new(1, 1, 1.0, 0.75, bad)] {
            assert!(matches!(lrn, Err(Error::Parameter { .. })), "{bad}: {lrn:?}");
        }
        assert!(matches!(Lrn::onnx(5).alpha(bad).build(), Err(Error::Parameter { name: "alpha", .. })));
    }
    assert_eq!(Lrn::pytorch(0).build(), parameter("size", 0.0, "at least 1"));
    assert_eq!(Lrn::paper().alpha(-2.0).build(), parameter("alpha", -2.0, at_least_0));
    assert_eq!(Lrn::caffe().size(4).build(), Err(Error::EvenSize { convention: Convention::Caffe, given: 4 }));
    assert_eq!(
        Lrn::tensorflow().size(6).build(),
        Err(Error::EvenSize { convention: Convention::Tensorflow, given: 6 })
    );
    let none = Convention::Onnx.builder().build();
    assert_eq!(none, Err(Error::NoWindow { convention: Convention::Onnx }));
    assert!(matches!("torch".parse::<Convention>(), Err(Error::UnknownName { kind: "convention", .. })));
    assert!(matches!("rows".parse::<Kernel>(), Err(Error::UnknownName { kind: "kernel", .. })));
}

/// Look-behind, look-ahead, a, β, k of every convention's defaults, and of an even size.
#[test]
fn conversion_table() {
    let layer = Lrn::new;
    assert_eq!(Lrn::pytorch(5).build(), layer(2, 2, 2e-5, 0.75, 1.0));
    assert_eq!(Lrn::pytorch(4).build(), layer(2, 1, 2.5e-5, 0.75, 1.0));
    assert_eq!(Lrn::onnx(4).build(), layer(1, 2, 2.5e-5, 0.75, 1.0));
    assert_eq!(Lrn::caffe().build(), layer(2, 2, 0.2, 0.75, 1.0));
    assert_eq!(Lrn::cudnn().build(), layer(2, 2, 2e-5, 0.75, 2.0));
    assert_eq!(Lrn::cudnn().size(4).build(), layer(1, 2, 2.5e-5, 0.75, 2.0));
    assert_eq!(Lrn::onednn(4).alpha(1.0).build(), layer(1, 1, 0.25, 0.75, 1.0));
    assert_eq!(Lrn::tensorflow().build(), layer(5, 5, 1.0, 0.5, 1.0));
    assert_eq!(Lrn::tensorflow().radius(2).alpha(0.5).build(), layer(2, 2, 0.5, 0.5, 1.0));
    assert_eq!(Lrn::paper().build(), layer(2, 2, 1e-4, 0.75, 2.0));
    assert_eq!(Lrn::paper().size(4).build(), layer(2, 2, 1e-4, 0.75, 2.0));
    assert_eq!(Lrn::krizhevsky().build(), layer(2, 2, 2e-5, 0.75, 2.0));
    assert_eq!(Lrn::krizhevsky().size(4).build(), layer(2, 1, 2.5e-5, 0.75, 2.0));
    assert_eq!(Lrn::openvino(4).alpha(1.0).build(), layer(1, 1, 0.25, 0.75, 1.0));
    let within = |n, size: f64| Lrn::over(&vec![(1, 1); n], size.recip(), 0.75, 1.0);
    assert_eq!(Lrn::caffe().size(3).axes(2).build(), within(2, 9.0));
    assert_eq!(Lrn::onednn(4).axes(3).alpha(1.0).build(), within(3, 64.0));
    assert_eq!(
        Lrn::openvino(3).windows(&[(0, 1), (3, 2)]).alpha(6.0).build(),
        Lrn::over(&[(0, 1), (3, 2)], 0.5, 0.75, 1.0)
    );
    let one_axis = Err(Error::OneAxis { convention: Convention::Pytorch });
    assert_eq!(Lrn::pytorch(3).axes(2).build(), one_axis);
    assert_eq!(Lrn::pytorch(5).windows(&[(2, 2), (1, 3)]).axes(1).build(), one_axis);
    assert_eq!(Lrn::caffe().window(3, 6).alpha(1.0).build(), layer(3, 6, 0.1, 0.75, 1.0));
    assert_eq!(Lrn::onnx(1).radius(4).alpha(4.5).build(), layer(4, 4, 0.5, 0.75, 1.0));
}

/// A call on a builder that says where its windows are.
#[derive(Clone, Copy, Debug)]
enum Call {
    Size(u32),
    Radius(u32),
    Window(u32, u32),
    Windows(&'static [(u32, u32)]),
    Axes(usize),
}

const CALLS: [Call; 10] = [
    Call::Size(7),
    Call::Radius(2),
    Call::Window(4, 1),
    Call::Windows(&[]),
    Call::Windows(&[(0, 5)]),
    Call::Windows(&[(3, 1), (2, 6)]),
    Call::Axes(0),
    Call::Axes(1),
    Call::Axes(2),
    Call::Axes(65),
];

/// Builds a layer by the last call of each kind, whatever their order: the windows and the axes.
fn by_last(convention: Convention, calls: &[Call]) -> wgpu_lrn::Result<Lrn> {
    let last_axes = |&call: &Call| if let Call::Axes(axes) = call { Some(axes) } else { None };
    let axes = calls.iter().rev().find_map(last_axes);
    let along_each = |window| vec![window; axes.unwrap_or(1)];
    let last_windows = |&call: &Call| match call {
        Call::Size(size) => Some(along_each((size / 2, size / 2))),
        Call::Radius(radius) => Some(along_each((radius, radius))),
        Call::Window(behind, ahead) => Some(along_each((behind, ahead))),
        Call::Windows(windows) => Some(windows.to_vec()),
        Call::Axes(_) => None,
    };
    let windows = calls.iter().rev().find_map(last_windows).unwrap();
    let axes = axes.unwrap_or(windows.len());
    let several = [Convention::Caffe, Convention::Onednn, Convention::Openvino, Convention::Formula];
    let knows_several = several.contains(&convention);
    if !knows_several && [axes, windows.len()] != [1, 1] {
        return Err(Error::OneAxis { convention });
    }
    if axes != windows.len() {
        return Err(Error::Windows { windows: windows.len(), axes });
    }
    if axes == 0 || axes > 64 {
        let expected = "from 1 to 64, as a tensor may have axes";
        return Err(Error::Parameter { name: "axes", given: axes as f64, expected });
    }
    let elements: u32 = windows.iter().map(|(behind, ahead)| behind + 1 + ahead).product();
    let takes_a = [Convention::Tensorflow, Convention::Paper, Convention::Formula];
    let divides = !takes_a.contains(&convention);
    let divisor = if divides { f64::from(elements) } else { 1.0 };
    Lrn::over(&windows, 3.0 / divisor, 0.6, 1.7)
}

/// Every three calls in every order, for every convention: what contradicts is refused, and nothing is ignored.
#[test]
fn windows_and_axes_in_any_order() {
    let pairs = CALLS.iter().flat_map(|&a| CALLS.map(|b| [a, b]));
    let orders = pairs.flat_map(|[a, b]| CALLS.map(|c| [Call::Size(5), a, b, c]));
    orders.for_each(|calls| {
        for &convention in Convention::ALL {
            let builder = convention.builder().alpha(3.0).beta(0.6).k(1.7);
            let builder = calls.iter().fold(builder, |builder, &call| match call {
                Call::Size(size) => builder.size(size),
                Call::Radius(radius) => builder.radius(radius),
                Call::Window(behind, ahead) => builder.window(behind, ahead),
                Call::Windows(windows) => builder.windows(windows),
                Call::Axes(axes) => builder.axes(axes),
            });
            let expected = by_last(convention, &calls);
            assert_eq!(builder.build(), expected, "{} {calls:?}", convention.name());
        }
    });
}

#[test]
fn shapes() {
    assert_eq!(Shape::new(&[2, 3], 2), Err(Error::Axis { axis: 2, rank: 2 }));
    assert_eq!(Shape::over(&[2, 3], &[1, -1]), Err(Error::RepeatedAxis { axis: -1 }));
    assert_eq!(Shape::over(&[2, 3], &[]), Err(Error::NoAxis));
    assert_eq!(Shape::over(&[2, 3], &[0, 2]), Err(Error::Axis { axis: 2, rank: 2 }));
    let (lrn, boxes) = (Lrn::pytorch(3).build().unwrap(), Shape::over(&[2, 3], &[0, 1]).unwrap());
    let windows = Error::Windows { windows: 1, axes: 2 };
    assert_eq!(cpu::forward(&lrn, &boxes, &[0f32; 6]), Err(windows.clone()));
    assert_eq!(Plan::new(&device().0, &lrn, &boxes).unwrap_err(), windows);
    assert_eq!(Shape::new(&[2, 3], -3), Err(Error::Axis { axis: -3, rank: 2 }));
    assert_eq!(Shape::new(&[2, 3], isize::MIN), Err(Error::Axis { axis: isize::MIN, rank: 2 }));
    assert_eq!(Shape::new(&[], 0), Err(Error::Axis { axis: 0, rank: 0 }));
    let huge = [1 << 40, 1 << 20, 4];
    assert_eq!(Shape::new(&huge, 1), Err(Error::ShapeOverflow { dims: huge.to_vec() }));
    assert!(Shape::new(&[1 << 40, 0, 1 << 40], 0).unwrap().is_empty());
    let shape = Shape::nchw(1, 96, 2, 2).unwrap();
    assert_eq!(shape.with_groups(5), Err(Error::Groups { channels: 96, groups: 5 }));
    assert_eq!(shape.with_groups(0), Err(Error::Groups { channels: 96, groups: 0 }));
    assert_eq!(shape.with_groups(2), Shape::nchw(2, 48, 2, 2));
}

#[test]
fn operands() {
    let (device, _queue) = device();
    let (x, y) = (buffer(&device, BYTES, Usage::STORAGE), buffer(&device, BYTES + 512, Usage::STORAGE));
    let whole = at(&x, 0, BYTES);
    assert_eq!(forward(&device, whole, at(&y, 256, BYTES)), Ok(()));
    let wrong_size = Error::BufferSize { operand: "y", given: BYTES + 512, expected: BYTES };
    assert_eq!(forward(&device, whole, (&y).into()), Err(wrong_size));
    let beyond = Error::BufferRange { operand: "y", end: BYTES + 768, size: BYTES + 512 };
    assert_eq!(forward(&device, whole, at(&y, 768, BYTES)), Err(beyond));
    let overflowing = Error::BufferRange { operand: "y", end: u64::MAX, size: BYTES + 512 };
    assert_eq!(forward(&device, whole, at(&y, u64::MAX - 255, BYTES)), Err(overflowing));
    let unaligned = Error::BufferAlignment { operand: "y", given: 4, alignment: 256 };
    assert_eq!(forward(&device, whole, at(&y, 4, BYTES)), Err(unaligned));
    let copy = buffer(&device, BYTES, Usage::COPY_DST);
    let usage = Error::BufferUsage { operand: "y", given: Usage::COPY_DST, expected: Usage::STORAGE };
    assert_eq!(forward(&device, whole, (&copy).into()), Err(usage));
}

#[test]
fn operands_in_one_buffer() {
    let (device, _queue) = device();
    let pool = buffer(&device, 4 * BYTES, Usage::STORAGE);
    let step = BYTES.next_multiple_of(256);
    let overlap = Err(Error::Overlap { first: "x", second: "y" });
    assert_eq!(forward(&device, at(&pool, 0, BYTES), at(&pool, step, BYTES)), Ok(()));
    assert_eq!(forward(&device, pool.slice(step..step + BYTES).into(), at(&pool, 0, BYTES)), Ok(()));
    assert_eq!(forward(&device, at(&pool, 0, BYTES), at(&pool, 256, BYTES)), overlap);
    // In place.
    assert_eq!(forward(&device, at(&pool, 0, BYTES), at(&pool, 0, BYTES)), Ok(()));
    let mut encoder = device.create_command_encoder(&Default::default());
    let (x, dx) = (at(&pool, 0, BYTES), at(&pool, step, BYTES));
    let refused = plan(&device).backward(&mut encoder, x, x, dx);
    assert_eq!(refused, Err(Error::Overlap { first: "x", second: "dy" }));
    // x is needed to the end of backward, and by the neighbours in square sums.
    let refused = plan(&device).backward(&mut encoder, x, dx, x);
    assert_eq!(refused, Err(Error::Overlap { first: "x", second: "dx" }));
    let refused = plan(&device).square_sums(&mut encoder, x, x);
    assert_eq!(refused, Err(Error::Overlap { first: "x", second: "s" }));
    assert_eq!(plan(&device).backward(&mut encoder, x, dx, dx), Ok(()));
    // A kernel that cannot is named with those that can.
    let options = Kernel::Ring;
    let (lrn, shape) = (Lrn::pytorch(21).build().unwrap(), Shape::nchw(1, 40, 3, 5).unwrap());
    let ring = Plan::with_tuning(&device, &lrn, &shape, options).unwrap();
    let x = at(&pool, 0, shape.bytes());
    assert_eq!(
        ring.forward(&mut encoder, x, x).unwrap_err().to_string(),
        "\"ring\" cannot compute forward of this layer in place on this device; available: pixel 1"
    );
}

#[test]
fn operand_counts() {
    let (device, _queue) = device();
    let x = buffer(&device, BYTES, Usage::STORAGE);
    let mut encoder = device.create_command_encoder(&Default::default());
    let refused = plan(&device).record(&mut encoder, Operation::Backward, &[(&x).into()]);
    let expected = Operation::Backward.operands();
    assert_eq!(refused, Err(Error::Operands { operation: Operation::Backward, given: 1, expected }));
}

#[test]
fn host_slices() {
    let (lrn, shape) = (Lrn::pytorch(3).build().unwrap(), Shape::new(&DIMS, 1).unwrap());
    let short = Error::Length { operand: "dy", given: 3, expected: 420 };
    assert_eq!(cpu::backward(&lrn, &shape, &[0f32; 420], &[0.0; 3]), Err(short));
    let other = Error::Dtype { operand: "x", given: Dtype::F64, expected: Dtype::F32 };
    assert_eq!(cpu::forward(&lrn, &shape, &[0f64; 420]), Err(other));
    // Only a blended layer is told what the result holds.
    let [x, y] = [[0f32; 420]; 2];
    let expected = Operation::Forward.operands();
    let given = Error::Operands { operation: Operation::Forward, given: 3, expected };
    assert_eq!(cpu::run(&lrn, &shape, Operation::Forward, &[&x, &y]), Err(given));
    let blended = lrn.with_blend(1.0, 1.0).unwrap();
    assert!(cpu::run(&blended, &shape, Operation::Forward, &[&x, &y]).is_ok());
}

/// No pipeline is made where a device lacks what a type needs.
#[test]
fn f64_needs_its_feature() {
    let (device, _queue) = device();
    let shape = Shape::new(&DIMS, 1).unwrap().with_dtype(Dtype::F64);
    let refused = Plan::new(&device, &Lrn::pytorch(3).build().unwrap(), &shape).unwrap_err();
    let expected = Error::Feature { feature: "SHADER_F64", needed_for: "a tensor of f64" };
    assert_eq!(refused, expected);
    assert!(matches!("f8".parse::<Dtype>(), Err(Error::UnknownName { kind: "dtype", .. })));
    assert!(Dtype::ALL.iter().all(|dtype| dtype.name().parse::<Dtype>() == Ok(*dtype)));
}

/// Every kernel and operation is accepted by wgpu's validation, in a caller's own compute pass too,
/// and twice in one encoder.
#[test]
fn accepted_calls_raise_no_validation_error() {
    let (device, _queue) = device();
    let (lrn, shape) = (Lrn::new(40, 50, 0.1, 0.6, 1.0).unwrap(), Shape::nchw(2, 130, 3, 5).unwrap());
    let buffers: Vec<_> = (0..3).map(|_| buffer(&device, shape.bytes(), Usage::STORAGE)).collect();
    for choice in test_support::choices(&lrn, &shape, device.features()) {
        let plan = Plan::with_tuning(&device, &lrn, &shape, choice).unwrap();
        assert!(Operation::ALL.iter().all(|&operation| plan.preferred_choice(operation) == choice));
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let mut encoder = device.create_command_encoder(&Default::default());
        for &operation in Operation::ALL {
            let count = operation.operands().len();
            let operands: Vec<Operand<'_>> = buffers[..count].iter().map(Into::into).collect();
            plan.record(&mut encoder, operation, &operands).unwrap();
            let mut pass = encoder.begin_compute_pass(&Default::default());
            plan.record_in(&mut pass, operation, &operands).unwrap();
        }
        drop(encoder.finish());
        let complaint = block_on(scope.pop());
        assert!(complaint.is_none(), "{complaint:?}");
    }
}

#[test]
fn plans_are_shared_between_threads() {
    fn shared<T: Clone + Send + Sync>() {}
    shared::<Plan>();
    shared::<wgpu_lrn::Gpu>();
}

/// Each operation is planned when it is needed, so that one beyond the limits does not stand in the way of others.
#[test]
fn inference_where_backward_exceeds_the_limits() {
    let required_limits = wgpu::Limits { max_buffer_size: 1 << 30, ..Default::default() };
    let descriptor = wgpu::DeviceDescriptor { required_limits, ..Default::default() };
    let (device, _queue) = wgpu::Device::noop(&descriptor);
    let lrn = Lrn::pytorch(5).build().unwrap().with_precision(Precision::Exact);
    let plan = Plan::new(&device, &lrn, &Shape::nchw(1, 64, 2048, 2048).unwrap()).unwrap();
    block_on(plan.prepare(Operation::Forward)).unwrap();
    let refused = block_on(plan.prepare(Operation::Backward));
    assert!(matches!(refused, Err(Error::Limit { .. })), "{refused:?}");
}

/// Where *pixel*, which the rule prefers, has no room for all channels, another kernel computes in place.
#[test]
fn a_long_axis_in_place() {
    let (device, _queue) = device();
    let shape = Shape::new(&[4, 2000], 1).unwrap();
    let plan = Plan::new(&device, &Lrn::pytorch(5).build().unwrap(), &shape).unwrap();
    let x = buffer(&device, shape.bytes(), Usage::STORAGE);
    let mut encoder = device.create_command_encoder(&Default::default());
    plan.forward(&mut encoder, &x, &x).unwrap();
    assert_eq!(plan.preferred_choice(Operation::Forward).kernel, Kernel::Row);
    let in_place = plan.bind(Operation::Forward, &[(&x).into(), (&x).into()]).unwrap();
    assert_eq!(in_place.choice().kernel, Kernel::Column);
    // Forced, it tells what it lacks, which no device grants.
    let pixel = Kernel::Pixel;
    let lrn = Lrn::pytorch(5).build().unwrap();
    let forced = Plan::with_tuning(&device, &lrn, &shape, pixel).unwrap();
    let refused = forced.forward(&mut encoder, &x, &x).unwrap_err();
    assert!(matches!(refused, Error::Capacity { kernel: Kernel::Pixel, .. }), "{refused}");
}
