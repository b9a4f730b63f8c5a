//! A small network in the manner of AlexNet: convolution, ReLU, LRN and pooling, twice, and then a linear layer.

use crate::data::{Batch, CLASSES, SIDE};
use crate::memory::Peak;
use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{self, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};
use burn::train::{ClassificationOutput, InferenceStep, TrainOutput, TrainStep};
use wgpu_lrn_burn::{LocalResponseNorm, LocalResponseNormConfig};

// The window of AlexNet. Its alpha of 0.0001 suits sums of squares of thousands; here they are of a few units.
const SIZE: usize = 5;
const ALPHA: f64 = 1.0;
const K: f64 = 2.0;

/// Names the layer that normalizes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Norm {
    Ours,
    Burn,
    None,
}

impl Norm {
    pub const ALL: [Self; 3] = [Self::Ours, Self::Burn, Self::None];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Burn => "burn",
            Self::None => "none",
        }
    }

    fn layer(self) -> Option<Layer> {
        match self {
            Self::Ours => {
                let config = LocalResponseNormConfig::new(SIZE).with_alpha(ALPHA).with_k(K);
                Some(Layer::Ours(config.init()))
            }
            Self::Burn => {
                let config = nn::LocalResponseNormConfig::new(SIZE).with_alpha(ALPHA).with_k(K);
                Some(Layer::Burn(config.init()))
            }
            Self::None => None,
        }
    }
}

/// Holds this crate's layer or Burn's, with the same parameters.
#[derive(Module, Debug)]
enum Layer {
    Ours(LocalResponseNorm),
    Burn(nn::LocalResponseNorm),
}

/// Classifies pictures.
#[derive(Module, Debug)]
pub struct Network {
    stages: [Stage; 2],
    linear: Linear,
    #[module(skip)]
    peak: Peak,
}

/// Runs a convolution, ReLU, the layer that normalizes, and pooling.
#[derive(Module, Debug)]
struct Stage {
    conv: Conv2d,
    norm: Option<Layer>,
    pool: MaxPool2d,
}

impl Stage {
    fn new(channels: [usize; 2], norm: Norm, device: &Device) -> Self {
        let conv = Conv2dConfig::new(channels, [5, 5]).with_padding(PaddingConfig2d::Same);
        let pool = MaxPool2dConfig::new([2, 2]);
        Self { conv: conv.init(device), norm: norm.layer(), pool: pool.init() }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = relu(self.conv.forward(x));
        let x = match &self.norm {
            Some(Layer::Ours(norm)) => norm.forward(x),
            Some(Layer::Burn(norm)) => norm.forward(x),
            None => x,
        };
        self.pool.forward(x)
    }
}

impl Network {
    /// Creates a network whose parameters the device's seed determines.
    pub fn new(norm: Norm, peak: Peak, device: &Device) -> Self {
        let stages = [[1, 8], [8, 16]].map(|channels| Stage::new(channels, norm, device));
        let linear = LinearConfig::new(16 * (SIDE / 4) * (SIDE / 4), CLASSES).init(device);
        Self { stages, linear, peak }
    }

    fn classify(&self, batch: Batch) -> ClassificationOutput {
        let stages = self.stages.iter();
        let features = stages.fold(batch.pictures, |x, stage| stage.forward(x));
        let output = self.linear.forward(features.flatten(1, 3));
        let loss = CrossEntropyLossConfig::new().init(&output.device());
        let loss = loss.forward(output.clone(), batch.classes.clone());
        ClassificationOutput::new(loss, output, batch.classes)
    }
}

impl TrainStep for Network {
    type Input = Batch;
    type Output = ClassificationOutput;

    fn step(&self, batch: Batch) -> TrainOutput<ClassificationOutput> {
        let output = self.classify(batch);
        self.peak.sample(&output.loss.device()); // the graph is at its largest
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

impl InferenceStep for Network {
    type Input = Batch;
    type Output = ClassificationOutput;

    fn step(&self, batch: Batch) -> ClassificationOutput {
        self.classify(batch)
    }
}
