//! The command line.

use benches::networks::{Layout, NETWORKS, Network};
use std::path::PathBuf;
use terminal::Failure;
use wgpu_lrn::{Dtype, Kernel, Precision, wgpu};

/// Says what the compilers of real GPUs make of the kernels: no GPU is needed.
#[derive(clap::Parser)]
#[command(name = "compilers")]
pub struct Args {
    /// Networks, by name, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "alexnet_norm1")]
    shapes: Vec<String>,
    /// Order of the dimensions: channels_first, channels_last, or both
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "channels_first,channels_last")]
    layouts: Vec<String>,
    /// Types of the elements, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "f32,f16,bf16,f64")]
    pub dtypes: Vec<Dtype>,
    /// How exact f32 is: fast, exact, or both
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "fast,exact")]
    precisions: Vec<Precision>,
    /// This exponent, in the place of the networks' own
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub beta: Option<f64>,
    /// Only these kernels
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    kernels: Vec<Kernel>,
    /// What the device has not, of f16, i16 and f64
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    without: Vec<String>,
    /// AMD GPUs, by the names of Mesa's RADV, such as NAVI21 (RDNA 2), GFX1100 (RDNA 3), VEGA20 (GCN); or none
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "NAVI21")]
    amd: Vec<String>,
    /// NVIDIA GPUs, of sm_90, sm_89, sm_86 and sm_75; or none
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "sm_90")]
    nvidia: Vec<String>,
    /// The Python that has the packages nvidia-cuda-nvcc and nvidia-cuda-nvdisasm [default: $CUDA_PYTHON]
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// Run nothing to see what is asked of memory: no adapter is needed
    #[arg(long)]
    pub no_memory: bool,
    /// Write what is printed as JSON
    #[arg(long, value_name = "OUT.json")]
    pub json: Option<PathBuf>,
    /// Leave the shaders and the listings there
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
    /// Compile what comes on standard input: how the program calls itself
    #[arg(long, hide = true)]
    pub serve: bool,
}

/// What a device may have that matters to the kernels.
const FEATURES: [(&str, wgpu::Features); 3] =
    [("f16", wgpu::Features::SHADER_F16), ("i16", wgpu::Features::SHADER_I16), ("f64", wgpu::Features::SHADER_F64)];

impl Args {
    /// Returns the features of the device.
    pub fn features(&self) -> wgpu::Features {
        let has = FEATURES.iter().filter(|(name, _)| !self.without.iter().any(|n| n == name));
        has.fold(wgpu::Features::empty(), |all, (_, feature)| all | *feature)
    }

    /// Returns `true` if a kernel is asked for.
    pub fn wants(&self, kernel: Kernel) -> bool {
        self.kernels.is_empty() || self.kernels.contains(&kernel)
    }

    /// Returns the networks.
    pub fn networks(&self) -> impl Iterator<Item = &'static Network> {
        NETWORKS.iter().filter(|network| self.shapes.iter().any(|name| name == network.name))
    }

    /// Returns the orders of the dimensions.
    pub fn layouts(&self) -> impl Iterator<Item = Layout> {
        Layout::ALL.into_iter().filter(|layout| self.layouts.iter().any(|n| n == layout.name()))
    }

    /// Returns the precisions of a type: only f32 has a choice.
    pub fn precisions(&self, dtype: Dtype) -> &[Precision] {
        let differ = Precision::of(dtype);
        if differ.len() > 1 { &self.precisions } else { differ }
    }

    /// Returns the GPUs of AMD to compile for.
    pub fn amd(&self) -> impl Iterator<Item = &String> {
        self.amd.iter().filter(|name| *name != "none")
    }

    /// Returns the GPUs of NVIDIA to compile for.
    pub fn nvidia(&self) -> impl Iterator<Item = &String> {
        self.nvidia.iter().filter(|name| *name != "none")
    }

    /// Returns the Python with NVIDIA's compiler, where one is named.
    pub fn python(&self) -> Option<PathBuf> {
        self.python.clone().or_else(|| std::env::var_os("CUDA_PYTHON").map(PathBuf::from))
    }

    /// Refuses names that there are not.
    pub fn check(&self) -> Result<(), Failure> {
        let networks: Vec<_> = NETWORKS.iter().map(|network| network.name).collect();
        known("shape", &self.shapes, &networks)?;
        known("layout", &self.layouts, &Layout::ALL.map(Layout::name))?;
        known("feature", &self.without, &FEATURES.map(|(name, _)| name))
    }
}

fn known(what: &str, given: &[String], known: &[&str]) -> Result<(), Failure> {
    match given.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let known = known.join(", ");
            Err(Failure::Refused(format!("unknown {what} {name:?}: expected {known}")))
        }
    }
}
