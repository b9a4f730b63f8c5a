//! What the tests share: adapters, inputs, and a run that watches the memory around the result. What browsers are
//! tested with too builds for them.

pub mod cases;
pub mod checks;
pub mod guarded;
pub mod hostile;
mod random;

#[cfg(not(target_arch = "wasm32"))]
mod adapters;
#[cfg(not(target_arch = "wasm32"))]
pub mod draw;
pub mod follow;
#[cfg(not(target_arch = "wasm32"))]
pub mod program;
#[cfg(not(target_arch = "wasm32"))]
mod validation_layer;

#[cfg(not(target_arch = "wasm32"))]
pub use adapters::{adapters, buffer, gpus, gpus_of, noop_device, precise_runs, run, runs};
pub use half;
pub use random::{Random, values};

use wgpu_lrn::check::Report;
use wgpu_lrn::{Choice, Error, Gpu, Lrn, Plan, Shape, wgpu};

/// An expression in which a name stands for the type of the elements of a dtype.
#[macro_export]
macro_rules! of_dtype {
    ($dtype:expr, $element:ident => $expression:expr) => {
        match $dtype {
            wgpu_lrn::Dtype::F32 => {
                type $element = f32;
                $expression
            }
            wgpu_lrn::Dtype::F16 => {
                type $element = $crate::half::f16;
                $expression
            }
            wgpu_lrn::Dtype::Bf16 => {
                type $element = $crate::half::bf16;
                $expression
            }
            wgpu_lrn::Dtype::F64 => {
                type $element = f64;
                $expression
            }
        }
    };
}

/// Returns `true` if a result passed, with a claim for each of its elements.
pub fn is_right(report: &Report) -> bool {
    report.passed() && report.is_complete()
}

/// Returns a name for messages.
pub fn describe(gpu: &Gpu) -> String {
    format!("{} ({:?})", gpu.info().name, gpu.info().backend)
}

/// Returns the choices for a layer on a device with these features; none where it does not compute with elements of
/// that type.
pub fn choices(lrn: &Lrn, shape: &Shape, features: wgpu::Features) -> Vec<Choice> {
    match Choice::available(lrn, shape, features) {
        Err(Error::Feature { .. }) => Vec::new(),
        choices => choices.unwrap(),
    }
}

/// Forces a choice.
pub fn plan(gpu: &Gpu, choice: Choice, lrn: &Lrn, shape: &Shape) -> Plan {
    Plan::with_tuning(gpu.device(), lrn, shape, choice).unwrap()
}
