// whole: for windows that hold the whole axis, as those of PixelNorm do: the sum is one for all channels
// of a pixel. A workgroup computes PIXELS pixels with SLICES invocations each, that take turns in the
// channels; it reads them once to sum, and once again, then from a cache, to write.

const INVOCATIONS = PIXELS * SLICES;

var<workgroup> partial: array<Sum, INVOCATIONS>;

// The channels of an invocation: slice, slice + SLICES, ...
struct Turn {
    some: bool,      // whether there is a pixel for this invocation
    pixel: u32,      // in the workgroup
    slice: u32,
    input: u32,      // element of channel 0 in x and dy
    output: u32,     // and in the output
}

// Neighbouring invocations take neighbouring elements.
fn turn(workgroup: vec3<u32>, index: u32) -> Turn {
    fetch();
    var pixel = index / SLICES;
    var slice = index % SLICES;
    if chunk.inner > 1u {
        pixel = index % PIXELS;
        slice = index / PIXELS;
    }
    let number = group_of(workgroup) * PIXELS + pixel;
    let offset = pixel_offset(chunk.first_pixel + number);
    return Turn(number < chunk.pixels, pixel, slice, chunk.input_shift + offset, chunk.output_shift + offset);
}

// The sum of what all slices of the pixel have; reached by all invocations of the workgroup.
fn total(t: Turn, own: Sum) -> Sum {
    workgroupBarrier();
    partial[t.slice * PIXELS + t.pixel] = own;
    workgroupBarrier();
    var sum = partial[t.pixel];
    for (var slice = 1u; slice < SLICES; slice++) { sum = add(sum, partial[slice * PIXELS + t.pixel]); }
    return sum;
}

// Where the channels of a turn end: at once, if it has no pixel.
fn end(t: Turn) -> u32 { return select(0u, chunk.channels, t.some); }

fn write(t: Turn, c: u32, result: Value) {
    let at = t.output + c * chunk.inner;
    put(at, blended(result, old_at(at)));
}

fn square_sum(t: Turn) -> Sum {
    var sum = exactly(Value(0.0));
    for (var c = t.slice; c < end(t); c += SLICES) { sum = add(sum, square(x_at(t.input + c * chunk.inner))); }
    return total(t, sum);
}

@compute @workgroup_size(INVOCATIONS)
fn square_sums(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let t = turn(workgroup, index);
    let s = rounded(square_sum(t));
    for (var c = t.slice; c < end(t); c += SLICES) { write(t, c, s); }
}

@compute @workgroup_size(INVOCATIONS)
fn forward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let t = turn(workgroup, index);
    let p = powers(base(square_sum(t)));
    for (var c = t.slice; c < end(t); c += SLICES) {
        write(t, c, normalized(p, x_at(t.input + c * chunk.inner)));
    }
}

@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    let t = turn(workgroup, index);
    let p = powers(base(square_sum(t)));
    var terms = exactly(Value(0.0));
    for (var c = t.slice; c < end(t); c += SLICES) {
        let at = t.input + c * chunk.inner;
        terms = add(terms, term(p, x_at(at), scaled_gradient(p, dy_at(at))));
    }
    terms = total(t, terms);
    for (var c = t.slice; c < end(t); c += SLICES) {
        let at = t.input + c * chunk.inner;
        write(t, c, input_gradient(x_at(at), scaled_gradient(p, dy_at(at)), terms));
    }
}
