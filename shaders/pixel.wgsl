// pixel: one workgroup per pixel, or for as many as it has room for, with all hands at work all the time.
//
// Every invocation loads ITEMS values, so that neighbours load neighbouring elements, and puts what is summed
// into workgroup memory. There each takes a run of STEP neighbouring channels and sums their windows: narrow ones
// by pixel/narrow.wgsl, wide ones by pixel/wide.wgsl. The sums take the place of what was summed, and each
// invocation takes those of its ITEMS values, which it has kept, and writes what is made of them.
//
// Backward does the same with its terms. A window along several axes takes a stage for each: stage/ says what is
// summed then, and what is made of it.

// Values that a workgroup holds: SPAN channels of PIXELS pixels.
const VALUES = PIXELS * SPAN;

var<workgroup> scratch: array<Sum, ARRAYS * VALUES>;

var<private> item_x: array<Value, ITEMS>;
var<private> item_dy: array<Value, ITEMS>;
var<private> item_scaled: array<Sum, ITEMS>;
var<private> results: array<Value, ITEMS>;
var<private> fetched: array<Fetched, ITEMS>;
var<private> needed: array<Needed, ITEMS>;
var<private> olds: array<Loaded, ITEMS>;
var<private> run_sums: array<Sum, STEP>;

// What a workgroup holds, and what of it is written.
struct Held {
    is_whole: bool,    // whether that is all it has room for, all channels, and all written
    first_pixel: u32,
    begin: u32,        // first channel
    end: u32,
    write_begin: u32,
    write_end: u32,
    pixel: u32,        // of all items of an invocation, where pixels lie side by side,
    offset: u32,       // and its element; else that of the first pixel; from that of the chunk
}

// Each channel depends on `before` and `after` channels around it.
fn held_by(workgroup: vec3<u32>, index: u32, before: u32, after: u32) -> Held {
    fetch();
    group = group_of(workgroup);
    lane = index;
    let write_begin = chunk.write_begin + group % chunk.segments * chunk.segment;
    let write_end = min(write_begin + chunk.segment, chunk.write_end);
    let first_pixel = group / chunk.segments * PIXELS;
    let pixel = first_pixel + select(0u, lane % PIXELS, SIDE_BY_SIDE == 1u);
    return Held(
        first_pixel + PIXELS <= chunk.pixels && write_end - write_begin == SPAN && chunk.channels == SPAN,
        first_pixel,
        write_begin - min(write_begin - chunk.read_begin, before),
        write_end + min(chunk.read_end - write_end, after),
        write_begin,
        write_end,
        pixel,
        pixel_offset(chunk.first_pixel + min(pixel, chunk.pixels - 1u)),
    );
}

// The values of an invocation, by their places in workgroup memory: they follow each other as elements do.
fn place(k: u32) -> u32 { return k * INVOCATIONS + lane; }

// Whether those of all invocations have one: compilers know it.
fn are_places(k: u32) -> bool { return (k + 1u) * INVOCATIONS <= VALUES; }

fn is_place(k: u32) -> bool { return are_places(k) || place(k) < VALUES; }

fn channel(h: Held, k: u32) -> u32 {
    return h.begin + select(place(k) % SPAN, place(k) / PIXELS, SIDE_BY_SIDE == 1u);
}

// The element of a value, from channel 0 of the first pixel of the chunk.
fn offset(h: Held, k: u32) -> u32 {
    var held = place(k);
    if !are_places(k) { held = min(held, VALUES - 1u); } // what has no place is loaded from the last, and dropped
    if SIDE_BY_SIDE == 1u { return h.offset + (h.begin + held / PIXELS) * chunk.inner; }
    if h.is_whole { return h.offset + held; }
    return h.offset + place(k) / SPAN * chunk.image + channel(h, k);
}

fn is_there(h: Held, k: u32) -> bool {
    let pixel = select(h.first_pixel + place(k) / SPAN, h.pixel, SIDE_BY_SIDE == 1u);
    return is_place(k) && pixel < chunk.pixels && channel(h, k) < h.end;
}

fn is_written(h: Held, k: u32) -> bool {
    return is_there(h, k) && within(channel(h, k), h.write_begin, h.write_end);
}

fn load_x(h: Held) {
    if h.is_whole {
        for (var k = 0u; k < ITEMS; k++) { item_x[k] = x_at(chunk.input_shift + offset(h, k)); }
    } else {
        for (var k = 0u; k < ITEMS; k++) { item_x[k] = Value(0.0); if is_there(h, k) { item_x[k] = x_at(chunk.input_shift + offset(h, k)); } }
    }
}

fn load_dy(h: Held) {
    if h.is_whole {
        for (var k = 0u; k < ITEMS; k++) { item_dy[k] = dy_at(chunk.input_shift + offset(h, k)); }
    } else {
        for (var k = 0u; k < ITEMS; k++) { item_dy[k] = Value(0.0); if is_there(h, k) { item_dy[k] = dy_at(chunk.input_shift + offset(h, k)); } }
    }
}

fn write_results(h: Held) {
    if h.is_whole {
        for (var k = 0u; k < ITEMS; k++) { olds[k] = old_at(chunk.output_shift + offset(h, k)); }
        for (var k = 0u; k < ITEMS; k++) { if is_place(k) { put(chunk.output_shift + offset(h, k), blended(results[k], olds[k])); } }
    } else {
        for (var k = 0u; k < ITEMS; k++) { if is_written(h, k) { write(chunk.output_shift + offset(h, k), results[k]); } }
    }
}

fn write(at: u32, result: Value) { put(at, blended(result, old_at(at))); }

fn put_value(k: u32, v: Sum) { if is_place(k) { scratch[place(k)] = v; } }

fn put_summand(h: Held, k: u32) {
    if is_there(h, k) { put_value(k, summand(fetch_summand(offset(h, k)))); } else { put_value(k, exactly(Value(0.0))); }
}

fn put_summands(h: Held) {
    if h.is_whole {
        for (var k = 0u; k < ITEMS; k++) { fetched[k] = fetch_summand(offset(h, k)); }
        for (var k = 0u; k < ITEMS; k++) { put_value(k, summand(fetched[k])); }
    } else {
        for (var k = 0u; k < ITEMS; k++) { put_summand(h, k); }
    }
}

fn finish_values(h: Held) {
    if h.is_whole {
        for (var k = 0u; k < ITEMS; k++) { needed[k] = fetch_needed(offset(h, k)); }
        for (var k = 0u; k < ITEMS; k++) { if is_place(k) { finish(offset(h, k), scratch[place(k)], needed[k]); } }
    } else {
        for (var k = 0u; k < ITEMS; k++) { if is_written(h, k) { finish(offset(h, k), scratch[place(k)], fetch_needed(offset(h, k))); } }
    }
}

// Neighbouring channels of a pixel, by their places in workgroup memory, which are STRIDE apart.
struct Run {
    some: bool,
    begin: u32,     // the first, counted from those that are held
    place: u32,     // of channel 0 of the pixel
    length: u32,    // channels of the pixel
}

fn run(h: Held) -> Run {
    let length = h.end - h.begin;
    if SIDE_BY_SIDE == 1u {
        let begin = lane / PIXELS * STEP;
        return Run(begin < length, begin, lane % PIXELS, length);
    }
    let begin = lane % RUNS * STEP;
    return Run(begin < length && lane / RUNS < PIXELS, begin, lane / RUNS * SPAN, length);
}

// Sums windows that begin so many channels before, each in the place of its channel.
fn sum_values(h: Held, before: u32) {
    let r = run(h);
    workgroupBarrier();
    sum_run(r, before);
    workgroupBarrier();
    for (var t = 0u; t < STEP; t++) { if r.some && r.begin + t < r.length { scratch[r.place + (r.begin + t) * STRIDE] = run_sums[t]; } }
    workgroupBarrier();
}

// Whether the grid's last row reaches beyond the work. No private variable is read, so that browsers
// see that all invocations of a workgroup agree and reach the barriers.
fn idle(workgroup: vec3<u32>) -> bool {
    return group_of(workgroup) / chunk.segments * PIXELS >= chunk.pixels;
}

@compute @workgroup_size(INVOCATIONS)
fn windowed(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let h = held_by(workgroup, index, LOOK_BEHIND, LOOK_AHEAD);
    put_summands(h);
    sum_values(h, LOOK_BEHIND);
    finish_values(h);
}

@compute @workgroup_size(INVOCATIONS)
fn forward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let h = held_by(workgroup, index, LOOK_BEHIND, LOOK_AHEAD);
    load_x(h);
    for (var k = 0u; k < ITEMS; k++) { put_value(k, square(item_x[k])); }
    sum_values(h, LOOK_BEHIND);
    for (var k = 0u; k < ITEMS; k++) { results[k] = normalized(powers(base(scratch[place(k)])), item_x[k]); }
    write_results(h);
}

@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let h = held_by(workgroup, index, HALO, HALO);
    load_x(h);
    load_dy(h);
    for (var k = 0u; k < ITEMS; k++) { put_value(k, square(item_x[k])); }
    sum_values(h, LOOK_BEHIND);
    for (var k = 0u; k < ITEMS; k++) { put_value(k, item_term(k)); }
    sum_values(h, LOOK_AHEAD); // mirrored
    for (var k = 0u; k < ITEMS; k++) { results[k] = input_gradient(item_x[k], item_scaled[k], scratch[place(k)]); }
    write_results(h);
}

fn item_term(k: u32) -> Sum {
    let p = powers(base(scratch[place(k)]));
    item_scaled[k] = scaled_gradient(p, item_dy[k]);
    return term(p, item_x[k], item_scaled[k]);
}
