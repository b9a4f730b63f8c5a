// What column and plane share, which walk along an axis in steps of STEP channels with the window in
// registers. The arrays hold a step and the HALO = WINDOW - 1 channels before it that the window needs.

const STEP = 8u;
const GROUPS = 2u; // of SHARE windows

const SQUARES = 0u;
const TERMS = HELD;

var<private> held_dy: array<Value, STEP>;
var<private> normalized_dy: array<Sum, LOOK_BEHIND + STEP>;
var<private> results: array<Value, STEP>;
var<private> olds: array<Loaded, STEP>;

// Load a step from an element on, `stride` apart, all of which are bound.
fn load_x_step(at: u32, stride: u32) {
    for (var t = 0u; t < STEP; t++) { held_x[HALO + t] = x_at(at + t * stride); } // unroll
}

fn load_dy_step(at: u32, stride: u32) {
    for (var t = 0u; t < STEP; t++) { held_dy[t] = dy_at(at + t * stride); } // unroll
}

// Writes the results of a step, all of which are in the segment.
fn put_step(at: u32, stride: u32) {
    for (var t = 0u; t < STEP; t++) { olds[t] = old_at(at + t * stride); } // unroll
    for (var t = 0u; t < STEP; t++) { put(at + t * stride, epilogue(results[t], olds[t])); } // unroll
}

// Sums the windows that a step completes, of squares or of terms.
fn sum_step(at: u32) {
    for (var g = 0u; g < GROUPS; g++) { sum_windows(at + g * SHARE, g * SHARE); } // unroll
}

// The term of the channel whose window is summed in sums[t], in backward.
fn step_term(t: u32, dy: Value) -> Sum {
    let powers = powers(base(sums[t]));
    normalized_dy[LOOK_BEHIND + t] = normalize_dy(powers, dy);
    return backward_term(powers, held_x[LOOK_BEHIND + t], dy, normalized_dy[LOOK_BEHIND + t]);
}

// The gradient that a step completes.
fn step_gradient(t: u32) -> Value { return input_gradient(held_x[t], normalized_dy[t], sums[t]); }

// These make the end of a step the beginning of the next.
fn shift_held(at: u32) {
    for (var i = 0u; i < HALO; i++) { held[at + i] = held[at + i + STEP]; } // unroll
}

fn shift() {
    for (var i = 0u; i < HALO; i++) { held_x[i] = held_x[i + STEP]; } // unroll
    shift_held(SQUARES);
}

fn shift_terms() {
    shift_held(TERMS);
    for (var i = 0u; i < LOOK_BEHIND; i++) { normalized_dy[i] = normalized_dy[i + STEP]; } // unroll
}
