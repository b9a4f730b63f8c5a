//! The demo: what LRN does to the activations of a photo. It leaves a picture, and arrays to try the command line on.

use crate::picture::{self, Ramp, Row, Scene};
use conv1::{CHANNELS, FAMILIES, FAMILY, MAP, PIXELS};
use headless::device::{Device, DeviceChoice, Run};
use headless::npy;
use image::RgbImage;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;
use terminal::{Failure, note, say, write_whole};
use wgpu_lrn::{Kernel, Lrn, Operation, Shape, check};

/// Where the demo runs and writes.
pub struct Options {
    /// The folder for the picture and the arrays, created where it does not exist.
    pub out: Option<PathBuf>,
    pub device: DeviceChoice,
    pub adapter: Option<String>,
    pub kernel: Option<Kernel>,
}

/// The alpha of the network, and one under which weaker responses compete too.
const NETWORK: f64 = 1e-4;
const STRONG: f64 = 1e-3;

/// Channels of the window on each side.
const REACH: usize = 2;

/// Returns the layer norm1 of Caffe's AlexNet, but for its alpha.
///
/// Krizhevsky's own program has a k of 2, which shrinks every response, whatever its neighbours are;
/// with 1 all that changes is due to the competition.
fn norm1(alpha: f64) -> Result<Lrn, Failure> {
    let size = 2 * REACH as u32 + 1;
    Ok(Lrn::caffe().size(size).alpha(alpha).beta(0.75).k(1.0).build()?)
}

/// Runs the demo, whose last line is the path of the picture.
pub fn run(options: &Options) -> Result<(), Failure> {
    let device = Device::open(options.device, options.adapter.as_deref(), options.kernel)?;
    let folder = options.out.as_deref().unwrap_or(Path::new("target/headless"));
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, format!("no folder can be there: {error}")))?;
    let photo = photo()?;
    let bank = conv1::bank();
    let start = Instant::now();
    let x = conv1::activations(photo.as_raw(), &bank);
    note(format_args!("conv1: {CHANNELS}×{MAP}×{MAP} activations {}", took(start)));
    let network = Normalized::new(&device, &x, NETWORK)?;
    let strong = Normalized::new(&device, &x, STRONG)?;
    device.remark.iter().for_each(note);
    let path = folder.join("demo.png");
    let start = Instant::now();
    let scene = Scene {
        photo: &photo,
        bank: &bank,
        rows: rows(&x, &network, &strong),
        channels: strongest(&x),
        pixel: busiest(&x),
    };
    draw(&scene, &path)?;
    note(format_args!("picture: drawn {}", took(start)));
    write_arrays(folder, &x, &strong.y.values)?;
    summary(&device, &x, scene.pixel, &[network, strong])?;
    say(path.display())
}

/// Writes activations and an upstream gradient of the same size.
fn write_arrays(folder: &Path, x: &[f32], dy: &[f32]) -> Result<(), Failure> {
    let dims = [1, CHANNELS, MAP, MAP];
    npy::write(&folder.join("x.npy"), &dims, x)?;
    npy::write(&folder.join("dy.npy"), &dims, dy)
}

fn took(start: Instant) -> String {
    format!("in {:.2} s", start.elapsed().as_secs_f64())
}

fn photo() -> Result<RgbImage, Failure> {
    let decoded = image::load_from_memory(conv1::PHOTO_FILE);
    let refused = |error| Failure::Refused(format!("photo.png, which is built in: {error}"));
    Ok(decoded.map_err(refused)?.into_rgb8())
}

/// What the layer makes of the activations.
struct Normalized {
    alpha: f64,
    y: Run<f32>,
    dx: Run<f32>,
}

impl Normalized {
    /// Runs the layer forward and backward. The upstream gradient is that of ½‖y‖²: y itself.
    fn new(device: &Device, x: &[f32], alpha: f64) -> Result<Normalized, Failure> {
        note(format_args!("norm1 with alpha {alpha}: forward and backward"));
        let lrn = norm1(alpha)?;
        let y = checked(device, &lrn, Operation::Forward, &[x])?;
        let dx = checked(device, &lrn, Operation::Backward, &[x, &y.values])?;
        Ok(Normalized { alpha, y, dx })
    }

    /// Describes how long the operation took, and what part of the responses it left.
    fn effect(&self, x: &[f32]) -> String {
        let Normalized { alpha, y, dx } = self;
        let active = x.iter().zip(&y.values).filter(|(x, _)| **x > 0.0);
        let left: Vec<_> = active.map(|(x, y)| 100.0 * y / x).collect();
        let least = left.iter().copied().fold(100.0, f32::min);
        let mean = mean(left.into_iter());
        let [forward, backward] = [y, dx].map(|run| run.seconds * 1e3);
        format!(
            "alpha {alpha}: forward {forward:.2} ms by {}, backward {backward:.2} ms by {}; \
             responses keep {mean:.0} % of their strength on average, {least:.0} % at least",
            y.kernel, dx.kernel
        )
    }
}

/// Runs an operation, and compares its result with the CPU reference.
fn checked(device: &Device, lrn: &Lrn, operation: Operation, inputs: &[&[f32]]) -> Result<Run<f32>, Failure> {
    let shape = Shape::nchw(1, CHANNELS, MAP, MAP)?;
    let run = device.run(lrn, &shape, operation, inputs)?;
    let report = check::run(lrn, &shape, operation, inputs, &run.values)?;
    let line = format!("{}: {report}", operation.name());
    if !report.passed() {
        return Err(Failure::Beyond(line));
    }
    say(line)?;
    Ok(run)
}

fn rows<'a>(x: &'a [f32], network: &'a Normalized, strong: &'a Normalized) -> [Row<'a>; 4] {
    let row = |name, alpha: Option<f64>, maps, scale, ramp| {
        let remark = alpha.map_or(String::new(), |alpha| format!("α = {alpha}"));
        Row { name, remark, maps, scale, ramp }
    };
    let (y, evened, dx) = (&network.y.values, &strong.y.values, &strong.dx.values);
    [
        row("before", None, x, x, Ramp::Heat),
        row("after", Some(network.alpha), y, x, Ramp::Heat),
        row("after", Some(strong.alpha), evened, evened, Ramp::Heat),
        row("gradient", Some(strong.alpha), dx, dx, Ramp::Signed),
    ]
}

/// Returns the channel with the most energy, in each family.
fn strongest(x: &[f32]) -> [usize; FAMILIES.len()] {
    let energy = |channel: &usize| energy(&x[channel * PIXELS..][..PIXELS]);
    std::array::from_fn(|family| {
        let first = family * FAMILY;
        let channels = first..first + FAMILY;
        channels.max_by(|a, b| energy(a).total_cmp(&energy(b))).unwrap_or(first)
    })
}

/// Returns the pixel with the most energy.
fn busiest(x: &[f32]) -> usize {
    let energy = |pixel: &usize| energy(&conv1::channels(x, *pixel));
    (0..PIXELS).max_by(|a, b| energy(a).total_cmp(&energy(b))).unwrap_or(0)
}

fn energy(values: &[f32]) -> f32 {
    values.iter().map(|value| value * value).sum()
}

/// Draws and writes the picture.
fn draw(scene: &Scene<'_>, path: &Path) -> Result<(), Failure> {
    let png = picture::png(scene).map_err(|error| Failure::Refused(format!("drawing the picture: {error}")))?;
    write_whole(path, |file| file.write_all(&png))
}

fn summary(device: &Device, x: &[f32], pixel: usize, layers: &[Normalized; 2]) -> Result<(), Failure> {
    let place = match &device.gpu {
        Some(gpu) => format!("{} ({})", gpu.info().name, gpu.info().backend),
        None => "none; computed by the CPU reference".to_owned(),
    };
    say(format_args!("device: {place}"))?;
    layers.iter().try_for_each(|layer| say(layer.effect(x)))?;
    let before = conv1::channels(x, pixel);
    let winner = (0..CHANNELS).max_by(|&a, &b| before[a].total_cmp(&before[b])).unwrap_or(0);
    let (column, row) = (pixel % MAP, pixel / MAP);
    say(format_args!("channel {winner} of the framed pixel, column {column} of row {row}:"))?;
    say(format_args!("  before: {}", contrast(&before, winner)))?;
    layers.iter().try_for_each(|Normalized { alpha, y, .. }| {
        let after = conv1::channels(&y.values, pixel);
        say(format_args!("  after, alpha {alpha}: {}", contrast(&after, winner)))
    })
}

/// Describes how a channel stands out from its window, and from all beyond.
fn contrast(channels: &[f32], winner: usize) -> String {
    let near = winner.saturating_sub(REACH)..=(winner + REACH).min(CHANNELS - 1);
    let active = (0..CHANNELS).filter(|&channel| channel != winner && channels[channel] > 0.0);
    let (near, far): (Vec<_>, Vec<_>) = active.partition(|channel| near.contains(channel));
    let times = |others: Vec<usize>| channels[winner] / mean(others.into_iter().map(|channel| channels[channel]));
    format!("{:.2} times its neighbours, {:.2} times the others", times(near), times(far))
}

fn mean(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = values.len() as f32;
    values.sum::<f32>() / count
}
