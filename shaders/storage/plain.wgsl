// Storage `plain`: elements as they are computed with, f32 or f64.

fn loaded(word: Stored, i: u32) -> Loaded { return word; }

fn stored_output(i: u32) -> Stored { return output[i]; }

fn put(i: u32, v: Loaded) { output[i] = v; }
