//! The bindings of group 0. A shader declares those that it needs.

/// `struct Params`.
pub const UNIFORM: u32 = 0;
/// x.
pub const X: u32 = 1;
/// dy.
pub const DY: u32 = 2;
/// The result.
pub const OUTPUT: u32 = 3;
/// Sums of *ring* that exceed private memory.
pub const WORKSPACE: u32 = 4;
/// The sums of the pass before.
pub const PARTIAL: u32 = 5;
/// s, where a pass before has summed it.
pub const S: u32 = 6;
/// The sums that a pass writes.
pub const TOTALS: u32 = 7;
