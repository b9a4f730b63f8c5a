#![doc = include_str!("../README.md")]
#![warn(missing_docs, unreachable_pub)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable, clippy::todo)]
#![forbid(unsafe_code)]

mod backend;
mod composite;
mod error;
mod functions;
mod fusion;
mod launch;
mod layer;
mod module;
mod path;
mod queue;
mod tensor;

pub use error::{Error, Result};
pub use functions::{local_response_norm, square_sums};
pub use module::{LocalResponseNorm, LocalResponseNormConfig};
pub use path::{Path, path};
pub use queue::share;
pub use wgpu_lrn;
pub use wgpu_lrn::{Lrn, Precision};
