// Storage `packed`, two at once: two elements of 16 bits in a word, on any device.

fn loaded(word: Stored, i: u32) -> Loaded { return unpacked(word); }

fn stored_output(i: u32) -> Stored { return output[i]; }

fn put(i: u32, v: Loaded) { output[i] = packed(v); }
