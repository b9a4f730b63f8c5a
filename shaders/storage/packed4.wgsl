// Storage `packed`, four at once: four elements of 16 bits in two words, on any device.

fn loaded(words: Stored, i: u32) -> Loaded { return vec4(unpacked(words.x), unpacked(words.y)); }

fn stored_output(i: u32) -> Stored { return output[i]; }

fn put(i: u32, v: Loaded) { output[i] = vec2(packed(v.xy), packed(v.zw)); }
