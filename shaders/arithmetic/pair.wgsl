// Arithmetic `pair`: a Sum is two f32, high + low, with about 36 significant bits, so that a result is
// wrong by little more than its last rounding, on any device. (T. J. Dekker, A floating-point
// technique for extending the available precision, 1971.)
//
// Infinities: the high part alone is what plain arithmetic gives; the low part is then NaN, and never
// enters the high part. `rounded` drops it.

struct Sum {
    high: Value,
    low: Value,
}

// high * (1 + low), where low is below 2^-4.
struct Factor {
    high: Value,
    low: Value,
}

fn widened(v: Value) -> Sum { return Sum(v, Value(0.0)); }

fn number(parts: vec3<f32>) -> Sum { return Sum(Value(parts.x), Value(parts.y)); }

fn factor(v: Value) -> Factor { return Factor(v, Value(0.0)); }

fn rounded(s: Sum) -> Value { return select(s.high + s.low, s.high, abs(s.high) > Value(LARGEST)); }

// The same sum, or zero.
fn sum_where(s: Sum, condition: bool) -> Sum {
    return Sum(select(Value(0.0), s.high, condition), select(Value(0.0), s.low, condition));
}

// A sum, or another where v is infinite.
fn where_finite(v: Value, s: Sum, other: Value) -> Sum {
    let infinite = v > Value(LARGEST);
    return Sum(select(s.high, other, infinite), select(s.low, Value(0.0), infinite));
}

// a - b, which no compiler joins with what else is added: those that reorder floating point (Metal, DirectX and
// Mesa do) would else find (a + b) - a to be b, and every rounding error to be 0. The product is exact, so
// that it does not matter whether a device fuses it.
fn difference(a: Value, b: Value) -> Value { return fma(a, Value(layer.one), -b); }

// The same sum, its low part below the last bit of its high part.
fn settled(s: Sum) -> Sum {
    let high = rounded(s);
    return Sum(high, s.low - difference(high, s.high));
}

// The 12 leading bits, and the rest: the product of two such parts is exact.
fn leading(v: Value) -> Value { return bitcast<Value>(bitcast<Bits>(v) & Bits(0xfffff000u)); }
fn trailing(v: Value) -> Value { return difference(v, leading(v)); }

fn square(v: Value) -> Sum {
    let h = leading(v);
    return Sum(h * h, trailing(v) * (v + h));
}

// The high part loses what it is short of a, and what it is short of b. (D. E. Knuth, The Art of Computer
// Programming, volume 2, 4.2.2, theorem B.)
fn add(a: Sum, b: Sum) -> Sum {
    let high = a.high + b.high;
    let of_b = difference(high, a.high);
    let of_a = difference(high, of_b);
    let lost = difference(a.high, of_a) + difference(b.high, of_b);
    return Sum(high, lost + (a.low + b.low));
}

fn multiply(a: Sum, b: Sum) -> Sum {
    let ah = leading(a.high);
    let bh = leading(b.high);
    let al = trailing(a.high) + a.low;
    let bl = trailing(b.high) + b.low;
    return Sum(ah * bh, ah * bl + al * (bh + bl));
}

fn add_product(a: Sum, b: Sum, c: Sum) -> Sum { return add(a, multiply(b, c)); }

// The low part may be as large as that of the factor.
fn apply(v: Value, f: Factor) -> Sum {
    let vh = leading(v);
    let product = trailing(v) * f.high + vh * trailing(f.high);
    return Sum(vh * leading(f.high), product + v * f.high * f.low);
}

// The high parts must have 24 bits together.
fn compose(f: Factor, g: Factor) -> Factor {
    return Factor(f.high * g.high, f.low + g.low + f.low * g.low);
}

fn lifted(f: Factor, lift: Value) -> Factor { return Factor(f.high * lift, f.low); }

// b^(-1/4), whose high part m has 6 bits. So t = m^2 and m^4 are exact, and the error e of
// m^4 b = 1 - e is found to the last bit: |e| < 0.0645, and (1 - e)^(-1/4) is a short polynomial. No
// digit depends on how well a device computes square roots.
fn inverse_fourth_root(b: Sum) -> Factor {
    let b1 = rounded(b);
    let infinite = b1 > Value(LARGEST); // its powers are 0, which not every device finds by itself
    let near = bitcast<Bits>(sqrt(inverseSqrt(b1))) + Bits(0x20000u);
    let m = select(bitcast<Value>(near & Bits(0xfffc0000u)), Value(0.0), infinite);
    let t = m * m;
    let bh = leading(b1);
    let r = t * bh;
    let rest = difference(b.high, bh) + b.low;
    let e = (fma(-t, leading(r), Value(layer.one)) - t * trailing(r)) - t * (t * rest);
    return Factor(m, select(series(e), Value(0.0), infinite));
}

// (1 - e)^(-1/4) - 1, the binomial series economized on |e| < 0.0645: wrong by at most 2^-31.
fn series(e: Value) -> Value {
    return e * (0.25 + e * (0.15624962 + e * (0.11718688 + e * (0.09558442 + e * 0.08132878))));
}

fn roots(b: Sum) -> Roots {
    let root = inverse_fourth_root(b);
    let half = compose(root, root);
    return Roots(half, compose(root, half));
}

// Where 1 / b is small, it is what a lift above 1 lifts, and else x; a lift below 1 lowers the other.
fn term(p: Powers, x_i: Value, normalized_dy: Sum) -> Sum {
    let small = p.base > Value(1.0);
    let above = max(layer.lift, Value(1.0));
    let below = min(layer.lift, Value(1.0));
    let lift = select(below, above, small);
    let lift_x = select(above, below, small);
    let reciprocal = compose(lifted(p.half, lift), p.half);
    return multiply(normalized_dy, settled(apply(lift_x * x_i, reciprocal)));
}
