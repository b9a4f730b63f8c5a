//! The example's command line: results, refusals, and what is left behind.

#[path = "headless/blends.rs"]
mod blends;
#[path = "headless/dtypes.rs"]
mod dtypes;
#[path = "headless/refusals.rs"]
mod refusals;
#[path = "headless/results.rs"]
mod results;
mod support;
