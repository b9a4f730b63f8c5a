// b^-beta of arithmetic `double`, for any beta: with b = 2^n m it is 2^whole 2^fraction, where whole + fraction =
// -beta (n + log_2 m). The first two parts of beta have 40 bits together, so their product with n is exact. A b that is
// no number has such a power: no comparison is true of it, so no select replaces it. A Value is a single number.

// The parts of -beta.
struct Exponent {
    first: f64,
    rest: f64,
    all: f64, // rounded
}

var<private> exponent: Exponent;

fn read_exponent() {
    let beta = params.layer.beta;
    let first = -number(vec3(beta.xy, 0.0));
    exponent = Exponent(first, -f64(beta.z), -number(beta));
}

// A power beyond the type ends just below LARGEST. What is missing beyond the ends of an axis has the least b and a
// zero, and their product must be zero.
fn power(b: Sum) -> Factor {
    let s = split(b);
    let n = f64(s.n);
    let of_m = exponent.all * log_2(s.m);
    let whole = limited(floor(n * exponent.first + of_m + 0.5lf), -1023.0lf, 1023.0lf);
    let fraction = (n * exponent.first - whole) + (n * exponent.rest + of_m);
    let result = joined(Split(f32(whole), exp_2(limited(fraction, -1.0lf, 0.9999lf))));
    let normal = select(result, 0.0lf, whole < -1022.0lf);
    return select(normal, select(b, 0.0lf, exponent.first < 0.0lf), b > LARGEST);
}

// v between two limits, where it is a number.
fn limited(v: f64, least: f64, most: f64) -> f64 {
    return select(select(v, most, v > most), least, v < least);
}

// 2^n m.
struct Split {
    n: f32,
    m: f64,
}

// b = 2^n m, with m in [sqrt(1/2), sqrt(2)] or just outside. Every step is exact. Shaders see the bits of an f32 only,
// so m first comes into its range. 0x4afb0d is what the bits of 1 have more than those of sqrt(1/2).
fn split(b: f64) -> Split {
    let nearer = moved(Split(0.0, b), 4.4794894843556084e102lf, 2.0065826040452475e205lf, 682.0);
    let s = moved(nearer, 2.076918743413931e34lf, 4.3135914667441024e68lf, 228.0);
    let scale = (bitcast<u32>(f32(s.m)) + 0x4afb0du) & 0xff800000u;
    let inverse = f64(bitcast<f32>(0x7f000000u - scale));
    return Split(s.n + (f32(scale >> 23u) - 127.0), s.m * inverse);
}

// Moves a power of two from m to n where m is beyond a limit or below its inverse.
fn moved(s: Split, limit: f64, power_of_2: f64, exponent_of_2: f32) -> Split {
    let above = s.m > limit;
    let below = s.m < 1.0lf / limit;
    return Split(
        s.n + select(select(0.0, -exponent_of_2, below), exponent_of_2, above),
        s.m * select(select(1.0lf, power_of_2, below), 1.0lf / power_of_2, above),
    );
}

// 2^n m for a whole n from -1023 to 1023, as (2^eights)^8 2^rest m.
fn joined(s: Split) -> f64 {
    let eights = trunc(s.n * 0.125);
    let square = power_of_two(eights) * power_of_two(eights);
    let fourth = square * square;
    return s.m * power_of_two(s.n - 8.0 * eights) * (fourth * fourth);
}

// 2^n for a whole n from -126 to 127. The summand is 1.5 * 2^23 + 127, so that the lowest bits of the sum are n + 127.
fn power_of_two(n: f32) -> f64 { return f64(bitcast<f32>(bitcast<u32>(n + 12583039.0f) << 23u)); }

// log_2 m = 2 / ln 2 artanh z, for m in [sqrt(1/2), sqrt(2)]. The polynomial makes artanh z wrong by at most 2^-62.
fn log_2(m: f64) -> f64 {
    let z = (m - 1.0lf) / (m + 1.0lf);
    let y = z * z;
    let end = 0.09091944988812006lf + y * (0.07653179836159404lf + y * 0.07433910010329497lf);
    let middle = 0.14285714409077244lf + y * (0.11111095837395528lf + y * end);
    let series = 0.3333333333333405lf + y * (0.19999999999508108lf + y * middle);
    return 2.8853900817779268lf * (z + z * y * series);
}

// 2^f, for f in [-1/2, 1/2]. The polynomial is wrong by at most 2^-57 of 2^f.
fn exp_2(f: f64) -> f64 {
    let end = 0.0000001017815753630lf + f * (0.000000007073333464698lf + f * 0.0000000004439255339lf);
    let later = 0.00015403530450193lf + f * (0.00001525273364022lf + f * (0.000001321543826043lf + f * end));
    let middle = 0.009618129107600645lf + f * (0.0013333558146538956lf + f * later);
    return 1.0lf + f * (0.6931471805599453lf + f * (0.2402265069591011lf + f * (0.05550410866482176lf + f * middle)));
}
