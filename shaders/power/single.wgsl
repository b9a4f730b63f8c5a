// b^-beta of arithmetic `single`, after bits.wgsl, for any beta: with b = 2^n m it is 2^whole 2^fraction, where
// whole + fraction = -beta (n + log_2 m). The first part of beta has 16 bits, so its product with n is exact. The
// device's own logarithms and exponentials are not used: WGSL lets them be rough.

// The parts of -beta.
struct Exponent {
    first: Value,
    rest: Value,
    all: Value, // rounded
    vanishing: Bits,
}

var<private> exponent: Exponent;

fn read_exponent() {
    let beta = params.layer.beta;
    exponent = Exponent(Value(-beta.x), Value(-beta.y), Value(-(beta.x + beta.y)), vanishing_bits(beta.x));
}

// A power beyond the type ends just below LARGEST. What is missing beyond the ends of an axis has the least b and a
// zero, and their product must be zero.
fn power(b: Sum) -> Factor {
    let bits = bitcast<Bits>(b);
    let scale = scale_of(bits);
    let n = exponent_of(scale);
    let log_m = log_2(mantissa_of(bits, scale) - 1.0);
    let whole = clamp(round(fma(n, exponent.first, exponent.all * log_m)), Value(-127.0), Value(127.0));
    let exact = fma(n, exponent.first, -whole);
    let fraction = fma(n, exponent.rest, fma(exponent.all, log_m, exact));
    let low = exp_2(clamp(fraction, Value(-1.0), Value(0.9999)));
    let finite = bits < Bits(INFINITE);
    let high = select(power_of_infinite(b, exponent.vanishing), power_of_two(whole), finite);
    // Infinity takes a low part of 1, since infinity times 0 is no number.
    return Factor(high, select(Value(1.0), low, finite));
}

// log_2(1 + s), for 1 + s in [sqrt(1/2), sqrt(2)]. The polynomial is wrong by at most 2^-26.
fn log_2(s: Value) -> Value {
    let end = -0.2388612 + s * (0.2171567 + s * (-0.2084143 + s * 0.12394859));
    return s * (1.4426949 + s * (-0.7213475 + s * (0.4809194 + s * (-0.36070094 + s * (0.28771907 + s * end)))));
}

// 2^f - 1, for f in [-1/2, 1/2]. The polynomial is wrong by at most 2^-28 of 2^f.
fn exp_2(f: Value) -> Value {
    let end = 0.009618507 + f * (0.0013391728 + f * 0.00015327634);
    return f * (0.6931472 + f * (0.24022648 + f * (0.055503584 + f * end)));
}
