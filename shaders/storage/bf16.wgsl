// Elements of type bf16, by their bits: the upper half of an f32, rounded to the nearest, ties to even.

fn decoded(code: Code) -> Loaded { return bitcast<Loaded>(code << Code(16u)); }

fn encoded(v: Loaded) -> Code {
    let bits = bitcast<Code>(v);
    let odd = (bits >> Code(16u)) & Code(1u);
    let number = (bits + Code(0x7fffu) + odd) >> Code(16u);
    let is_nan = (bits & Code(0x7fffffffu)) > Code(0x7f800000u);
    return select(number, (bits >> Code(16u)) | Code(0x40u), is_nan);
}
