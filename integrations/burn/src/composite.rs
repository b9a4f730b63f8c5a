//! What Burn's own operations compute, where the kernels do not run.

use burn::nn::{LocalResponseNorm, LocalResponseNormConfig};
use burn::tensor::Device;
use log::warn;
use std::sync::Once;
use wgpu_lrn::{Lrn, Precision};

/// Returns Burn's module that computes a layer, if there is one.
pub(crate) fn module(lrn: &Lrn, axes: &[isize], rank: usize) -> Option<LocalResponseNorm> {
    let (&[(behind, ahead)], &[axis]) = (lrn.windows(), axes) else { return None };
    let is_channels = rank > 2 && (axis == 1 || axis == 1 - rank as isize);
    let is_plain = !lrn.has_relu() && lrn.scale() == 1.0 && lrn.precision() == Precision::Fast;
    // ONNX places even windows so.
    let is_onnx = ahead.checked_sub(behind).is_some_and(|longer| longer < 2);
    let size = u64::from(behind) + u64::from(ahead) + 1;
    let config = LocalResponseNormConfig::new(usize::try_from(size).ok()?);
    let config = config.with_alpha(lrn.a() * size as f64).with_beta(lrn.beta()).with_k(lrn.k());
    (is_channels && is_plain && is_onnx).then(|| config.init())
}

/// Says once in the log that a device computes layers by Burn's own operations.
pub(crate) fn say(device: &Device) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        warn!(
            "layers on {device:?} are computed by Burn's own operations, which move many times the bytes: the kernels \
             run on wgpu devices that compile WGSL, and on those that compile SPIR-V or MSL after wgpu_lrn_burn::share"
        );
    });
}
