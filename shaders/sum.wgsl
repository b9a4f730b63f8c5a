// Sums of f32 values kept as high + low, with about 36 significant bits, so that a result is wrong by
// little more than its last rounding. (T. J. Dekker, A floating-point technique for extending the
// available precision, 1971.)
//
// Infinities: the high part alone is what plain arithmetic gives; the low part is then NaN, and never
// enters the high part. `rounded` drops it.

alias Sum = vec2<f32>;

const LARGEST = 3.4028234e38;

fn exactly(v: f32) -> Sum { return Sum(v, 0.0); }

fn rounded(s: Sum) -> f32 { return select(s.x + s.y, s.x, abs(s.x) > LARGEST); }

// v itself, but compilers cannot know: those that reorder floating point (Metal, DirectX and Mesa do)
// would else find (a + b) - a to be b, and every rounding error to be 0.
fn opaque(v: f32) -> f32 { return bitcast<f32>(bitcast<u32>(v) ^ chunk.zero); }

// The 12 leading bits, and the rest: the product of two such parts is exact.
fn leading(v: f32) -> f32 { return bitcast<f32>(bitcast<u32>(v) & 0xfffff000u); }
fn trailing(v: f32) -> f32 { return opaque(v - leading(v)); }

fn square(v: f32) -> Sum {
    let h = leading(v);
    return Sum(h * h, trailing(v) * (v + h));
}

fn add(a: Sum, b: Sum) -> Sum {
    let swap = abs(a.x) < abs(b.x);
    let large = select(a.x, b.x, swap);
    let small = select(b.x, a.x, swap);
    let high = opaque(large + small);
    let lost = opaque(small - opaque(high - large));
    return Sum(high, lost + (a.y + b.y));
}

fn multiply(a: Sum, b: Sum) -> Sum {
    let ah = leading(a.x);
    let bh = leading(b.x);
    let al = trailing(a.x) + a.y;
    let bl = trailing(b.x) + b.y;
    return Sum(ah * bh, ah * bl + al * (bh + bl));
}

// v times a factor of high * (1 + low), where low is below 2^-9.
fn scale(v: f32, factor: Sum) -> Sum {
    let vh = leading(v);
    let product = trailing(v) * factor.x + vh * trailing(factor.x);
    return Sum(vh * leading(factor.x), product + v * factor.x * factor.y);
}
