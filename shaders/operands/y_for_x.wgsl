// The operands of forward, where y takes the place of x.

@group(0) @binding(2) var<storage, read_write> dy: array<Stored>;
@group(0) @binding(3) var<storage, read_write> output: array<Output>;

fn stored_x(i: u32) -> Stored { return stored_output(i); }

fn stored_dy(i: u32) -> Stored { return dy[i / SHARING]; }
