// Elements of type f16, by their bits: exact, subnormals included, and rounded to the nearest, ties to even,
// whatever a device's own conversions do.

fn decoded(code: Code) -> Loaded {
    let magnitude = code & Code(0x7fffu);
    let wide = magnitude << Code(13u);
    let normal = select(wide + Code(0x38000000u), wide | Code(0x7f800000u), magnitude >= Code(0x7c00u));
    let subnormal = bitcast<Code>(Loaded(magnitude) * 0x1p-24);
    let bits = select(normal, subnormal, magnitude < Code(0x400u));
    return bitcast<Loaded>(bits | ((code & Code(0x8000u)) << Code(16u)));
}

fn encoded(v: Loaded) -> Code {
    let bits = bitcast<Code>(v);
    let magnitude = bits & Code(0x7fffffffu);
    let odd = (magnitude >> Code(13u)) & Code(1u);
    let normal = (magnitude - Code(0x38000000u) + Code(0xfffu) + odd) >> Code(13u);
    let subnormal = Code(round(abs(v) * 0x1p24));
    let special = select(Code(0x7c00u), Code(0x7e00u), magnitude > Code(0x7f800000u));
    let large = select(normal, special, magnitude >= Code(0x47800000u));
    return select(large, subnormal, magnitude < Code(0x38800000u)) | ((bits >> Code(16u)) & Code(0x8000u));
}
