// Storage `int16`: single elements of 16 bits, on devices that have integers of that size.

fn loaded(code: Stored, i: u32) -> Loaded { return unpacked(u32(code)).x; }

fn stored_output(i: u32) -> Stored { return output[i]; }

fn put(i: u32, v: Loaded) { output[i] = u16(packed(vec2(v, 0.0))); }
