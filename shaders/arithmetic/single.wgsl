// Arithmetic `single`, after scalar.wgsl: a Sum is one f32. Wrong by a few ulp, at the speed of the memory.

// high * (1 + low). Where roots make it, low is as small as the errors of high.
struct Factor {
    high: Value,
    low: Value,
}

// Whether factors have a low part. What is rounded to 16 bits needs none.
const CORRECTED = true;

fn number(parts: vec3<f32>) -> Sum { return Value(parts.x); }

fn factor(v: Value) -> Factor { return Factor(v, Value(0.0)); }

fn add_product(a: Sum, b: Sum, c: Sum) -> Sum { return fma(b, c, a); }

// The factor is finite, v may be infinite: so it is the factor that is corrected.
fn apply(v: Value, f: Factor) -> Sum {
    if !CORRECTED { return v * f.high; }
    return v * fma(f.high, f.low, f.high);
}

fn compose(f: Factor, g: Factor) -> Factor { return Factor(f.high * g.high, f.low + g.low); }

// q is about b^(-1/4) and t its square. The error e of t * t * b = 1 + e corrects the powers of q, so that
// they are as exact on a device whose square roots are rough. (An infinite b has a q of 0, and any e.)
fn roots(b: Sum) -> Roots {
    let q = sqrt(inverseSqrt(b));
    let t = q * q;
    if !CORRECTED { return Roots(factor(t), factor(t * q)); }
    let e = fma(min(b, Value(LARGEST)) * t, t, Value(-1.0));
    return Roots(Factor(t, -0.5 * e), Factor(t * q, -0.75 * e));
}

// x / sqrt(b) is at most 1 / sqrt(a), so that no product leaves the range of f32 before the term does.
fn term(p: Powers, x_i: Value, normalized_dy: Sum) -> Sum {
    let root = p.half.high;
    let product = (x_i * root) * (root * layer.lift);
    return normalized_dy * fma(product, 2.0 * p.half.low, product);
}
