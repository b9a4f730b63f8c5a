//! Tensors that are streamed in chunks: the same bits as in one piece, within the budget, and what stops a stream.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow::{Break, Continue};
use test_support::cases::CASES;
use test_support::{gpus, of_dtype, runs, values};
use wgpu_lrn::host::Progress;
use wgpu_lrn::{Dtype, Element, Error, Gpu, Layer, Lrn, Operation, Shape, Tuning, block_on, check, wgpu};

/// Copies of an operand in memory: on the device and in a staging buffer, for each of two chunks in flight.
const COPIES: u64 = 4;

/// Remembers the most bytes that were read at once.
struct Watched<'a> {
    bytes: Cursor<&'a [u8]>,
    most: usize,
}

impl<'a> Watched<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Watched { bytes: Cursor::new(bytes), most: 0 }
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.most = self.most.max(buffer.len());
        self.bytes.read(buffer)
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}

/// Streams an operation, and returns the result with the number of chunks.
fn streamed(layer: &Layer, operation: Operation, inputs: &[&[u8]], budget: u64) -> wgpu_lrn::Result<(Vec<u8>, usize)> {
    let (mut result, mut chunks) = (Cursor::new(Vec::new()), 0);
    let mut inputs: Vec<_> = inputs.iter().map(|input| Watched::new(input)).collect();
    let stream = layer.stream(operation).with_memory_budget(budget).with_progress(|Progress { written, bytes }| {
        assert!(written <= bytes);
        chunks += 1;
        Continue(())
    });
    block_on(stream.run(&mut inputs, &mut result))?;
    let operands = operation.operands().len() as u64;
    assert!(inputs.iter().all(|input| input.most as u64 * operands * COPIES <= budget));
    Ok((result.into_inner(), chunks))
}

/// Returns the least budget of an operation. A refusal tells the next that is worth trying.
fn least_budget(layer: &Layer, operation: Operation, inputs: &[&[u8]]) -> u64 {
    let mut budget = 0;
    while let Err(Error::MemoryBudget { given, needed }) = streamed(layer, operation, inputs, budget) {
        assert!(given == budget && needed > budget);
        budget = needed;
    }
    budget
}

/// Asserts that the least budget, and one that holds several channels or images, give the bits of one piece. Returns
/// the chunks.
fn assert_same<T: Element>(layer: &Layer, operation: Operation, inputs: &[Vec<T>], name: &str) -> usize {
    let slices: Vec<_> = inputs.iter().map(Vec::as_slice).collect();
    let bytes: Vec<_> = slices.iter().map(|slice| bytemuck::cast_slice(slice)).collect();
    let expected = block_on(layer.run(operation, &slices)).unwrap();
    let least = least_budget(layer, operation, &bytes);
    let chunks = [least, least * 7 / 2, 1 << 26].map(|budget| {
        let (result, chunks) = streamed(layer, operation, &bytes, budget).unwrap();
        let same = result == bytemuck::cast_slice::<T, u8>(&expected);
        let choice = layer.plan().preferred_choice(operation);
        assert!(same, "{name} {operation} {choice} {budget}: bits differ");
        chunks
    });
    assert_eq!(chunks[2], 1);
    chunks[0]
}

#[test]
fn chunks_give_the_bits_of_one_piece() {
    let mut most = 0;
    let is_small = |shape: &Shape| !shape.is_empty() && shape.elements() < 4000;
    for (number, case) in CASES.iter().enumerate().filter(|(_, case)| is_small(&case.shape())) {
        let dtype = [Dtype::F32, Dtype::F16, Dtype::F32, Dtype::Bf16, Dtype::F64][number % 5];
        let (lrn, shape) = (case.lrn(), case.shape().with_dtype(dtype));
        // One of three: each kernel comes often.
        for (turn, (gpu, choice)) in runs(&lrn, &shape).enumerate().filter(|(turn, _)| (turn + number) % 3 == 0) {
            let operation = Operation::ALL[(number + turn / 3) % 3];
            let layer = gpu.layer_with_tuning(&lrn, &shape, Tuning::from(choice)).unwrap();
            of_dtype!(dtype, T => {
                let inputs: Vec<Vec<T>> = (1..operation.operands().len()).map(|i| values(&shape, i as u64)).collect();
                most = most.max(assert_same(&layer, operation, &inputs, case.name));
            });
        }
    }
    assert!(most > 20, "the least budget cuts tensors often: {most}");
}

/// The dimensions of a tensor, its axes and their windows.
type Windowed = (&'static [usize], &'static [isize], &'static [(u32, u32)]);

/// An image is cut between its pixels, and where few are still too many along its first axis; also where passes hand on
/// sums, and where an axis mixes nothing.
#[test]
fn an_image_is_cut_between_pixels_and_along_its_first_axis() {
    let layers: [Windowed; 9] = [
        (&[1, 23, 20, 33], &[1], &[(2, 1)]),
        (&[181, 2, 97], &[0], &[(20, 13)]), // wide
        (&[2995], &[0], &[(1, 3)]),
        (&[47, 5, 13], &[0, 2], &[(1, 2), (3, 0)]),
        (&[67, 12, 3], &[0, 1], &[(1, 1), (0, 2)]),
        (&[1, 191, 13, 2], &[1, 2], &[(17, 20), (0, 12)]), // wide, too
        (&[2, 5, 300, 8], &[1, 2, 3], &[(0, 0), (3, 1), (7, 7)]),
        (&[31, 2, 19, 300], &[0, 1, 2], &[(2, 1), (0, 0), (1, 3)]),
        (&[1, 83, 12], &[1, 2], &[(2, 2), (4, 0)]),
    ];
    for (number, (dims, axes, windows)) in layers.into_iter().enumerate() {
        let lrn = Lrn::over(windows, 0.37, 0.6, 1.7).unwrap();
        let dtype = [Dtype::F32, Dtype::F16, Dtype::Bf16, Dtype::F64][number % 4];
        let shape = Shape::over(dims, axes).unwrap().with_dtype(dtype);
        for (turn, (gpu, choice)) in runs(&lrn, &shape).enumerate() {
            let operation = Operation::ALL[(number + turn) % 3];
            let layer = gpu.layer_with_tuning(&lrn, &shape, Tuning::from(choice)).unwrap();
            of_dtype!(dtype, T => {
                let inputs: Vec<Vec<T>> = (1..operation.operands().len()).map(|i| values(&shape, i as u64)).collect();
                let chunks = assert_same(&layer, operation, &inputs, "an image");
                assert!(chunks > 3, "{dims:?} {operation} {choice} in {chunks} chunks");
            });
        }
    }
}

/// Returns a layer on 40 images of 6 KB, of which the budget below holds two in each chunk.
fn small_images(gpu: &Gpu) -> Layer {
    gpu.layer(&lrn(), &Shape::nchw(40, 12, 16, 8).unwrap()).unwrap()
}

fn lrn() -> Lrn {
    Lrn::new(3, 1, 0.37, 0.6, 1.7).unwrap()
}

const BUDGET: u64 = 2 * 6144 * 3 * COPIES;

/// Returns x and dy for these.
fn inputs(layer: &Layer) -> [Vec<f32>; 2] {
    [1, 2].map(|seed| values(layer.plan().shape(), seed))
}

fn bytes(inputs: &[Vec<f32>]) -> Vec<&[u8]> {
    inputs.iter().map(|input| bytemuck::cast_slice(input)).collect()
}

/// Returns how far a stream came, and why it stopped.
fn stopped(result: wgpu_lrn::Result<()>) -> (u64, Error) {
    match result {
        Err(Error::Incomplete { written, bytes: 245_760, cause }) => (written, *cause),
        other => panic!("{other:?}"),
    }
}

/// Tensors may lie behind headers.
#[test]
fn streams_begin_where_they_are() {
    for gpu in gpus() {
        let layer = small_images(gpu);
        let inputs = inputs(&layer);
        let expected = block_on(layer.backward(&inputs[0], &inputs[1])).unwrap();
        let behind = |header: usize, bytes: &[u8]| {
            let mut stream = Cursor::new([&vec![7; header], bytes].concat());
            stream.set_position(header as u64);
            stream
        };
        let [x, dy] = [behind(3, bytes(&inputs)[0]), behind(128, bytes(&inputs)[1])];
        let mut dx = behind(10, &[]);
        block_on(layer.stream(Operation::Backward).with_memory_budget(BUDGET).run(&mut [x, dy], &mut dx)).unwrap();
        let (header, dx) = dx.get_ref().split_at(10);
        assert_eq!(header, [7; 10]);
        assert!(dx == bytemuck::cast_slice::<f32, u8>(&expected));
    }
}

/// A blended layer adds to what is given as the last input; without it, to zeros, and never to an earlier chunk.
#[test]
fn blends_add_to_what_is_given() {
    let lrn = lrn().with_blend(-0.7, 0.3).unwrap();
    let shape = Shape::nchw(40, 12, 16, 8).unwrap();
    for gpu in gpus() {
        let layer = gpu.layer(&lrn, &shape).unwrap();
        let inputs = inputs(&layer);
        for inputs in [&inputs[..], &inputs[..1]] {
            let slices: Vec<_> = inputs.iter().map(Vec::as_slice).collect();
            let expected = block_on(layer.run(Operation::Forward, &slices)).unwrap();
            let (y, chunks) = streamed(&layer, Operation::Forward, &bytes(inputs), BUDGET).unwrap();
            assert!(y == bytemuck::cast_slice::<f32, u8>(&expected) && chunks > 2);
        }
    }
}

#[test]
fn a_caller_ends_a_stream_between_chunks() {
    for gpu in gpus() {
        let layer = small_images(gpu);
        let (inputs, mut y) = (inputs(&layer), Cursor::new(Vec::new()));
        let stream = layer.stream(Operation::Forward).with_memory_budget(BUDGET);
        let stream =
            stream.with_progress(|Progress { written, .. }| if written > 50_000 { Break(()) } else { Continue(()) });
        let (written, cause) = stopped(block_on(stream.run(&mut [Cursor::new(bytes(&inputs)[0])], &mut y)));
        assert_eq!(cause, Error::Cancelled);
        assert!((50_001..100_000).contains(&written) && y.get_ref().len() as u64 == written);
        let expected = block_on(layer.forward(&inputs[0])).unwrap();
        assert!(y.get_ref()[..] == bytemuck::cast_slice::<f32, u8>(&expected)[..written as usize]);
    }
}

/// The error names the operand, and tells how far the result came.
#[test]
fn an_input_that_ends_early_is_named() {
    let layer = small_images(&gpus()[0]);
    let inputs = inputs(&layer);
    let [x, dy] = [bytes(&inputs)[0], &bytes(&inputs)[1][..150_001]].map(Cursor::new);
    let stream = layer.stream(Operation::Backward).with_memory_budget(BUDGET);
    let (written, cause) = stopped(block_on(stream.run(&mut [x, dy], &mut Cursor::new(Vec::new()))));
    assert!(matches!(cause, Error::Stream { operand: "dy", .. }), "{cause}");
    assert!((100_000..150_000).contains(&written));
}

/// Takes so many bytes, and then fails as a full disk does.
struct Full(Cursor<Vec<u8>>, usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.get_ref().len() + bytes.len() > self.1 {
            Err(io::ErrorKind::StorageFull.into())
        } else {
            self.0.write(bytes)
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Full {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_full_disk_is_an_error() {
    let layer = small_images(&gpus()[0]);
    let inputs = inputs(&layer);
    let mut y = Full(Cursor::new(Vec::new()), 100_000);
    let stream = layer.stream(Operation::Forward).with_memory_budget(BUDGET);
    let (written, cause) = stopped(block_on(stream.run(&mut [Cursor::new(bytes(&inputs)[0])], &mut y)));
    assert!(matches!(cause, Error::Stream { operand: "y", .. }), "{cause}");
    assert_eq!(written, y.0.get_ref().len() as u64);
}

#[test]
fn a_device_lost_midway_is_an_error() {
    for adapter in test_support::adapters() {
        let gpu = block_on(Gpu::with_adapter(&adapter)).unwrap();
        let layer = small_images(&gpu);
        let (inputs, mut y) = (inputs(&layer), Cursor::new(Vec::new()));
        let stream = layer.stream(Operation::Forward).with_memory_budget(BUDGET).with_progress(
            |Progress { written, .. }| {
                if written > 100_000 {
                    gpu.device().destroy();
                }
                Continue(())
            },
        );
        let (written, cause) = stopped(block_on(stream.run(&mut [Cursor::new(bytes(&inputs)[0])], &mut y)));
        assert!(matches!(cause, Error::DeviceLost { .. }), "{cause}");
        assert!(written > 100_000);
    }
}

#[test]
fn wrong_calls_are_refused_before_anything_is_read() {
    let layer = small_images(&gpus()[0]);
    let inputs = inputs(&layer);
    let least = least_budget(&layer, Operation::Backward, &bytes(&inputs));
    assert!(streamed(&layer, Operation::Backward, &bytes(&inputs), least).is_ok());
    let refused = streamed(&layer, Operation::Backward, &bytes(&inputs), least - 1).unwrap_err();
    assert_eq!(refused, Error::MemoryBudget { given: least - 1, needed: least });
    let refused = streamed(&layer, Operation::Backward, &bytes(&inputs[..1]), BUDGET).unwrap_err();
    assert!(matches!(refused, Error::Operands { given: 2, .. }), "{refused}");
    let vast = gpus()[0].layer(&lrn(), &Shape::nchw(1 << 40, 1 << 6, 16, 8).unwrap()).unwrap();
    let refused = streamed(&vast, Operation::Forward, &[&[]], u64::MAX >> 24).unwrap_err();
    assert!(matches!(refused, Error::MemoryBudget { .. }), "{refused}");
    let empty = gpus()[0].layer(&lrn(), &Shape::nchw(3, 0, 4, 5).unwrap()).unwrap();
    assert_eq!(streamed(&empty, Operation::Forward, &[&[]], 0).unwrap(), (Vec::new(), 0));
}

/// Opens an adapter so many times.
fn opened(adapter: &wgpu::Adapter, times: usize) -> Vec<Gpu> {
    (0..times).map(|_| block_on(Gpu::with_adapter(adapter)).unwrap()).collect()
}

/// Devices of one kind give the bits of one device, whichever computes an image, or some of its pixels, also where
/// passes hand on sums.
#[test]
fn devices_of_one_kind_share_a_tensor_and_give_its_bits() {
    let along_two = Lrn::over(&[(3, 1), (0, 2)], 0.37, 0.6, 1.7).unwrap();
    for adapter in test_support::adapters() {
        let gpus = opened(&adapter, 3);
        let nchw = Shape::nchw(40, 12, 16, 8).unwrap();
        let layers = [
            (lrn(), nchw, 1 << 26),
            (along_two.clone(), Shape::over(&[40, 12, 16, 8], &[1, 3]).unwrap(), 1 << 26),
            (lrn(), Shape::nchw(1, 12, 80, 64).unwrap(), 3 * BUDGET),
        ];
        for (lrn, shape, budget) in layers {
            let layer = gpus[0].layer(&lrn, &shape).unwrap();
            let inputs = inputs(&layer);
            let expected = block_on(layer.backward(&inputs[0], &inputs[1])).unwrap();
            let mut dx = Cursor::new(Vec::new());
            let stream = layer.stream(Operation::Backward).with_gpus(&gpus[1..]).with_memory_budget(budget);
            block_on(stream.run(&mut bytes(&inputs).into_iter().map(Cursor::new).collect::<Vec<_>>(), &mut dx))
                .unwrap();
            assert!(dx.get_ref() == bytemuck::cast_slice::<f32, u8>(&expected));
        }
    }
}

/// Other devices may round otherwise.
#[test]
fn devices_of_several_kinds_share_a_tensor() {
    let gpus = gpus();
    let layer = small_images(&gpus[0]);
    let (inputs, mut y) = (inputs(&layer), Cursor::new(Vec::new()));
    let stream = layer.stream(Operation::Forward).with_gpus(&gpus[1..]).with_memory_budget(1 << 20);
    block_on(stream.run(&mut [Cursor::new(bytes(&inputs)[0])], &mut y)).unwrap();
    let y: Vec<f32> = bytemuck::pod_collect_to_vec(y.get_ref());
    let report = check::forward(layer.plan().lrn(), layer.plan().shape(), &inputs[0], &y).unwrap();
    assert!(test_support::is_right(&report), "{report}");
}

/// One of three devices is lost midway.
#[test]
fn others_compute_what_a_lost_device_had_if_they_may() {
    for adapter in test_support::adapters() {
        for (has_failover, lost) in [(true, 0), (true, 1), (false, 1)] {
            let gpus = opened(&adapter, 3);
            let layer = small_images(&gpus[0]);
            let (inputs, mut y) = (inputs(&layer), Cursor::new(Vec::new()));
            let stream = layer.stream(Operation::Forward).with_gpus(&gpus[1..]).with_progress(|progress| {
                if progress.written > 50_000 {
                    gpus[lost].device().destroy();
                }
                Continue(())
            });
            let stream = if has_failover { stream.with_failover() } else { stream };
            let run = block_on(stream.run(&mut [Cursor::new(bytes(&inputs)[0])], &mut y));
            if has_failover {
                run.unwrap();
                let expected = block_on(small_images(&opened(&adapter, 1)[0]).forward(&inputs[0])).unwrap();
                assert!(y.get_ref() == bytemuck::cast_slice::<f32, u8>(&expected));
            } else {
                let (written, cause) = stopped(run);
                assert!(written > 50_000 && matches!(cause, Error::DeviceLost { .. }), "{written} {cause}");
            }
        }
    }
}
