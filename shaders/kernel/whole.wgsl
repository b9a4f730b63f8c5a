// whole: for windows that hold the whole axis, as those of PixelNorm do: the sum is one for all channels
// of a pixel. A workgroup computes PIXELS pixels with SLICES invocations each, that take turns in the
// channels, CHANNELS_AT_ONCE of them at once. Where those are all that an invocation has, they stay in registers;
// otherwise it loads them to sum, and again to write.

const PIXELS = 8u;
const SLICES = 32u;
const CHANNELS_AT_ONCE = 4u;
const STAYS = 0u; // 1 where CHANNELS_AT_ONCE are all of an invocation's channels

const INVOCATIONS = PIXELS * SLICES;
const AT_ONCE = CHANNELS_AT_ONCE * SLICES; // channels

var<workgroup> slice_sums: array<Sum, INVOCATIONS>;

var<private> turn_x: array<Value, CHANNELS_AT_ONCE>;
var<private> turn_dy: array<Value, CHANNELS_AT_ONCE>;
var<private> results: array<Value, CHANNELS_AT_ONCE>;

// What an invocation takes turns in: the channels slice, slice + SLICES, ... of a pixel.
struct Slice {
    has_work: bool,  // whether there is a pixel for this invocation
    pixel: u32,      // in the workgroup
    number: u32,
    inner: u32,      // elements from a channel to the next
    input: u32,      // element of channel 0 in x and dy
    output: u32,     // and in the output
}

// Neighbouring invocations take neighbouring elements.
// Writes layer.
fn slice(workgroup: vec3<u32>, index: u32) -> Slice {
    read_layer();
    let are_beside = params.tensor.inner > 1u;
    let in_workgroup = select(index / SLICES, index % PIXELS, are_beside);
    let number = select(index % SLICES, index / PIXELS, are_beside);
    let pixel = group_of(workgroup) * PIXELS + in_workgroup;
    let offset = pixel_offset(params.part.first_pixel + min(pixel, params.part.pixels - 1u));
    return Slice(
        pixel < params.part.pixels,
        in_workgroup,
        number,
        params.tensor.inner,
        params.part.input_shift + offset,
        params.part.output_shift + offset,
    );
}

// The sum of what all slices of the pixel have; reached by all invocations of the workgroup.
// Reads and writes slice_sums.
fn total(s: Slice, own: Sum) -> Sum {
    workgroupBarrier();
    slice_sums[s.number * PIXELS + s.pixel] = own;
    workgroupBarrier();
    var sum = slice_sums[s.pixel];
    for (var slice = 1u; slice < SLICES; slice++) { // unroll
        sum = add(sum, slice_sums[slice * PIXELS + s.pixel]);
    }
    return sum;
}

// Whether all turns from a channel on have one: the same for the whole workgroup.
fn are_all(first: u32) -> bool { return first + AT_ONCE <= params.tensor.channels; }

// Loads x, or dy, of the turns from a channel on.
// Writes turn_x.
fn load_x(s: Slice, first: u32) {
    let c = first + s.number;
    let at = s.input + c * s.inner;
    if are_all(first) {
        for (var t = 0u; t < CHANNELS_AT_ONCE; t++) { turn_x[t] = x_at(at + t * SLICES * s.inner); } // unroll
    } else {
        for (var t = 0u; t < CHANNELS_AT_ONCE; t++) { // unroll
            turn_x[t] = x_at(s.input + min(c + t * SLICES, params.tensor.channels - 1u) * s.inner);
        }
        for (var t = 0u; t < CHANNELS_AT_ONCE; t++) { // unroll
            turn_x[t] = select(Value(0.0), turn_x[t], c + t * SLICES < params.tensor.channels);
        }
    }
}

// Writes turn_dy.
fn load_dy(s: Slice, first: u32) {
    let c = first + s.number;
    let at = s.input + c * s.inner;
    if are_all(first) {
        for (var t = 0u; t < CHANNELS_AT_ONCE; t++) { turn_dy[t] = dy_at(at + t * SLICES * s.inner); } // unroll
    } else {
        for (var t = 0u; t < CHANNELS_AT_ONCE; t++) { // unroll
            turn_dy[t] = dy_at(s.input + min(c + t * SLICES, params.tensor.channels - 1u) * s.inner);
        }
        for (var t = 0u; t < CHANNELS_AT_ONCE; t++) { // unroll
            turn_dy[t] = select(Value(0.0), turn_dy[t], c + t * SLICES < params.tensor.channels);
        }
    }
}

// Load what the invocation does not have.
// Writes turn_x.
fn load_x_again(s: Slice, first: u32) {
    if STAYS == 0u { load_x(s, first); }
}

// Writes turn_dy.
fn load_dy_again(s: Slice, first: u32) {
    if STAYS == 0u { load_dy(s, first); }
}

// Writes the results of the turns from a channel on.
// Reads results.
fn write(s: Slice, first: u32) {
    if !s.has_work { return; }
    let c = first + s.number;
    let at = s.output + c * s.inner;
    if are_all(first) {
        for (var t = 0u; t < CHANNELS_AT_ONCE; t++) { put_result(t, at + t * SLICES * s.inner); } // unroll
    } else {
        for (var t = 0u; t < CHANNELS_AT_ONCE; t++) { // unroll
            if c + t * SLICES < params.tensor.channels { put_result(t, at + t * SLICES * s.inner); }
        }
    }
}

// Reads results.
fn put_result(t: u32, at: u32) { store(at, results[t], old_at(at)); }

// Writes turn_x and slice_sums.
fn square_sum(s: Slice) -> Sum {
    var sum = widened(Value(0.0));
    for (var first = 0u; first < params.tensor.channels; first += AT_ONCE) {
        load_x(s, first);
        for (var t = 0u; t < CHANNELS_AT_ONCE; t++) { sum = add(sum, square(turn_x[t])); } // unroll
    }
    return total(s, sum);
}

// y, or s.
fn result(sum: Sum, p: Powers, x: Value) -> Value {
    if !NORMALIZED { return rounded(sum); }
    return normalized(p, x);
}

// Square sums and forward.
@compute @workgroup_size(INVOCATIONS)
fn stage(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let s = slice(workgroup, index);
    let sum = square_sum(s);
    let p = powers(base(sum));
    for (var first = 0u; first < params.tensor.channels; first += AT_ONCE) {
        load_x_again(s, first);
        for (var t = 0u; t < CHANNELS_AT_ONCE; t++) { results[t] = result(sum, p, turn_x[t]); } // unroll
        write(s, first);
    }
}

@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let s = slice(workgroup, index);
    let p = powers(base(square_sum(s)));
    var terms = widened(Value(0.0));
    for (var first = 0u; first < params.tensor.channels; first += AT_ONCE) {
        load_x_again(s, first);
        load_dy(s, first);
        for (var t = 0u; t < CHANNELS_AT_ONCE; t++) { // unroll
            terms = add(terms, backward_term(p, turn_x[t], turn_dy[t], normalize_dy(p, turn_dy[t])));
        }
    }
    terms = total(s, terms);
    for (var first = 0u; first < params.tensor.channels; first += AT_ONCE) {
        load_x_again(s, first);
        load_dy_again(s, first);
        for (var t = 0u; t < CHANNELS_AT_ONCE; t++) { // unroll
            results[t] = input_gradient(turn_x[t], normalize_dy(p, turn_dy[t]), terms);
        }
        write(s, first);
    }
}
