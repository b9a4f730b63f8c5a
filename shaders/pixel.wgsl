// pixel: one workgroup per pixel (PIXELS of them where channels are few, or where they lie side by side)
// keeps what is summed, the squares of its channels, in workgroup memory; all its invocations sum the
// windows. A window along several axes takes a stage for each: stage/ says what is summed then.
//
// The SPAN channels are cut into blocks of BLOCK. One invocation scans a block into its suffix sums,
// in place, and its prefix sums, in HEAD. A window is then the tail of its first block, whole
// blocks, and the head of its last: its cost hardly grows with its width, and none subtracts.

const HEAD = 0u;
const SUMMANDS = 1u;
const TERMS = 2u;
const GRADIENTS = 3u;

const BLOCKS = (SPAN + BLOCK - 1u) / BLOCK;

fn array_slot(which: u32, item: u32) -> u32 { return slot(which * PIXELS * SPAN + item); }

// The channels that the workgroup holds and those that it writes.
struct Held {
    first_pixel: u32,
    begin: u32,
    end: u32,
    write_begin: u32,
    write_end: u32,
}

// Each channel depends on `before` and `after` channels around it.
fn held(before: u32, after: u32) -> Held {
    let begin = chunk.write_begin + group % chunk.segments * chunk.segment;
    let end = min(begin + chunk.segment, chunk.write_end);
    return Held(
        group / chunk.segments * PIXELS,
        begin - min(begin - chunk.read_begin, before),
        end + min(chunk.read_end - end, after),
        begin,
        end,
    );
}

// One channel of one pixel. Items follow each other as their elements do in memory, so that
// neighbouring invocations load neighbouring elements.
struct Item {
    some: bool,
    index: u32,      // in the arrays
    channel: u32,
    offset: u32,     // from channel 0 of the first pixel of the chunk
}

fn item(h: Held, number: u32) -> Item {
    var pixel = number / SPAN;
    var place = number % SPAN;
    if chunk.inner > 1u {
        pixel = number % PIXELS;
        place = number / PIXELS;
    }
    let channel = h.begin + place;
    let at = h.first_pixel + pixel;
    return Item(
        at < chunk.pixels && channel < h.end,
        pixel * SPAN + place,
        channel,
        pixel_offset(chunk.first_pixel + at) + channel * chunk.inner,
    );
}

fn load(h: Held) {
    for (var n = lane; n < PIXELS * SPAN; n += INVOCATIONS) {
        let i = item(h, n);
        var value = exactly(Value(0.0));
        if i.some { value = summand(i.offset); }
        scratch[array_slot(SUMMANDS, i.index)] = value;
    }
}

// Scans the blocks of an array: prefix sums to HEAD, suffix sums in place.
fn scan_blocks(values: u32) {
    for (var n = lane; n < PIXELS * BLOCKS; n += INVOCATIONS) {
        let begin = n / BLOCKS * SPAN + n % BLOCKS * BLOCK;
        let length = min(BLOCK, SPAN - n % BLOCKS * BLOCK);
        var head = exactly(Value(0.0));
        for (var t = 0u; t < length; t++) {
            head = add(head, scratch[array_slot(values, begin + t)]);
            scratch[array_slot(HEAD, begin + t)] = head;
        }
        var tail = exactly(Value(0.0));
        for (var t = length; t > 0u; t--) {
            tail = add(tail, scratch[array_slot(values, begin + t - 1u)]);
            scratch[array_slot(values, begin + t - 1u)] = tail;
        }
    }
}

// Afterwards window_sum(SUMMANDS, ...) is known to all invocations.
fn scan(h: Held) {
    load(h);
    barrier();
    scan_blocks(SUMMANDS);
    barrier();
}

fn writes(h: Held, i: Item) -> bool {
    return i.some && within(i.channel, h.write_begin, h.write_end);
}

// The sum over the channels [channel - before, channel + after] that are held. Inside one block the
// window is a whole block, or is clipped by an end of the axis: then it is a head or a tail.
fn window_sum(values: u32, h: Held, i: Item, before: u32, after: u32) -> Sum {
    let place = i.channel - h.begin;
    let pixel = i.index - place;
    let first = place - min(place, before);
    let last = place + min(h.end - 1u - i.channel, after);
    let head = scratch[array_slot(HEAD, pixel + last)];
    if first / BLOCK == last / BLOCK && first % BLOCK == 0u { return head; }
    var sum = scratch[array_slot(values, pixel + first)];
    if first / BLOCK == last / BLOCK { return sum; }
    for (var end = (first / BLOCK + 2u) * BLOCK; end <= last; end += BLOCK) {
        sum = add(sum, scratch[array_slot(HEAD, pixel + end - 1u)]);
    }
    return add(sum, head);
}

// Whether the grid's last row reaches beyond the work. No private variable is read, so that browsers
// see that all invocations of a workgroup agree and reach the barriers.
fn idle(workgroup: vec3<u32>) -> bool {
    return group_of(workgroup) / chunk.segments * PIXELS >= chunk.pixels;
}

@compute @workgroup_size(INVOCATIONS)
fn windowed(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    fetch();
    group = group_of(workgroup);
    lane = index;
    let h = held(LOOK_BEHIND, LOOK_AHEAD);
    scan(h);
    for (var n = lane; n < PIXELS * SPAN; n += INVOCATIONS) {
        let i = item(h, n);
        if writes(h, i) { finish(i.offset, window_sum(SUMMANDS, h, i, LOOK_BEHIND, LOOK_AHEAD)); }
    }
}

@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    fetch();
    group = group_of(workgroup);
    lane = index;
    let h = held(HALO, HALO);
    scan(h);
    for (var n = lane; n < PIXELS * SPAN; n += INVOCATIONS) { hold_term(h, item(h, n)); }
    barrier();
    scan_blocks(TERMS);
    barrier();
    for (var n = lane; n < PIXELS * SPAN; n += INVOCATIONS) {
        let i = item(h, n);
        if writes(h, i) {
            let terms = window_sum(TERMS, h, i, LOOK_AHEAD, LOOK_BEHIND); // mirrored
            let scaled = scratch[array_slot(GRADIENTS, i.index)];
            write_at(i.offset, input_gradient(x_at(chunk.input_shift + i.offset), scaled, terms));
        }
    }
}

fn hold_term(h: Held, i: Item) {
    var scaled = exactly(Value(0.0));
    var term_i = exactly(Value(0.0));
    if i.some {
        let p = powers(base(window_sum(SUMMANDS, h, i, LOOK_BEHIND, LOOK_AHEAD)));
        let at = chunk.input_shift + i.offset;
        scaled = scaled_gradient(p, dy_at(at));
        term_i = term(p, x_at(at), scaled);
    }
    scratch[array_slot(GRADIENTS, i.index)] = scaled;
    scratch[array_slot(TERMS, i.index)] = term_i;
}
