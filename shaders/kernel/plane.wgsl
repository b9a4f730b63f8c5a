// plane: for narrow windows of one length along two neighbouring axes, rows and columns. A workgroup walks
// down the rows of COLUMNS columns of PIXELS planes, with an invocation for each, in steps of STEP rows.
// What is summed is exchanged in workgroup memory, where each invocation sums it across its row; those sums it
// sums down the column as column.wgsl does, in registers. So every value is loaded once, but for those at the
// sides of a tile, which its neighbours load too.
//
// Steps write to two exchanges in turn, or backward its squares to one and its terms to the other. So a value
// is read before it is written again, with one barrier for each exchange.

const INVOCATIONS = 224u; // PIXELS * COLUMNS
const PIXELS = 4u;
const COLUMNS = 56u;
const WRITTEN = 56u; // columns
const COLUMNS_BEFORE = 0u;     // columns before those
const PAD = 2u;      // columns of zeros on each side of a row
const ACROSS_BEHIND = 2u; // the window along a row
const ACROSS_AHEAD = 2u;
const LEAD_IN = 8u;   // rows before the first that is written, in whole steps

const SLOTS = (COLUMNS + 2u * PAD) * PIXELS; // of a row, with zeros on both sides
const EXCHANGE = STEP * SLOTS;

var<workgroup> exchange: array<Sum, 2u * EXCHANGE>;

// The column and the plane of an invocation.
struct Place {
    some: bool,      // whether there are such
    written: bool,   // whether they are more than a neighbour of what is written
    slot: u32,       // in a row of the exchange
    inner: u32,      // elements from a row to the next
    input: u32,      // element of row 0 in x and dy
    output: u32,     // and in the output
    begin: u32,      // first row written
    end: u32,
}

fn blocks() -> u32 { return (params.part.pixels + PIXELS - 1u) / PIXELS; }

// The first row that a workgroup writes.
fn first_row(workgroup: vec3<u32>) -> u32 {
    return params.part.write_begin + group_of(workgroup) / (params.tensor.strips * blocks()) * params.tensor.segment;
}

fn idle(workgroup: vec3<u32>) -> bool { return first_row(workgroup) >= params.part.write_end; }

// The first row of the step of a row. Steps are counted from row 0, also where a piece of the tensor begins inside one:
// so each row is summed in the same order in every piece.
fn step_of(row: u32) -> u32 { return row / STEP * STEP; }

// Rows that are walked: those that are written, after those on which they depend.
fn walked(workgroup: vec3<u32>) -> u32 {
    let begin = first_row(workgroup);
    return LEAD_IN + min(begin + params.tensor.segment, params.part.write_end) - step_of(begin);
}

// Neighbouring invocations take neighbouring elements.
fn place(workgroup: vec3<u32>, index: u32) -> Place {
    fetch();
    group = group_of(workgroup);
    lane = index;
    let are_beside = params.tensor.beside > 1u;
    let place = select(lane % COLUMNS, lane / PIXELS, are_beside);
    let plane = select(lane / COLUMNS, lane % PIXELS, are_beside);
    let pixel = group / params.tensor.strips % blocks() * PIXELS + plane;
    let column = group % params.tensor.strips * WRITTEN + place - COLUMNS_BEFORE; // wraps
    let some = pixel < params.part.pixels && column < params.tensor.columns;
    let offset = pixel_offset(params.part.first_pixel + min(pixel, params.part.pixels - 1u))
        + min(column, params.tensor.columns - 1u) * params.tensor.beside;
    let begin = first_row(workgroup);
    return Place(
        some,
        some && within(place, COLUMNS_BEFORE, COLUMNS_BEFORE + WRITTEN),
        (place + PAD) * PIXELS + plane,
        params.tensor.inner,
        params.part.input_shift + offset,
        params.part.output_shift + offset,
        begin,
        min(begin + params.tensor.segment, params.part.write_end),
    );
}

// Writes the zeros on both sides of the rows.
fn clear_sides() {
    for (var n = lane; n < 2u * STEP * 2u * PAD * PIXELS; n += INVOCATIONS) {
        let row = n / (2u * PAD * PIXELS);
        let slot = n % (2u * PAD * PIXELS);
        exchange[row * SLOTS + select(slot, slot + COLUMNS * PIXELS, slot >= PAD * PIXELS)] = exactly(Value(0.0));
    }
}

fn is_there(p: Place, row: u32) -> bool { return p.some && within(row, params.part.read_begin, params.part.read_end); }

// The rows of a step from one on, all of which are bound.
fn load_x_inside(p: Place, row: u32) {
    load_x_step(p.input + row * p.inner, p.inner);
    for (var t = 0u; t < STEP; t++) { // unroll
        held_x[HALO + t] = select(Value(0.0), held_x[HALO + t], p.some);
    }
}

fn load_dy_inside(p: Place, row: u32) {
    load_dy_step(p.input + row * p.inner, p.inner);
    for (var t = 0u; t < STEP; t++) { held_dy[t] = select(Value(0.0), held_dy[t], p.some); } // unroll
}

// The same where some may be missing.
fn load_x_edge(p: Place, row: u32) {
    for (var t = 0u; t < STEP; t++) { held_x[HALO + t] = x_at(p.input + bound(row + t) * p.inner); } // unroll
    for (var t = 0u; t < STEP; t++) { // unroll
        held_x[HALO + t] = select(Value(0.0), held_x[HALO + t], is_there(p, row + t));
    }
}

fn load_dy_edge(p: Place, row: u32) {
    for (var t = 0u; t < STEP; t++) { held_dy[t] = dy_at(p.input + bound(row + t) * p.inner); } // unroll
    for (var t = 0u; t < STEP; t++) { // unroll
        held_dy[t] = select(Value(0.0), held_dy[t], is_there(p, row + t));
    }
}

fn write_step(p: Place, row: u32) {
    if !p.written { return; }
    let at = p.output + row * p.inner;
    if within(row, p.begin, p.end) && row + STEP <= p.end {
        put_step(at, p.inner);
    } else {
        for (var t = 0u; t < STEP; t++) { // unroll
            if within(row + t, p.begin, p.end) { put(at + t * p.inner, epilogue(results[t], old_at(at + t * p.inner))); }
        }
    }
}

// The sum of an invocation's own value and of those of the columns around it in a row.
fn sum_across(slot: u32, before: u32, own: Sum) -> Sum {
    var sum = own;
    for (var i = 0u; i < WINDOW; i++) { // unroll
        if i != before { sum = add(sum, exchange[slot + i * PIXELS - before * PIXELS]); }
    }
    return sum;
}

// Sums the squares of a step across the rows, and down the columns.
fn sum_squares(p: Place, exchange_slot: u32) {
    for (var t = 0u; t < STEP; t++) { held[SQUARES + HALO + t] = square(held_x[HALO + t]); } // unroll
    for (var t = 0u; t < STEP; t++) { // unroll
        exchange[exchange_slot + t * SLOTS + p.slot] = held[SQUARES + HALO + t];
    }
    workgroupBarrier();
    for (var t = 0u; t < STEP; t++) { // unroll
        held[SQUARES + HALO + t] = sum_across(exchange_slot + t * SLOTS + p.slot, ACROSS_BEHIND, held[SQUARES + HALO + t]);
    }
    sum_step(SQUARES);
}

// The same with the terms, over the mirrored windows.
fn sum_terms(p: Place) {
    for (var t = 0u; t < STEP; t++) { held[TERMS + HALO + t] = step_term(t, held_dy[t]); } // unroll
    for (var t = 0u; t < STEP; t++) { // unroll
        exchange[EXCHANGE + t * SLOTS + p.slot] = held[TERMS + HALO + t];
    }
    workgroupBarrier();
    for (var t = 0u; t < STEP; t++) { // unroll
        held[TERMS + HALO + t] = sum_across(EXCHANGE + t * SLOTS + p.slot, ACROSS_AHEAD, held[TERMS + HALO + t]);
    }
    sum_step(TERMS);
}

// Square sums and forward.
@compute @workgroup_size(INVOCATIONS)
fn windowed(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let p = place(workgroup, index);
    clear_sides();
    for (var done = 0u; done < walked(workgroup); done += STEP) {
        let i = step_of(p.begin) - LEAD_IN + done;
        let next = i + LOOK_AHEAD;
        if are_bound(next, STEP) { load_x_inside(p, next); } else { load_x_edge(p, next); }
        sum_squares(p, done / STEP % 2u * EXCHANGE);
        for (var t = 0u; t < STEP; t++) { results[t] = window_result(t); } // unroll
        write_step(p, i);
        shift();
    }
}

// A step completes the terms from row j + LOOK_BEHIND on, and with them the gradients from j on.
@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let p = place(workgroup, index);
    clear_sides();
    for (var done = 0u; done < walked(workgroup); done += STEP) {
        let j = step_of(p.begin) - LEAD_IN + done;
        if are_bound(j + LOOK_BEHIND, LOOK_AHEAD + STEP) {
            load_x_inside(p, j + HALO);
            load_dy_inside(p, j + LOOK_BEHIND);
        } else {
            load_x_edge(p, j + HALO);
            load_dy_edge(p, j + LOOK_BEHIND);
        }
        sum_squares(p, 0u);
        sum_terms(p);
        for (var t = 0u; t < STEP; t++) { results[t] = step_gradient(t); } // unroll
        write_step(p, j);
        shift();
        shift_terms();
    }
}
