// Storage `float16`: elements of type f16, on devices that have them. Those below 2^-14 are what the device makes
// of subnormal numbers.

fn loaded(elements: Stored, i: u32) -> Loaded { return Loaded(elements); }

fn stored_output(i: u32) -> Stored { return output[i]; }

fn put(i: u32, v: Loaded) { output[i] = Stored(v); }
