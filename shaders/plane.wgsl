// plane: for narrow windows of one length along two neighbouring axes, rows and columns. A workgroup walks
// down the rows of COLUMNS columns of PIXELS planes, with an invocation for each, in steps of STEP rows.
// What is summed meets in workgroup memory, is summed across the rows there, and those sums down the
// columns as in column.wgsl, in registers. So every value is loaded once, but for those at the sides of a
// tile, which its neighbours load too.

const RUN = HELDS - HELD; // of neighbouring columns in a row
const RUNS = COLUMNS / SHARE;

var<workgroup> exchange: array<Sum, STEP * INVOCATIONS>;

// The column and the plane of an invocation.
struct Place {
    some: bool,      // whether there are such
    written: bool,   // whether they are more than a neighbour of what is written
    slot: u32,       // in a row of the exchange
    input: u32,      // element of row 0 in x and dy
    output: u32,     // and in the output
    begin: u32,      // first row written
    end: u32,
}

// Neighbouring invocations, and neighbouring runs, take neighbouring elements.
fn column_of(number: u32, columns: u32) -> u32 { return select(number % columns, number / PIXELS, chunk.beside > 1u); }
fn pixel_of(number: u32, columns: u32) -> u32 { return select(number / columns, number % PIXELS, chunk.beside > 1u); }

fn blocks() -> u32 { return (chunk.pixels + PIXELS - 1u) / PIXELS; }

// The first row that a workgroup writes.
fn first_row(workgroup: vec3<u32>) -> u32 {
    return chunk.write_begin + group_of(workgroup) / (chunk.strips * blocks()) * chunk.segment;
}

fn idle(workgroup: vec3<u32>) -> bool { return first_row(workgroup) >= chunk.write_end; }

// Rows that are walked: those that are written, after those on which they depend.
fn walked(workgroup: vec3<u32>) -> u32 {
    return RUN_UP + min(chunk.segment, chunk.write_end - first_row(workgroup));
}

fn place(workgroup: vec3<u32>, index: u32) -> Place {
    fetch();
    group = group_of(workgroup);
    lane = index;
    let place = column_of(lane, COLUMNS);
    let pixel = group / chunk.strips % blocks() * PIXELS + pixel_of(lane, COLUMNS);
    let column = group % chunk.strips * WRITTEN + place - LEAD; // wraps
    let some = pixel < chunk.pixels && column < chunk.columns;
    let offset = pixel_offset(chunk.first_pixel + pixel) + column * chunk.beside;
    let begin = first_row(workgroup);
    return Place(
        some,
        some && within(place, LEAD, LEAD + WRITTEN),
        place * PIXELS + pixel_of(lane, COLUMNS),
        chunk.input_shift + offset,
        chunk.output_shift + offset,
        begin,
        min(begin + chunk.segment, chunk.write_end),
    );
}

fn is_there(p: Place, row: u32) -> bool { return p.some && within(row, chunk.read_begin, chunk.read_end); }

fn load_x(p: Place, row: u32) -> Value {
    if !is_there(p, row) { return Value(0.0); }
    return x_at(p.input + row * chunk.inner);
}

fn load_dy(p: Place, row: u32) -> Value {
    if !is_there(p, row) { return Value(0.0); }
    return dy_at(p.input + row * chunk.inner);
}

fn writes(p: Place, row: u32) -> bool { return p.written && within(row, p.begin, p.end); }

fn write(p: Place, row: u32, result: Value) {
    let at = p.output + row * chunk.inner;
    put(at, blended(result, old_at(at)));
}

fn slot(t: u32, place: u32) -> u32 { return t * INVOCATIONS + place; }

// One of the runs of SHARE columns, in the rows of the exchange, that an invocation sums.
struct Run {
    first: u32,      // column
    slot: u32,       // of column 0
}

fn run(g: u32) -> Run {
    let number = g * INVOCATIONS + lane;
    let in_row = number % (RUNS * PIXELS);
    let first = column_of(in_row, RUNS) * SHARE;
    return Run(first, slot(number / (RUNS * PIXELS), pixel_of(in_row, RUNS)));
}

fn exchanged(r: Run, column: u32) -> Sum {
    if column >= COLUMNS { return exactly(Value(0.0)); }
    return exchange[r.slot + column * PIXELS];
}

fn hold_run(r: Run, before: u32) {
    for (var i = 0u; i < RUN_HELD; i++) { held[RUN + i] = exchanged(r, r.first - before + i); }
}

fn return_sum(r: Run, t: u32) { exchange[r.slot + (r.first + t % SHARE) * PIXELS] = sums[t]; }

// Sums what is in the exchange over the windows that begin so many columns before, and holds it.
fn sum_across(p: Place, before: u32, at: u32) {
    workgroupBarrier();
    for (var g = 0u; g < GROUPS; g++) { hold_run(run(g), before); sum_windows(RUN, g * SHARE); }
    workgroupBarrier();
    for (var t = 0u; t < STEP; t++) { return_sum(run(t / SHARE), t); }
    workgroupBarrier();
    for (var t = 0u; t < STEP; t++) { held[at + HALO + t] = exchange[slot(t, p.slot)]; }
}

// Loads the rows of a step, and sums the windows that they complete.
fn hold_step(p: Place, row: u32) {
    for (var t = 0u; t < STEP; t++) { held_x[HALO + t] = load_x(p, row + t); }
    for (var t = 0u; t < STEP; t++) { exchange[slot(t, p.slot)] = square(held_x[HALO + t]); }
    sum_across(p, ACROSS_BEHIND, SQUARES);
    sum_step(SQUARES);
}

@compute @workgroup_size(INVOCATIONS)
fn square_sums(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let p = place(workgroup, index);
    for (var done = 0u; done < walked(workgroup); done += STEP) {
        let i = p.begin - RUN_UP + done;
        hold_step(p, i + LOOK_AHEAD);
        for (var t = 0u; t < STEP; t++) { if writes(p, i + t) { write(p, i + t, rounded(sums[t])); } }
        shift();
    }
}

@compute @workgroup_size(INVOCATIONS)
fn forward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let p = place(workgroup, index);
    for (var done = 0u; done < walked(workgroup); done += STEP) {
        let i = p.begin - RUN_UP + done;
        hold_step(p, i + LOOK_AHEAD);
        for (var t = 0u; t < STEP; t++) { if writes(p, i + t) { write(p, i + t, normalized_x(t)); } }
        shift();
    }
}

// A step completes the terms from row j + LOOK_BEHIND on, and with them the gradients from j on.
@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let p = place(workgroup, index);
    for (var done = 0u; done < walked(workgroup); done += STEP) {
        let j = p.begin - RUN_UP + done;
        hold_step(p, j + HALO);
        for (var t = 0u; t < STEP; t++) { exchange[slot(t, p.slot)] = step_term(t, load_dy(p, j + LOOK_BEHIND + t)); }
        sum_across(p, ACROSS_AHEAD, TERMS); // mirrored
        sum_step(TERMS);
        for (var t = 0u; t < STEP; t++) { if writes(p, j + t) { write(p, j + t, input_gradient(held_x[t], scaled[t], sums[t])); } }
        shift();
        shift_terms();
    }
}
