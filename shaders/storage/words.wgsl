// Storage `words`: single elements of 16 bits, on any device. Two share a word, which two invocations may
// write at the same time: each clears and sets its own half.

fn loaded(word: Stored, i: u32) -> Loaded { return unpacked(word >> half(i)).x; }

fn stored_output(i: u32) -> Stored { return atomicLoad(&output[i / 2u]); }

fn put(i: u32, v: Loaded) {
    atomicAnd(&output[i / 2u], ~(0xffffu << half(i)));
    atomicOr(&output[i / 2u], packed(vec2(v, 0.0)) << half(i));
}

// The lowest bit of an element in its word.
fn half(i: u32) -> u32 { return i % 2u * 16u; }
