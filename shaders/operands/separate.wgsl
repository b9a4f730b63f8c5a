// The operands, each of its own. All are read_write, so that they may be disjoint ranges of one buffer.

@group(0) @binding(1) var<storage, read_write> x: array<Stored>;
@group(0) @binding(2) var<storage, read_write> dy: array<Stored>;
@group(0) @binding(3) var<storage, read_write> output: array<Output>;

fn stored_x(i: u32) -> Stored { return x[i / SHARING]; }

fn stored_dy(i: u32) -> Stored { return dy[i / SHARING]; }
