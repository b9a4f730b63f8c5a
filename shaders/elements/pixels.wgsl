// The types of elements where those of neighbouring pixels are loaded at once.

alias Stored = f32; // what is loaded at once, as it is in memory
alias Output = f32; // the same in the output, where it may be atomic
alias Loaded = f32; // the same as numbers
alias Value = f32;  // what is computed at once: as many
alias Bits = u32;   // as many words

// The parts of what is loaded that are computed with: it is but one.
fn part(v: Loaded, i: u32) -> Value { return v; }

fn as_loaded(a: Value, b: Value, c: Value, d: Value) -> Loaded { return a; }
