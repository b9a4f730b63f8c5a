//! The command line.

use crate::model::Norm;
use std::error::Error;
use std::path::PathBuf;

pub const HELP: &str = "\
Trains a small network on pictures that it draws: with this crate's layer, with Burn's, and without one.

Usage: cargo run --release --example train -- [OPTIONS]

  --norm ours|burn|none  train with this layer only
  --all                  train with each, one after the other (default)
  --epochs N             default: 6
  --devices N            train on so many devices of wgpu, where Burn compiles WGSL; default: 1
  --seed N               seed of the parameters and of the batches' order; default: 1
  --quick                train for a few steps only
  --out FOLDER           where loss.csv and train.png go; default: target/train";

/// Holds what the command line asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Args {
    pub norms: Vec<Norm>,
    pub epochs: usize,
    pub devices: usize,
    pub seed: u64,
    pub quick: bool,
    pub out: PathBuf,
}

impl Args {
    /// Reads the arguments. Returns `None` if they ask for help.
    pub fn parse(args: impl IntoIterator<Item = String>) -> Result<Option<Self>, Box<dyn Error>> {
        let norms = Norm::ALL.to_vec();
        let mut parsed = Self { norms, epochs: 6, devices: 1, seed: 1, quick: false, out: "target/train".into() };
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--norm" => parsed.norms = vec![norm(&value()?)?],
                "--all" => parsed.norms = Norm::ALL.to_vec(),
                "--epochs" => parsed.epochs = number(&arg, &value()?, 1)? as usize,
                "--devices" => parsed.devices = number(&arg, &value()?, 1)? as usize,
                "--seed" => parsed.seed = number(&arg, &value()?, 0)?,
                "--quick" => parsed.quick = true,
                "--out" => parsed.out = value()?.into(),
                "--help" | "-h" => return Ok(None),
                _ => return Err(format!("unknown option {arg:?}: see --help").into()),
            }
        }
        Ok(Some(parsed))
    }
}

fn norm(name: &str) -> Result<Norm, String> {
    let found = Norm::ALL.into_iter().find(|norm| norm.name() == name);
    found.ok_or_else(|| format!("unknown layer {name:?}: expected ours, burn or none"))
}

fn number(option: &str, text: &str, least: u64) -> Result<u64, String> {
    let number = text.parse().ok().filter(|&number| number >= least);
    number.ok_or_else(|| format!("{option} {text:?}: expected a whole number, {least} or more"))
}
