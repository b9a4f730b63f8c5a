// The types of elements where four neighbouring channels, or columns, are loaded at once.

alias Stored = vec4<f32>; // what is loaded at once, as it is in memory
alias Output = vec4<f32>; // the same in the output
alias Loaded = vec4<f32>; // the same as numbers
alias Value = f32;        // what is computed at once: one of them
alias Bits = u32;         // as many words

fn component(v: Loaded, i: u32) -> Value { return v[i]; }

fn as_loaded(a: Value, b: Value, c: Value, d: Value) -> Loaded { return Loaded(a, b, c, d); }

// Writes results, by what the output held.
fn store(at: u32, v: Loaded, old: Loaded) {
    put(at, Loaded(epilogue(v.x, old.x), epilogue(v.y, old.y), epilogue(v.z, old.z), epilogue(v.w, old.w)));
}
