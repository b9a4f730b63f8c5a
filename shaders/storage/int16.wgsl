// Storage `int16`: single elements of 16 bits, on devices that have integers of that size.

fn loaded(word: Stored, i: u32) -> Loaded { return decoded(u32(word)); }

fn output_at(i: u32) -> Loaded { return loaded(output[i], i); }

fn put(i: u32, v: Loaded) { output[i] = u16(encoded(v)); }
