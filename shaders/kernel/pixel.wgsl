// pixel: one workgroup per pixel, or for as many as it can hold, with all invocations at work all the time.
//
// Every invocation loads ITEMS values, so that neighbours load neighbouring elements, and puts what is summed
// into workgroup memory. There each takes a run of RUN neighbouring channels and sums their windows: narrow ones
// by pixel/narrow.wgsl, wide ones by pixel/wide.wgsl. The sums replace what was summed, and each
// invocation takes those of its ITEMS values, which it has kept, and writes what is made of them.
//
// A workgroup has BANDS bands of BAND pixels, of each pixel SPAN channels, in RUNS runs. A band takes all invocations
// TURNS times. So where a band takes one turn an invocation has the same channel in every band, and its indices are
// constants.
//
// Backward does the same with its terms. A window along several axes takes a stage for each: stage/ says what is
// summed then, and what is made of it.

const INVOCATIONS = 192u;
const BANDS = 6u;
const BAND = 2u;   // pixels
const TURNS = 1u;
const ITEMS = 6u; // BANDS * TURNS
const SPAN = 96u; // channels
const RUNS = 14u; // of a pixel
const RUN = 7u;  // channels of a run
const SIDE_BY_SIDE = 0u; // 1 where a pixel's neighbour is the next in memory, rather than its next channel

// Values of a band.
const VALUES = BAND * SPAN;

alias Values = array<array<array<array<Sum, RUN>, RUNS>, BAND>, BANDS>;

var<workgroup> values: Values;

var<private> item_x: array<Value, ITEMS>;
var<private> item_dy: array<Value, ITEMS>;
var<private> item_normalized_dy: array<Sum, ITEMS>;
var<private> results: array<Value, ITEMS>;
var<private> fetched: array<Fetched, ITEMS>;
var<private> needed: array<Needed, ITEMS>;
var<private> olds: array<Loaded, ITEMS>;
var<private> run_sums: array<Sum, RUN>;

// What a workgroup holds, and what of it is written.
struct Span {
    is_whole: bool,    // whether all its pixels exist, and it holds and writes all their channels
    first_pixel: u32,
    begin: u32,        // first channel
    end: u32,
    read_end: u32,     // of those that can be read, from params.part.read_begin on
    write_begin: u32,
    write_end: u32,
    offset: u32,       // element of the first pixel, or of an invocation's own, where pixels lie side by side
}

// Each channel depends on `before` and `after` channels around it.
// Writes layer, group, lane and only_item.
fn span_of(workgroup: vec3<u32>, index: u32, before: u32, after: u32) -> Span {
    read_layer();
    group = group_of(workgroup);
    lane = index;
    only_item = find_item(0u);
    let write_begin = params.part.write_begin + group % params.part.segments * params.tensor.segment;
    let write_end = min(write_begin + params.tensor.segment, params.part.write_end);
    let first_pixel = group / params.part.segments * BANDS * BAND;
    let is_whole = first_pixel + BANDS * BAND <= params.part.pixels && write_end - write_begin == SPAN && params.tensor.channels == SPAN;
    // Segments are counted from channel 0, also where a region begins inside one: so runs begin at the same
    // channels in every region.
    var segment_begin = write_begin;
    if !is_whole { segment_begin -= write_begin % params.tensor.segment; }
    let end = segment_begin + min(params.tensor.channels - segment_begin, params.tensor.segment + after);
    return Span(
        is_whole,
        first_pixel,
        segment_begin - min(segment_begin, before),
        end,
        min(end, params.part.read_end),
        write_begin,
        write_end,
        offset_of(first_pixel),
    );
}

fn offset_of(first_pixel: u32) -> u32 {
    if SIDE_BY_SIDE == 0u { return (params.part.first_pixel + first_pixel) * params.tensor.image; }
    return pixel_offset(params.part.first_pixel + min(first_pixel + lane % BAND, params.part.pixels - 1u));
}

// A value of a band that an invocation takes: turn by turn, as elements follow each other.
struct Item {
    has_work: bool, // whether there is one
    pixel: u32,     // in the band
    channel: u32,   // counted from those that are held
    run: u32,       // of the channel
    in_run: u32,    // channels of the run before it
}

// That of the only turn.
var<private> only_item: Item;

// Reads only_item.
fn item(k: u32) -> Item {
    if TURNS == 1u { return only_item; }
    return find_item(k % TURNS);
}

// Where there is none, the band's last: it is loaded, and dropped.
fn find_item(turn: u32) -> Item {
    let number = turn * INVOCATIONS + lane;
    let has_work = (turn + 1u) * INVOCATIONS <= VALUES || number < VALUES;
    let value = select(VALUES - 1u, number, has_work);
    let pixel = select(value / SPAN, lane % BAND, SIDE_BY_SIDE == 1u);
    let channel = select(value % SPAN, value / BAND, SIDE_BY_SIDE == 1u);
    return Item(has_work, pixel, channel, channel / RUN, channel % RUN);
}

fn band(k: u32) -> u32 { return k / TURNS; }

fn channel(s: Span, k: u32) -> u32 { return s.begin + item(k).channel; }

fn pixel(s: Span, k: u32) -> u32 { return s.first_pixel + band(k) * BAND + item(k).pixel; }

// The element of a value, from channel 0 of the first pixel of the part.
fn offset(s: Span, k: u32) -> u32 {
    let channels = channel(s, k) * params.tensor.inner;
    if SIDE_BY_SIDE == 1u { return s.offset + channels; }
    return s.offset + band(k) * BAND * params.tensor.image + (item(k).pixel * params.tensor.image + channels);
}

fn is_there(s: Span, k: u32) -> bool {
    return item(k).has_work && pixel(s, k) < params.part.pixels && within(channel(s, k), params.part.read_begin, s.read_end);
}

fn is_written(s: Span, k: u32) -> bool {
    return is_there(s, k) && within(channel(s, k), s.write_begin, s.write_end);
}

// Reads values.
fn value(k: u32) -> Sum { return values[band(k)][item(k).pixel][item(k).run][item(k).in_run]; }

// Writes values.
fn put_value(k: u32, v: Sum) {
    if item(k).has_work { values[band(k)][item(k).pixel][item(k).run][item(k).in_run] = v; }
}

// Writes item_x.
fn load_x(s: Span) {
    if s.is_whole {
        for (var k = 0u; k < ITEMS; k++) { item_x[k] = x_at(params.part.input_shift + offset(s, k)); } // unroll
    } else {
        for (var k = 0u; k < ITEMS; k++) { // unroll
            item_x[k] = Value(0.0);
            if is_there(s, k) { item_x[k] = x_at(params.part.input_shift + offset(s, k)); }
        }
    }
}

// Both behind one check, so that all loads are under way together.
// Writes item_x and item_dy.
fn load_x_and_dy(s: Span) {
    if s.is_whole {
        for (var k = 0u; k < ITEMS; k++) { item_x[k] = x_at(params.part.input_shift + offset(s, k)); } // unroll
        for (var k = 0u; k < ITEMS; k++) { item_dy[k] = dy_at(params.part.input_shift + offset(s, k)); } // unroll
    } else {
        load_x(s);
        for (var k = 0u; k < ITEMS; k++) { // unroll
            item_dy[k] = Value(0.0);
            if is_there(s, k) { item_dy[k] = dy_at(params.part.input_shift + offset(s, k)); }
        }
    }
}

// Reads results; writes olds.
fn write_results(s: Span) {
    if s.is_whole {
        for (var k = 0u; k < ITEMS; k++) { olds[k] = old_at(params.part.output_shift + offset(s, k)); } // unroll
        for (var k = 0u; k < ITEMS; k++) { // unroll
            if item(k).has_work { store(params.part.output_shift + offset(s, k), results[k], olds[k]); }
        }
    } else {
        for (var k = 0u; k < ITEMS; k++) { // unroll
            if is_written(s, k) { write(params.part.output_shift + offset(s, k), results[k]); }
        }
    }
}

fn write(at: u32, result: Value) { store(at, result, old_at(at)); }

// Writes values.
fn put_summand(s: Span, k: u32) {
    if is_there(s, k) { put_value(k, summand(fetch_summand(offset(s, k)))); } else { put_value(k, widened(Value(0.0))); }
}

// Writes fetched and values.
fn put_summands(s: Span) {
    if s.is_whole {
        for (var k = 0u; k < ITEMS; k++) { fetched[k] = fetch_summand(offset(s, k)); } // unroll
        for (var k = 0u; k < ITEMS; k++) { put_value(k, summand(fetched[k])); } // unroll
    } else {
        for (var k = 0u; k < ITEMS; k++) { put_summand(s, k); } // unroll
    }
}

// Reads values; writes needed.
fn finish_values(s: Span) {
    if s.is_whole {
        for (var k = 0u; k < ITEMS; k++) { needed[k] = fetch_needed(offset(s, k)); } // unroll
        for (var k = 0u; k < ITEMS; k++) { // unroll
            if item(k).has_work { finish(offset(s, k), value(k), needed[k]); }
        }
    } else {
        for (var k = 0u; k < ITEMS; k++) { // unroll
            if is_written(s, k) { finish(offset(s, k), value(k), fetch_needed(offset(s, k))); }
        }
    }
}

// Neighbouring channels of a pixel.
struct Run {
    band: u32,
    pixel: u32,     // in its band
    number: u32,    // in the pixel
    begin: u32,     // the first channel, counted from those that are held
    end: u32,
    length: u32,    // channels of the pixel
}

fn run(s: Span) -> Run {
    let pixel = min(lane / RUNS, BANDS * BAND - 1u);
    let number = lane % RUNS;
    let length = select(0u, s.end - s.begin, lane < BANDS * BAND * RUNS); // without a run none: it reads, and drops
    let begin = min(number * RUN, length);
    return Run(pixel / BAND, pixel % BAND, number, begin, min(begin + RUN, length), length);
}

// Replaces the values by the sums of their windows, which begin so many channels before.
// Reads and writes values; writes run_sums.
fn sum_values(s: Span, before: u32) {
    let r = run(s);
    workgroupBarrier();
    sum_run(r, before);
    workgroupBarrier();
    if r.begin < r.end {
        for (var t = 0u; t < RUN; t++) { values[r.band][r.pixel][r.number][t] = run_sums[t]; } // unroll
    }
    workgroupBarrier();
}

// Whether the grid's last row reaches beyond the work. No private variable is read, so that browsers
// see that all invocations of a workgroup agree and reach the barriers.
fn idle(workgroup: vec3<u32>) -> bool {
    return group_of(workgroup) / params.part.segments * BANDS * BAND >= params.part.pixels;
}

@compute @workgroup_size(INVOCATIONS)
fn stage(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let s = span_of(workgroup, index, LOOK_BEHIND, LOOK_AHEAD);
    put_summands(s);
    sum_values(s, LOOK_BEHIND);
    finish_values(s);
}

@compute @workgroup_size(INVOCATIONS)
fn forward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let s = span_of(workgroup, index, LOOK_BEHIND, LOOK_AHEAD);
    load_x(s);
    for (var k = 0u; k < ITEMS; k++) { put_value(k, square(item_x[k])); } // unroll
    sum_values(s, LOOK_BEHIND);
    for (var k = 0u; k < ITEMS; k++) { results[k] = normalized(powers(base(value(k))), item_x[k]); } // unroll
    write_results(s);
}

@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let s = span_of(workgroup, index, HALO, HALO);
    load_x_and_dy(s);
    for (var k = 0u; k < ITEMS; k++) { put_value(k, square(item_x[k])); } // unroll
    sum_values(s, LOOK_BEHIND);
    for (var k = 0u; k < ITEMS; k++) { put_value(k, item_term(k)); } // unroll
    sum_values(s, LOOK_AHEAD); // mirrored
    for (var k = 0u; k < ITEMS; k++) { // unroll
        results[k] = input_gradient(item_x[k], item_normalized_dy[k], value(k));
    }
    write_results(s);
}

// Reads values, item_x and item_dy; writes item_normalized_dy.
fn item_term(k: u32) -> Sum {
    let p = powers(base(value(k)));
    item_normalized_dy[k] = normalize_dy(p, item_dy[k]);
    return backward_term(p, item_x[k], item_dy[k], item_normalized_dy[k]);
}
