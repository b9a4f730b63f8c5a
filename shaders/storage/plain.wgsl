// Storage `plain`: elements as they are computed with, f32 or f64.

fn loaded(word: Stored, i: u32) -> Loaded { return word; }

fn output_at(i: u32) -> Loaded { return output[i]; }

fn put(i: u32, v: Loaded) { output[i] = v; }
