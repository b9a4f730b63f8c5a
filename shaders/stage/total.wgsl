// What is made of a sum: itself.

fn finish(offset: u32, sum: Sum) { totals[chunk.totals_shift + offset] = rounded(sum); }
