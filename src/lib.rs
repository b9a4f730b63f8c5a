#![doc = include_str!("../README.md")]
#![warn(missing_docs, unreachable_pub)]
#![forbid(unsafe_code)]

mod convention;
mod error;
mod lrn;
mod operand;
mod plan;
mod program;
mod recipe;
mod scope;
mod shape;

pub mod check;
pub mod cpu;
pub mod host;

pub use convention::{Convention, Spelling};
pub use error::{Error, Result};
pub use host::{Gpu, Layer};
pub use lrn::Lrn;
pub use operand::Operand;
pub use plan::{Options, Plan};
pub use program::{Power, Program, Scratch};
pub use recipe::{Chunk, Dispatch, Kernel, Operation, Recipe};
pub use shape::Shape;

/// The wgpu whose types this crate takes.
pub use wgpu;
