// What is made of a sum of terms: dx.

fn finish(offset: u32, sum: Sum) {
    let at = chunk.input_shift + offset;
    let scaled = scaled_gradient(powers(base(s_at(offset))), dy_at(at));
    write_at(offset, input_gradient(x_at(at), scaled, sum));
}
