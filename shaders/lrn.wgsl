// What the kernels share: the chunk of the tensor that a dispatch computes, its operands, and the
// formula.
//
//     s_i  = sum of x_j^2 over the window [i - p, i + q]
//     b_i  = k + a * s_i
//     y_i  = x_i / b_i^beta
//     dx_j = dy_j / b_j^beta - 2 a beta x_j * (sum of t_i over the mirrored window [j - q, j + p])
//     t_i  = dy_i / b_i^beta * x_i / b_i
//
// A prelude written by src/program.rs stands in front: the operands x, dy and output, with x_at and dy_at,
// which load an element; the types Stored, of what is in memory, Loaded, of the same as numbers, and Value,
// of what is computed at once: a number, or four of neighbouring pixels; the constants POWER, RELU, SCALED,
// BLENDED, WINDOW, HALO = WINDOW - 1, LOOK_BEHIND (p), LOOK_AHEAD (q), and those of the kernel; for ring and pixel also
// the array `scratch` with its functions `slot` (the place of a value) and `barrier`. After this come the
// storage, with output_at and put; the arithmetic of sums, pair.wgsl or double.wgsl; and the kernel.

// src/recipe.rs: struct Chunk. Pixels and elements are counted in what is Stored.
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
    sums_shift: u32,    // the same in the sums between stages that are read,
    totals_shift: u32,  // and in those that are written
    zero: u32,          // always 0
    columns: u32,       // length of a second axis, after the first; or 1
    strips: u32,        // parts of it that workgroups take
    beside: u32,        // pixels that lie side by side: elements from a column to the next
    image: u32,         // elements from those pixels to the next
    a: vec4<f32>,       // a number is the sum of its parts
    beta: vec4<f32>,
    k: vec4<f32>,
    gradient: vec4<f32>, // 2 a beta / SCALE
    scale: vec4<f32>,
    blend: vec4<f32>,
}

@group(0) @binding(0) var<uniform> chunk: Chunk;

// The workgroup in the folded grid, and the invocation in its workgroup.
var<private> group: u32;
var<private> lane: u32;

fn group_of(workgroup: vec3<u32>) -> u32 { return workgroup.y * chunk.grid_width + workgroup.x; }

const ZERO = 0u;
const HALF = 1u;
const THREE_QUARTERS = 2u;
const ONE = 3u;
const GENERAL = 4u;

fn base(square_sum: Sum) -> Sum {
    return add(number(chunk.k), multiply(number(chunk.a), square_sum));
}

// b^-beta and lift / b, as factors, and SCALE / lift.
struct Powers {
    normalize: Factor,
    reciprocal: Factor,
    scale_x: Value,
}

fn powers(b: Sum) -> Powers {
    let root = inverse_fourth_root(b);
    let half = times(root, root);
    let above = rounded(b) > Value(1.0);
    let lift = select(Value(1.0), Value(SCALE), above); // keeps 1/b, or x, from being too small
    let reciprocal = times(lifted(half, lift), half);
    let scale_x = select(Value(SCALE), Value(1.0), above);
    if POWER == ZERO { return Powers(factor(Value(1.0), Value(0.0)), reciprocal, scale_x); }
    if POWER == HALF { return Powers(half, reciprocal, scale_x); }
    if POWER == THREE_QUARTERS { return Powers(times(root, half), reciprocal, scale_x); }
    if POWER == ONE { return Powers(times(half, half), reciprocal, scale_x); }
    return Powers(factor(power(rounded(b)), Value(0.0)), reciprocal, scale_x);
}

// x_i / b_i^beta
fn normalized(p: Powers, x_i: Value) -> Value { return rounded(scale(x_i, p.normalize)); }

// dy_i / b_i^beta
fn scaled_gradient(p: Powers, dy_i: Value) -> Sum { return settled(scale(dy_i, p.normalize)); }

// The backward term t_i, times SCALE; `scaled` is dy_i / b_i^beta.
fn term(p: Powers, x_i: Value, scaled: Sum) -> Sum {
    return multiply(scaled, settled(scale(p.scale_x * x_i, p.reciprocal)));
}

fn input_gradient(x_j: Value, scaled: Sum, terms: Sum) -> Value {
    // The sign goes to x: FXC fails on a negated argument of `add`, whose selects it makes a swap.
    let coefficient = multiply(exactly(-x_j), number(chunk.gradient));
    let gradient = rounded(add(scaled, multiply(coefficient, terms)));
    if RELU { return select(gradient, Value(0.0), x_j == Value(0.0)); }
    return gradient;
}

// max(v, 0), but for NaN, which stays.
fn rectified(v: Loaded) -> Loaded {
    if RELU { return select(v, Loaded(0.0), v < Loaded(0.0)); }
    return v;
}

// What the output holds, where that matters.
fn old_at(i: u32) -> Loaded {
    if BLENDED { return output_at(i); }
    return Loaded(0.0);
}

// scale * result + blend * old
fn blended(result: Value, old: Value) -> Value {
    if !SCALED { return result; }
    var sum = multiply(number(chunk.scale), exactly(result));
    if BLENDED { sum = add(sum, multiply(number(chunk.blend), exactly(old))); }
    return rounded(sum);
}

// Whether the channel is in [begin, end); a channel "below zero" has wrapped and is not.
fn within(channel: u32, begin: u32, end: u32) -> bool {
    return channel - begin < end - begin;
}

// The element of channel 0 of a pixel, counted from the first pixel's.
fn pixel_offset(pixel: u32) -> u32 {
    return pixel / chunk.beside * chunk.image + pixel % chunk.beside;
}
