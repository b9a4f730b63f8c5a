// plane: for narrow windows of one length along two neighbouring axes, rows and columns. An invocation takes a run of
// RUN neighbouring columns of a plane. What is summed it sums down its columns, as column.wgsl does, in registers;
// those sums it sums across the rows. Of its neighbours it needs but sums, which pass through workgroup memory.
//
// Where registers hold some rows of a run, a *tile*, with all that those depend on, an invocation takes one, IN_ONE_GO:
// it loads all of it before it computes. What tiles have in common is loaded again, from a cache. Otherwise a workgroup
// walks down the rows in steps, and keeps what the next one needs. Of a tile or a step it sums SHARE rows after the
// others, and writes what they complete: so it computes while the last rows are still being loaded.

const INVOCATIONS = 126u; // TILES * PIXELS * RUNS
const TILES = 9u;        // down the rows, in a workgroup; those of a plane come before those of the next
const PIXELS = 1u;       // planes side by side, in a workgroup
const ABREAST = 1u;      // workgroups in sequence that take the same rows of planes side by side
const RUNS = 14u;        // of a plane, in a workgroup
const RUNS_BEFORE = 0u;  // those before the first that is written
const WRITTEN = 14u;     // runs
const BESIDE = 0u;       // 1 where planes lie side by side, so that neighbouring columns are apart
const RUN = 4u;          // columns
const PACKET = 1u;       // columns of a load
const LOADS = 4u;        // RUN / PACKET
const LENGTH = 12u;      // rows that are held: RUN * LENGTH is HELD
const FIRST = 4u;        // of these, the first whose gradient is made: HALO in one go, or 0
const OWN = 2u;          // of these, the first that is written in one go
const OWN_ROWS = 0u;     // rows from OWN on that are in the tensor in every tile: STEP or 0
const SUM_ROWS = 8u;     // rows whose square sums are made
const SUM_GROUPS = 2u;   // SUM_ROWS / SHARE
const LEAD_IN = 0u;      // rows before the first that is written, in whole steps
const ACROSS_BEHIND = 2u; // the window along a row
const ACROSS_AHEAD = 2u;
const LINE = 8u;         // columns that the windows of a run hold
const REACH = 1u;        // runs on each side that those columns may belong to
const SIDE = 2u;         // columns on each side of a run that windows of its neighbours may hold
const EXCHANGED = 4u;    // columns of a run that are exchanged
const CLEARED = 1u;      // zeros that an invocation writes

const ARE_BESIDE = BESIDE == 1u;
const IN_ONE_GO = FIRST > 0u;
const NOTHING = INVOCATIONS; // where the exchange holds zeros
const STRIDE = select(1u, PIXELS, ARE_BESIDE); // invocations from a run to the next

// The sums of a row, by the row, the column in its run and the invocation: so neighbours meet in different banks.
var<workgroup> exchange: array<array<array<Sum, INVOCATIONS + 1u>, EXCHANGED>, SUM_ROWS>;

var<private> line: array<Sum, LINE>;

// The run of columns of an invocation, and its plane.
struct Run {
    has_work: bool,  // whether there are such
    written: bool,   // and whether they are more than neighbours of what is written
    before: u32,     // runs before it in its workgroup and its row,
    all: u32,        // and all of them
    inner: u32,      // elements from a row to the next
    beside: u32,     // and from a column, or those that are loaded at once, to the next
    input: u32,      // element of row 0 in x and dy
    output: u32,     // and in the output
    begin: u32,      // first row written
    end: u32,
}

// The first tile of a workgroup. Where it takes several, they have rows in common, which come from its cache.
fn first_tile(workgroup: vec3<u32>) -> u32 { return group_of(workgroup) / params.tensor.strips * TILES; }

fn first_row(tile: u32) -> u32 {
    return params.part.write_begin + tile % params.part.segments * params.tensor.segment;
}

// The first plane of a workgroup that takes a tile. Those abreast read neighbouring memory at about the same time.
fn first_plane(workgroup: vec3<u32>, tile: u32) -> u32 {
    return (tile / params.part.segments * ABREAST + group_of(workgroup) % ABREAST) * PIXELS;
}

fn idle(workgroup: vec3<u32>) -> bool {
    return first_plane(workgroup, first_tile(workgroup)) >= params.part.pixels;
}

// The first row of the step of a row. Steps are counted from row 0, also where a region begins inside one: so each row
// is summed in the same order in every region.
fn step_of(row: u32) -> u32 { return row / STEP * STEP; }

// Rows that are walked: those that are written, after those on which they depend.
fn walked(workgroup: vec3<u32>) -> u32 {
    if IN_ONE_GO { return STEP; }
    let begin = first_row(first_tile(workgroup));
    return LEAD_IN + min(begin + params.tensor.segment, params.part.write_end) - step_of(begin);
}

// Neighbouring invocations take neighbouring elements.
fn run(workgroup: vec3<u32>, index: u32) -> Run {
    read_layer();
    group = group_of(workgroup);
    lane = index;
    let number = select(lane % RUNS, lane / PIXELS, ARE_BESIDE);
    let member = select(lane / RUNS, lane % PIXELS, ARE_BESIDE); // of the tiles, or of the planes
    let tile = first_tile(workgroup) + member % TILES;
    let plane = first_plane(workgroup, tile) + member / TILES;
    let runs = params.tensor.columns / LOADS;
    let run = group % params.tensor.strips / ABREAST * WRITTEN + number - RUNS_BEFORE; // wraps
    let before = min(number, run);
    let begin = first_row(tile);
    let beside = select(1u, params.tensor.beside, ARE_BESIDE);
    let pixel = params.part.first_pixel + min(plane, params.part.pixels - 1u);
    let offset = pixel / beside * params.tensor.image + pixel % beside + min(run, runs - 1u) * LOADS * beside;
    let has_work = plane < params.part.pixels && run < runs;
    return Run(
        has_work,
        has_work && within(number, RUNS_BEFORE, RUNS_BEFORE + WRITTEN),
        before,
        before + min(RUNS - number, runs - run),
        params.tensor.inner,
        beside,
        params.part.input_shift + offset,
        params.part.output_shift + offset,
        begin,
        min(begin + params.tensor.segment, params.part.write_end),
    );
}

// Whether the h-th row that is held is in the tensor.
fn is_there(h: u32, row: u32) -> bool { return select(is_readable(row), true, h - OWN < OWN_ROWS); }

// Loads a row of a run, as the t-th that is held. One that cannot be read is another, which can.
fn load_x_row(r: Run, t: u32, row: u32) {
    let at = r.input + readable(row) * r.inner;
    for (var l = 0u; l < LOADS; l++) { // unroll
        let v = x_at(at + l * r.beside);
        for (var i = 0u; i < PACKET; i++) { held_x[(l * PACKET + i) * LENGTH + t] = component(v, i); } // unroll
    }
}

fn load_dy_row(r: Run, t: u32, row: u32) {
    let at = r.input + readable(row) * r.inner;
    for (var l = 0u; l < LOADS; l++) { // unroll
        let v = dy_at(at + l * r.beside);
        for (var i = 0u; i < PACKET; i++) { held_dy[(l * PACKET + i) * LENGTH + t] = component(v, i); } // unroll
    }
}

// Squares the t-th row that is held. One that is not there is 0.
// Reads and writes held_x; writes held.
fn hold_squares(t: u32, row: u32) {
    let is_there = is_there(t, row);
    for (var c = 0u; c < RUN; c++) { // unroll
        held_x[c * LENGTH + t] = select(Value(0.0), held_x[c * LENGTH + t], is_there);
        held[SQUARES + c * LENGTH + t] = square(held_x[c * LENGTH + t]);
    }
}

// Makes terms of the t-th row that is summed.
// Reads held_dy, held_x and sums; writes held and normalized_dy.
fn hold_terms(t: u32, row: u32) {
    let is_there = is_there(LOOK_BEHIND + t, row);
    for (var c = 0u; c < RUN; c++) { // unroll
        let dy = select(Value(0.0), held_dy[c * LENGTH + t], is_there);
        held[TERMS + c * LENGTH + HALO + t] = step_term(c * LENGTH + t, dy);
    }
}

// Writes SHARE rows, those that are in the segment: of the results, from the t-th on.
// Reads results.
fn write_rows(r: Run, row: u32, t: u32) {
    if !r.written { return; }
    let at = r.output + row * r.inner;
    if within(row, r.begin, r.end) && row + SHARE <= r.end {
        for (var i = 0u; i < SHARE; i++) { load_olds(r, t + i, at + i * r.inner); } // unroll
        for (var i = 0u; i < SHARE; i++) { // unroll
            for (var l = 0u; l < LOADS; l++) { // unroll
                write(at + i * r.inner + l * r.beside, t + i, l, olds[(t + i) * LOADS + l]);
            }
        }
    } else {
        for (var i = 0u; i < SHARE; i++) { // unroll
            if within(row + i, r.begin, r.end) { write_row(r, t + i, at + i * r.inner); }
        }
    }
}

// What the output holds, of the t-th row of a step.
fn load_olds(r: Run, t: u32, at: u32) {
    for (var l = 0u; l < LOADS; l++) { olds[t * LOADS + l] = old_at(at + l * r.beside); } // unroll
}

fn write_row(r: Run, t: u32, at: u32) {
    for (var l = 0u; l < LOADS; l++) { write(at + l * r.beside, t, l, old_at(at + l * r.beside)); } // unroll
}

// Writes the l-th of a row's loads.
fn write(at: u32, t: u32, l: u32, old: Loaded) {
    let first = l * PACKET * LENGTH + t;
    store(at, as_loaded(
        results[first],
        results[first + 1u % PACKET * LENGTH],
        results[first + 2u % PACKET * LENGTH],
        results[first + 3u % PACKET * LENGTH],
    ), old);
}

// Writes the zeros that stand for the runs beyond the ends of a row.
fn clear_nothing() {
    for (var k = 0u; k < CLEARED; k++) { // unroll
        let n = k * INVOCATIONS + lane;
        if n < SUM_ROWS * EXCHANGED { exchange[n / EXCHANGED][n % EXCHANGED][NOTHING] = widened(Value(0.0)); }
    }
}

// Hands the sums of the t-th row to the neighbours: those of the first SIDE columns of the run, and of the last.
fn hand_on(t: u32, sum: u32) {
    for (var e = 0u; e < EXCHANGED; e++) { // unroll
        exchange[t][e][lane] = sums[select(RUN - EXCHANGED + e, e, e < SIDE) * LENGTH + sum];
    }
}

// The sum of a column, which is counted from REACH runs before the own.
fn sum_of(r: Run, t: u32, sum: u32, column: u32) -> Sum {
    let run = column / RUN;
    let c = column % RUN;
    if run == REACH { return sums[c * LENGTH + sum]; }
    let is_there = r.before + run - REACH < r.all;
    let at = select(NOTHING, lane + run * STRIDE - REACH * STRIDE, is_there);
    return exchange[t][select(c + EXCHANGED - RUN, c, c < SIDE)][at];
}

// Sums the sums of the t-th row across it, over windows that begin `before` columns before their own.
fn sum_across(r: Run, t: u32, sum: u32, before: u32) {
    for (var i = 0u; i < LINE; i++) { line[i] = sum_of(r, t, sum, REACH * RUN + i - before); } // unroll
    for (var c = 0u; c < RUN; c++) { // unroll
        var all = line[c];
        for (var i = 1u; i < WINDOW; i++) { all = add(all, line[c + i]); } // unroll
        sums[c * LENGTH + sum] = all;
    }
}

// Sums SHARE rows down the columns and across the rows. Their windows begin at held[at], their sums are sums[sum] and
// those after it, and neighbours find them from the t-th row of the exchange on.
// Reads held; writes sums.
fn sum_rows(r: Run, at: u32, sum: u32, t: u32, before: u32) {
    for (var c = 0u; c < RUN; c++) { sum_windows(at + c * LENGTH, sum + c * LENGTH); } // unroll
    for (var i = 0u; i < SHARE; i++) { hand_on(t + i, sum + i); } // unroll
    workgroupBarrier();
    for (var i = 0u; i < SHARE; i++) { sum_across(r, t + i, sum + i, before); } // unroll
}

// Sums the squares of the g-th SHARE rows. The first row that is held is `row`.
// Reads and writes held_x; writes held and sums.
fn sum_squares(r: Run, g: u32, row: u32) {
    for (var t = 0u; t < SHARE; t++) { hold_squares(HALO + g * SHARE + t, row + HALO + g * SHARE + t); } // unroll
    sum_rows(r, SQUARES + g * SHARE, g * SHARE, g * SHARE, ACROSS_BEHIND);
}

// Makes the end of a step the beginning of the next.
fn shift_squares() {
    for (var c = 0u; c < RUN; c++) { // unroll
        for (var i = 0u; i < HALO; i++) { held_x[c * LENGTH + i] = held_x[c * LENGTH + i + STEP]; } // unroll
        shift_held(SQUARES + c * LENGTH);
    }
}

fn shift_terms() {
    for (var c = 0u; c < RUN; c++) { // unroll
        shift_held(TERMS + c * LENGTH);
        for (var i = 0u; i < LOOK_BEHIND; i++) { // unroll
            normalized_dy[c * LENGTH + i] = normalized_dy[c * LENGTH + i + STEP];
        }
    }
}

// Sums the terms of the SHARE rows from the t-th that is held on, and writes their gradients. The first row that is
// held is j.
// Reads held, held_x and normalized_dy; writes sums and results.
fn finish(r: Run, t: u32, j: u32) {
    // In one go, all have read the squares that these replace, before those of a later group were handed on.
    if FIRST == 0u { workgroupBarrier(); }
    sum_rows(r, TERMS + t, t, t - FIRST, ACROSS_AHEAD);
    for (var c = 0u; c < RUN; c++) { // unroll
        for (var i = 0u; i < SHARE; i++) { // unroll
            results[c * LENGTH + t - FIRST + i] = step_gradient(c * LENGTH + t + i);
        }
    }
    write_rows(r, j + t, t - FIRST);
}

// Square sums and forward.
@compute @workgroup_size(INVOCATIONS)
fn stage(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let r = run(workgroup, index);
    clear_nothing();
    let rows = walked(workgroup);
    for (var done = 0u; done < rows; done += STEP) {
        let i = step_of(r.begin) - LEAD_IN + done;
        let row = i - LOOK_BEHIND; // the first that is held
        // Behind a branch, or compilers load a row only when it is needed, and wait for it.
        if r.has_work {
            for (var t = 0u; t < FIRST; t++) { load_x_row(r, t, row + t); } // unroll
            for (var t = 0u; t < SUM_ROWS; t++) { load_x_row(r, HALO + t, row + HALO + t); } // unroll
        }
        for (var t = 0u; t < FIRST; t++) { hold_squares(t, row + t); } // unroll
        for (var g = 0u; g < GROUPS; g++) { // unroll
            sum_squares(r, g, row);
            for (var c = 0u; c < RUN; c++) { // unroll
                for (var t = 0u; t < SHARE; t++) { // unroll
                    results[c * LENGTH + g * SHARE + t] = window_result(c * LENGTH + g * SHARE + t);
                }
            }
            write_rows(r, i + g * SHARE, g * SHARE);
        }
        if IN_ONE_GO { break; }
        workgroupBarrier(); // before the exchange is used again
        shift_squares();
    }
}

// Of the rows held, the first is j. They complete the terms from row j + LOOK_BEHIND on, and with them the gradients
// from j + FIRST on.
@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let r = run(workgroup, index);
    clear_nothing();
    let rows = walked(workgroup);
    for (var done = 0u; done < rows; done += STEP) {
        let j = step_of(r.begin) - LEAD_IN + done - FIRST;
        for (var t = 0u; t < FIRST; t++) { load_x_row(r, t, j + t); } // unroll
        for (var t = 0u; t < SUM_ROWS; t++) { // unroll
            load_x_row(r, HALO + t, j + HALO + t);
            load_dy_row(r, t, j + LOOK_BEHIND + t);
        }
        for (var t = 0u; t < FIRST; t++) { hold_squares(t, j + t); } // unroll
        for (var g = 0u; g < SUM_GROUPS; g++) { // unroll
            sum_squares(r, g, j);
            for (var t = 0u; t < SHARE; t++) { hold_terms(g * SHARE + t, j + LOOK_BEHIND + g * SHARE + t); } // unroll
            if g * SHARE >= FIRST { finish(r, g * SHARE, j); }
        }
        if IN_ONE_GO { break; }
        workgroupBarrier(); // before the exchange is used again
        shift_squares();
        shift_terms();
    }
}
