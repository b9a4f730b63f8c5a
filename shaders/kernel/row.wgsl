// row: where channels follow each other in memory, one invocation computes a run of RUN neighbouring channels, with
// all that they depend on in registers; what it shares with its neighbours it loads and computes again. For narrow
// windows.
//
// Channels come in packets of four, which are loaded whole: the first SKIP channels loaded are not needed. Where a pixel
// does not fill whole packets, as many neighbours as together do, JOINED, are taken as one. A run may then begin in
// one pixel and end in the next, and no window holds channels of both.
//
// Forward, a run is one packet: so neighbouring invocations load and write neighbouring packets, and whole sectors of
// memory. The packets around it come from the first cache, which their own invocations fill. Backward, a run is longer,
// since terms of the channels around it are computed again.

const INVOCATIONS = 64u;
const RUN = 8u;
const WRITTEN = 2u;    // packets
const GROUPS = 2u;     // of SHARE windows, of the channels that are written,
const TERM_GROUPS = 3u; // and of those with terms
const SHARED = 8u;     // channels that SHARE windows hold
const JOINED = 1u;
const BEHIND = 4u;     // channels held before the first that is written
const PACKETS = 4u;    // of x
const PACKETS_BEHIND = 1u;
const SKIP = 0u;
const DY_PACKETS = 4u; // of dy
const DY_PACKETS_BEHIND = 1u;
const DY_SKIP = 2u;

var<private> x_packets: array<Loaded, PACKETS>;
var<private> dy_packets: array<Loaded, DY_PACKETS>;
var<private> held_dy: array<Value, WINDOWS>;
var<private> normalized_dy: array<Sum, WINDOWS>;
var<private> terms: array<Sum, WINDOWS>;
var<private> both: array<Sum, SHARED>;      // what windows would hold of two pixels,
var<private> first_sums: array<Sum, SHARE>; // and their sums in the first
var<private> results: array<Value, RUN>;

// The channels of an invocation, in packets.
struct Run {
    has_work: bool, // whether there is work for this invocation
    pixel: u32,    // first element of the pixel, or of the joined ones, in packets
    begin: u32,    // first packet written
    next: u32,     // where the next pixel begins, counted in channels from the first that is held; or beyond them all
}

fn run(workgroup: vec3<u32>, index: u32) -> Run {
    let number = group_of(workgroup) * INVOCATIONS + index;
    let pixel = number / params.part.segments;
    let begin = params.part.write_begin + (number - pixel * params.part.segments) * WRITTEN;
    return Run(
        pixel < params.part.pixels,
        (params.part.first_pixel + pixel) * params.tensor.image,
        begin,
        next_pixel(4u * begin),
    );
}

// Run.next of the run that writes from a channel on.
fn next_pixel(channel: u32) -> u32 {
    var begun = 0u; // joined pixels that begin at the first channel held, or before
    for (var k = 0u; k < JOINED; k++) { begun += u32(channel >= BEHIND + k * params.tensor.channels); } // unroll
    return BEHIND + begun * params.tensor.channels - channel;
}

// Whether all runs are whole: then no packet between the first and the last of those written is missing.
fn are_whole() -> bool { return (params.part.write_end - params.part.write_begin) % WRITTEN == 0u; }

// Where a packet of the inputs is; or, if it is not readable, the first that the run writes, which is always there.
fn packet_at(r: Run, packet: u32) -> u32 {
    return params.part.input_shift + r.pixel + select(r.begin, packet, is_readable(packet));
}

// Packet i of those loaded, of which `first` is the first and `behind` precede the first written; zeros if it is not
// readable. (With joined pixels it stays as it was loaded: no sum that is used takes it.)
fn packet_where_readable(v: Loaded, first: u32, i: u32, behind: u32) -> Loaded {
    let is_in_run = i >= behind && i < behind + WRITTEN;
    if JOINED > 1u || (is_in_run && are_whole()) { return v; }
    return select(Loaded(0.0), v, is_readable(first + i));
}

fn load_x(r: Run) {
    let first = r.begin - PACKETS_BEHIND;
    for (var i = 0u; i < PACKETS; i++) { x_packets[i] = x_at(packet_at(r, first + i)); } // unroll
    for (var i = 0u; i < PACKETS; i++) { // unroll
        x_packets[i] = packet_where_readable(x_packets[i], first, i, PACKETS_BEHIND);
    }
    for (var i = 0u; i < HELD; i++) { held_x[i] = x_packets[(SKIP + i) / 4u][(SKIP + i) % 4u]; } // unroll
}

fn load_dy(r: Run) {
    let first = r.begin - DY_PACKETS_BEHIND;
    for (var i = 0u; i < DY_PACKETS; i++) { dy_packets[i] = dy_at(packet_at(r, first + i)); } // unroll
    for (var i = 0u; i < DY_PACKETS; i++) { // unroll
        dy_packets[i] = packet_where_readable(dy_packets[i], first, i, DY_PACKETS_BEHIND);
    }
    for (var i = 0u; i < WINDOWS; i++) { // unroll
        held_dy[i] = dy_packets[(DY_SKIP + i) / 4u][(DY_SKIP + i) % 4u];
    }
}

// SHARE neighbouring windows, of which the first begins at held[at], are summed together. These put there what they
// hold.
fn hold_squares(at: u32) {
    for (var i = 0u; i < SHARED; i++) { held[at + i] = square(held_x[at + i]); } // unroll
}

fn hold_terms(at: u32) {
    for (var i = 0u; i < SHARED; i++) { held[at + i] = terms[at + i]; } // unroll
}

fn sum_squares(r: Run, at: u32) {
    hold_squares(at);
    sum_held(at, r.next, LOOK_BEHIND);
}

// The terms begin LOOK_BEHIND channels after the first channel held. (If all belong to the next pixel, `next` wraps to
// a large number, and all count as the first pixel's; the sums are the same.)
fn sum_terms(r: Run, at: u32) {
    hold_terms(at);
    sum_held(at, r.next - LOOK_BEHIND, LOOK_AHEAD);
}

// Sums the SHARE windows at `at`, each of which begins `before` channels before its own. Where pixels are joined it sums
// twice, once what is before `next` and once what is from there on, and each channel takes the sum of its own pixel.
fn sum_held(at: u32, next: u32, before: u32) {
    if JOINED == 1u {
        sum_windows(at, at);
    } else {
        for (var i = 0u; i < SHARED; i++) { both[i] = held[at + i]; } // unroll
        for (var i = 0u; i < SHARED; i++) { held[at + i] = sum_where(both[i], at + i < next); } // unroll
        sum_windows(at, at);
        for (var t = 0u; t < SHARE; t++) { first_sums[t] = sums[at + t]; } // unroll
        for (var i = 0u; i < SHARED; i++) { held[at + i] = sum_where(both[i], at + i >= next); } // unroll
        sum_windows(at, at);
        for (var t = 0u; t < SHARE; t++) { // unroll
            sums[at + t] = select(sums[at + t], first_sums[t], at + before + t < next);
        }
    }
}

// Packet i of the results.
fn result(i: u32) -> Loaded {
    return Loaded(results[4u * i], results[4u * i + 1u], results[4u * i + 2u], results[4u * i + 3u]);
}

// Whether packet i of a run is written: the last run of a pixel may have fewer.
fn is_written(r: Run, i: u32) -> bool { return are_whole() || r.begin + i < params.part.write_end; }

fn write(r: Run, i: u32) {
    if !is_written(r, i) { return; }
    let at = params.part.output_shift + r.pixel + r.begin + i;
    store(at, result(i), old_at(at));
}

// Square sums and forward.
@compute @workgroup_size(INVOCATIONS)
fn stage(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    read_layer();
    let r = run(workgroup, index);
    if !r.has_work { return; }
    load_x(r);
    for (var g = 0u; g < GROUPS; g++) { sum_squares(r, g * SHARE); } // unroll
    for (var t = 0u; t < RUN; t++) { results[t] = window_result(t); } // unroll
    for (var i = 0u; i < WRITTEN; i++) { write(r, i); } // unroll
}

// The terms begin LOOK_AHEAD channels before the first that is written, and x as many as the windows
// of those need.
@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    read_layer();
    let r = run(workgroup, index);
    if !r.has_work { return; }
    load_x(r);
    load_dy(r);
    for (var g = 0u; g < TERM_GROUPS; g++) { sum_squares(r, g * SHARE); make_terms(g * SHARE); } // unroll
    for (var g = 0u; g < GROUPS; g++) { sum_terms(r, g * SHARE); } // unroll
    for (var t = 0u; t < RUN; t++) { results[t] = gradient_of_x(t); } // unroll
    for (var i = 0u; i < WRITTEN; i++) { write(r, i); } // unroll
}

fn make_terms(at: u32) {
    for (var i = 0u; i < SHARE; i++) { make_term(at + i); } // unroll
}

fn make_term(t: u32) {
    let p = powers(base(sums[t]));
    normalized_dy[t] = normalize_dy(p, held_dy[t]);
    terms[t] = backward_term(p, held_x[LOOK_BEHIND + t], held_dy[t], normalized_dy[t]);
}

fn gradient_of_x(t: u32) -> Value {
    return input_gradient(held_x[HALO + t], normalized_dy[LOOK_AHEAD + t], sums[t]);
}
