// plane: for narrow windows of one length along two neighbouring axes, rows and columns. An invocation takes a run of RUN
// neighbouring columns of a plane. What is summed it sums down its columns, as column.wgsl does, in registers; those
// sums it sums across the rows. Of its neighbours it needs but sums, which pass through workgroup memory.
//
// Where registers hold a block of rows with all that those depend on, a workgroup takes one block, IN_ONE_GO: it loads
// all of it before it computes. What blocks have in common is loaded again, from a cache. Otherwise a workgroup walks
// down the rows in steps, and keeps what the next one needs.

const INVOCATIONS = 252u; // PIXELS * RUNS
const PIXELS = 18u;
const RUNS = 14u;        // of a plane, in a workgroup
const RUNS_BEFORE = 0u;  // those before the first that is written
const WRITTEN = 14u;     // runs
const RUN = 4u;          // columns
const PACKET = 1u;       // of which so many are loaded at once
const LOADS = 4u;        // RUN / PACKET
const LENGTH = 12u;      // rows that are held, and places of a column in registers: RUN * LENGTH is HELD
const X_FROM = 0u;       // the first of those that a step loads; the rest is kept of the steps before
const X_ROWS = 12u;      // loaded of x,
const SUM_ROWS = 8u;     // and of dy; so many have their square sums made
const SUM_GROUPS = 2u;   // SUM_ROWS / SHARE
const LEAD_IN = 0u;      // rows before the first that is written, in whole steps
const ACROSS_BEHIND = 2u; // the window along a row
const ACROSS_AHEAD = 2u;
const LINE = 8u;         // columns that the windows of a run hold
const REACH = 1u;        // runs on each side in which those may lie
const SIDE = 2u;         // columns on each side of a run that windows of its neighbours may hold,
const EXCHANGED = 4u;    // and all of those

const IN_ONE_GO = X_FROM == 0u;
const FIRST = HALO - X_FROM; // of the rows that are held, the first whose gradient is made
const NOTHING = INVOCATIONS; // where the exchange holds zeros

// The sums of a row, by the row, the column in its run and the invocation: so neighbours meet in different banks.
var<workgroup> exchange: array<array<array<Sum, INVOCATIONS + 1u>, EXCHANGED>, SUM_ROWS>;

var<private> line: array<Sum, LINE>;

// The run of columns of an invocation, and its plane.
struct Place {
    written: bool,   // whether it is more than a neighbour of what is written
    before: u32,     // runs before it in its workgroup and its row,
    all: u32,        // and all of them
    stride: u32,     // invocations from a run to the next
    inner: u32,      // elements from a row to the next
    beside: u32,     // and from a column, or those that are loaded at once, to the next
    input: u32,      // element of row 0 in x and dy
    output: u32,     // and in the output
    begin: u32,      // first row written
    end: u32,
}

// The first row that a workgroup writes. Those of the same planes follow each other, so that caches hold what they have
// in common.
fn first_row(workgroup: vec3<u32>) -> u32 {
    let segment = group_of(workgroup) / params.tensor.strips % params.part.segments;
    return params.part.write_begin + segment * params.tensor.segment;
}

// The first of its planes.
fn first_pixel(workgroup: vec3<u32>) -> u32 {
    return group_of(workgroup) / (params.tensor.strips * params.part.segments) * PIXELS;
}

fn idle(workgroup: vec3<u32>) -> bool { return first_pixel(workgroup) >= params.part.pixels; }

// The first row of the step of a row. Steps are counted from row 0, also where a piece of the tensor begins inside one:
// so each row is summed in the same order in every piece.
fn step_of(row: u32) -> u32 { return row / STEP * STEP; }

// Rows that are walked: those that are written, after those on which they depend.
fn walked(workgroup: vec3<u32>) -> u32 {
    if IN_ONE_GO { return STEP; }
    let begin = first_row(workgroup);
    return LEAD_IN + min(begin + params.tensor.segment, params.part.write_end) - step_of(begin);
}

// Neighbouring invocations take neighbouring elements.
fn place(workgroup: vec3<u32>, index: u32) -> Place {
    read_layer();
    group = group_of(workgroup);
    lane = index;
    let are_beside = params.tensor.beside > 1u;
    let place = select(lane % RUNS, lane / PIXELS, are_beside);
    let plane = select(lane / RUNS, lane % PIXELS, are_beside);
    let pixel = first_pixel(workgroup) + plane;
    let runs = params.tensor.columns / LOADS;
    let run = group % params.tensor.strips * WRITTEN + place - RUNS_BEFORE; // wraps
    let before = min(place, run);
    let begin = first_row(workgroup);
    let offset = pixel_offset(params.part.first_pixel + min(pixel, params.part.pixels - 1u))
        + min(run, runs - 1u) * LOADS * params.tensor.beside;
    return Place(
        pixel < params.part.pixels && run < runs && within(place, RUNS_BEFORE, RUNS_BEFORE + WRITTEN),
        before,
        before + min(RUNS - place, runs - run),
        select(1u, PIXELS, are_beside),
        params.tensor.inner,
        params.tensor.beside,
        params.part.input_shift + offset,
        params.part.output_shift + offset,
        begin,
        min(begin + params.tensor.segment, params.part.write_end),
    );
}

// Loads x from a row on, all of which can be read; those of an invocation without a run are of no use.
fn load_x_inside(p: Place, row: u32) {
    for (var t = 0u; t < X_ROWS; t++) { load_x_row(p, t, row + t); } // unroll
}

fn load_dy_inside(p: Place, row: u32) {
    for (var t = 0u; t < SUM_ROWS; t++) { load_dy_row(p, t, row + t); } // unroll
}

// The same where some may be missing, which are 0.
fn load_x_edge(p: Place, row: u32) {
    for (var t = 0u; t < X_ROWS; t++) { load_x_row(p, t, readable(row + t)); } // unroll
    for (var t = 0u; t < X_ROWS; t++) { // unroll
        let is_there = is_readable(row + t);
        for (var c = 0u; c < RUN; c++) { // unroll
            let at = c * LENGTH + X_FROM + t;
            held_x[at] = select(Value(0.0), held_x[at], is_there);
        }
    }
}

fn load_dy_edge(p: Place, row: u32) {
    for (var t = 0u; t < SUM_ROWS; t++) { load_dy_row(p, t, readable(row + t)); } // unroll
    for (var t = 0u; t < SUM_ROWS; t++) { // unroll
        let is_there = is_readable(row + t);
        for (var c = 0u; c < RUN; c++) { // unroll
            held_dy[c * LENGTH + t] = select(Value(0.0), held_dy[c * LENGTH + t], is_there);
        }
    }
}

// A row of a run, as the t-th that is loaded.
fn load_x_row(p: Place, t: u32, row: u32) {
    let at = p.input + row * p.inner;
    for (var l = 0u; l < LOADS; l++) { // unroll
        let v = x_at(at + l * p.beside);
        for (var i = 0u; i < PACKET; i++) { held_x[(l * PACKET + i) * LENGTH + X_FROM + t] = component(v, i); } // unroll
    }
}

fn load_dy_row(p: Place, t: u32, row: u32) {
    let at = p.input + row * p.inner;
    for (var l = 0u; l < LOADS; l++) { // unroll
        let v = dy_at(at + l * p.beside);
        for (var i = 0u; i < PACKET; i++) { held_dy[(l * PACKET + i) * LENGTH + t] = component(v, i); } // unroll
    }
}

// Writes the rows of a step that are in the segment.
fn write_step(p: Place, row: u32) {
    if !p.written { return; }
    let at = p.output + row * p.inner;
    if within(row, p.begin, p.end) && row + STEP <= p.end {
        for (var t = 0u; t < STEP; t++) { load_olds(p, t, at + t * p.inner); } // unroll
        for (var t = 0u; t < STEP; t++) { // unroll
            for (var l = 0u; l < LOADS; l++) { write(at + t * p.inner + l * p.beside, t, l, olds[t * LOADS + l]); } // unroll
        }
    } else {
        for (var t = 0u; t < STEP; t++) { // unroll
            if within(row + t, p.begin, p.end) { write_row(p, t, at + t * p.inner); }
        }
    }
}

// What the output holds, of the t-th row of a step.
fn load_olds(p: Place, t: u32, at: u32) {
    for (var l = 0u; l < LOADS; l++) { olds[t * LOADS + l] = old_at(at + l * p.beside); } // unroll
}

fn write_row(p: Place, t: u32, at: u32) {
    for (var l = 0u; l < LOADS; l++) { write(at + l * p.beside, t, l, old_at(at + l * p.beside)); } // unroll
}

// Writes the l-th of a row's loads.
fn write(at: u32, t: u32, l: u32, old: Loaded) {
    let first = l * PACKET * LENGTH + t;
    put(at, as_loaded(
        epilogue(results[first], component(old, 0u)),
        epilogue(results[first + 1u % PACKET * LENGTH], component(old, 1u % PACKET)),
        epilogue(results[first + 2u % PACKET * LENGTH], component(old, 2u % PACKET)),
        epilogue(results[first + 3u % PACKET * LENGTH], component(old, 3u % PACKET)),
    ));
}

// Writes the zeros that stand for the runs beyond the ends of a row.
fn clear_nothing() {
    for (var n = lane; n < SUM_ROWS * EXCHANGED; n += INVOCATIONS) {
        exchange[n / EXCHANGED][n % EXCHANGED][NOTHING] = widened(Value(0.0));
    }
}

// Hands the sums of the t-th row to the neighbours: those of the first SIDE columns of the run, and of the last.
fn hand_on(t: u32, sum: u32) {
    for (var e = 0u; e < EXCHANGED; e++) { // unroll
        exchange[t][e][lane] = sums[select(RUN - EXCHANGED + e, e, e < SIDE) * LENGTH + sum];
    }
}

// The sum of a column, which is counted from REACH runs before the own.
fn sum_of(p: Place, t: u32, sum: u32, column: u32) -> Sum {
    let run = column / RUN;
    let c = column % RUN;
    if run == REACH { return sums[c * LENGTH + sum]; }
    let is_there = p.before + run - REACH < p.all;
    let at = select(NOTHING, lane + run * p.stride - REACH * p.stride, is_there);
    return exchange[t][select(c + EXCHANGED - RUN, c, c < SIDE)][at];
}

// Sums the sums of the t-th row across it, over windows that begin `before` columns before their own.
fn sum_across(p: Place, t: u32, sum: u32, before: u32) {
    for (var i = 0u; i < LINE; i++) { line[i] = sum_of(p, t, sum, REACH * RUN + i - before); } // unroll
    for (var c = 0u; c < RUN; c++) { // unroll
        var all = line[c];
        for (var i = 1u; i < WINDOW; i++) { all = add(all, line[c + i]); } // unroll
        sums[c * LENGTH + sum] = all;
    }
}

// Sums squares: down the columns, and across the rows.
fn sum_squares(p: Place) {
    for (var c = 0u; c < RUN; c++) { // unroll
        for (var t = 0u; t < X_ROWS; t++) { // unroll
            held[SQUARES + c * LENGTH + X_FROM + t] = square(held_x[c * LENGTH + X_FROM + t]);
        }
        for (var g = 0u; g < SUM_GROUPS; g++) { // unroll
            sum_windows(SQUARES + c * LENGTH + g * SHARE, c * LENGTH + g * SHARE);
        }
    }
    workgroupBarrier();
    for (var t = 0u; t < SUM_ROWS; t++) { hand_on(t, t); } // unroll
    workgroupBarrier();
    for (var t = 0u; t < SUM_ROWS; t++) { sum_across(p, t, t, ACROSS_BEHIND); } // unroll
}

// The same with the terms, over the mirrored windows.
fn sum_terms(p: Place) {
    for (var c = 0u; c < RUN; c++) { // unroll
        for (var t = 0u; t < SUM_ROWS; t++) { // unroll
            held[TERMS + c * LENGTH + HALO + t] = step_term(c * LENGTH + t, held_dy[c * LENGTH + t]);
        }
        for (var g = 0u; g < GROUPS; g++) { // unroll
            sum_windows(TERMS + c * LENGTH + FIRST + g * SHARE, c * LENGTH + FIRST + g * SHARE);
        }
    }
    workgroupBarrier();
    for (var t = 0u; t < STEP; t++) { hand_on(t, FIRST + t); } // unroll
    workgroupBarrier();
    for (var t = 0u; t < STEP; t++) { sum_across(p, t, FIRST + t, ACROSS_AHEAD); } // unroll
}

// Makes the end of a step the beginning of the next.
fn keep_squares() {
    for (var c = 0u; c < RUN; c++) { // unroll
        for (var i = 0u; i < HALO; i++) { held_x[c * LENGTH + i] = held_x[c * LENGTH + i + STEP]; } // unroll
        shift_held(SQUARES + c * LENGTH);
    }
}

fn keep_terms() {
    for (var c = 0u; c < RUN; c++) { // unroll
        shift_held(TERMS + c * LENGTH);
        for (var i = 0u; i < LOOK_BEHIND; i++) { // unroll
            normalized_dy[c * LENGTH + i] = normalized_dy[c * LENGTH + i + STEP];
        }
    }
}

// Square sums and forward.
@compute @workgroup_size(INVOCATIONS)
fn stage(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let p = place(workgroup, index);
    clear_nothing();
    for (var done = 0u; done < walked(workgroup); done += STEP) {
        let i = step_of(p.begin) - LEAD_IN + done;
        let x_row = i - LOOK_BEHIND + X_FROM;
        if are_readable(x_row, X_ROWS) { load_x_inside(p, x_row); } else { load_x_edge(p, x_row); }
        sum_squares(p);
        for (var c = 0u; c < RUN; c++) { // unroll
            for (var t = 0u; t < STEP; t++) { results[c * LENGTH + t] = window_result(c * LENGTH + t); } // unroll
        }
        write_step(p, i);
        if IN_ONE_GO { break; }
        keep_squares();
    }
}

// Of the rows held, the first is j. They complete the terms from row j + LOOK_BEHIND on, and with them the gradients from
// j + FIRST on.
@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let p = place(workgroup, index);
    clear_nothing();
    for (var done = 0u; done < walked(workgroup); done += STEP) {
        let j = step_of(p.begin) - LEAD_IN + done - FIRST;
        let is_inside = are_readable(j + X_FROM, X_ROWS) && are_readable(j + LOOK_BEHIND, SUM_ROWS);
        if is_inside { load_x_inside(p, j + X_FROM); } else { load_x_edge(p, j + X_FROM); }
        if is_inside { load_dy_inside(p, j + LOOK_BEHIND); } else { load_dy_edge(p, j + LOOK_BEHIND); }
        sum_squares(p);
        sum_terms(p);
        for (var c = 0u; c < RUN; c++) { // unroll
            for (var t = 0u; t < STEP; t++) { // unroll
                results[c * LENGTH + t] = step_gradient(c * LENGTH + FIRST + t);
            }
        }
        write_step(p, j + FIRST);
        if IN_ONE_GO { break; }
        keep_squares();
        keep_terms();
    }
}
