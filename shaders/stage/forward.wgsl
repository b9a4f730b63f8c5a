// What is made of a sum: y.

fn finish(offset: u32, sum: Sum) {
    write_at(offset, normalized(powers(base(sum)), x_at(chunk.input_shift + offset)));
}
