//! Real activations: a photo through a bank of filters like those that AlexNet's conv1 learns.

use std::f32::consts::{PI, TAU};

/// The photo as a PNG file; its pixels are what [`activations`] takes.
pub const PHOTO_FILE: &[u8] = include_bytes!("../photo.png");

/// The sides of the photo, of a filter and of a feature map.
pub const PHOTO: usize = 227;
pub const FILTER: usize = 11;
pub const MAP: usize = (PHOTO - FILTER) / STRIDE + 1;
/// Pixels of a feature map.
pub const PIXELS: usize = MAP * MAP;
/// Photo pixels from one pixel of a feature map to the next; AlexNet does not pad here.
pub const STRIDE: usize = 4;
/// Filters of a family: neighbouring channels, which respond to similar things.
pub const FAMILY: usize = 16;
pub const FAMILIES: [&str; 6] = ["fine edges", "edges", "coarse edges", "red–green", "blue–yellow", "blobs"];
pub const CHANNELS: usize = FAMILIES.len() * FAMILY;

/// The weights of a filter: rows of columns of red, green, blue.
pub type Filter = [f32; FILTER * FILTER * 3];

type Colour = [f32; 3];
const LUMINANCE: Colour = [1.0, 1.0, 1.0];
const RED_GREEN: Colour = [1.0, -1.0, 0.0];
const GREEN_RED: Colour = [-1.0, 1.0, 0.0];
const BLUE_YELLOW: Colour = [-0.5, -0.5, 1.0];
const YELLOW_BLUE: Colour = [0.5, 0.5, -1.0];

const ORIENTATIONS: usize = 8;
/// Phases of a wave: a line is even about the centre, an edge is odd.
const LINE: f32 = PI / 2.0;
const EDGE: f32 = 0.0;

/// Returns the 96 filters.
///
/// LRN makes neighbouring channels compete. Their order matters, therefore: the orientations of
/// one kind of edge follow each other, so that a window of 5 channels holds similar orientations.
/// As in AlexNet, one half sees luminance only and the other colour.
pub fn bank() -> Vec<Filter> {
    let mut bank = Vec::with_capacity(CHANNELS);
    for wavelength in [4.0, 6.0, 10.0] {
        bank.extend(turned(LUMINANCE, wavelength, LINE));
        bank.extend(turned(LUMINANCE, wavelength, EDGE));
    }
    for colour in [RED_GREEN, BLUE_YELLOW] {
        bank.extend(turned(colour, 6.0, EDGE));
        bank.extend(turned(colour, 10.0, EDGE));
    }
    for colour in [RED_GREEN, GREEN_RED, BLUE_YELLOW, YELLOW_BLUE] {
        bank.extend([1.0, 1.5, 2.2, 3.2].map(|sigma| filter(colour, |x, y| bell(x, y, sigma))));
    }
    bank
}

/// Returns a Gabor filter in every orientation.
fn turned(colour: Colour, wavelength: f32, phase: f32) -> impl Iterator<Item = Filter> {
    (0..ORIENTATIONS).map(move |turn| {
        let (sin, cos) = (PI * turn as f32 / ORIENTATIONS as f32).sin_cos();
        let wave = move |x: f32, y: f32| (TAU * (x * cos + y * sin) / wavelength + phase).sin();
        filter(colour, |x, y| wave(x, y) * bell(x, y, 2.5))
    })
}

/// Returns a Gaussian.
fn bell(x: f32, y: f32, sigma: f32) -> f32 {
    (-(x * x + y * y) / (2.0 * sigma * sigma)).exp()
}

/// Returns a filter of one colour with this profile about its centre: its mean is 0, its norm 1.
fn filter(colour: Colour, profile: impl Fn(f32, f32) -> f32) -> Filter {
    let centre = (FILTER / 2) as f32;
    let mut filter: Filter = std::array::from_fn(|index| {
        let (x, y) = (index / 3 % FILTER, index / 3 / FILTER);
        colour[index % 3] * profile(x as f32 - centre, y as f32 - centre)
    });
    let mean = filter.iter().sum::<f32>() / filter.len() as f32;
    filter.iter_mut().for_each(|weight| *weight -= mean);
    let norm = dot(&filter, &filter).sqrt();
    filter.map(|weight| weight / norm)
}

/// Returns the feature maps `[96, 55, 55]` of a photo after ReLU.
///
/// The photo is rows of columns of red, green and blue, 227×227.
///
/// As in Caffe, the photo's values are 0 to 255 less their mean (here that of the photo itself).
/// The layer's alpha is made for activations of that size, up to hundreds.
pub fn activations(photo: &[u8], bank: &[Filter]) -> Vec<f32> {
    let photo = centred(photo);
    let mut maps = vec![0.0; bank.len() * PIXELS];
    for pixel in 0..PIXELS {
        let patch = patch(&photo, pixel % MAP * STRIDE, pixel / MAP * STRIDE);
        for (channel, filter) in bank.iter().enumerate() {
            maps[channel * PIXELS + pixel] = dot(filter, &patch).max(0.0);
        }
    }
    maps
}

/// Returns the channels of one pixel of the feature maps.
pub fn channels(maps: &[f32], pixel: usize) -> Vec<f32> {
    maps.iter().skip(pixel).step_by(PIXELS).copied().collect()
}

/// Returns the values of a photo, each colour less its mean.
fn centred(photo: &[u8]) -> Vec<f32> {
    let of_colour = |colour| photo.iter().skip(colour).step_by(3);
    let mean = [0, 1, 2]
        .map(|colour| of_colour(colour).map(|&value| f32::from(value)).sum::<f32>() / (photo.len() / 3) as f32);
    photo.iter().enumerate().map(|(at, &value)| f32::from(value) - mean[at % 3]).collect()
}

/// Returns what a filter sees with its corner at (x, y).
fn patch(photo: &[f32], x: usize, y: usize) -> Filter {
    let row = FILTER * 3;
    std::array::from_fn(|index| photo[((y + index / row) * PHOTO + x) * 3 + index % row])
}

fn dot(a: &Filter, b: &Filter) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
