//! Any layer on any small tensor, ordinary or at the edges of numbers, by any choice on the first adapter: what the
//! formula says, and no byte beside it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use test_support::checks::Check;
use test_support::draw::{Drawn, Unstructured};
use test_support::gpus;
use wgpu_lrn::{Operation, block_on};

fuzz_target!(|bytes: &[u8]| {
    let Ok(drawn) = Drawn::new(&mut Unstructured::new(bytes)) else { return };
    let Drawn { lrn, shape, operation, choice, input, in_place, .. } = drawn;
    let in_place = in_place && operation != Operation::SquareSums;
    let check = Check { name: "drawn", lrn, shape, operation, in_place, input };
    let gpu = &gpus()[0];
    let choices = check.choices(gpu);
    if choices.is_empty() || check.shape.is_empty() {
        return;
    }
    let choice = choices[choice % choices.len()];
    let report = block_on(check.run(gpu, choice)).unwrap_or_else(|e| panic!("{check:?}: {e}"));
    // Of the absurd nothing may be claimed.
    assert!(report.ratio <= 1.0, "{choice} {check:?}: {report}");
});
