// What is summed: squares of x.

alias Fetched = Value;

fn fetch_summand(offset: u32) -> Fetched { return x_at(params.part.input_shift + offset); }

fn summand(f: Fetched) -> Sum { return square(f); }
