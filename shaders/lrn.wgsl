// What the kernels share: the chunk of the tensor that a dispatch computes, its operands, and the
// formula.
//
//     s_i  = sum of x_j^2 over the window [i - p, i + q]
//     b_i  = k + a * s_i
//     y_i  = x_i / b_i^beta
//     dx_j = dy_j / b_j^beta - 2 a beta x_j * (sum of t_i over the mirrored window [j - q, j + p])
//     t_i  = dy_i / b_i^beta * x_i / b_i
//
// A prelude written by src/program.rs stands in front: POWER, INVOCATIONS, LOOK_BEHIND (p),
// LOOK_AHEAD (q), the constants of the kernel, and the array `scratch` with its functions `slot`
// (the place of a value) and `barrier`.

const WINDOW = LOOK_BEHIND + 1u + LOOK_AHEAD;

// src/recipe.rs: struct Chunk
struct Chunk {
    channels: u32,      // length of the axis
    inner: u32,         // elements from a channel to the next
    first_pixel: u32,
    pixels: u32,
    read_begin: u32,    // channels that are bound for reading
    read_end: u32,
    write_begin: u32,   // channels that are written
    write_end: u32,
    segment: u32,       // channels that are written by one workgroup
    segments: u32,
    grid_width: u32,
    input_shift: u32,   // element where channel 0 of the first pixel is, or would be (it wraps)
    output_shift: u32,
    a: f32,
    beta: f32,
    k: f32,
    gradient: f32,      // 2 a beta / SCALE
}

// All operands are read_write, so that they may be disjoint ranges of one buffer.
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

// The workgroup in the folded grid, and the invocation in its workgroup.
var<private> group: u32;
var<private> lane: u32;

// Backward terms are summed times 2^40: else those below 1e-38 would lose digits that matter where
// x is large.
const SCALE = 1099511627776.0;

const ZERO = 0u;
const HALF = 1u;
const THREE_QUARTERS = 2u;
const ONE = 3u;
const GENERAL = 4u;

fn base(square_sum: f32) -> f32 {
    return chunk.k + chunk.a * square_sum;
}

// v / b^beta: square roots and a division have a few rounding errors only, and b^(3/4) never
// overflows; pow is less exact.
fn normalize_by(b: f32, v: f32) -> f32 {
    if POWER == ZERO { return v; }
    if POWER == HALF { return v / sqrt(b); }
    if POWER == THREE_QUARTERS {
        let root = sqrt(b);
        return v / (root * sqrt(root));
    }
    if POWER == ONE { return v / b; }
    return v / pow(b, chunk.beta);
}

// The backward term t_i, times SCALE; `scaled` is dy_i / b_i^beta.
fn term(b: f32, x_i: f32, scaled: f32) -> f32 {
    return scaled * (SCALE * x_i / b);
}

fn input_gradient(x_j: f32, scaled: f32, terms: f32) -> f32 {
    return scaled - (chunk.gradient * x_j) * terms;
}

// Whether the channel is in [begin, end); a channel "below zero" has wrapped and is not.
fn within(channel: u32, begin: u32, end: u32) -> bool {
    return channel - begin < end - begin;
}

// The element of channel 0 of a pixel, counted from the first pixel's.
fn pixel_offset(pixel: u32) -> u32 {
    return pixel / chunk.inner * chunk.channels * chunk.inner + pixel % chunk.inner;
}
