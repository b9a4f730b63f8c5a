//! One import changes: texts, files and panics are Burn's.

mod common;

use burn::config::Config;
use burn::module::{Module, Param};
use burn::store::ModuleRecord;
use burn::tensor::Tensor;
use common::*;
use wgpu_lrn_burn::LocalResponseNormConfig;

#[test]
fn display_and_debug_are_burns() {
    assert_eq!(ours(5).to_string(), burns(5).to_string());
    let plain = LocalResponseNormConfig::new(3).init();
    assert_eq!(plain.to_string(), burn::nn::LocalResponseNormConfig::new(3).init().to_string());
    assert_eq!(format!("{:?}", ours(5)), format!("{:?}", burns(5)));
}

#[test]
fn configurations_are_burns() {
    let ours = LocalResponseNormConfig::new(5).with_alpha(0.3).with_k(2.5);
    let burns = burn::nn::LocalResponseNormConfig::new(5).with_alpha(0.3).with_k(2.5);
    let json = serde_json::to_string(&burns).unwrap();
    assert_eq!(serde_json::to_string(&ours).unwrap(), json);
    assert_eq!(ours.to_string(), burns.to_string());
    let read = LocalResponseNormConfig::load_binary(json.as_bytes()).unwrap();
    assert_eq!((read.size, read.alpha, read.beta, read.k), (5, 0.3, 0.75, 2.5));
    assert_eq!(serde_json::to_string(&read).unwrap(), json);
}

#[derive(Module, Debug)]
struct Model<N: Module> {
    weight: Param<Tensor<3>>,
    norm: N,
}

fn model<N: Module>(norm: N, seed: u32) -> Model<N> {
    let weight = tensor(&values::<f32>(24, seed), [2, 4, 3], &device());
    Model { weight: Param::from_tensor(weight), norm }
}

#[test]
fn a_model_reads_what_burns_has_saved() {
    let bytes = model(burns(5), 1).into_record().into_bytes().unwrap();
    let record = ModuleRecord::from_bytes(bytes).unwrap();
    let read = model(ours(5), 2).load_record(record);
    assert_eq!(read.weight.val().to_data(), model(ours(5), 1).weight.val().to_data());
    assert_eq!(read.norm.to_string(), ours(5).to_string());
    assert_eq!((read.num_params(), ours(5).num_params()), (24, burns(5).num_params()));
}

#[test]
fn burns_reads_what_a_model_has_saved() {
    let bytes = model(ours(5), 1).into_record().into_bytes().unwrap();
    let read = model(burns(5), 2).load_record(ModuleRecord::from_bytes(bytes).unwrap());
    assert_eq!(read.weight.val().to_data(), model(ours(5), 1).weight.val().to_data());
}

#[test]
#[should_panic(expected = "size must be greater than 0.")]
fn a_size_of_zero_panics() {
    LocalResponseNormConfig::new(0).init();
}

#[test]
#[should_panic(expected = "assert_shape!(input, [_, _, _, ..]): expected rank at least 3, got 2")]
fn a_rank_of_two_panics() {
    ours(3).forward(Tensor::<2>::zeros([2, 4], &device()));
}
