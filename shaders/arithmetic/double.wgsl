// Arithmetic `double`, after scalar.wgsl: a Sum is an f64, as are the elements.

alias Factor = Value;

fn number(parts: vec3<f32>) -> Sum { return Value(f64(parts.x) + f64(parts.y) + f64(parts.z)); }

fn factor(v: Value) -> Factor { return v; }

fn add_product(a: Sum, b: Sum, c: Sum) -> Sum { return a + b * c; }

fn apply(v: Value, f: Factor) -> Sum { return v * f; }

fn compose(f: Factor, g: Factor) -> Factor { return f * g; }

// b^(-1/4): with an estimate m and the error e of m^4 b = 1 - e, two terms of the binomial series of
// (1 - e)^(-1/4) leave e^3 / 8.
fn inverse_fourth_root(b: Sum) -> Factor {
    let infinite = b > Value(LARGEST); // its powers are 0, which not every device finds by itself
    let m = select(sqrt(inverseSqrt(b)), Value(0.0), infinite);
    let t = m * m;
    let e = 1.0lf - t * (t * b);
    return select(m + m * (e * (0.25lf + 0.15625lf * e)), Value(0.0), infinite);
}

fn roots(b: Sum) -> Roots {
    let root = inverse_fourth_root(b);
    let half = root * root;
    return Roots(half, root * half);
}

fn term(p: Powers, x_i: Value, normalized_dy: Sum) -> Sum {
    return normalized_dy * ((x_i * p.half) * (p.half * layer.lift));
}
