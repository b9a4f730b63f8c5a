//! Layers of real networks.

use wgpu_lrn::{Lrn, Result, Shape};

/// An LRN layer of a network: channels, height and width of its input; look-behind and look-ahead along
/// the channels, or along height and width.
///
/// Sources: the networks' own definitions in Caffe's model zoo and in those of fast-rcnn (VGG-M) and
/// faster-rcnn (ZF, within channels); ZFNet's of the ONNX zoo; TensorFlow's CIFAR-10 tutorial, and
/// Caffe's (`full`, within channels); the PixelNorm of ProGAN.
#[derive(Clone, Copy)]
pub struct Network {
    pub name: &'static str,
    pub input: [usize; 3],
    pub windows: &'static [(u32, u32)],
    pub a: f64,
    pub beta: f64,
    pub k: f64,
}

const fn network(
    name: &'static str,
    input: [usize; 3],
    windows: &'static [(u32, u32)],
    (a, beta, k): (f64, f64, f64),
) -> Network {
    Network { name, input, windows, a, beta, k }
}

const CAFFE: (f64, f64, f64) = (2e-5, 0.75, 1.0);
const WITHIN: (f64, f64, f64) = (5e-5 / 9.0, 0.75, 1.0);

pub const NETWORKS: &[Network] = &[
    network("alexnet_norm1", [96, 55, 55], &[(2, 2)], CAFFE),
    network("alexnet_norm2", [256, 27, 27], &[(2, 2)], CAFFE),
    network("caffenet_norm1", [96, 27, 27], &[(2, 2)], CAFFE),
    network("caffenet_norm2", [256, 13, 13], &[(2, 2)], CAFFE),
    network("googlenet_norm1", [64, 56, 56], &[(2, 2)], CAFFE),
    network("googlenet_norm2", [192, 56, 56], &[(2, 2)], CAFFE),
    network("zfnet_norm1", [96, 55, 55], &[(1, 1)], CAFFE),
    network("vgg_m_norm1", [96, 109, 109], &[(2, 2)], (1e-4, 0.75, 2.0)),
    network("vgg_m_norm2", [256, 26, 26], &[(2, 2)], (1e-4, 0.75, 2.0)),
    network("cifar_norm1", [64, 12, 12], &[(4, 4)], (1.11e-4, 0.75, 1.0)),
    network("progan_pixelnorm", [512, 32, 32], &[(511, 511)], (1.0 / 512.0, 0.5, 1e-8)),
    network("zf_within_norm1", [96, 112, 112], &[(1, 1), (1, 1)], WITHIN),
    network("cifar_full_norm1", [32, 16, 16], &[(1, 1), (1, 1)], WITHIN),
];

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

    /// The dimensions of a batch of images.
    pub fn dims(self, batch: usize, [c, h, w]: [usize; 3]) -> [usize; 4] {
        match self {
            Self::ChannelsFirst => [batch, c, h, w],
            Self::ChannelsLast => [batch, h, w, c],
        }
    }

    /// The shape for windows along so many axes: the channels, or height and width.
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
        Lrn::exact_over(self.windows, self.a, self.beta, self.k)
    }

    pub fn dims(&self, batch: usize, layout: Layout) -> [usize; 4] {
        layout.dims(batch, self.input)
    }
}
