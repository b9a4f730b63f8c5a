// What is summed: the sums of the stage before.

fn summand(offset: u32) -> Sum { return exactly(partial[chunk.sums_shift + offset]); }
