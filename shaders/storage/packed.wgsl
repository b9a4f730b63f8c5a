// Storage `packed`: four elements of 16 bits in two words, on any device.

fn loaded(words: Stored, i: u32) -> Loaded {
    return decoded(vec4(words.x & 0xffffu, words.x >> 16u, words.y & 0xffffu, words.y >> 16u));
}

fn output_at(i: u32) -> Loaded { return loaded(output[i], i); }

fn put(i: u32, v: Loaded) {
    let code = encoded(v);
    output[i] = vec2(code.x | (code.y << 16u), code.z | (code.w << 16u));
}
