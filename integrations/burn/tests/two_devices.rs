//! A model with the layer on two devices, as Burn's multi-device training runs it.
#![cfg(not(feature = "vulkan"))] // SPIR-V needs a device with extensions that wgpu does not request

mod common;
#[path = "../examples/train/devices.rs"]
mod devices;

use burn::data::dataloader::{DataLoaderBuilder, DataLoaderIterator, batcher::Batcher};
use burn::data::dataset::InMemDataset;
use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::{Device, Tensor};
use burn::train::train::MultiDevicesTrainStep;
use burn::train::{InferenceStep, TrainOutput, TrainStep};
use common::*;
use wgpu_lrn_burn::{LocalResponseNorm, Path, path};

const DIMS: [usize; 4] = [3, 2, 9, 7];

#[derive(Module, Debug)]
struct Model {
    first: Conv2d,
    second: Conv2d,
    norm: LocalResponseNorm,
}

impl Model {
    fn new(device: &Device) -> Self {
        let conv = |channels| Conv2dConfig::new(channels, [3, 3]).with_padding(PaddingConfig2d::Same).init(device);
        Self { first: conv([2, 6]), second: conv([6, 5]), norm: ours(4) }
    }
}

impl TrainStep for Model {
    type Input = Tensor<4>;
    type Output = ();

    fn step(&self, x: Tensor<4>) -> TrainOutput<()> {
        assert_eq!(path(&x.device()), Path::Launch);
        let y = self.norm.forward(self.first.forward(x));
        let y = self.norm.forward(self.second.forward(y));
        TrainOutput::new(self, (y.clone() * y).sum().backward(), ())
    }
}

// Burn's trainer asks for it; nothing is inferred here.
impl InferenceStep for Model {
    type Input = Tensor<4>;
    type Output = ();

    fn step(&self, _: Tensor<4>) {}
}

fn batch(seed: u32, device: &Device) -> Tensor<4> {
    tensor(&values::<f32>(DIMS.iter().product(), seed), DIMS, device)
}

/// Makes a batch of a seed.
struct Seeded;

impl Batcher<u32, Tensor<4>> for Seeded {
    fn batch(&self, seeds: Vec<u32>, device: &Device) -> Tensor<4> {
        batch(seeds[0], device)
    }
}

/// Returns the gradients of two batches, each on its device, summed on the first as Burn's learner does.
fn on_two(devices: &[Device; 2], model: &Model) -> GradientsParams {
    let loader = |at: usize| {
        let loader = DataLoaderBuilder::new(Seeded).batch_size(1).set_device(devices[at].clone());
        loader.build(InMemDataset::new(vec![at as u32]))
    };
    let loaders = [loader(0), loader(1)];
    let mut batches: Vec<Box<dyn DataLoaderIterator<_>>> = loaders.iter().map(|loader| loader.iter()).collect();
    let step = MultiDevicesTrainStep::<Model>::new(devices);
    let (outputs, _) = step.step(&mut batches, model).expect("a step on both devices");
    assert_eq!(outputs.len(), 2);
    let mut sum = GradientsAccumulator::new();
    for output in outputs {
        sum.accumulate(model, output.output.grads.to_device(&devices[0], model));
    }
    sum.grads()
}

/// Compares with 1e-5 of the largest: the sums run in another order.
#[track_caller]
fn assert_close<const D: usize>(one: Option<Tensor<D>>, two: Option<Tensor<D>>) {
    let [one, two] = [one, two].map(|tensor| read::<D, f32>(tensor.expect("a gradient")));
    let largest = one.iter().fold(0_f32, |largest, one| largest.max(one.abs()));
    assert!(largest > 0.1, "{largest}");
    for (one, two) in one.iter().zip(&two) {
        assert!((one - two).abs() <= 1e-5 * largest, "{one} {two}, the largest is {largest}");
    }
}

#[test]
fn gradients_of_two_devices_add_up_to_those_of_one() {
    let devices: [Device; 2] = devices::open(2).unwrap().try_into().unwrap();
    let devices = devices.map(Device::autodiff);
    assert_ne!(devices[0], devices[1]);
    let model = Model::new(&devices[0]).fork(&devices[0]);
    let both = Tensor::cat(vec![batch(0, &devices[0]), batch(1, &devices[0])], 0);
    let one = TrainStep::step(&model, both).grads;
    let two = on_two(&devices, &model);
    for conv in [&model.first, &model.second] {
        assert_close::<4>(one.get(conv.weight.id), two.get(conv.weight.id));
        let bias = conv.bias.as_ref().expect("a bias").id;
        assert_close::<1>(one.get(bias), two.get(bias));
    }
}
