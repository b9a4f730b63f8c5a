// What the kernels share that walk, column and ring: one invocation per pixel (or two, as a Value) and
// segment of channels. A walk begins at a multiple of GRAIN, also where a region begins at another channel: so each
// channel is summed in the same order in every region. (The channels before the region are not bound, and count as
// zeros. A window adds only its own channels to what it shares, so they reach only sums that are not written.)

const GRAIN = 4u; // channels: a step, or the windows that are summed together

struct Walk {
    has_work: bool,  // whether there is a pixel for this invocation
    inner: u32,      // elements from a channel to the next
    offset: u32,     // of channel 0, from channel 0 of the first pixel of the part
    input: u32,      // element of channel 0 in x and dy
    output: u32,     // and in the output
    first: u32,      // first channel walked
    begin: u32,      // first channel written
    end: u32,
}

// Writes group, lane and layer.
fn walk(workgroup: vec3<u32>, index: u32) -> Walk {
    read_layer();
    group = group_of(workgroup);
    lane = index;
    let workgroups = (params.part.pixels + INVOCATIONS - 1u) / INVOCATIONS; // that have the same segment
    let pixel = group % workgroups * INVOCATIONS + lane;
    let offset = pixel_offset(params.part.first_pixel + pixel);
    let begin = params.part.write_begin + group / workgroups * params.tensor.segment;
    return Walk(
        pixel < params.part.pixels && begin < params.part.write_end,
        params.tensor.inner,
        offset,
        params.part.input_shift + offset,
        params.part.output_shift + offset,
        begin / GRAIN * GRAIN,
        begin,
        min(begin + params.tensor.segment, params.part.write_end),
    );
}

// These load a value, or zero if it cannot be read. (load_x and load_dy, here and in other kernels, are twins: a
// function for both would bind dy in forward too, since a shader binds all that its functions name.)
fn load_x(w: Walk, channel: u32) -> Value { return where_readable(x_at(w.input + readable(channel) * w.inner), channel); }

fn load_dy(w: Walk, channel: u32) -> Value { return where_readable(dy_at(w.input + readable(channel) * w.inner), channel); }

fn write(w: Walk, channel: u32, result: Value) {
    if !within(channel, w.begin, w.end) { return; }
    let at = w.output + channel * w.inner;
    store(at, result, old_at(at));
}

// Loads what is summed of a channel, or of the nearest that can be read.
fn fetch_nearest(w: Walk, channel: u32) -> Fetched { return fetch_summand(w.offset + readable(channel) * w.inner); }

// What is summed of a channel, or zero if that cannot be read.
fn sum_where_readable(v: Sum, channel: u32) -> Sum { return sum_where(v, is_readable(channel)); }

var<private> needed: array<Needed, STEP>;

// Load what a step needs beside its sums: all its channels can be read, or some may be missing.
// Writes needed.
fn fetch_needed_inside(w: Walk, channel: u32) {
    let at = w.offset + channel * w.inner;
    for (var t = 0u; t < STEP; t++) { needed[t] = fetch_needed(at + t * w.inner); } // unroll
}

// Writes needed.
fn fetch_needed_edge(w: Walk, channel: u32) {
    for (var t = 0u; t < STEP; t++) { needed[t] = fetch_needed(w.offset + readable(channel + t) * w.inner); } // unroll
}

// Makes of the sums of a step what they are for.
// Reads sums and needed.
fn finish_step(w: Walk, channel: u32) {
    let at = w.offset + channel * w.inner;
    if within(channel, w.begin, w.end) && channel + STEP <= w.end {
        for (var t = 0u; t < STEP; t++) { finish(at + t * w.inner, sums[t], needed[t]); } // unroll
    } else {
        for (var t = 0u; t < STEP; t++) { // unroll
            if within(channel + t, w.begin, w.end) { finish(at + t * w.inner, sums[t], needed[t]); }
        }
    }
}
