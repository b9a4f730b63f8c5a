// column: one invocation per pixel (or two, as a Value) walks its channels in steps of STEP, with the
// window in registers. For narrow windows.
//
// While a step is computed, what the next one needs is under way. Where all its channels can be read, as everywhere but
// at the ends of the axis, no load or store is checked. The whole workgroup agrees on that.

const INVOCATIONS = 64u;

// Squares that are kept from step to step, and those that a step computes. Where a sum is one number, to square again
// costs no more than to move, and none are kept.
const KEPT = 4u;
const FRESH = 8u;

// What is loaded for the next step, as it is stored: a number made of it would be waited for.
var<private> next_x: array<Stored, STEP>;
var<private> next_dy: array<Stored, STEP>;
var<private> next: array<Fetched, STEP>;

// Loads x of a step from a channel on, into next_x.
fn load_next_x(w: Walk, channel: u32) {
    if are_readable(channel, STEP) { load_x_inside(w, channel); } else { load_x_edge(w, channel); }
}

// Loads x of a step from a channel on, and dy from LOOK_AHEAD channels before it, into next_x and next_dy.
fn load_next(w: Walk, channel: u32) {
    if are_readable(channel - LOOK_AHEAD, LOOK_AHEAD + STEP) {
        load_x_inside(w, channel);
        load_dy_inside(w, channel - LOOK_AHEAD);
    } else {
        load_x_edge(w, channel);
        load_dy_edge(w, channel - LOOK_AHEAD);
    }
}

fn load_x_inside(w: Walk, channel: u32) {
    let at = w.input + channel * w.inner;
    for (var t = 0u; t < STEP; t++) { next_x[t] = stored_x(at + t * w.inner); } // unroll
}

fn load_dy_inside(w: Walk, channel: u32) {
    let at = w.input + channel * w.inner;
    for (var t = 0u; t < STEP; t++) { next_dy[t] = stored_dy(at + t * w.inner); } // unroll
}

// The same where some may be missing, instead of which others are loaded.
fn load_x_edge(w: Walk, channel: u32) {
    for (var t = 0u; t < STEP; t++) { next_x[t] = stored_x(w.input + readable(channel + t) * w.inner); } // unroll
}

fn load_dy_edge(w: Walk, channel: u32) {
    for (var t = 0u; t < STEP; t++) { next_dy[t] = stored_dy(w.input + readable(channel + t) * w.inner); } // unroll
}

// Takes next_x, which was loaded from a channel on: what is missing is 0.
// Reads next_x; writes held_x.
fn take_x(w: Walk, channel: u32) {
    let at = w.input + channel * w.inner;
    for (var t = 0u; t < STEP; t++) { held_x[HALO + t] = x_of(next_x[t], at + t * w.inner); } // unroll
    if are_readable(channel, STEP) { return; }
    for (var t = 0u; t < STEP; t++) { held_x[HALO + t] = where_readable(held_x[HALO + t], channel + t); } // unroll
}

// Reads next_dy; writes held_dy.
fn take_dy(w: Walk, channel: u32) {
    let at = w.input + channel * w.inner;
    for (var t = 0u; t < STEP; t++) { held_dy[t] = loaded(next_dy[t], at + t * w.inner); } // unroll
    if are_readable(channel, STEP) { return; }
    for (var t = 0u; t < STEP; t++) { held_dy[t] = where_readable(held_dy[t], channel + t); } // unroll
}

// Writes the results of a step, all of which are in the segment.
// Reads results; writes olds.
fn put_step(at: u32, stride: u32) {
    for (var t = 0u; t < STEP; t++) { olds[t] = old_at(at + t * stride); } // unroll
    for (var t = 0u; t < STEP; t++) { store(at + t * stride, results[t], olds[t]); } // unroll
}

// Writes the results of a step that are in the segment.
// Reads results.
fn write_step(w: Walk, channel: u32) {
    if within(channel, w.begin, w.end) && channel + STEP <= w.end {
        put_step(w.output + channel * w.inner, w.inner);
    } else {
        for (var t = 0u; t < STEP; t++) { write(w, channel + t, results[t]); } // unroll
    }
}

// Writes held_x and held.
fn load_halo(w: Walk, channel: u32) {
    for (var i = 0u; i < HALO; i++) { held_x[i] = load_x(w, channel + i); } // unroll
    for (var i = 0u; i < KEPT; i++) { held[SQUARES + i] = square(held_x[i]); } // unroll
}

// Sums the windows that a step completes.
// Reads held_x; writes held and sums.
fn sum_squares() {
    for (var i = 0u; i < FRESH; i++) { held[SQUARES + KEPT + i] = square(held_x[KEPT + i]); } // unroll
    sum_step(SQUARES);
}

// Loads what is summed of the channels of a step from one on, into next.
fn fetch_next(w: Walk, channel: u32) {
    let at = w.offset + channel * w.inner;
    if are_readable(channel, STEP) {
        for (var t = 0u; t < STEP; t++) { next[t] = fetch_summand(at + t * w.inner); } // unroll
    } else {
        for (var t = 0u; t < STEP; t++) { next[t] = fetch_nearest(w, channel + t); } // unroll
    }
}

// Takes next, which was loaded from a channel on.
// Reads next; writes held.
fn take_next(channel: u32) {
    for (var t = 0u; t < STEP; t++) { held[SQUARES + HALO + t] = summand(next[t]); } // unroll
    if are_readable(channel, STEP) { return; }
    for (var t = 0u; t < STEP; t++) { // unroll
        held[SQUARES + HALO + t] = sum_where_readable(held[SQUARES + HALO + t], channel + t);
    }
}

// Square sums, and the stages of an operation whose window has several axes: stage/ says what is summed,
// and what is made of it.
@compute @workgroup_size(INVOCATIONS)
fn stage(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let w = walk(workgroup, index);
    if !w.has_work { return; }
    for (var i = 0u; i < HALO; i++) { // unroll
        let channel = w.first - LOOK_BEHIND + i;
        held[SQUARES + i] = sum_where_readable(summand(fetch_nearest(w, channel)), channel);
    }
    fetch_next(w, w.first + LOOK_AHEAD);
    for (var i = w.first; i < w.end; i += STEP) {
        take_next(i + LOOK_AHEAD);
        if i + STEP < w.end { fetch_next(w, i + STEP + LOOK_AHEAD); }
        if are_readable(i, STEP) { fetch_needed_inside(w, i); } else { fetch_needed_edge(w, i); }
        sum_step(SQUARES);
        finish_step(w, i);
        shift_held(SQUARES);
    }
}

@compute @workgroup_size(INVOCATIONS)
fn forward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let w = walk(workgroup, index);
    if !w.has_work { return; }
    load_halo(w, w.first - LOOK_BEHIND);
    load_next_x(w, w.first + LOOK_AHEAD);
    for (var i = w.first; i < w.end; i += STEP) {
        take_x(w, i + LOOK_AHEAD);
        if i + STEP < w.end { load_next_x(w, i + STEP + LOOK_AHEAD); }
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
    if !w.has_work { return; }
    let start = w.first - HALO;
    load_halo(w, start);
    load_next(w, start + HALO);
    for (var done = 0u; done < w.end - start; done += STEP) {
        let j = start + done;
        take_x(w, j + HALO);
        take_dy(w, j + LOOK_BEHIND);
        if done + STEP < w.end - start { load_next(w, j + STEP + HALO); }
        sum_squares();
        for (var t = 0u; t < STEP; t++) { held[TERMS + HALO + t] = step_term(t, held_dy[t]); } // unroll
        sum_step(TERMS);
        for (var t = 0u; t < STEP; t++) { results[t] = step_gradient(t); } // unroll
        write_step(w, j);
        shift();
        shift_terms();
    }
}
