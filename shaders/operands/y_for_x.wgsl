// The operands of forward, where y takes the place of x.

@group(0) @binding(2) var<storage, read_write> dy: array<Stored>;
@group(0) @binding(3) var<storage, read_write> output: array<Output>;

fn x_at(i: u32) -> Loaded { return rectified(output_at(i)); }

fn dy_at(i: u32) -> Loaded { return loaded(dy[i / SHARING], i); }
