// b^-beta for an exponent that is none of ZERO to ONE: the device's own. Where it would be beyond the type although b
// is not, it is the largest number: what is missing beyond the ends of an axis has the least b and a zero, and their
// product must be zero.

fn power(b: Value) -> Value {
    let power = pow(b, Value(-params.layer.beta.x));
    return select(power, min(power, Value(LARGEST)), b < Value(1.0));
}
