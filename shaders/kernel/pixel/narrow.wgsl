// How *pixel* sums narrow windows: an invocation reads its run with the channels around it into registers.

const GROUPS = 2u; // of SHARE windows

// Runs before a run that windows reach.
const RUNS_BEFORE = (HALO + RUN - 1u) / RUN;

// Reads values; writes held, sums and run_sums.
fn sum_run(r: Run, before: u32) {
    for (var i = 0u; i < HELD; i++) { held[i] = held_at(r, before, i); } // unroll
    for (var g = 0u; g < GROUPS; g++) { // unroll
        sum_windows(min(g * SHARE, RUN - SHARE), min(g * SHARE, RUN - SHARE));
    }
    for (var t = 0u; t < RUN; t++) { run_sums[t] = sums[t]; } // unroll
}

// The i-th channel that is held, of which so many are before the run. What is read beyond the ends of the pixel, from
// any run, is dropped; a channel "below zero" has wrapped.
// Reads values.
fn held_at(r: Run, before: u32, i: u32) -> Sum {
    let from_begin = RUNS_BEFORE * RUN + i - before;
    let number = min(r.number + from_begin / RUN - RUNS_BEFORE, RUNS - 1u);
    let v = values[r.band][r.pixel][number][from_begin % RUN];
    return sum_where(v, r.begin + i - before < r.length);
}
