//! The command line.

use benches::cases::{SWEEPS, Selection};
use benches::meter::Patience;
use benches::networks::NETWORKS;
use benches::variant::Variant;
use std::path::PathBuf;
use std::time::Duration;
use terminal::Failure;
use wgpu_lrn::{Dtype, Precision};

/// Times LRN on every GPU of this machine, beside a copy of the same bytes.
#[derive(clap::Parser)]
#[command(name = "benchmark")]
pub struct Args {
    /// Write the measurements as JSON
    #[arg(long, value_name = "OUT.json")]
    pub json: Option<PathBuf>,
    /// Write a page with plots
    #[arg(long, value_name = "OUT.html")]
    pub html: Option<PathBuf>,
    /// Networks and sweeps to measure, by name, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub shapes: Vec<String>,
    /// Batch sizes of the networks [default: 1,32,128; with --quick 1,8]
    #[arg(long, value_name = "SIZES", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..))]
    pub batches: Vec<u32>,
    /// Types of the elements, separated by commas: f32, f16, bf16, f64
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "f32")]
    pub dtypes: Vec<Dtype>,
    /// How exact results of f32 are, separated by commas: fast, exact
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "fast")]
    pub precisions: Vec<Precision>,
    /// What the layers of the networks compute besides, separated by commas: plain; relu before; blend, half of the
    /// result added to half of what is there; in_place, the result in the place of x or dy
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "plain")]
    pub variants: Vec<Variant>,
    /// Only the first adapter with this in its name; with #2 behind it the second, and so on
    #[arg(long, value_name = "SUBSTRING")]
    pub adapter: Option<String>,
    /// Fewer repetitions, batches and steps
    #[arg(long)]
    pub quick: bool,
    /// Measure nothing: show these measurements side by side
    #[arg(long, value_name = "IN.json", num_args = 1.., conflicts_with_all = ["json", "shapes", "batches", "dtypes", "precisions", "variants", "adapter", "quick"], requires = "html")]
    pub compare: Vec<PathBuf>,
    /// Show on the page, too, what compilers let expect of known GPUs: JSON of tools/compilers
    #[arg(long, value_name = "IN.json", requires = "html")]
    pub expect: Option<PathBuf>,
}

impl Args {
    /// Returns the batch sizes of the networks.
    fn batches(&self) -> Vec<usize> {
        match (self.batches.is_empty(), self.quick) {
            (false, _) => self.batches.iter().map(|&batch| batch as usize).collect(),
            (true, true) => vec![1, 8],
            (true, false) => vec![1, 32, 128],
        }
    }

    /// Returns how long to measure an operation on a tensor.
    pub fn patience(&self) -> Patience {
        let (rounds, budget) = match self.quick {
            true => (7, Duration::from_millis(400)),
            false => (25, Duration::from_secs(2)),
        };
        Patience { rounds, budget, least: Duration::ZERO }
    }

    /// Returns what to measure.
    pub fn selection(&self) -> Selection {
        Selection {
            shapes: self.shapes.clone(),
            batches: self.batches(),
            dtypes: self.dtypes.clone(),
            precisions: self.precisions.clone(),
            variants: self.variants.clone(),
            quick: self.quick,
        }
    }

    /// Refuses names that there are not.
    pub fn check(&self) -> Result<(), Failure> {
        let known: Vec<_> = NETWORKS.iter().map(|network| network.name).chain(SWEEPS).collect();
        match self.shapes.iter().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let known = known.join(", ");
                Err(Failure::Refused(format!("unknown shape {name:?}: expected {known}")))
            }
        }
    }
}
