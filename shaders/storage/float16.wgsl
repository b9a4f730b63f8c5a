// Storage `float16`: single f16, on devices that have them. What is converted to f16 is one already, so that
// no device rounds it otherwise.

fn loaded(word: Stored, i: u32) -> Loaded { return f32(word); }

fn output_at(i: u32) -> Loaded { return loaded(output[i], i); }

fn put(i: u32, v: Loaded) { output[i] = f16(decoded(encoded(v))); }
