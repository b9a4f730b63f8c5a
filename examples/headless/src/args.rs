//! The command line.

use bytesize::ByteSize;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use headless::device::{Device, DeviceChoice};
use std::path::PathBuf;
use terminal::Failure;
use wgpu_lrn::{Convention, Dtype, Kernel, Lrn, LrnBuilder, Operation, Precision, Shape};

/// Local Response Normalization on any GPU: without a command, the demo.
#[derive(clap::Parser)]
#[command(name = "headless", args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Folder for the demo's pictures
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub place: Place,
}

#[derive(clap::Subcommand)]
pub enum Command {
    /// List every adapter: name, backend, type, driver, limits, features
    Adapters {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Compute y from x
    Forward {
        #[arg(value_name = "X.npy")]
        x: PathBuf,
        #[arg(value_name = "Y.npy")]
        y: PathBuf,
        #[command(flatten)]
        layer: Layer,
    },
    /// Compute dx from x and dy
    Backward {
        #[arg(value_name = "X.npy")]
        x: PathBuf,
        #[arg(value_name = "DY.npy")]
        dy: PathBuf,
        #[arg(value_name = "DX.npy")]
        dx: PathBuf,
        #[command(flatten)]
        layer: Layer,
    },
    /// Compute s, the windowed square sums, from x
    SquareSums {
        #[arg(value_name = "X.npy")]
        x: PathBuf,
        #[arg(value_name = "S.npy")]
        s: PathBuf,
        #[command(flatten)]
        layer: Layer,
    },
}

/// A kernel that is forced. (clap would take a bare `Option` for an option that may be absent.)
type Forced = Option<Kernel>;

/// Where to run.
#[derive(clap::Args)]
pub struct Place {
    /// Where to run; auto takes a GPU where there is one, else the CPU reference
    #[arg(long, value_enum, default_value = "auto")]
    pub device: DeviceChoice,
    /// The first adapter with this in its name; with #2 behind it the second, and so on
    #[arg(long, value_name = "SUBSTRING")]
    pub adapter: Option<String>,
    /// How to compute on a GPU
    #[arg(long, default_value = "auto", value_parser = kernels())]
    pub kernel: Forced,
}

/// The layer, its axis, and where to run it.
#[derive(clap::Args)]
pub struct Layer {
    /// The framework whose parameters these are: pytorch, onnx, caffe, cudnn, onednn, openvino,
    /// tensorflow, paper, krizhevsky, or formula
    #[arg(long, value_name = "NAME", default_value = "pytorch")]
    convention: Convention,
    #[command(flatten)]
    extent: Extent,
    /// The framework's alpha; with formula, the coefficient a itself
    #[arg(long, allow_hyphen_values = true)]
    alpha: Option<f64>,
    /// The exponent
    #[arg(long, allow_hyphen_values = true)]
    beta: Option<f64>,
    /// The bias
    #[arg(long, allow_hyphen_values = true)]
    k: Option<f64>,
    /// Apply ReLU to x first, in the same pass
    #[arg(long)]
    relu: bool,
    #[command(flatten)]
    blend: Blend,
    /// The axis of the channels; negative counts from the end: -1 is channels-last [default: 1]
    #[arg(long, value_name = "I", allow_hyphen_values = true)]
    axis: Option<isize>,
    /// Several axes, for windows along all of them: 2,3 is within the channels of an NCHW array
    #[arg(long, value_name = "I,J", conflicts_with = "axis", value_delimiter = ',', allow_hyphen_values = true)]
    axes: Vec<isize>,
    /// Normalise the channels (those of the first axis) in that many groups
    #[arg(long, value_name = "G", default_value_t = 1, allow_hyphen_values = true)]
    groups: u32,
    #[command(flatten)]
    place: Place,
    /// The dtype of all files: f32 ('<f4'), f16 ('<f2'), f64 ('<f8'), or bf16 ('<u2', its bits).
    /// Without it, that of X.npy, where '<u2' is refused
    #[arg(long, value_name = "NAME")]
    pub dtype: Option<Dtype>,
    /// How exact results of f32 are: fast, within a few ulp, or exact, within one. For other dtypes it
    /// does not matter
    #[arg(long, value_name = "NAME", default_value = "fast")]
    precision: Precision,
    /// Compare with the CPU reference; exit code 1 beyond the bound
    #[arg(long, conflicts_with = "memory_budget")]
    pub check: bool,
    /// Stream from file to file in at most that much memory, for example 256MiB. Without it, tensors that do
    /// not fit the GPU are streamed too
    #[arg(long, value_name = "SIZE", conflicts_with = "wgsl")]
    pub memory_budget: Option<ByteSize>,
    /// Write the WGSL of the shaders that compute it, one after the other
    #[arg(long, value_name = "FILE")]
    pub wgsl: Option<PathBuf>,
}

/// The window, in one of four ways.
#[derive(clap::Args)]
#[group(multiple = false)]
struct Extent {
    /// Channels of the window, placed as the framework places them; with --axes, along each
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    size: Option<u32>,
    /// Channels on each side; with --axes, along each
    #[arg(long, value_name = "R", allow_hyphen_values = true)]
    radius: Option<u32>,
    /// Channels before, and channels after; with --axes, along each
    #[arg(long, value_name = "P,Q", allow_hyphen_values = true, value_parser = window)]
    window: Option<(u32, u32)>,
    /// Channels before, and after, along each of several axes
    #[arg(long, value_name = "P,Q;P,Q", allow_hyphen_values = true, value_parser = windows)]
    windows: Option<Windows>,
}

/// Look-behind and look-ahead along each axis. (clap would take a bare `Vec` for an option given often.)
type Windows = Box<[(u32, u32)]>;

/// What becomes of a result; not of square sums.
#[derive(clap::Args)]
struct Blend {
    /// Multiply y or dx by S; not for square-sums [default: 1]
    #[arg(long, value_name = "S", allow_hyphen_values = true)]
    scale: Option<f64>,
    /// Add B times the y or dx that the file of the result holds already; not for square-sums
    /// [default: 0]
    #[arg(long, value_name = "B", allow_hyphen_values = true)]
    blend: Option<f64>,
}

impl Layer {
    /// Returns the layer, for an operation.
    pub fn lrn(&self, operation: Operation) -> Result<Lrn, Failure> {
        let lrn = self.spelled()?.with_precision(self.precision);
        self.blend.of(if self.relu { lrn.with_relu() } else { lrn }, operation)
    }

    fn spelled(&self) -> Result<Lrn, Failure> {
        let mut builder = self.extent.of(self.convention.builder().axes(self.axes().len()));
        if let Some(alpha) = self.alpha {
            builder = builder.alpha(alpha);
        }
        if let Some(beta) = self.beta {
            builder = builder.beta(beta);
        }
        if let Some(k) = self.k {
            builder = builder.k(k);
        }
        Ok(builder.build()?)
    }

    /// Returns the shape of a tensor with these dimensions.
    pub fn shape(&self, dims: &[usize]) -> Result<Shape, Failure> {
        Ok(Shape::over(dims, &self.axes())?.with_groups(self.groups.into())?)
    }

    fn axes(&self) -> Vec<isize> {
        if self.axes.is_empty() { vec![self.axis.unwrap_or(1)] } else { self.axes.clone() }
    }

    /// Opens the device.
    pub fn open(&self) -> Result<Device, Failure> {
        let Place { device, adapter, kernel } = &self.place;
        Device::open(*device, adapter.as_deref(), *kernel)
    }
}

impl Extent {
    fn of(&self, builder: LrnBuilder) -> LrnBuilder {
        match self {
            Extent { size: Some(size), .. } => builder.size(*size),
            Extent { radius: Some(radius), .. } => builder.radius(*radius),
            Extent { window: Some((behind, ahead)), .. } => builder.window(*behind, *ahead),
            Extent { windows: Some(windows), .. } => builder.windows(windows),
            _ => builder,
        }
    }
}

impl Blend {
    fn of(&self, lrn: Lrn, operation: Operation) -> Result<Lrn, Failure> {
        let given = [("--scale", self.scale), ("--blend", self.blend)];
        let given = given.iter().find(|(_, value)| value.is_some());
        match given {
            Some((name, _)) if operation == Operation::SquareSums => Err(Failure::Refused(format!(
                "the argument '{name}' cannot be used with square-sums: square sums are not \
                 blended; leave it out"
            ))),
            _ => Ok(lrn.with_blend(self.scale.unwrap_or(1.0), self.blend.unwrap_or(0.0))?),
        }
    }
}

fn kernels() -> impl TypedValueParser<Value = Forced> {
    let names = ["auto"].into_iter().chain(Kernel::ALL.iter().map(|kernel| kernel.name()));
    PossibleValuesParser::new(names).map(|name| name.parse::<Kernel>().ok())
}

fn window(text: &str) -> Result<(u32, u32), &'static str> {
    let sides = text.split_once(',');
    sides
        .and_then(|(behind, ahead)| Some((behind.parse().ok()?, ahead.parse().ok()?)))
        .ok_or("expected the channels before and after as two whole numbers, for example 2,2")
}

fn windows(text: &str) -> Result<Windows, &'static str> {
    let windows: Result<_, _> = text.split(';').map(window).collect();
    windows.map_err(|_| "expected whole numbers before and after for each axis, for example 1,2;3,3")
}
