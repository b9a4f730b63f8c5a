// What is made of a sum: s.

fn finish(offset: u32, sum: Sum) { put(chunk.output_shift + offset, rounded(sum)); }
