// Between the stages of an operation whose window has several axes. Elements are found by their offset from
// channel 0 of the first pixel of the part.

@group(0) @binding(5) var<storage, read_write> partial: array<Value>;  // sums along the axes before
@group(0) @binding(6) var<storage, read_write> s_values: array<Value>;
@group(0) @binding(7) var<storage, read_write> totals: array<Value>;   // what this stage has summed

fn s_at(offset: u32) -> Value { return s_values[params.part.sums_shift + offset]; }
