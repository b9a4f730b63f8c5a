// What the kernels share: the formula, and which channels can be read.
//
//     s_i  = sum of x_j^2 over the window [i - p, i + q]
//     b_i  = k + a * s_i
//     y_i  = x_i / b_i^beta
//     dx_j = dy_j / b_j^beta - 2 a beta x_j * (sum of t_i over the mirrored window [j - q, j + p])
//     t_i  = dy_i / b_i^beta * x_i / b_i
//
// In front of this stand interface.wgsl, elements/ and params.wgsl. After it come, in this order:
//
//     operands/    stored_x and stored_dy, which load an element
//     storage/     loaded, which makes numbers of it; and put, which stores them
//     arithmetic/  Sum, Factor; and term, the t_i above
//     power/       the power of b
//     stage/       what a stage sums (fetch_summand, summand), and makes of a sum (fetch_needed, finish)
//     kernel/      the kernel

// The workgroup in the folded grid, and the invocation in its workgroup: of kernels that set them.
var<private> group: u32;
var<private> lane: u32;

fn group_of(workgroup: vec3<u32>) -> u32 { return workgroup.y * params.part.grid_width + workgroup.x; }

const ZERO = 0u;
const HALF = 1u;
const THREE_QUARTERS = 2u;
const ONE = 3u;
const GENERAL = 4u;

// The layer's numbers, of which `read_layer` is called before any loop: compilers leave a uniform where it is read.
struct Layer {
    one: f32,
    a: Sum,
    k: Sum,
    coefficient: Sum, // 2 a beta / lift
    lift: Value,      // times which terms are summed, so that they stay in the range of the type
}

var<private> layer: Layer;

fn read_layer() {
    let numbers = params.layer;
    layer = Layer(
        params.tensor.one,
        number(numbers.a),
        number(numbers.k),
        number(numbers.coefficient),
        rounded(number(numbers.lift)),
    );
    read_exponent(); // after layer.one
}

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
    if POWER == HALF { return roots.half; }
    if POWER == THREE_QUARTERS { return roots.three_quarters; }
    if POWER == ONE { return compose(roots.half, roots.half); }
    return power(b); // POWER is ZERO or GENERAL
}

// x_i / b_i^beta
fn normalized(p: Powers, x_i: Value) -> Value { return rounded(apply(x_i, p.normalize)); }

// dy_i / b_i^beta
fn normalize_dy(p: Powers, dy_i: Value) -> Sum { return settled(apply(dy_i, p.normalize)); }

// The backward term of a channel, times the lift. Where b is infinite and beta negative, so is dy_i / b_i^beta, though
// b_i^(-beta - 1) is infinite only if beta is below -1.
fn backward_term(p: Powers, x_i: Value, dy_i: Value, normalized_dy: Sum) -> Sum {
    let t = term(p, x_i, normalized_dy);
    if POWER != GENERAL { return t; }
    let beta = params.layer.beta.x + params.layer.beta.y;
    let power = select(select(p.base, layer.lift, beta == -1.0), Value(0.0), beta > -1.0);
    return where_finite(p.base, t, x_i * power * dy_i);
}

fn input_gradient(x_j: Value, normalized_dy: Sum, terms: Sum) -> Value {
    // The sign goes to x: FXC fails on a negated argument of `add`, whose selects it makes a swap.
    let of_terms = multiply(widened(-x_j), layer.coefficient);
    let gradient = rounded(add_product(normalized_dy, of_terms, terms));
    if RELU { return select(gradient, Value(0.0), x_j == Value(0.0)); }
    return gradient;
}

// max(v, 0), but for NaN, which stays. (Without the product compilers find the maximum in this, and that has no NaN.)
fn rectified(v: Loaded) -> Loaded {
    if RELU { return select(v, Loaded(0.0), v * Loaded(Value(layer.one)) < Loaded(0.0)); }
    return v;
}

// Elements as numbers, by what is stored and by their index.
fn x_of(stored: Stored, i: u32) -> Loaded { return rectified(loaded(stored, i)); }

fn x_at(i: u32) -> Loaded { return x_of(stored_x(i), i); }

fn dy_at(i: u32) -> Loaded { return loaded(stored_dy(i), i); }

// What the output holds, where that matters.
fn old_at(i: u32) -> Loaded {
    if READS_OUTPUT { return loaded(stored_output(i), i); }
    return Loaded(0.0);
}

// scale * result + blend * old
fn epilogue(result: Value, old: Value) -> Value {
    if !HAS_EPILOGUE { return result; }
    var sum = multiply(number(params.layer.scale), widened(result));
    if READS_OUTPUT { sum = add_product(sum, number(params.layer.blend), widened(old)); }
    return rounded(sum);
}

// Returns the channel, or the nearest that can be read.
fn readable(channel: u32) -> u32 { return max(min(channel, params.part.read_end - 1u), params.part.read_begin); }

// Whether a channel can be read. It takes no branch, unlike are_readable; SwiftShader takes minutes to compile many.
fn is_readable(channel: u32) -> bool { return within(channel, params.part.read_begin, params.part.read_end); }

// A value of a channel, or zero if that cannot be read.
fn where_readable(v: Value, channel: u32) -> Value { return select(Value(0.0), v, is_readable(channel)); }

// Whether so many channels from one on can be read; a channel "below zero" has wrapped and is not.
fn are_readable(channel: u32, count: u32) -> bool {
    let first = channel - params.part.read_begin;
    let all = params.part.read_end - params.part.read_begin;
    return first < all && first + count <= all;
}

// Whether the channel is in [begin, end); a channel "below zero" has wrapped and is not.
fn within(channel: u32, begin: u32, end: u32) -> bool {
    return channel - begin < end - begin;
}

// The element of channel 0 of a pixel, counted from the first pixel's.
fn pixel_offset(pixel: u32) -> u32 {
    return pixel / params.tensor.beside * params.tensor.image + pixel % params.tensor.beside;
}
