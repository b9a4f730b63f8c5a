// row: where channels follow each other in memory, one invocation computes a packet of four neighbouring channels, with
// all that it depends on in registers. For narrow windows.
//
// Neighbouring invocations load and write neighbouring packets, and so whole sectors of memory. Each also loads the
// packets of x beside its own: those come from the first cache, which their own invocations fill. Backward, it makes
// the terms of its own packet, and takes those beside from its neighbours, through workgroup memory. Invocations at the
// ends of a workgroup lack neighbours. They only make terms, and another workgroup writes their packets:
//
//     packets       0 1 2 … 61 62 63 …
//     workgroup 0 t w w w …  w  t
//     workgroup 1            t  w  w …      t: terms only, w: written
//
// Where a pixel does not fill whole packets, as many neighbours as together do, JOINED, are taken as one. The channels
// that a packet depends on may then begin in one pixel and end in the next, and no window holds channels of both.

const INVOCATIONS = 64u;
const WRITTEN = 62u; // packets that a workgroup writes
const PACKET = 4u;   // channels
const GROUPS = 1u;   // of SHARE windows, in a packet
const JOINED = 1u;
const BEHIND = 1u;   // packets that windows reach before their own
const AHEAD = 1u;    // and after it. Those of terms are mirrored: they reach AHEAD before it
const PACKETS = 3u;  // all of them

var<workgroup> exchange: array<Loaded, INVOCATIONS>; // the terms of each

var<private> packets: array<Loaded, PACKETS>;
var<private> normalized_dy: array<Sum, PACKET>;
var<private> both: array<Sum, HELD>;         // what is held of two pixels,
var<private> first_sums: array<Sum, PACKET>; // and the sums of windows in the first
var<private> results: array<Value, PACKET>;

// The packet of an invocation.
struct Own {
    pixel: u32,       // first element of the pixel, or of the joined ones, in packets
    packet: u32,      // counted in the pixel; it may be one around those of the part
    is_written: bool, // whether it is written here
}

// Packets are numbered from the first of the part on, through all its pixels. A workgroup begins `before` packets
// before those that it writes, and may end beyond the part. Where a part has not all packets of its pixels, it has one
// pixel, and the packets around it can be read.
fn own(workgroup: vec3<u32>, index: u32, before: u32) -> Own {
    lane = index;
    let number = group_of(workgroup) * WRITTEN + lane - before; // wraps
    let pixel = number / params.part.segments;
    let last = min(pixel, params.part.pixels - 1u);
    return Own(
        (params.part.first_pixel + last) * params.tensor.image,
        params.part.write_begin + number - last * params.part.segments,
        pixel < params.part.pixels && within(lane, before, before + WRITTEN),
    );
}

// Where a packet of the inputs is; or, if it is not readable, the own one.
fn packet_at(o: Own, packet: u32) -> u32 {
    return params.part.input_shift + o.pixel + select(o.packet, packet, is_readable(packet));
}

// Packet i of those around the own one, which follows `before` others; zeros if it is not readable. (With joined pixels
// it stays as it is: no sum that is used takes it.)
fn where_there(v: Loaded, o: Own, i: u32, before: u32) -> Loaded {
    if JOINED > 1u || i == before { return v; }
    return select(Loaded(0.0), v, is_readable(o.packet + i - before));
}

// Writes packets and held_x.
fn load_x(o: Own) {
    for (var i = 0u; i < PACKETS; i++) { // unroll
        packets[i] = where_there(x_at(packet_at(o, o.packet + i - BEHIND)), o, i, BEHIND);
    }
    for (var i = 0u; i < HELD; i++) { held_x[i] = channel(PACKET * BEHIND - LOOK_BEHIND + i); } // unroll
}

// Takes the terms of the neighbours.
// Reads and writes packets; writes held.
fn take_terms(o: Own) {
    for (var i = 0u; i < PACKETS; i++) { // unroll
        if i != AHEAD { packets[i] = where_there(exchange[lane + i - AHEAD], o, i, AHEAD); }
    }
    for (var i = 0u; i < HELD; i++) { held[i] = channel(PACKET * AHEAD - LOOK_AHEAD + i); } // unroll
}

// A channel, counted from the first packet.
fn channel(i: u32) -> Value { return packets[i / PACKET][i % PACKET]; }

// Sums the windows of the packet, each of which begins `before` channels before its own. Where pixels are joined it
// sums twice, once what is before the next pixel and once what is from there on, and each channel takes the sum of its
// own. Reads and writes held; writes sums.
fn sum_packet(o: Own, before: u32) {
    if JOINED == 1u {
        sum_groups();
    } else {
        let next = next_pixel(PACKET * o.packet, before);
        for (var i = 0u; i < HELD; i++) { both[i] = held[i]; } // unroll
        for (var i = 0u; i < HELD; i++) { held[i] = sum_where(both[i], i < next); } // unroll
        sum_groups();
        for (var t = 0u; t < PACKET; t++) { first_sums[t] = sums[t]; } // unroll
        for (var i = 0u; i < HELD; i++) { held[i] = sum_where(both[i], i >= next); } // unroll
        sum_groups();
        for (var t = 0u; t < PACKET; t++) { sums[t] = select(sums[t], first_sums[t], before + t < next); } // unroll
    }
}

fn sum_groups() {
    for (var g = 0u; g < GROUPS; g++) { sum_windows(g * SHARE, g * SHARE); } // unroll
}

// Where the next pixel begins, counted from `before` channels before a channel on; or beyond all that are held.
fn next_pixel(channel: u32, before: u32) -> u32 {
    var begun = 0u; // joined pixels that begin at the first channel held, or before
    for (var k = 0u; k < JOINED; k++) { begun += u32(channel >= before + k * params.tensor.channels); } // unroll
    return before + begun * params.tensor.channels - channel;
}

fn sum_squares(o: Own) {
    for (var i = 0u; i < HELD; i++) { held[i] = square(held_x[i]); } // unroll
    sum_packet(o, LOOK_BEHIND);
}

fn write(o: Own) {
    let at = params.part.output_shift + o.pixel + o.packet;
    store(at, Loaded(results[0], results[1], results[2], results[3]), old_at(at));
}

// Square sums and forward.
@compute @workgroup_size(INVOCATIONS)
fn stage(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    read_layer();
    let o = own(workgroup, index, 0u);
    if !o.is_written { return; }
    load_x(o);
    sum_squares(o);
    for (var t = 0u; t < PACKET; t++) { results[t] = window_result(t); } // unroll
    write(o);
}

@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    read_layer();
    var o = own(workgroup, index, AHEAD);
    o.packet = readable(o.packet); // another's, if there is none: nobody takes the terms of that
    load_x(o);
    let dy = dy_at(params.part.input_shift + o.pixel + o.packet);
    sum_squares(o);
    for (var t = 0u; t < PACKET; t++) { packets[AHEAD][t] = make_term(t, dy[t]); } // unroll
    exchange[lane] = packets[AHEAD];
    workgroupBarrier();
    if o.is_written {
        take_terms(o);
        sum_packet(o, LOOK_AHEAD);
        for (var t = 0u; t < PACKET; t++) { results[t] = gradient_of_x(t); } // unroll
        write(o);
    }
}

// Reads sums and held_x; writes normalized_dy.
fn make_term(t: u32, dy: Value) -> Sum {
    let p = powers(base(sums[t]));
    normalized_dy[t] = normalize_dy(p, dy);
    return backward_term(p, held_x[LOOK_BEHIND + t], dy, normalized_dy[t]);
}

fn gradient_of_x(t: u32) -> Value { return input_gradient(held_x[LOOK_BEHIND + t], normalized_dy[t], sums[t]); }
