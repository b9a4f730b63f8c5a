// The operands of backward, where dx takes the place of dy.

@group(0) @binding(1) var<storage, read_write> x: array<Stored>;
@group(0) @binding(3) var<storage, read_write> output: array<Output>;

fn x_at(i: u32) -> Loaded { return rectified(loaded(x[i / SHARING], i)); }

fn dy_at(i: u32) -> Loaded { return output_at(i); }
