// What is made of a sum: s.

alias Needed = u32; // nothing

fn fetch_needed(offset: u32) -> Needed { return 0u; }

fn finish(offset: u32, sum: Sum, needed: Needed) { put(params.part.output_shift + offset, rounded(sum)); }
