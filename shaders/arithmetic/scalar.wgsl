// What `single` and `double` have in common: a Sum is one number.

alias Sum = Value;

fn widened(v: Value) -> Sum { return v; }

fn rounded(s: Sum) -> Value { return s; }

fn settled(s: Sum) -> Sum { return s; }

fn sum_where(s: Sum, condition: bool) -> Sum { return select(Value(0.0), s, condition); }

// A sum, or another where v is infinite.
fn where_finite(v: Value, s: Sum, other: Value) -> Sum { return select(s, other, v > Value(LARGEST)); }

fn square(v: Value) -> Sum { return v * v; }

fn add(a: Sum, b: Sum) -> Sum { return a + b; }

fn multiply(a: Sum, b: Sum) -> Sum { return a * b; }
