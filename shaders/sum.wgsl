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

// The 12 leading bits: the product of two such values is exact.
fn leading(v: f32) -> f32 { return bitcast<f32>(bitcast<u32>(v) & 0xfffff000u); }

// v itself, which compilers cannot know: else those that simplify (t - a) - b would find 0.
fn opaque(v: f32) -> f32 { return bitcast<f32>(bitcast<u32>(v) ^ chunk.zero); }

fn square(v: f32) -> Sum {
    let h = leading(v);
    return Sum(h * h, (v - h) * (v + h));
}

fn add(a: Sum, b: Sum) -> Sum {
    let swap = abs(a.x) < abs(b.x);
    let large = select(a.x, b.x, swap);
    let small = select(b.x, a.x, swap);
    let high = large + small;
    return Sum(high, (small - (opaque(high) - large)) + (a.y + b.y));
}

fn multiply(a: Sum, b: Sum) -> Sum {
    let ah = leading(a.x);
    let bh = leading(b.x);
    let al = (a.x - ah) + a.y;
    let bl = (b.x - bh) + b.y;
    return Sum(ah * bh, ah * bl + al * (bh + bl));
}

// A factor of high * (1 + low), where high is exact and low below 2^-9.
fn scale(v: f32, factor: Sum) -> Sum {
    let vh = leading(v);
    let fh = leading(factor.x);
    let product = (v - vh) * factor.x + vh * (factor.x - fh);
    return Sum(vh * fh, product + v * factor.x * factor.y);
}
