//! The command line: results, refusals, and what is left behind.

mod blends;
mod dtypes;
mod kernels;
mod refusals;
mod results;
mod streams;
