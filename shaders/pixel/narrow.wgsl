// How *pixel* sums narrow windows: an invocation reads its run with the channels around it into registers.

fn sum_run(r: Run, before: u32) {
    for (var i = 0u; i < HELD; i++) { held[i] = held_at(r, r.begin + i - before); }
    for (var g = 0u; g < GROUPS; g++) { sum_windows(min(g * SHARE, STEP - SHARE), min(g * SHARE, STEP - SHARE)); }
    for (var t = 0u; t < STEP; t++) { run_sums[t] = sums[t]; }
}

// What is held of a channel; one "below zero" has wrapped, and there is none.
fn held_at(r: Run, channel: u32) -> Sum {
    if channel >= r.length || !r.some { return exactly(Value(0.0)); }
    return scratch[r.place + channel * STRIDE];
}
