// ring: one invocation per pixel walks its channels in steps of STEP. For wide windows, whose sums are put
// together from blocks.
//
// The windows of a step's channels have a middle in common: BLOCKS blocks of STEP channels, and a REST.
// What a window has before that is a sum to the end of the step's back, and what it has after, a sum from
// the start of its front: the STEP channels that the windows reach now, and which become the newest block.
//
//     window of the first channel    [ back        | rest |  blocks  ]
//     window of the last                         [ | rest |  blocks  | front      ]
//
// The sum of the last BLOCKS blocks is found alike, with rounds of BLOCKS blocks: `heads` has the sum of
// the round so far, and `scratch` the sums to the end of the round before. (van Herk, Gil and Werman.) So
// few additions a channel however wide the window, and none subtracts.
//
// x is loaded for the front, for the back and for the channel itself: the latter two from a cache. Terms
// of backward are kept in a ring of their own.

const INVOCATIONS = 64u;
const STEP = 4u;
const BLOCKS = 4u;
const REST = 1u;    // channels
const BACK = 4u;    // STEP - 1 + REST, those that some of the windows of a step have before the blocks; at least 1

// `scratch` holds: BLOCKS blocks of squares; and in backward as many of terms, a ring of terms, and one of normalized
// dy.

// Which blocks.
const SQUARE_BLOCKS = 0u;
const TERM_BLOCKS = 1u;

// Which ring. It holds the WINDOW terms before a front, and the front.
const TERM_RING = 0u;
const DY_RING = 1u;
const RING = WINDOW + STEP;

var<private> front: array<Sum, STEP>;
var<private> back: array<Sum, BACK>;
var<private> sums: array<Sum, STEP>;
var<private> fetched_front: array<Fetched, STEP>;
var<private> fetched_back: array<Fetched, BACK>;
var<private> term_x: array<Value, STEP>;
var<private> term_dy: array<Value, STEP>;
var<private> gradient_x: array<Value, STEP>;
var<private> heads: array<Sum, 2>;
// Where the next block goes, of a round. The blocks before it are this round's. It and those after it hold sums to the
// end of the round before, which the next windows need.
var<private> next_block: array<u32, 2>;

// Sums the windows of a step from its front and its back, and makes the front the newest block.
// Reads front, back and `blocks`; writes sums and the newest block.
fn sum_windows(blocks: u32) {
    var middle = add(heads[blocks], scratch[slot(blocks * BLOCKS + next_block[blocks])]);
    for (var i = 0u; i < REST; i++) { middle = add(middle, back[STEP - 1u + i]); } // unroll
    sums[STEP - 1u] = middle;
    for (var i = 1u; i < STEP; i++) { // unroll
        sums[STEP - 1u - i] = add(sums[STEP - i], back[STEP - 1u - i]);
    }
    var head = front[0];
    for (var i = 1u; i < STEP; i++) { sums[i] = add(sums[i], head); head = add(head, front[i]); } // unroll
    push(blocks, head);
}

// Writes `blocks`, with their heads and next_block.
fn push(blocks: u32, block: Sum) {
    scratch[slot(blocks * BLOCKS + next_block[blocks])] = block;
    heads[blocks] = add(heads[blocks], block);
    next_block[blocks]++;
    if next_block[blocks] == BLOCKS { end_round(blocks); }
}

// The blocks of a round become sums to its end.
// Reads and writes `blocks`; writes their heads and next_block.
fn end_round(blocks: u32) {
    var sum = widened(Value(0.0));
    for (var block = BLOCKS; block > 0u; block--) {
        let own = slot(blocks * BLOCKS + block - 1u);
        sum = add(sum, scratch[own]);
        scratch[own] = sum;
    }
    heads[blocks] = widened(Value(0.0));
    next_block[blocks] = 0u;
}

// Begins in the round of a step, by its number: rounds are counted from channel 0, too. (What the first round has
// before that step is never read: BLOCKS blocks are pushed before the first sum, and so replace it.)
// Writes next_block.
fn begin_rounds(step: u32) {
    next_block[SQUARE_BLOCKS] = step % BLOCKS;
    next_block[TERM_BLOCKS] = step % BLOCKS;
}

// Load the front and the back of a step whose first channel is i, where all its windows can be read.
// Writes fetched_front.
fn fetch_front_inside(w: Walk, i: u32) {
    let at = w.offset + (i + LOOK_AHEAD + 1u) * w.inner;
    for (var t = 0u; t < STEP; t++) { fetched_front[t] = fetch_summand(at + t * w.inner); } // unroll
}

// Writes fetched_back.
fn fetch_back_inside(w: Walk, i: u32) {
    let at = w.offset + (i - LOOK_BEHIND) * w.inner;
    for (var t = 0u; t < BACK; t++) { fetched_back[t] = fetch_summand(at + t * w.inner); } // unroll
}

// The same where some may be missing.
// Writes fetched_front.
fn fetch_front_edge(w: Walk, i: u32) {
    for (var t = 0u; t < STEP; t++) { fetched_front[t] = fetch_nearest(w, i + LOOK_AHEAD + 1u + t); } // unroll
}

// Writes fetched_back.
fn fetch_back_edge(w: Walk, i: u32) {
    for (var t = 0u; t < BACK; t++) { fetched_back[t] = fetch_nearest(w, i - LOOK_BEHIND + t); } // unroll
}

// Make the front and the back of a step from what was loaded.
// Reads fetched_front; writes front.
fn take_front(i: u32) {
    let first = i + LOOK_AHEAD + 1u;
    for (var t = 0u; t < STEP; t++) { front[t] = summand(fetched_front[t]); } // unroll
    if are_readable(first, STEP) { return; }
    for (var t = 0u; t < STEP; t++) { front[t] = sum_where_readable(front[t], first + t); } // unroll
}

// Reads fetched_back; writes back.
fn take_back(i: u32) {
    let first = i - LOOK_BEHIND;
    for (var t = 0u; t < BACK; t++) { back[t] = summand(fetched_back[t]); } // unroll
    if are_readable(first, BACK) { return; }
    for (var t = 0u; t < BACK; t++) { back[t] = sum_where_readable(back[t], first + t); } // unroll
}

// Fills the ring with the blocks before a step.
// Writes the blocks of squares, front and fetched_front.
fn fill_blocks(w: Walk, i: u32) {
    for (var before = BLOCKS; before > 0u; before--) {
        fetch_front_edge(w, i - before * STEP);
        take_front(i - before * STEP);
        var block = front[0];
        for (var t = 1u; t < STEP; t++) { block = add(block, front[t]); } // unroll
        push(SQUARE_BLOCKS, block);
    }
}

// Sums the windows of squares of a step, which are loaded.
// Reads fetched_front and fetched_back; writes sums.
fn sum_fetched(i: u32) {
    take_front(i);
    take_back(i);
    sum_windows(SQUARE_BLOCKS);
}

// Loads all that a step needs, so that its loads are under way together.
// Writes fetched_front, fetched_back and needed.
fn fetch_step(w: Walk, i: u32) {
    if are_readable(i - LOOK_BEHIND, WINDOW + STEP) {
        fetch_front_inside(w, i);
        fetch_back_inside(w, i);
        fetch_needed_inside(w, i);
    } else {
        fetch_front_edge(w, i);
        fetch_back_edge(w, i);
        fetch_needed_edge(w, i);
    }
}

// Square sums, forward, and the stages of an operation whose window has several axes: stage/ says what is
// summed, and what is made of it.
@compute @workgroup_size(INVOCATIONS)
fn stage(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let w = walk(workgroup, index);
    if !w.has_work { return; }
    begin_rounds(w.first / STEP);
    fill_blocks(w, w.first);
    for (var i = w.first; i < w.end; i += STEP) {
        fetch_step(w, i);
        sum_fetched(i);
        finish_step(w, i);
    }
}

// The slot that is so many channels behind a newer one, both of a ring.
fn behind(ring: u32, newer: u32, distance: u32) -> u32 {
    return slot(2u * BLOCKS + ring * RING + (newer + RING - distance) % RING);
}

// Loads all that a step of backward needs, whose first gradient is that of channel j.
// Writes fetched_front, fetched_back, term_x, term_dy and gradient_x.
fn load_step(w: Walk, j: u32) {
    let i = j + LOOK_BEHIND + 1u;
    if are_readable(j, 1u + WINDOW + STEP) {
        let at = w.input + j * w.inner;
        let at_terms = w.input + i * w.inner;
        fetch_front_inside(w, i);
        fetch_back_inside(w, i);
        for (var t = 0u; t < STEP; t++) { term_x[t] = x_at(at_terms + t * w.inner); } // unroll
        for (var t = 0u; t < STEP; t++) { term_dy[t] = dy_at(at_terms + t * w.inner); } // unroll
        for (var t = 0u; t < STEP; t++) { gradient_x[t] = x_at(at + t * w.inner); } // unroll
    } else {
        fetch_front_edge(w, i);
        fetch_back_edge(w, i);
        for (var t = 0u; t < STEP; t++) { term_x[t] = load_x(w, i + t); } // unroll
        for (var t = 0u; t < STEP; t++) { term_dy[t] = load_dy(w, i + t); } // unroll
        for (var t = 0u; t < STEP; t++) { gradient_x[t] = load_x(w, j + t); } // unroll
    }
}

// A step sums the windows of the channels from i = j + LOOK_BEHIND + 1 on, makes their terms, and with those as the
// front sums the mirrored windows of the channels from j on:
//
//     squares                            [ back | rest | blocks of squares | front      ]
//     terms       [ back | rest | blocks of terms      | front             ]
//     channels      j - LOOK_AHEAD   j                   i                   i + LOOK_AHEAD + 1
//
// The terms of the back and the normalized dy of j come from rings, where `newest` is the slot of the front's first.
// The back is WINDOW channels behind it, j is LOOK_BEHIND + 1. The terms before the first, as far as there are
// channels, come from a lead-in. It reads slots of the rings that it has not written yet; they reach only gradients
// before w.begin, which are not written, since nothing but a front enters the blocks.
@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let w = walk(workgroup, index);
    if !w.has_work { return; }
    // (w.first is not below read_begin: a halo is no shorter than a step.)
    let terms_before = LOOK_BEHIND + 1u + min(LOOK_AHEAD, w.first - params.part.read_begin);
    let steps_before = (terms_before + STEP - 1u) / STEP;
    let start = w.first - steps_before * STEP;
    // The step of `start`, which may be below zero, and more by some rounds.
    begin_rounds(w.first / STEP + BLOCKS - steps_before % BLOCKS);
    fill_blocks(w, start + LOOK_BEHIND + 1u);
    for (var block = 0u; block < BLOCKS; block++) {
        scratch[slot(TERM_BLOCKS * BLOCKS + block)] = widened(Value(0.0));
    }
    var newest = 0u;
    for (var done = 0u; done < w.end - start; done += STEP) {
        let j = start + done;
        let i = j + LOOK_BEHIND + 1u;
        load_step(w, j);
        sum_fetched(i);
        for (var t = 0u; t < STEP; t++) { push_term(newest, t); } // unroll
        for (var t = 0u; t < BACK; t++) { back[t] = term_of_back(j - LOOK_AHEAD + t, newest + t); } // unroll
        sum_windows(TERM_BLOCKS);
        for (var t = 0u; t < STEP; t++) { write(w, j + t, gradient_of_x(newest, t)); } // unroll
        newest = (newest + STEP) % RING;
    }
}

// The term of a channel of the back.
// Reads the ring of terms.
fn term_of_back(channel: u32, newest: u32) -> Sum {
    if !is_readable(channel) { return widened(Value(0.0)); }
    return scratch[behind(TERM_RING, newest, WINDOW)];
}

// Reads sums, term_x and term_dy; writes front and both rings.
fn push_term(newest: u32, t: u32) {
    let p = powers(base(sums[t]));
    let normalized_dy = normalize_dy(p, term_dy[t]);
    front[t] = backward_term(p, term_x[t], term_dy[t], normalized_dy);
    scratch[behind(TERM_RING, newest + t, 0u)] = front[t];
    scratch[behind(DY_RING, newest + t, 0u)] = normalized_dy;
}

// Reads gradient_x, sums and the ring of normalized dy.
fn gradient_of_x(newest: u32, t: u32) -> Value {
    return input_gradient(gradient_x[t], scratch[behind(DY_RING, newest + t, LOOK_BEHIND + 1u)], sums[t]);
}
