// Arithmetic `double`: a Sum is an f64. For devices that compute f64 at a fair share of the speed of
// f32, as those made for data centres do.

alias Sum = Double;
alias Factor = Double;

fn exactly(v: Value) -> Sum { return Double(v); }

fn number(parts: vec4<f32>) -> Sum {
    return Double(f64(parts.x) + f64(parts.y) + f64(parts.z));
}

fn factor(v: Value, low: Value) -> Factor { return Double(v) + Double(v) * Double(low); }

fn rounded(s: Sum) -> Value { return Value(s); }

fn settled(s: Sum) -> Sum { return s; }

fn square(v: Value) -> Sum { return Double(v) * Double(v); }

fn add(a: Sum, b: Sum) -> Sum { return a + b; }

fn multiply(a: Sum, b: Sum) -> Sum { return a * b; }

fn scale(v: Value, f: Factor) -> Sum { return Double(v) * f; }

fn times(f: Factor, g: Factor) -> Factor { return f * g; }

fn lifted(f: Factor, lift: Value) -> Factor { return f * Double(lift); }

// b^(-1/4): with an estimate m and the error e of m^4 b = 1 - e, two terms of the binomial series of
// (1 - e)^(-1/4) leave e^3 / 8.
fn inverse_fourth_root(b: Sum) -> Factor {
    let b1 = rounded(b);
    let infinite = b1 > Value(LARGEST); // its powers are 0, which not every device finds by itself
    let m = Double(select(sqrt(inverseSqrt(b1)), Value(0.0), infinite));
    let t = m * m;
    let e = Double(1.0lf) - t * (t * b);
    return select(m + m * (e * (Double(0.25lf) + Double(0.15625lf) * e)), Double(0.0lf), infinite);
}
