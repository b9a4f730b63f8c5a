// What is made of a sum of terms: dx.

struct Needed {
    x: Value,
    dy: Value,
    s: Value,
    old: Loaded,
}

fn fetch_needed(offset: u32) -> Needed {
    let at = chunk.input_shift + offset;
    return Needed(x_at(at), dy_at(at), s_at(offset), old_at(chunk.output_shift + offset));
}

fn finish(offset: u32, sum: Sum, needed: Needed) {
    let scaled = scaled_gradient(powers(base(exactly(needed.s))), needed.dy);
    put(chunk.output_shift + offset, blended(input_gradient(needed.x, scaled, sum), needed.old));
}
