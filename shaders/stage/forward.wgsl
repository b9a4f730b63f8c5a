// What is made of a sum: y.

struct Needed {
    x: Value,
    old: Loaded,
}

fn fetch_needed(offset: u32) -> Needed {
    return Needed(x_at(chunk.input_shift + offset), old_at(chunk.output_shift + offset));
}

fn finish(offset: u32, sum: Sum, needed: Needed) {
    put(chunk.output_shift + offset, blended(normalized(powers(base(sum)), needed.x), needed.old));
}
