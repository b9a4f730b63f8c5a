//! Small grey pictures of ten classes, which the example draws: gratings, a checkerboard and shapes, under noise.

use burn::data::dataloader::batcher::Batcher;
use burn::data::dataset::InMemDataset;
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::f32::consts::{FRAC_PI_4, TAU};

/// Gives the width and height of a picture.
pub const SIDE: usize = 24;
/// Counts the classes: gratings at four angles, a checkerboard, a disc, a ring, a square, a cross and a triangle.
pub const CLASSES: usize = 10;

/// Holds a picture and its class.
#[derive(Clone, Debug)]
pub struct Picture {
    pixels: Vec<f32>,
    class: usize,
}

/// Draws pictures, with equally many of each class. The same seed draws the same pictures.
pub fn pictures(count: usize, seed: u64) -> InMemDataset<Picture> {
    let mut random = Random(seed);
    InMemDataset::new((0..count).map(|at| picture(at % CLASSES, &mut random)).collect())
}

/// Draws a class at a random place, size and angle, light on dark or dark on light, under noise.
fn picture(class: usize, random: &mut Random) -> Picture {
    let pattern = Pattern::new(class, random);
    let light = random.between(-0.5, 0.5);
    let sign = if random.between(0.0, 1.0) < 0.5 { -1.0 } else { 1.0 };
    let contrast = sign * random.between(0.6, 1.4);
    let pixel = |at: usize| {
        let (x, y) = ((at % SIDE) as f32, (at / SIDE) as f32);
        light + contrast * pattern.at(x, y) + 0.3 * random.normal()
    };
    Picture { pixels: (0..SIDE * SIDE).map(pixel).collect(), class }
}

/// Describes a pattern without noise.
struct Pattern {
    class: usize,
    centre: (f32, f32),
    /// Holds the radius of a shape, or half the period of a grating.
    size: f32,
    angle: f32,
}

impl Pattern {
    fn new(class: usize, random: &mut Random) -> Self {
        let middle = SIDE as f32 / 2.0;
        let mut near = || random.between(middle - 3.0, middle + 3.0);
        let centre = (near(), near());
        let size = if class < 5 { random.between(2.5, 4.5) } else { random.between(5.0, 8.0) };
        let tilt = random.between(-0.2, 0.2);
        let angle = if class < 4 { class as f32 * FRAC_PI_4 + tilt } else { tilt };
        Self { class, centre, size, angle }
    }

    /// Returns the pattern's value at a pixel, from −1 to 1.
    fn at(&self, x: f32, y: f32) -> f32 {
        let (sin, cos) = self.angle.sin_cos();
        let (x, y) = (x - self.centre.0, y - self.centre.1);
        // In units of the size, turned by the angle.
        let (x, y) = ((x * cos + y * sin) / self.size, (y * cos - x * sin) / self.size);
        let wave = |t: f32| (t * TAU / 2.0).sin();
        let filled = |inside: bool| if inside { 1.0 } else { 0.0 };
        match self.class {
            0..4 => wave(x),
            4 => (wave(x) * wave(y)).signum(),
            5 => filled(x.hypot(y) < 1.0),
            6 => filled((0.65..1.1).contains(&x.hypot(y))),
            7 => filled(x.abs().max(y.abs()) < 0.9),
            8 => filled(x.abs().max(y.abs()) < 1.1 && x.abs().min(y.abs()) < 0.3),
            _ => filled(y < 0.8 && y > 2.0 * x.abs() - 1.0),
        }
    }
}

/// Generates random numbers, as SplitMix64 does.
struct Random(u64);

impl Random {
    fn between(&mut self, low: f32, high: f32) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        low + (high - low) * ((mixed ^ mixed >> 31) >> 40) as f32 / (1 << 24) as f32
    }

    /// Returns a number that is nearly normally distributed, with a variance of 1: the sum of twelve.
    fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.between(-0.5, 0.5)).sum()
    }
}

/// Holds pictures and their classes on a device.
#[derive(Clone, Debug)]
pub struct Batch {
    pub pictures: Tensor<4>,
    pub classes: Tensor<1, Int>,
}

/// Uploads batches.
pub struct Upload;

impl Batcher<Picture, Batch> for Upload {
    fn batch(&self, items: Vec<Picture>, device: &Device) -> Batch {
        let count = items.len();
        let classes: Vec<i32> = items.iter().map(|item| item.class as i32).collect();
        let pixels: Vec<f32> = items.into_iter().flat_map(|item| item.pixels).collect();
        Batch {
            pictures: Tensor::from_data(TensorData::new(pixels, [count, 1, SIDE, SIDE]), device),
            classes: Tensor::from_data(TensorData::new(classes, [count]), device),
        }
    }
}
