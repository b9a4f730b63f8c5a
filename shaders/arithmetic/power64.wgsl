// b^-beta in f64, for an exponent that is none of ZERO to ONE: shaders have `pow` in f32 only.

// 2^512, 2^256, ... 2^1.
const POWERS_OF_2 = array(
    1.3407807929942597e154lf, 1.157920892373162e77lf, 3.4028236692093846e38lf, 18446744073709551616.0lf,
    4294967296.0lf, 65536.0lf, 256.0lf, 16.0lf, 4.0lf, 2.0lf,
);

const LN_2 = 0.6931471805599453lf;

fn power(b: Value) -> Value {
    let exponent = clamp(-number(params.layer.beta) * log_2(b), -1023.0lf, 1023.0lf);
    return select(exp_2(exponent), Value(0.0), b > LARGEST);
}

// With b = 2^n m and m in [1/sqrt(2), sqrt(2)): n + 2/ln 2 artanh((m - 1) / (m + 1)).
fn log_2(b: Value) -> Value {
    var powers = POWERS_OF_2;
    var m = b;
    var n = 0.0lf;
    for (var i = 0u; i < 10u; i++) {
        let step = f64(512u >> i);
        if m >= powers[i] { m /= powers[i]; n += step; }
        if m * powers[i] < 2.0lf { m *= powers[i]; n -= step; }
    }
    if m > 1.4142135623730951lf { m *= 0.5lf; n += 1.0lf; }
    let z = (m - 1.0lf) / (m + 1.0lf);
    var series = 0.0lf; // z^20 / 21 is below 2^-54
    for (var k = 11u; k > 0u; k--) { series = series * (z * z) + 1.0lf / f64(2u * k - 1u); }
    return n + 2.0lf / LN_2 * z * series;
}

// 2^n times the power series of exp on [-ln 2 / 2, ln 2 / 2].
fn exp_2(y: Value) -> Value {
    var powers = POWERS_OF_2;
    let n = floor(y + 0.5lf);
    let t = (y - n) * LN_2;
    var result = 1.0lf; // t^15 / 15! is below 2^-60
    for (var k = 14u; k > 0u; k--) { result = 1.0lf + result * t / f64(k); }
    var left = u32(abs(n));
    for (var i = 0u; i < 10u; i++) {
        let power = 512u >> i;
        if left < power { continue; }
        left -= power;
        result = select(result / powers[i], result * powers[i], n > 0.0lf);
    }
    return result;
}
