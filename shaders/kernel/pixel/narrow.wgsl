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

// What is held of the channel at place i, of which so many are before the run; one "below zero" has wrapped, and
// there is none.
// Reads values.
fn held_at(r: Run, before: u32, i: u32) -> Sum {
    let from_begin = RUNS_BEFORE * RUN + i - before;
    let v = values[r.band][r.pixel][r.number + from_begin / RUN - RUNS_BEFORE][from_begin % RUN];
    return kept(v, r.begin + i - before < r.length);
}
