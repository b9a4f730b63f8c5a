// Elements of type f16, for devices without them: two in a word.

fn unpacked(word: u32) -> vec2<f32> { return unpack2x16float(word); }

// Devices differ in how they round in pack2x16float, so that here nothing is left to round. What is too large is
// made infinite.
fn packed(v: vec2<f32>) -> u32 {
    let near = nearest(v);
    return pack2x16float(select(near, v * 0x1p112, abs(near) >= vec2(65536.0)));
}

// The nearest number of 11 bits, or below 2^-14 the nearest multiple of 2^-24; ties to even. Added to a number
// that is 1.5 * 2^13 times as large, v is rounded there. A zero keeps its sign.
fn nearest(v: vec2<f32>) -> vec2<f32> {
    let bits = bitcast<vec2<u32>>(v);
    let exponent = clamp(bits & vec2(0x7f800000u), vec2(0x38800000u), vec2(0x47000000u));
    let large = bitcast<vec2<f32>>(exponent + vec2(0x06c00000u));
    // Compilers that reorder floating point must not see that this is v.
    let near = fma(v + large, vec2(layer.one), -large);
    return bitcast<vec2<f32>>(bitcast<vec2<u32>>(near) | (bits & vec2(0x80000000u)));
}
