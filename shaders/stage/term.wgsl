// What is summed: the backward terms.

fn summand(offset: u32) -> Sum {
    let at = chunk.input_shift + offset;
    let p = powers(base(s_at(offset)));
    return term(p, x_at(at), scaled_gradient(p, dy_at(at)));
}
