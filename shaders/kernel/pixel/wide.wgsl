// How *pixel* sums wide windows, each the tail of a run, whole runs, and the head of another: an invocation scans
// its run into *tails*, sums to its end, which replace what is summed, and *heads*, sums from its begin.
// (van Herk, Gil and Werman.) None subtracts, and the windows of a run share the whole runs between.

var<workgroup> heads: Values;

// Reads heads.
fn head_at(r: Run, channel: u32) -> Sum { return heads[r.band][r.pixel][channel / RUN][channel % RUN]; }

// Reads values.
fn tail_at(r: Run, channel: u32) -> Sum { return values[r.band][r.pixel][channel / RUN][channel % RUN]; }

// The sum of a whole run, by its number.
// Reads values.
fn whole_run(r: Run, number: u32) -> Sum { return values[r.band][r.pixel][number][0]; }

// Reads and writes values; writes heads.
fn scan_run(r: Run) {
    var head = widened(Value(0.0));
    for (var t = 0u; t < r.end - r.begin; t++) {
        head = add(head, values[r.band][r.pixel][r.number][t]);
        heads[r.band][r.pixel][r.number][t] = head;
    }
    var tail = widened(Value(0.0));
    for (var t = r.end - r.begin; t > 0u; t--) {
        tail = add(tail, values[r.band][r.pixel][r.number][t - 1u]);
        values[r.band][r.pixel][r.number][t - 1u] = tail;
    }
}

// Reads and writes values and heads; writes run_sums.
fn sum_run(r: Run, before: u32) {
    scan_run(r);
    workgroupBarrier();
    if r.begin == r.end { return; }
    // The whole runs inside all windows of the run.
    let first = (r.begin - min(r.begin, before)) / RUN;
    let last = min(r.begin + HALO - before, r.length - 1u) / RUN;
    var middle = widened(Value(0.0));
    for (var number = first + 2u; number < last; number++) { middle = add(middle, whole_run(r, number)); }
    for (var t = 0u; t < RUN; t++) { // unroll
        run_sums[t] = window_sum(r, min(r.begin + t, r.length - 1u), before, middle, first, last);
    }
}

// The sum of the window of a channel, with the whole runs after `first` + 1 and before `last`. Inside one run it
// is a whole run, or is clipped by an end of the axis: then it is a head or a tail.
// Reads values and heads.
fn window_sum(r: Run, channel: u32, before: u32, middle: Sum, first: u32, last: u32) -> Sum {
    let begin = channel - min(channel, before);
    let end = min(channel + HALO - before, r.length - 1u);
    let first_run = begin / RUN;
    let last_run = end / RUN;
    if first_run == last_run {
        if begin % RUN == 0u { return head_at(r, end); }
        return tail_at(r, begin);
    }
    // The windows of a run begin in the run `first` or the next, and end in the run `last` or the next. What may be
    // missing of the whole runs between is `first` + 1, and `last`, unless they are the same.
    let has_second = first_run == first && first + 1u < last_run;
    let has_last = first_run < last && last < last_run && !(has_second && last == first + 1u);
    var sum = add(tail_at(r, begin), head_at(r, end));
    if first + 2u < last { sum = add(sum, middle); }
    if has_second { sum = add(sum, whole_run(r, first + 1u)); }
    if has_last { sum = add(sum, whole_run(r, last)); }
    return sum;
}
