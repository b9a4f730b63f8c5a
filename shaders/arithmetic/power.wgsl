// b^-beta for an exponent that is none of ZERO to ONE: the device's own.

fn power(b: Value) -> Value { return pow(b, Value(-params.layer.beta.x)); }
