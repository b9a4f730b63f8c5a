#![doc = include_str!("../README.md")]
#![warn(missing_docs, unreachable_pub)]
#![forbid(unsafe_code)]

mod axis;
mod binding;
mod choice;
mod convention;
mod dtype;
mod error;
mod kernel;
mod limit;
mod lrn;
mod operand;
mod operation;
mod plan;
mod precision;
mod recipe;
mod scope;
mod shader;
mod shape;
mod stage;
mod tuning;

pub mod check;
pub mod cpu;
pub mod host;

pub use choice::{Choice, Options};
pub use convention::{Convention, Spelling};
pub use dtype::{Dtype, Element};
pub use error::{Error, Result};
#[cfg(not(target_arch = "wasm32"))]
pub use host::{Clock, Timer};
pub use host::{Gpu, Layer};
pub use kernel::{Kernel, Memory};
pub use lrn::Lrn;
pub use operand::Operand;
pub use operation::Operation;
pub use plan::{Bound, Plan};
pub use precision::{Arithmetic, Precision};
pub use recipe::{Chunk, Dispatch, Pass, Recipe, Source};
pub use shader::{Power, Shader, Storage};
pub use shape::Shape;
pub use stage::Stage;
pub use tuning::Tuning;

/// The wgpu whose types this crate takes.
pub use wgpu;
