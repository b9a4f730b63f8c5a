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
    gradient: f32,      // 2 a beta / SCALE = gradient * (1 + gradient_rest)
    gradient_rest: f32,
    zero: u32,          // always 0
}

// All operands are read_write, so that they may be disjoint ranges of one buffer.
@group(0) @binding(0) var<uniform> chunk: Chunk;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

// The workgroup in the folded grid, and the invocation in its workgroup.
var<private> group: u32;
var<private> lane: u32;

fn group_of(workgroup: vec3<u32>) -> u32 { return workgroup.y * chunk.grid_width + workgroup.x; }

// Backward terms are summed times 2^40: else those below 1e-38 would lose digits that matter where
// x is large.
const SCALE = 1099511627776.0;

const ZERO = 0u;
const HALF = 1u;
const THREE_QUARTERS = 2u;
const ONE = 3u;
const GENERAL = 4u;

fn base(square_sum: Sum) -> Sum {
    return add(exactly(chunk.k), multiply(exactly(chunk.a), square_sum));
}

// b^-beta and lift / b, as factors, and SCALE / lift.
struct Powers {
    normalize: Sum,
    reciprocal: Sum,
    scale_x: f32,
}

// (1 - e)^(-1/2) - 1
fn series(e: f32) -> f32 { return e * (0.5 + 0.375 * e); }

// With a short t near b^(-1/2) and the error e of t^2 b = 1 - e, which is exact, the binomial series
// gives b^(-1/2) = t (1 + c) and its square; b^(-1/4) = u (1 + d) is the square root of that, found
// alike. So no digit depends on how well a device computes square roots.
fn powers(b: Sum) -> Powers {
    let b1 = rounded(b);
    let infinite = b1 > LARGEST; // its powers are 0, which not every device finds by itself
    let t = select(leading(inverseSqrt(b1)), 0.0, infinite);
    let bh = leading(b1);
    let r = t * bh;
    let rest = opaque(b.x - bh) + b.y;
    let e = (opaque(1.0 - t * leading(r)) - t * trailing(r)) - t * (t * rest);
    let c = select(series(e), 0.0, infinite);
    let lift = select(1.0, SCALE, b1 > 1.0); // keeps 1/b, or x, from being too small
    let scale_x = select(SCALE, 1.0, b1 > 1.0);
    let square = c * (2.0 + c);
    let reciprocal = Sum(lift * t * t, square);
    if POWER == ZERO { return Powers(exactly(1.0), reciprocal, scale_x); }
    if POWER == HALF { return Powers(Sum(t, c), reciprocal, scale_x); }
    if POWER == ONE { return Powers(Sum(t * t, square), reciprocal, scale_x); }
    if POWER == GENERAL { return Powers(exactly(pow(b1, -chunk.beta)), reciprocal, scale_x); }
    let u = leading(sqrt(t));
    let f = (opaque(t - u * u) + t * c) * (t * b1 * (1.0 + c));
    let d = select(series(f), 0.0, infinite);
    return Powers(Sum(t * u, c + d + c * d), reciprocal, scale_x);
}

// v / b^beta
fn normalized(p: Powers, v: f32) -> Sum {
    return scale(v, p.normalize);
}

// The backward term t_i, times SCALE; `scaled` is dy_i / b_i^beta.
fn term(p: Powers, x_i: f32, scaled: Sum) -> Sum {
    return multiply(scaled, scale(p.scale_x * x_i, p.reciprocal));
}

fn input_gradient(x_j: f32, scaled: Sum, terms: Sum) -> f32 {
    // The sign goes to x: FXC fails on a negated argument of `add`, whose selects it makes a swap.
    let share = multiply(scale(-x_j, Sum(chunk.gradient, chunk.gradient_rest)), terms);
    return rounded(add(scaled, share));
}

// Whether the channel is in [begin, end); a channel "below zero" has wrapped and is not.
fn within(channel: u32, begin: u32, end: u32) -> bool {
    return channel - begin < end - begin;
}

// The element of channel 0 of a pixel, counted from the first pixel's.
fn pixel_offset(pixel: u32) -> u32 {
    return pixel / chunk.inner * chunk.channels * chunk.inner + pixel % chunk.inner;
}
