// How *pixel* sums wide windows, each the tail of a run, whole runs, and the head of another: an invocation scans
// its run into *tails*, sums to its end, which take the place of what is summed, and *heads*, sums from its begin.
// (van Herk, Gil and Werman.) None subtracts, and the windows of a run share the whole runs between.

var<workgroup> heads: Values;

fn head_at(r: Run, channel: u32) -> Sum { return heads[r.band][r.pixel][channel / RUN][channel % RUN]; }

fn tail_at(r: Run, channel: u32) -> Sum { return values[r.band][r.pixel][channel / RUN][channel % RUN]; }

// The sum of a whole run, by its number.
fn whole_run(r: Run, number: u32) -> Sum { return values[r.band][r.pixel][number][0]; }

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
fn window_sum(r: Run, channel: u32, before: u32, middle: Sum, first: u32, last: u32) -> Sum {
    let begin = channel - min(channel, before);
    let end = min(channel + HALO - before, r.length - 1u);
    let first_run = begin / RUN;
    let last_run = end / RUN;
    if first_run == last_run {
        if begin % RUN == 0u { return head_at(r, end); }
        return tail_at(r, begin);
    }
    var sum = add(tail_at(r, begin), head_at(r, end));
    if first + 2u < last { sum = add(sum, middle); }
    if first_run == first && first + 1u < last_run { sum = add(sum, whole_run(r, first + 1u)); }
    if last_run > last && first_run < last && !(first_run == first && last == first + 1u) { sum = add(sum, whole_run(r, last)); }
    return sum;
}
