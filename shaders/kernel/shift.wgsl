// What column and slab share, after step.wgsl: how a step is summed, and what is held shifts to the next.

// Sums the windows that a step completes, of squares or of terms.
// Reads held; writes sums.
fn sum_step(at: u32) {
    for (var g = 0u; g < GROUPS; g++) { sum_windows(at + g * SHARE, g * SHARE); } // unroll
}

// These make the end of a step the beginning of the next.
// Reads and writes held_x and held.
fn shift() {
    for (var i = 0u; i < HALO; i++) { held_x[i] = held_x[i + STEP]; } // unroll
    shift_held(SQUARES);
}

// Reads and writes held and normalized_dy.
fn shift_terms() {
    shift_held(TERMS);
    for (var i = 0u; i < LOOK_BEHIND; i++) { normalized_dy[i] = normalized_dy[i + STEP]; } // unroll
}
