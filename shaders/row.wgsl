// row: where channels follow each other in memory, one invocation computes STEP neighbouring channels
// of a pixel, with all that they depend on in registers; what it shares with its neighbours it loads
// and computes again. For narrow windows, and channels in packets of four.
//
// Packets are loaded whole: SKIP of their first channels are not needed.

var<private> packets: array<Loaded, PACKETS>;
var<private> held_dy: array<Value, SUMS>;
var<private> scaled: array<Sum, SUMS>;
var<private> results: array<Value, STEP>;

// The channels of an invocation, in packets.
struct Run {
    some: bool,    // whether there is work for this invocation
    pixel: u32,    // first element of the pixel, in packets
    begin: u32,    // first packet written
}

fn run(workgroup: vec3<u32>, index: u32) -> Run {
    group = group_of(workgroup);
    lane = index;
    let number = group * INVOCATIONS + lane;
    let pixel = number / chunk.segments;
    let begin = chunk.write_begin + number % chunk.segments * chunk.segment;
    return Run(pixel < chunk.pixels, pixel_offset(chunk.first_pixel + pixel), begin);
}

fn load_x(r: Run, packet: u32) -> Loaded {
    if !within(packet, chunk.read_begin, chunk.read_end) { return Loaded(0.0); }
    return x_at(chunk.input_shift + r.pixel + packet);
}

fn load_dy(r: Run, packet: u32) -> Loaded {
    if !within(packet, chunk.read_begin, chunk.read_end) { return Loaded(0.0); }
    return dy_at(chunk.input_shift + r.pixel + packet);
}

// Holds x from channel SKIP of the packet on, and sums its windows.
fn hold_x(r: Run, packet: u32) {
    for (var i = 0u; i < PACKETS; i++) { packets[i] = load_x(r, packet + i); }
    for (var i = 0u; i < HELD; i++) { held_x[i] = packets[(SKIP + i) / 4u][(SKIP + i) % 4u]; }
    for (var i = 0u; i < HELD; i++) { held[i] = square(held_x[i]); }
    for (var g = 0u; g < SUM_GROUPS; g++) { sum_windows(g * SHARE, g * SHARE); }
}

fn write(r: Run, i: u32) {
    let packet = r.begin + i;
    if packet >= chunk.write_end { return; }
    let at = chunk.output_shift + r.pixel + packet;
    let old = old_at(at);
    put(at, Loaded(
        blended(results[4u * i], old.x),
        blended(results[4u * i + 1u], old.y),
        blended(results[4u * i + 2u], old.z),
        blended(results[4u * i + 3u], old.w),
    ));
}

@compute @workgroup_size(INVOCATIONS)
fn square_sums(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let r = run(workgroup, index);
    if !r.some { return; }
    hold_x(r, r.begin - PACKETS_BEHIND);
    for (var t = 0u; t < STEP; t++) { results[t] = rounded(sums[t]); }
    for (var i = 0u; i < WRITTEN; i++) { write(r, i); }
}

@compute @workgroup_size(INVOCATIONS)
fn forward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let r = run(workgroup, index);
    if !r.some { return; }
    hold_x(r, r.begin - PACKETS_BEHIND);
    for (var t = 0u; t < STEP; t++) { results[t] = normalized_x(t); }
    for (var i = 0u; i < WRITTEN; i++) { write(r, i); }
}

// The terms begin LOOK_AHEAD channels before the first that is written, and x as many as the windows
// of those need.
@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let r = run(workgroup, index);
    if !r.some { return; }
    hold_x(r, r.begin - PACKETS_BEHIND);
    for (var i = 0u; i < DY_PACKETS; i++) { packets[i] = load_dy(r, r.begin - DY_PACKETS_BEHIND + i); }
    for (var i = 0u; i < SUMS; i++) { held_dy[i] = packets[(DY_SKIP + i) / 4u][(DY_SKIP + i) % 4u]; }
    for (var t = 0u; t < SUMS; t++) { hold_term(t); }
    for (var g = 0u; g < GROUPS; g++) { sum_windows(g * SHARE, g * SHARE); }
    for (var t = 0u; t < STEP; t++) { results[t] = gradient_of_x(t); }
    for (var i = 0u; i < WRITTEN; i++) { write(r, i); }
}

// The terms take the place of the squares, which have been summed.
fn hold_term(t: u32) {
    let p = powers(base(sums[t]));
    scaled[t] = scaled_gradient(p, held_dy[t]);
    held[t] = term(p, held_x[LOOK_BEHIND + t], scaled[t]);
}

fn gradient_of_x(t: u32) -> Value {
    return input_gradient(held_x[HALO + t], scaled[LOOK_AHEAD + t], sums[t]);
}
