// Where *ring* keeps few sums: private to each invocation.

const SCRATCH = 56u; // sums of an invocation

var<private> scratch: array<Sum, SCRATCH>;

// Where a sum is in `scratch`, by its number.
fn slot(i: u32) -> u32 { return i; }
