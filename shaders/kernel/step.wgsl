// What column, slab and plane share, which walk along an axis in steps of STEP channels with the window in
// registers. The arrays hold a step and the HALO = WINDOW - 1 channels before it that the window needs; or, of plane,
// those of each column.

const STEP = 8u;
const GROUPS = 2u; // of SHARE windows

const SQUARES = 0u;
const TERMS = HELD;

var<private> held_dy: array<Value, HELD>;
var<private> normalized_dy: array<Sum, HELD>;
var<private> results: array<Value, HELD>;
var<private> olds: array<Loaded, HELD>;

// The term of the channel whose window is summed in sums[t], in backward.
// Reads sums and held_x; writes normalized_dy.
fn step_term(t: u32, dy: Value) -> Sum {
    let powers = powers(base(sums[t]));
    normalized_dy[LOOK_BEHIND + t] = normalize_dy(powers, dy);
    return backward_term(powers, held_x[LOOK_BEHIND + t], dy, normalized_dy[LOOK_BEHIND + t]);
}

// The gradient that a step completes.
// Reads held_x, normalized_dy and sums.
fn step_gradient(t: u32) -> Value { return input_gradient(held_x[t], normalized_dy[t], sums[t]); }

// Makes the end of a step the beginning of the next.
// Reads and writes held.
fn shift_held(at: u32) {
    for (var i = 0u; i < HALO; i++) { held[at + i] = held[at + i + STEP]; } // unroll
}
