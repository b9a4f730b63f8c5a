// The first definition of a label counts: files of the repository are found in the package.
//! [CHANGELOG.md]: https://docs.rs/crate/wgpu-lrn/latest/source/CHANGELOG.md
//! [DESIGN.md]: https://docs.rs/crate/wgpu-lrn/latest/source/DESIGN.md
//! [The accuracy notes]: https://docs.rs/crate/wgpu-lrn/latest/source/docs/accuracy.md
//! [The attempts]: https://docs.rs/crate/wgpu-lrn/latest/source/docs/attempts.md
//! [The comparison]: https://docs.rs/crate/wgpu-lrn/latest/source/docs/comparison.md
//! [The measurements]: https://docs.rs/crate/wgpu-lrn/latest/source/docs/measurements.md
//! [What to know]: https://docs.rs/crate/wgpu-lrn/latest/source/docs/what-to-know.md
//! [its README]: https://www.npmjs.com/package/wgpu-lrn-web
#![doc = include_str!("../README.md")]
#![warn(missing_docs, unreachable_pub)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable, clippy::todo)]
#![forbid(unsafe_code)]

#[macro_use]
mod wgsl;

mod axis;
mod binding;
mod choice;
mod convention;
mod device;
mod dtype;
mod error;
mod kernel;
mod lazy;
mod limit;
mod lrn;
mod memory;
mod names;
mod operand;
mod operation;
mod params;
mod pipelines;
mod plan;
mod precision;
pub mod program;
mod recipe;
mod rule;
mod shader;
mod shape;
mod stage;
mod tuning;

pub mod check;
pub mod cpu;
pub mod host;

pub use choice::{Choice, Segments};
pub use convention::{Convention, LrnBuilder};
pub use dtype::{Dtype, Element};
pub use error::{Error, Result};
pub use host::gpu::Gpu;
pub use host::layer::Layer;
pub use kernel::Kernel;
pub use lrn::Lrn;
pub use operand::Operand;
pub use operation::Operation;
pub use pipelines::Pipelines;
pub use plan::{BoundOperation, Plan};
/// Blocks the current thread until a future completes. Not available in browsers.
#[cfg(not(target_arch = "wasm32"))]
pub use pollster::block_on;
pub use precision::Precision;
pub use shape::Shape;
pub use tuning::Tuning;

/// Exposes internals to the tests and tools of this repository. It may change at any time.
#[doc(hidden)]
pub mod internals {
    /// The numbers of the bindings.
    pub mod binding {
        pub use crate::binding::*;
    }
    pub use crate::kernel::Memory;
    pub use crate::params::{LayerParams, Params, PartParams, TensorParams};
    pub use crate::precision::Arithmetic;
    pub use crate::recipe::{Content, Dispatch, Pass, Recipe};
    pub use crate::shader::{Power, Shader, Storage};
    pub use crate::stage::Stage;
}

/// Re-exports the version of wgpu that this crate uses.
pub use wgpu;
