// What the kernels share: the chunk of the tensor that a dispatch computes, its operands, and the
// formula.
//
//     s_i  = sum of x_j^2 over the window [i - p, i + q]
//     b_i  = k + a * s_i
//     y_i  = x_i / b_i^beta
//     dx_j = dy_j / b_j^beta - 2 a beta x_j * (sum of t_i over the mirrored window [j - q, j + p])
//     t_i  = dy_i / b_i^beta * x_i / b_i
//
// interface.wgsl and elements/ stand in front. After this come the operands, with x_at and dy_at, which load an element; the
// storage, with output_at and put; the arithmetic of sums, which also has the backward term t_i, times SCALE; what a
// stage sums, and makes of a sum; and the kernel.

// src/recipe/chunk.rs: struct Chunk. Pixels and elements are counted in what is loaded at once.
struct Chunk {
    channels: u32,      // length of the axis, in channels
    inner: u32,         // elements from a channel to the next
    first_pixel: u32,
    pixels: u32,
    read_begin: u32,    // channels that are bound for reading
    read_end: u32,
    write_begin: u32,   // channels that are written
    write_end: u32,
    segment: u32,       // channels that an invocation (column, ring, row) or a workgroup writes
    segments: u32,
    grid_width: u32,
    input_shift: u32,   // element where channel 0 of the first pixel is, or would be (it wraps)
    output_shift: u32,
    sums_shift: u32,    // the same in the sums between stages that are read,
    totals_shift: u32,  // and in those that are written
    one: f32,           // always 1, which no compiler knows
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

// The layer's numbers, of which `fetch` is called before any loop: compilers leave a uniform where it is read.
struct Layer {
    one: f32,
    a: Sum,
    k: Sum,
    gradient: Sum,
}

var<private> layer: Layer;

fn fetch() { layer = Layer(chunk.one, number(chunk.a), number(chunk.k), number(chunk.gradient)); }

fn base(square_sum: Sum) -> Sum { return add_product(layer.k, layer.a, square_sum); }

// b^(-1/2) and b^(-3/4), by the arithmetic.
struct Roots {
    half: Factor,
    three_quarters: Factor,
}

// b^-beta, b^(-1/2), and b itself.
struct Powers {
    normalize: Factor,
    half: Factor,
    base: Value,
}

fn powers(b: Sum) -> Powers {
    let roots = roots(b);
    return Powers(normalizer(b, roots), roots.half, rounded(b));
}

fn normalizer(b: Sum, roots: Roots) -> Factor {
    if POWER == ZERO { return factor(Value(1.0)); }
    if POWER == HALF { return roots.half; }
    if POWER == THREE_QUARTERS { return roots.three_quarters; }
    if POWER == ONE { return times(roots.half, roots.half); }
    return factor(power(rounded(b)));
}

// x_i / b_i^beta
fn normalized(p: Powers, x_i: Value) -> Value { return rounded(scale(x_i, p.normalize)); }

// dy_i / b_i^beta
fn scaled_gradient(p: Powers, dy_i: Value) -> Sum { return settled(scale(dy_i, p.normalize)); }

fn input_gradient(x_j: Value, scaled: Sum, terms: Sum) -> Value {
    // The sign goes to x: FXC fails on a negated argument of `add`, whose selects it makes a swap.
    let coefficient = multiply(exactly(-x_j), layer.gradient);
    let gradient = rounded(add_product(scaled, coefficient, terms));
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
    if BLENDED { sum = add_product(sum, number(chunk.blend), exactly(old)); }
    return rounded(sum);
}

// A channel that is bound for reading: the same, if it is.
fn bound(channel: u32) -> u32 { return max(min(channel, chunk.read_end - 1u), chunk.read_begin); }

// Whether so many channels from one on are bound for reading; a channel "below zero" has wrapped and is not.
fn are_bound(channel: u32, count: u32) -> bool {
    let first = channel - chunk.read_begin;
    let bound = chunk.read_end - chunk.read_begin;
    return first < bound && first + count <= bound;
}

// Whether the channel is in [begin, end); a channel "below zero" has wrapped and is not.
fn within(channel: u32, begin: u32, end: u32) -> bool {
    return channel - begin < end - begin;
}

// The element of channel 0 of a pixel, counted from the first pixel's.
fn pixel_offset(pixel: u32) -> u32 {
    return pixel / chunk.beside * chunk.image + pixel % chunk.beside;
}
