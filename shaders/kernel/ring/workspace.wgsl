// Where *ring* keeps many sums: in a buffer of the plan.

const SCRATCH = 56u; // sums of an invocation

@group(0) @binding(4) var<storage, read_write> scratch: array<Sum>;

// Where a sum is in `scratch`, by its number.
fn slot(i: u32) -> u32 { return (group * SCRATCH + i) * INVOCATIONS + lane; }
