// The operands of backward, where dx takes the place of dy.

@group(0) @binding(1) var<storage, read_write> x: array<Stored>;
@group(0) @binding(3) var<storage, read_write> output: array<Output>;

fn stored_x(i: u32) -> Stored { return x[i / SHARING]; }

fn stored_dy(i: u32) -> Stored { return stored_output(i); }
