//! Any layer on any tensor and any limits: an error by name, or a recipe that writes every element once.

#![no_main]

use libfuzzer_sys::fuzz_target;
use test_support::draw::{Drawn, Unstructured};
use test_support::follow::assert_complete;
use wgpu_lrn::internals::Recipe;
use wgpu_lrn::{Choice, Error, wgpu};

fuzz_target!(|bytes: &[u8]| {
    let Ok(drawn) = Drawn::new(&mut Unstructured::new(bytes)) else { return };
    let Drawn { lrn, shape, operation, limits, choice, .. } = drawn;
    let features = wgpu::Features::SHADER_F64;
    let choices = Choice::available(&lrn, &shape, features).unwrap();
    let choice = choices[choice % choices.len()];
    for in_place in [false, choice.computes_in_place(operation)] {
        match Recipe::new(&lrn, &shape, operation, in_place, choice, features, &limits) {
            Ok(recipe) => assert_complete(&recipe, &shape, &limits),
            Err(Error::Limit { needed, granted, .. }) => assert!(needed > granted),
            Err(Error::Capacity { needed, most, .. }) => assert!(needed > most),
            Err(error) => panic!("{error}"),
        }
    }
});
