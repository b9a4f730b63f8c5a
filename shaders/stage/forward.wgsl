// What is made of a sum: y.

struct Needed {
    x: Value,
    old: Loaded,
}

fn fetch_needed(offset: u32) -> Needed {
    return Needed(x_at(params.part.input_shift + offset), old_at(params.part.output_shift + offset));
}

fn finish(offset: u32, sum: Sum, needed: Needed) {
    store(params.part.output_shift + offset, normalized(powers(base(sum)), needed.x), needed.old);
}
