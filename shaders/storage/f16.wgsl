// Elements of type f16, for devices without them: two in a word.

fn unpacked(word: u32) -> vec2<f32> { return unpack2x16float(word); }

// Devices differ in how they round in pack2x16float, and in what it makes of what is too large; one lets a NaN change
// the other half. So nothing is left to round, and infinities and NaN are put in by their bits.
fn packed(v: vec2<f32>) -> u32 {
    let near = nearest(v);
    let bits = bitcast<vec2<u32>>(near);
    let is_f16 = abs(near) < vec2(65536.0);
    let is_nan = (bits & vec2(0x7fffffffu)) > vec2(0x7f800000u);
    let other = ((bits >> vec2(16u)) & vec2(0x8000u)) | select(vec2(0x7c00u), vec2(0x7e00u), is_nan);
    let codes = select(other, vec2(0u), is_f16);
    return pack2x16float(select(vec2(0.0), near, is_f16)) | codes.x | (codes.y << 16u);
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
