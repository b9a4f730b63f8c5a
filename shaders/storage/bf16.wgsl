// Elements of type bf16, two in a word: each is the upper half of an f32.

fn unpacked(word: u32) -> vec2<f32> { return bitcast<vec2<f32>>(vec2(word << 16u, word & 0xffff0000u)); }

// Rounds to the nearest, ties to even; a NaN, whose bits might overflow, is replaced by another.
fn packed(v: vec2<f32>) -> u32 {
    let bits = bitcast<vec2<u32>>(v);
    let near = bits + vec2(0x7fffu) + ((bits >> vec2(16u)) & vec2(1u));
    let is_nan = (bits & vec2(0x7fffffffu)) > vec2(0x7f800000u);
    let codes = select(near, vec2(0x7fc00000u), is_nan);
    return (codes.x >> 16u) | (codes.y & 0xffff0000u);
}
