// What a dispatch is told: src/params.rs fills it in. Pixels and elements are counted in what is loaded at once.

// The layer's numbers, each the sum of its parts.
struct LayerParams {
    a: vec3<f32>,
    beta: vec3<f32>,
    k: vec3<f32>,
    coefficient: vec3<f32>, // 2 a beta / lift
    lift: vec3<f32>,        // the power of two times which backward terms are summed
    scale: vec3<f32>,       // of the epilogue,
    blend: vec3<f32>,       // as this
}

// What all dispatches of a pass have in common: the tensor, as its axis sees it, and how it is cut.
struct TensorParams {
    channels: u32, // length of the axis, in channels
    inner: u32,    // elements from a channel to the next
    columns: u32,  // length of a second axis, after the first; or 1
    beside: u32,   // pixels that lie side by side: elements from a column to the next
    image: u32,    // elements from those pixels to the next
    segment: u32,  // channels that an invocation (column, ring, row) or a workgroup writes
    strips: u32,   // of columns, each a workgroup's (plane: times the workgroups abreast)
    one: f32,      // always 1, which no compiler knows
}

// The part of it that the dispatch computes.
struct PartParams {
    first_pixel: u32,
    pixels: u32,
    read_begin: u32,   // channels that can be read: the others are not bound
    read_end: u32,
    write_begin: u32,  // channels that are written
    write_end: u32,
    segments: u32,     // of those
    grid_width: u32,   // workgroups
    input_shift: u32,  // element where channel 0 of the first pixel is, or would be (it wraps)
    output_shift: u32,
    sums_shift: u32,   // the same in the sums between stages that are read,
    totals_shift: u32, // and in those that are written
}

struct Params {
    layer: LayerParams,
    tensor: TensorParams,
    part: PartParams,
}

@group(0) @binding(0) var<uniform> params: Params;
