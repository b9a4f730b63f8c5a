// f32 by their bits, for the powers of `single` and `pair`. Bits also tell whether b is a number, since compilers may
// assume that every b is one.

const INFINITE = 0x7f800000u; // the bits of infinity; those of what is no number are larger

// The bits of 2^n, where b = 2^n m and m is in [sqrt(1/2), sqrt(2)). The summand is what 1 has more than sqrt(1/2).
fn scale_of(b: Bits) -> Bits { return (b + Bits(0x4afb0du)) & Bits(0xff800000u); }

// n, from the bits of 2^n: without their 23 digits they are n + 127.
fn exponent_of(scale: Bits) -> Value { return fma(Value(scale), Value(1.1920929e-7), Value(-127.0)); }

// m, from the bits of b and of 2^n.
fn mantissa_of(b: Bits, scale: Bits) -> Value { return bitcast<Value>(b - scale + Bits(0x3f800000u)); }

// 2^n for a whole n from -127, where it is 0, to 127. The summand is 1.5 * 2^23 + 127, so that the lowest bits of the
// sum are n + 127.
fn power_of_two(n: Value) -> Value {
    return bitcast<Value>(bitcast<Bits>(n + Value(12583039.0)) << Bits(23u));
}

// The power of a b that is infinite or no number: b itself, or 0 where its bits are `vanishing`.
fn power_of_infinite(b: Value, vanishing: Bits) -> Value {
    return select(b, Value(0.0), bitcast<Bits>(b) == vanishing);
}

// The bits of the b whose power is 0: of infinity where beta is positive, else of none.
fn vanishing_bits(beta: f32) -> Bits { return Bits(select(0u, INFINITE, beta > 0.0)); }
