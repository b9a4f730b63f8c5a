// b^-beta of arithmetic `pair`, after bits.wgsl, for any beta: with b = 2^n m it is 2^whole 2^h 2^left, where
// whole + h + left = -beta (n + log_2 m), and h is a multiple of 1/64. Whatever is large is exact: the product of n and
// the first part of beta, which has 16 bits, and the products of numbers of 12 bits. The rest is below 2^-6, and its
// roundings are as much smaller.

// The parts of -beta, and those of -beta 2 / ln 2.
struct Exponent {
    first: Value,
    rest: Value,
    rate: Value, // rounded
    rate_leading: Value,
    rate_trailing: Value,
    vanishing: Bits,
}

var<private> exponent: Exponent;

fn read_exponent() {
    let beta = number(-params.layer.beta);
    let rate = settled(multiply(beta, Sum(Value(2.885390043258667), Value(3.851926e-8))));
    exponent = Exponent(
        beta.high,
        beta.low,
        rate.high,
        leading(rate.high),
        trailing(rate.high) + rate.low,
        vanishing_bits(params.layer.beta.x),
    );
}

// A power beyond the type ends just below LARGEST. What is missing beyond the ends of an axis has the least b and a
// zero, and their product must be zero.
fn power(b: Sum) -> Factor {
    let bits = bitcast<Bits>(b.high);
    let finite = bits < Bits(INFINITE);
    let scale = min(scale_of(bits), Bits(0x7f000000u)); // at most 2^127, so that its inverse has bits
    let inverse = bitcast<Value>(Bits(0x7f000000u) - scale);
    let low = select(Value(0.0), b.low, finite) * inverse;
    let result = power_of_finite(exponent_of(scale), quotient(mantissa_of(bits, scale) - 1.0, low));
    let high = select(power_of_infinite(b.high, exponent.vanishing), result.high, finite);
    return Factor(high, select(Value(0.0), result.low, finite));
}

// z = t / (2 + t) for t = s + low. Its high part has 12 bits, so that what its product with 2 + t lacks is found
// exactly: how well the device divides hardly matters.
fn quotient(s: Value, low: Value) -> Sum {
    let divisor = (s + low) + 2.0;
    let near = 1.0 / divisor;
    let high = leading(s * near);
    let first = leading(divisor);
    let rest = difference(s, first - 2.0) + low;
    let missing = fma(-high, first, s) + fma(-high, rest, low);
    return Sum(high, missing * near);
}

// (2^n m)^-beta, from the z of t = m - 1: log_2 m is 2 / ln 2 artanh z. Compilers join products with a common factor
// that are added one after the other; no neighbours here have one.
fn power_of_finite(n: Value, z: Sum) -> Factor {
    let r = z.high + z.low;
    let small = fma(r * (r * r), artanh_series(r * r), z.low); // artanh z - z.high
    let near = fma(exponent.rate, z.high + small, n * exponent.first);
    let step = clamp(round(near * 64.0) * 0.015625, Value(-128.0), Value(127.984375));
    let exact = fma(exponent.rate_leading, z.high, fma(n, exponent.first, -step));
    let left = fma(exponent.rate, small, fma(exponent.rate_trailing, z.high, fma(n, exponent.rest, exact)));
    let whole = clamp(round(step), Value(-127.0), Value(127.0));
    let result = exp_2(step - whole, clamp(left, Value(-0.015625), Value(0.015625)));
    return lifted(result, power_of_two(whole));
}

// (artanh z - z) / z^3 from z^2. The polynomial makes artanh z wrong by at most 2^-33.
fn artanh_series(y: Value) -> Value { return 0.33333412 + y * (0.19986397 + y * 0.14991307); }

// 2^(h + left), for a multiple h of 1/64 in [-1/2, 1/2] and a small rest. The high part is a cubic near 2^h whose every
// step is exact.
fn exp_2(h: Value, left: Value) -> Factor {
    let high = 1.0 + h * (0.693145751953125 + h * (0.240234375 + h * 0.0625));
    let of_h = cubic_error(h);
    let of_left = left * (0.6931472 + left * (0.24022698 + left * 0.05547518));
    return Factor(high, fma(of_h, of_left, of_left) + of_h);
}

// 2^h, divided by the cubic, less 1. The polynomial is wrong by at most 2^-31.
fn cubic_error(h: Value) -> Value {
    let end = 0.0019613833 + h * (-0.00056451804 + h * (0.00043644788 + h * -0.00027274326));
    let middle = -0.0069900379 + h * (0.01446664 + h * (-0.0070145903 + h * end));
    return h * (0.0000014279151 + h * (-0.000008892318 + h * middle));
}
