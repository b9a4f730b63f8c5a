// What is summed: the backward terms.

struct Fetched {
    x: Value,
    dy: Value,
    s: Value,
}

fn fetch_summand(offset: u32) -> Fetched {
    let at = params.part.input_shift + offset;
    return Fetched(x_at(at), dy_at(at), s_at(offset));
}

fn summand(f: Fetched) -> Sum {
    let p = powers(base(widened(f.s)));
    return backward_term(p, f.x, f.dy, normalize_dy(p, f.dy));
}
