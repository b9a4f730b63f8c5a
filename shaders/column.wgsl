// column: one invocation per pixel (or four, as a Value) walks its channels in steps of STEP, with the
// window in registers. For narrow windows. The loads of a step are independent of each other, so that all
// are under way at once.

fn hold(w: Walk, slot: u32, channel: u32) {
    held_x[slot] = load_x(w, channel);
    held[SQUARES + slot] = square(held_x[slot]);
}

fn hold_halo(w: Walk, channel: u32) {
    for (var i = 0u; i < HALO; i++) { hold(w, i, channel + i); }
}

// Loads the channels of a step, and sums the windows that they complete.
fn hold_step(w: Walk, channel: u32) {
    for (var t = 0u; t < STEP; t++) { hold(w, HALO + t, channel + t); }
    sum_step(SQUARES);
}

fn hold_summand(w: Walk, slot: u32, channel: u32) {
    held[SQUARES + slot] = exactly(Value(0.0));
    if within(channel, chunk.read_begin, chunk.read_end) {
        held[SQUARES + slot] = summand(w.offset + channel * chunk.inner);
    }
}

// Square sums, and the stages of an operation whose window has several axes: stage/ says what is summed,
// and what is made of it.
@compute @workgroup_size(INVOCATIONS)
fn windowed(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let w = walk(workgroup, index);
    if !w.some { return; }
    for (var i = 0u; i < HALO; i++) { hold_summand(w, i, w.begin - LOOK_BEHIND + i); }
    for (var i = w.begin; i < w.end; i += STEP) {
        for (var t = 0u; t < STEP; t++) { hold_summand(w, HALO + t, i + LOOK_AHEAD + t); }
        sum_step(SQUARES);
        for (var t = 0u; t < STEP; t++) { if i + t < w.end { finish(w.offset + (i + t) * chunk.inner, sums[t]); } }
        shift_held(SQUARES);
    }
}

@compute @workgroup_size(INVOCATIONS)
fn forward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let w = walk(workgroup, index);
    if !w.some { return; }
    hold_halo(w, w.begin - LOOK_BEHIND);
    for (var i = w.begin; i < w.end; i += STEP) {
        hold_step(w, i + LOOK_AHEAD);
        for (var t = 0u; t < STEP; t++) { write(w, i + t, normalized_x(t)); }
        shift();
    }
}

// A step completes the terms from channel j + LOOK_BEHIND on, and with them the gradients from j on.
// The terms before those come from a run-up of HALO channels.
@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let w = walk(workgroup, index);
    if !w.some { return; }
    let start = w.begin - HALO;
    hold_halo(w, start);
    for (var done = 0u; done < w.end - start; done += STEP) {
        let j = start + done;
        hold_step(w, j + HALO);
        for (var t = 0u; t < STEP; t++) { held[TERMS + HALO + t] = step_term(t, load_dy(w, j + LOOK_BEHIND + t)); }
        sum_step(TERMS);
        for (var t = 0u; t < STEP; t++) { write(w, j + t, input_gradient(held_x[t], scaled[t], sums[t])); }
        shift();
        shift_terms();
    }
}
