//! Any layer on any small tensor, by any choice on the first adapter: what the formula says, and no byte beside it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use test_support::draw::{Drawn, Unstructured};
use test_support::{gpus, of_dtype, plan, run, values};
use wgpu_lrn::{Choice, Element, Operation, check};

fuzz_target!(|bytes: &[u8]| {
    let Ok(drawn) = Drawn::new(&mut Unstructured::new(bytes)) else { return };
    of_dtype!(drawn.shape.dtype(), T => compare::<T>(&drawn));
});

fn compare<T: Element>(drawn: &Drawn) {
    let Drawn { lrn, shape, operation, choice, .. } = drawn;
    let gpu = &gpus()[0];
    let choices = Choice::available(lrn, shape, gpu.device().features());
    if choices.is_empty() || shape.is_empty() {
        return;
    }
    let (x, dy) = (values::<T>(shape, 1), values::<T>(shape, 2));
    let inputs: &[&[T]] = if *operation == Operation::Backward { &[&x, &dy] } else { &[&x] };
    let old = [inputs, &[&dy]].concat();
    let blends = lrn.blend() != 0.0 && *operation != Operation::SquareSums;
    let inputs = if blends { &old[..] } else { inputs };
    let choice = choices[choice % choices.len()];
    let result = run(gpu, &plan(gpu, choice, lrn, shape), *operation, inputs);
    let report = check::run(lrn, shape, *operation, inputs, &result).unwrap();
    assert!(report.passed(), "{choice} {operation:?} {lrn:?} {shape:?}: {report}");
}
