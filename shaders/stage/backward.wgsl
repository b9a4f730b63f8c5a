// What is made of a sum of terms: dx.

struct Needed {
    x: Value,
    dy: Value,
    s: Value,
    old: Loaded,
}

fn fetch_needed(offset: u32) -> Needed {
    let at = params.part.input_shift + offset;
    return Needed(x_at(at), dy_at(at), s_at(offset), old_at(params.part.output_shift + offset));
}

fn finish(offset: u32, sum: Sum, needed: Needed) {
    let normalized_dy = normalize_dy(powers(base(widened(needed.s))), needed.dy);
    store(params.part.output_shift + offset, input_gradient(needed.x, normalized_dy, sum), needed.old);
}
