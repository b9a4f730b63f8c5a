// What is summed: the sums of the stage before.

alias Fetched = Value;

fn fetch_summand(offset: u32) -> Fetched { return partial[params.part.sums_shift + offset]; }

fn summand(f: Fetched) -> Sum { return widened(f); }
