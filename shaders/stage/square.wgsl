// What is summed: squares of x.

fn summand(offset: u32) -> Sum { return square(x_at(chunk.input_shift + offset)); }
