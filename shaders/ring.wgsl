// ring: one invocation per pixel walks its channels and keeps the window in rings of WINDOW slots.
//
// A window sum is a head plus a tail (van Herk, Gil and Werman): the walk is cut into blocks of
// WINDOW channels; `head` is the running sum of the block so far, and a ring holds the suffix sums
// of the block before. Three additions a channel however wide the window, and none subtracts, so
// that a large or infinite value is forgotten as soon as it leaves the window.
//
// The loops over t have a constant length, so that a compiler can unroll narrow windows and hold
// the rings in registers.

const SQUARES = 0u;
const X = 1u;
const TERMS = 2u;
const SCALED = 3u;

// The slot of a ring for the channel `back` channels before the one of slot t.
fn ring(which: u32, t: u32, back: u32) -> u32 {
    let behind = t + WINDOW - back;
    return slot(which * WINDOW + select(behind, behind - WINDOW, behind >= WINDOW));
}

// Whether a block is the first, which has no tails before it, or the last, which leaves none. In
// registers, which begin as zeros, it is cheaper not to ask.
struct Ends {
    first: bool,
    last: bool,
}

fn ends_of_walk(start: u32, block: u32, stop: u32) -> Ends {
    return Ends(IN_WORKSPACE && block == start, IN_WORKSPACE && block + WINDOW >= stop);
}

// Enters a value into a ring of sums and returns the sum of the last WINDOW values.
fn window_sum(which: u32, t: u32, value: Sum, head: Sum, ends: Ends) -> Sum {
    var sum = head;
    if t + 1u < WINDOW && !ends.first { sum = add(sum, scratch[slot(which * WINDOW + t + 1u)]); }
    if !ends.last { scratch[slot(which * WINDOW + t)] = value; }
    return sum;
}

// At the end of a block: its values become suffix sums.
fn end_block(which: u32) {
    var sum = exactly(Value(0.0));
    for (var i = 0u; i < WINDOW; i++) {
        let at = slot(which * WINDOW + WINDOW - 1u - i);
        sum = add(sum, scratch[at]);
        scratch[at] = sum;
    }
}

// What an invocation walks.
struct Walk {
    some: bool,      // whether there is a pixel for this invocation
    input: u32,      // element of channel 0 in x and dy
    output: u32,     // and in the output
    start: u32,      // first channel read
    write_begin: u32,
    write_end: u32,
}

// `lead` channels before its segment an invocation begins to read.
fn walk(workgroup: vec3<u32>, index: u32, lead: u32) -> Walk {
    group = group_of(workgroup);
    lane = index;
    let pixel = group / chunk.segments * INVOCATIONS + lane;
    let offset = pixel_offset(chunk.first_pixel + pixel);
    let begin = chunk.write_begin + group % chunk.segments * chunk.segment;
    return Walk(
        pixel < chunk.pixels,
        chunk.input_shift + offset,
        chunk.output_shift + offset,
        begin - min(begin - chunk.read_begin, lead),
        begin,
        min(begin + chunk.segment, chunk.write_end),
    );
}

fn load_x(w: Walk, channel: u32) -> Value {
    if !within(channel, chunk.read_begin, chunk.read_end) { return Value(0.0); }
    return x[w.input + channel * chunk.inner];
}

@compute @workgroup_size(INVOCATIONS)
fn square_sums(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let w = walk(workgroup, index, LOOK_BEHIND);
    if !w.some { return; }
    let stop = w.write_end + LOOK_AHEAD;
    for (var block = w.start; block < stop; block += WINDOW) {
        let ends = ends_of_walk(w.start, block, stop);
        var head = exactly(Value(0.0));
        for (var t = 0u; t < WINDOW; t++) {
            let read = block + t;
            if read < stop {
                let x_squared = square(load_x(w, read));
                head = add(head, x_squared);
                let sum = window_sum(SQUARES, t, x_squared, head, ends);
                let i = read - LOOK_AHEAD;
                if within(i, w.write_begin, w.write_end) { output[w.output + i * chunk.inner] = rounded(sum); }
            }
        }
        if !ends.last { end_block(SQUARES); }
    }
}

@compute @workgroup_size(INVOCATIONS)
fn forward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let w = walk(workgroup, index, LOOK_BEHIND);
    if !w.some { return; }
    let stop = w.write_end + LOOK_AHEAD;
    for (var block = w.start; block < stop; block += WINDOW) {
        let ends = ends_of_walk(w.start, block, stop);
        var head = exactly(Value(0.0));
        for (var t = 0u; t < WINDOW; t++) {
            let read = block + t;
            if read < stop {
                let x_read = load_x(w, read);
                scratch[ring(X, t, 0u)] = exactly(x_read);
                let x_squared = square(x_read);
                head = add(head, x_squared);
                let sum = window_sum(SQUARES, t, x_squared, head, ends);
                let i = read - LOOK_AHEAD;
                if within(i, w.write_begin, w.write_end) {
                    let x_i = rounded(scratch[ring(X, t, LOOK_AHEAD)]);
                    output[w.output + i * chunk.inner] = normalized(powers(base(sum)), x_i);
                }
            }
        }
        if !ends.last { end_block(SQUARES); }
    }
}

@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let w = walk(workgroup, index, WINDOW - 1u);
    if !w.some { return; }
    let stop = w.write_end + WINDOW - 1u;
    for (var block = w.start; block < stop; block += WINDOW) {
        let ends = ends_of_walk(w.start, block, stop);
        var head = exactly(Value(0.0));
        var terms_head = exactly(Value(0.0));
        for (var t = 0u; t < WINDOW; t++) {
            let read = block + t;
            if read < stop {
                let x_read = load_x(w, read);
                scratch[ring(X, t, 0u)] = exactly(x_read);
                let x_squared = square(x_read);
                head = add(head, x_squared);
                let sum = window_sum(SQUARES, t, x_squared, head, ends);

                // The window of channel i is complete: its term is known.
                let i = read - LOOK_AHEAD;
                var scaled = exactly(Value(0.0));
                var term_i = exactly(Value(0.0));
                if within(i, chunk.read_begin, chunk.read_end) {
                    let p = powers(base(sum));
                    scaled = scaled_gradient(p, dy[w.input + i * chunk.inner]);
                    term_i = term(p, rounded(scratch[ring(X, t, LOOK_AHEAD)]), scaled);
                }
                scratch[ring(SCALED, t, 0u)] = scaled;
                terms_head = add(terms_head, term_i);
                let terms = window_sum(TERMS, t, term_i, terms_head, ends);

                // The mirrored window of channel j is complete: its gradient is known.
                let j = read - (WINDOW - 1u);
                if within(j, w.write_begin, w.write_end) {
                    let x_j = rounded(scratch[ring(X, t, WINDOW - 1u)]);
                    let scaled_j = scratch[ring(SCALED, t, LOOK_BEHIND)];
                    output[w.output + j * chunk.inner] = input_gradient(x_j, scaled_j, terms);
                }
            }
        }
        if !ends.last {
            end_block(SQUARES);
            end_block(TERMS);
        }
    }
}
