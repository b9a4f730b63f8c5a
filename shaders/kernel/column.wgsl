// column: one invocation per pixel (or two, as a Value) walks its channels in steps of STEP, with the
// window in registers. For narrow windows.
//
// A step loads all that it needs before it computes, so that its loads are under way together. Where all its
// channels are bound, which is so but at the ends of the axis, no load or store is checked: whether they are
// is the same for the whole workgroup.

const INVOCATIONS = 64u;

// The channels of a step from one on, all of which are bound.
fn load_x_inside(w: Walk, channel: u32) { load_x_step(w.input + channel * w.inner, w.inner); }

fn load_dy_inside(w: Walk, channel: u32) { load_dy_step(w.input + channel * w.inner, w.inner); }

// The same where some may be missing.
fn load_x_edge(w: Walk, channel: u32) {
    for (var t = 0u; t < STEP; t++) { held_x[HALO + t] = load_x(w, channel + t); } // unroll
}

fn load_dy_edge(w: Walk, channel: u32) {
    for (var t = 0u; t < STEP; t++) { held_dy[t] = load_dy(w, channel + t); } // unroll
}

// Writes the results of a step that are in the segment.
fn write_step(w: Walk, channel: u32) {
    if within(channel, w.begin, w.end) && channel + STEP <= w.end {
        put_step(w.output + channel * w.inner, w.inner);
    } else {
        for (var t = 0u; t < STEP; t++) { write(w, channel + t, results[t]); } // unroll
    }
}

fn hold_halo(w: Walk, channel: u32) {
    for (var i = 0u; i < HALO; i++) { held_x[i] = load_x(w, channel + i); } // unroll
}

// Sums the windows that a step completes.
fn sum_squares() {
    for (var i = 0u; i < HELD; i++) { held[SQUARES + i] = square(held_x[i]); } // unroll
    sum_step(SQUARES);
}

var<private> fetched: array<Fetched, STEP>;

fn hold_summands(w: Walk, channel: u32) {
    let at = w.offset + channel * w.inner;
    if are_bound(channel, STEP) {
        for (var t = 0u; t < STEP; t++) { fetched[t] = fetch_summand(at + t * w.inner); } // unroll
        for (var t = 0u; t < STEP; t++) { held[SQUARES + HALO + t] = summand(fetched[t]); } // unroll
    } else {
        for (var t = 0u; t < STEP; t++) { held[SQUARES + HALO + t] = summand_at(w, channel + t); } // unroll
    }
}

// Square sums, and the stages of an operation whose window has several axes: stage/ says what is summed,
// and what is made of it.
@compute @workgroup_size(INVOCATIONS)
fn windowed(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let w = walk(workgroup, index);
    if !w.some { return; }
    for (var i = 0u; i < HALO; i++) { // unroll
        held[SQUARES + i] = summand_at(w, w.first - LOOK_BEHIND + i);
    }
    for (var i = w.first; i < w.end; i += STEP) {
        hold_summands(w, i + LOOK_AHEAD);
        sum_step(SQUARES);
        finish_step(w, i);
        shift_held(SQUARES);
    }
}

@compute @workgroup_size(INVOCATIONS)
fn forward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let w = walk(workgroup, index);
    if !w.some { return; }
    hold_halo(w, w.first - LOOK_BEHIND);
    for (var i = w.first; i < w.end; i += STEP) {
        let next = i + LOOK_AHEAD;
        if are_bound(next, STEP) { load_x_inside(w, next); } else { load_x_edge(w, next); }
        sum_squares();
        for (var t = 0u; t < STEP; t++) { results[t] = window_result(t); } // unroll
        write_step(w, i);
        shift();
    }
}

// A step completes the terms from channel j + LOOK_BEHIND on, and with them the gradients from j on.
// The terms before those come from a lead-in of HALO channels.
@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let w = walk(workgroup, index);
    if !w.some { return; }
    let start = w.first - HALO;
    hold_halo(w, start);
    for (var done = 0u; done < w.end - start; done += STEP) {
        let j = start + done;
        if are_bound(j + LOOK_BEHIND, LOOK_AHEAD + STEP) {
            load_x_inside(w, j + HALO);
            load_dy_inside(w, j + LOOK_BEHIND);
        } else {
            load_x_edge(w, j + HALO);
            load_dy_edge(w, j + LOOK_BEHIND);
        }
        sum_squares();
        for (var t = 0u; t < STEP; t++) { held[TERMS + HALO + t] = step_term(t, held_dy[t]); } // unroll
        sum_step(TERMS);
        for (var t = 0u; t < STEP; t++) { results[t] = step_gradient(t); } // unroll
        write_step(w, j);
        shift();
        shift_terms();
    }
}
