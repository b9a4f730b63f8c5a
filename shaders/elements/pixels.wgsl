// The types of elements where those of neighbouring pixels are loaded at once.

alias Stored = f32; // what is loaded at once, as it is in memory
alias Output = f32; // the same in the output, where it may be atomic
alias Loaded = f32; // the same as numbers
alias Value = f32;  // what is computed at once: as many
alias Bits = u32;   // as many words

// What is loaded has one component, with which is computed.
fn component(v: Loaded, i: u32) -> Value { return v; }

fn as_loaded(a: Value, b: Value, c: Value, d: Value) -> Loaded { return a; }

// Writes a result, by what the output held.
fn store(at: u32, v: Loaded, old: Loaded) { put(at, epilogue(v, old)); }
