//! The bindings of group 0. A kernel has those that it needs.

/// `struct Params`.
pub(crate) const UNIFORM: u32 = 0;
pub(crate) const X: u32 = 1;
pub(crate) const DY: u32 = 2;
pub(crate) const OUTPUT: u32 = 3;
/// What is too much for private memory.
pub(crate) const WORKSPACE: u32 = 4;
/// The sums of the pass before.
pub(crate) const PARTIAL: u32 = 5;
/// s, where a pass before has summed it.
pub(crate) const SUMS: u32 = 6;
/// The sums that a pass writes.
pub(crate) const TOTALS: u32 = 7;
