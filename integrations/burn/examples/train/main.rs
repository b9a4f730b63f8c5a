//! Trains a small network in the manner of AlexNet on pictures that it draws: with this crate's layer, with Burn's, and
//! without one. It writes the loss of each step and a picture of the curves.
//!
//! cargo run --release --example train -- --help

mod args;
mod chart;
mod data;
mod devices;
mod memory;
mod model;
mod record;
mod report;

use args::{Args, HELP};
use burn::data::dataloader::{DataLoader, DataLoaderBuilder};
use burn::optim::AdamConfig;
use burn::tensor::Device;
use burn::train::logger::InMemoryMetricLogger;
use burn::train::metric::{AccuracyMetric, LossMetric};
use burn::train::{ExecutionStrategy, Learner, MultiDeviceOptim, SupervisedTraining};
use data::{Batch, Upload, pictures};
use memory::Peak;
use model::{Network, Norm};
use record::{Record, Recorder};
use report::Run;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

type Done<T = ()> = Result<T, Box<dyn Error>>;

const BATCH: usize = 32;
const LEARNING_RATE: f64 = 2e-3;

fn main() -> Done {
    let Some(args) = Args::parse(std::env::args().skip(1))? else {
        println!("{HELP}");
        return Ok(());
    };
    let devices = devices::open(args.devices)?;
    let runs = args.norms.iter().map(|&norm| train(norm, &args, &devices));
    let runs = runs.collect::<Done<Vec<Run>>>()?;
    std::fs::create_dir_all(&args.out)?;
    report::write_losses(&runs, &args.out.join("loss.csv"))?;
    chart::draw(&runs, &args.out.join("train.png"))?;
    println!("{}", report::summary(&runs));
    println!("wrote loss.csv and train.png to {}", args.out.display());
    report::check(&runs)
}

fn train(norm: Norm, args: &Args, devices: &[Device]) -> Done<Run> {
    let devices: Vec<Device> = devices.iter().map(|device| device.clone().autodiff()).collect();
    let first = &devices[0];
    first.seed(args.seed);
    let (peak, record) = (Peak::default(), Arc::<Mutex<Record>>::default());
    let network = Network::new(norm, peak.clone(), first);
    let [train, valid] = loaders(args, first);
    let training = SupervisedTraining::new("", train, valid)
        .metrics((LossMetric::new(), AccuracyMetric::new()))
        .num_epochs(args.epochs)
        .label(norm.name())
        .with_training_strategy(strategy(devices).into())
        .renderer(Box::new(Recorder::new(record.clone())))
        .with_metric_logger(InMemoryMetricLogger::new()) // no files
        .with_application_logger(None);
    let result = training.launch(Learner::new(network, AdamConfig::new().init(), LEARNING_RATE));
    match result.error {
        Some(error) => Err(error.into()),
        None => {
            let record = record.lock().unwrap_or_else(PoisonError::into_inner).clone();
            Ok(Run { norm, record, memory: peak.mebibytes() })
        }
    }
}

/// Returns a strategy in which each of several devices computes a batch, and the first one takes a step by the sum of
/// their gradients.
fn strategy(devices: Vec<Device>) -> ExecutionStrategy {
    match <[Device; 1]>::try_from(devices) {
        Ok([device]) => ExecutionStrategy::single(device),
        Err(devices) => ExecutionStrategy::multi(devices, MultiDeviceOptim::OptimMainDevice),
    }
}

/// Draws the pictures to train on and those to validate on. Each run gets the same, in the same order.
fn loaders(args: &Args, device: &Device) -> [Arc<dyn DataLoader<Batch>>; 2] {
    let (train, valid) = if args.quick { (4 * BATCH, BATCH) } else { (80 * BATCH, 20 * BATCH) };
    let builder = || DataLoaderBuilder::new(Upload).batch_size(BATCH).set_device(device.clone());
    [builder().shuffle(args.seed).build(pictures(train, 1)), builder().build(pictures(valid, 2))]
}
