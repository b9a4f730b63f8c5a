//! Everything that can be refused, and why.

use crate::Path;
use burn::tensor::DType;
use thiserror::Error;

/// Tells why a call failed. A refused call computes nothing.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The layer does not fit the tensor or its device.
    #[error(transparent)]
    Lrn(#[from] wgpu_lrn::Error),
    /// The kernels do not run on the device, and Burn's own operations have no such layer.
    #[error(
        "the kernels do not run on this device (its path is {path}), and Burn's own operations have one window of \
         ONNX along axis 1 only; use a device with the path Launch or Queue"
    )]
    Unavailable {
        /// The path of the device.
        path: Path,
    },
    /// The kernels have no such elements.
    #[error("the kernels compute f32, flex32, f16 and f64, but the tensor has {given:?}; cast it")]
    Dtype {
        /// The type of the tensor's elements.
        given: DType,
    },
    /// A layer blends its result with an old one, which functions on tensors do not take.
    #[error("the layer blends {blend} of an old result, but there is none; use a blend of 0")]
    Blend {
        /// The factor of the old result.
        blend: f64,
    },
    /// Square sums were asked of a tracked tensor.
    #[error("square sums have no gradient, but the tensor is tracked; use inner()")]
    Gradient,
    /// The setup is not that of the device.
    #[error("only devices of wgpu share a setup, but this is {given}; pass what init_with_setup returned")]
    Share {
        /// The device.
        given: String,
    },
}

/// A result whose error is [`enum@Error`], unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;
