//! Layers of real networks.

use serde::{Deserialize, Deserializer, Serialize};
use std::sync::LazyLock;
use wgpu_lrn::{Lrn, Result, Shape};

/// An LRN layer of a network.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    pub name: &'static str,
    /// Channels, height and width.
    pub input: [usize; 3],
    /// Look-behind and look-ahead along the channels, or along height and width.
    pub windows: Vec<(u32, u32)>,
    #[serde(deserialize_with = "quotient")]
    pub a: f64,
    pub beta: f64,
    pub k: f64,
}

/// Returns a number that is listed as dividend and divisor.
fn quotient<'de, D: Deserializer<'de>>(listed: D) -> std::result::Result<f64, D::Error> {
    <(f64, f64)>::deserialize(listed).map(|(dividend, divisor)| dividend / divisor)
}

/// The one list, which the scripts in `peers` read too.
///
/// Sources: the networks' own definitions in Caffe's model zoo and in those of fast-rcnn (VGG-M) and
/// faster-rcnn (ZF, within channels); ZFNet's of the ONNX zoo; TensorFlow's CIFAR-10 tutorial, and
/// Caffe's (`full`, within channels); the PixelNorm of ProGAN.
pub static NETWORKS: LazyLock<Vec<Network>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../networks.json")).expect("networks.json lists networks"));

/// The order of the dimensions.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Layout {
    ChannelsFirst,
    ChannelsLast,
}

impl Layout {
    pub const ALL: [Layout; 2] = [Self::ChannelsFirst, Self::ChannelsLast];

    pub fn name(self) -> &'static str {
        match self {
            Self::ChannelsFirst => "channels_first",
            Self::ChannelsLast => "channels_last",
        }
    }

    /// Returns the dimensions of a batch of images.
    pub fn dims(self, batch: usize, [c, h, w]: [usize; 3]) -> [usize; 4] {
        match self {
            Self::ChannelsFirst => [batch, c, h, w],
            Self::ChannelsLast => [batch, h, w, c],
        }
    }

    /// Returns the shape for windows along so many axes: the channels, or height and width.
    pub fn shape(self, dims: &[usize], axes: usize) -> Result<Shape> {
        let axes: &[_] = match (self, axes) {
            (Self::ChannelsFirst, 2) => &[-2, -1],
            (Self::ChannelsLast, 2) => &[-3, -2],
            (Self::ChannelsFirst, _) => &[1],
            (Self::ChannelsLast, _) => &[-1],
        };
        Shape::over(dims, axes)
    }
}

impl Network {
    pub fn lrn(&self) -> Result<Lrn> {
        Lrn::over(&self.windows, self.a, self.beta, self.k)
    }

    pub fn dims(&self, batch: usize, layout: Layout) -> [usize; 4] {
        layout.dims(batch, self.input)
    }
}
