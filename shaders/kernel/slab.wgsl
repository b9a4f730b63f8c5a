// slab: for narrow windows along two neighbouring axes, rows and columns, where planes lie side by side, and so
// neighbouring columns apart. An invocation walks down the rows of one column, of as many planes as a Value holds, with
// its window of rows in registers, as in column.wgsl. It sums what is in its window of a row first, and loads all of
// that itself: its neighbours load the same, so most comes from a cache. Backward, each makes the terms of its own
// column, and finds those beside in workgroup memory.
//
// While a step of rows is computed, the next is under way.

const INVOCATIONS = 128u;  // COLUMNS * PIXELS
const PIXELS = 8u;         // planes side by side, in a workgroup
const ABREAST = 3u;        // workgroups in sequence that take the same rows of planes side by side
const COLUMNS = 16u;       // of a plane, in a workgroup
const COLUMNS_BEFORE = 1u; // those before the first that is written
const WRITTEN = 14u;       // columns
const GRAIN = 1u;          // rows; a walk begins at a multiple
const LEAD_IN = 2u;        // rows that are walked before the first that is written
const ACROSS = 3u;         // columns of the window along a row
const ACROSS_BEHIND = 1u;
const ACROSS_AHEAD = 1u;
const NEXT = 12u;          // ACROSS * STEP

// The terms of a step, by its parity, the row and the invocation: while some still read those of a step, others write
// those of the next.
var<workgroup> exchange: array<array<array<Sum, INVOCATIONS>, STEP>, 2>;

// The columns of the window along a row: how far each is from the own, in elements, and whether it is in the tensor.
var<private> beside: array<u32, ACROSS>;
var<private> is_beside: array<bool, ACROSS>;

// What is loaded for the next step, as it is stored.
var<private> next_x: array<Stored, NEXT>;
var<private> next_dy: array<Stored, STEP>;

// The column of an invocation.
struct Slab {
    has_work: bool, // whether it is in the tensor,
    written: bool,  // and more than a neighbour of what is written
    column: u32,
    inner: u32,     // elements from a row to the next
    input: u32,     // element of row 0 in x and dy
    output: u32,    // and in the output
    first: u32,     // the multiple of GRAIN at which the walk begins
    begin: u32,     // first row written
    end: u32,
    last_x: u32,    // last row of x that is needed,
    last_dy: u32,   // and of dy
}

// The segment of a workgroup, counted through all segments of each plane and all planes.
fn segment_of(workgroup: vec3<u32>) -> u32 { return group_of(workgroup) / params.tensor.strips; }

fn begin_of(workgroup: vec3<u32>) -> u32 {
    return params.part.write_begin + segment_of(workgroup) % params.part.segments * params.tensor.segment;
}

fn first_plane(workgroup: vec3<u32>) -> u32 {
    return (segment_of(workgroup) / params.part.segments * ABREAST + group_of(workgroup) % ABREAST) * PIXELS;
}

fn idle(workgroup: vec3<u32>) -> bool { return first_plane(workgroup) >= params.part.pixels; }

// Rows that are walked.
fn walked(workgroup: vec3<u32>) -> u32 {
    let begin = begin_of(workgroup);
    return LEAD_IN + min(begin + params.tensor.segment, params.part.write_end) - begin / GRAIN * GRAIN;
}

// Neighbouring invocations take neighbouring elements.
// Writes beside and is_beside.
fn slab(workgroup: vec3<u32>, index: u32) -> Slab {
    read_layer();
    group = group_of(workgroup);
    lane = index;
    let number = lane / PIXELS;
    let plane = first_plane(workgroup) + lane % PIXELS;
    let column = group % params.tensor.strips / ABREAST * WRITTEN + number - COLUMNS_BEFORE; // wraps
    let has_work = (plane < params.part.pixels) & (column < params.tensor.columns);
    for (var i = 0u; i < ACROSS; i++) { // unroll
        is_beside[i] = has_work & (column + i - ACROSS_BEHIND < params.tensor.columns);
        beside[i] = select(0u, (i - ACROSS_BEHIND) * params.tensor.beside, is_beside[i]);
    }
    let pixel = params.part.first_pixel + min(plane, params.part.pixels - 1u);
    let offset = pixel_offset(pixel) + min(column, params.tensor.columns - 1u) * params.tensor.beside;
    let begin = begin_of(workgroup);
    let end = min(begin + params.tensor.segment, params.part.write_end);
    return Slab(
        has_work,
        has_work && within(number, COLUMNS_BEFORE, COLUMNS_BEFORE + WRITTEN),
        column,
        params.tensor.inner,
        params.part.input_shift + offset,
        params.part.output_shift + offset,
        begin / GRAIN * GRAIN,
        begin,
        end,
        min(end + LOOK_AHEAD + select(0u, LOOK_BEHIND, LEAD_IN > 0u), params.part.read_end) - 1u,
        min(end + LOOK_BEHIND, params.part.read_end) - 1u,
    );
}

// The element of a row, or of the nearest that can be read and is needed: rows before the first have wrapped.
fn element_of(s: Slab, row: u32, last: u32) -> u32 {
    return s.input + u32(clamp(i32(row), i32(params.part.read_begin), i32(last))) * s.inner;
}

// Loads a row of the window, as the t-th of the next.
fn load_row(s: Slab, row: u32, t: u32) {
    let at = element_of(s, row, s.last_x);
    for (var i = 0u; i < ACROSS; i++) { next_x[t * ACROSS + i] = stored_x(at + beside[i]); } // unroll
}

// Takes the t-th that was loaded, as the h-th row that is held: x, and the sum of the squares across it. What is not
// there is 0.
// Reads next_x; writes held_x and held.
fn take_row(s: Slab, row: u32, t: u32, h: u32) {
    let at = element_of(s, row, s.last_x);
    let is_there = is_readable(row);
    held_x[h] = taken_x(at, t, ACROSS_BEHIND, is_there);
    held[SQUARES + h] = square(taken_x(at, t, 0u, is_there));
    for (var i = 1u; i < ACROSS; i++) { // unroll
        held[SQUARES + h] = add(held[SQUARES + h], square(taken_x(at, t, i, is_there)));
    }
}

fn taken_x(at: u32, t: u32, i: u32, is_there: bool) -> Value {
    return select(Value(0.0), x_of(next_x[t * ACROSS + i], at + beside[i]), is_beside[i] & is_there);
}

fn load_next_x(s: Slab, row: u32) {
    for (var t = 0u; t < STEP; t++) { load_row(s, row + t, t); } // unroll
}

fn load_next_dy(s: Slab, row: u32) {
    for (var t = 0u; t < STEP; t++) { next_dy[t] = stored_dy(element_of(s, row + t, s.last_dy)); } // unroll
}

fn take_x(s: Slab, row: u32) {
    for (var t = 0u; t < STEP; t++) { take_row(s, row + t, t, HALO + t); } // unroll
}

// Reads next_dy; writes held_dy.
fn take_dy(s: Slab, row: u32) {
    for (var t = 0u; t < STEP; t++) { // unroll
        held_dy[t] = where_readable(loaded(next_dy[t], element_of(s, row + t, s.last_dy)), row + t);
    }
}

// Takes the rows before those of the first step.
fn load_halo(s: Slab, row: u32) {
    for (var i = 0u; i < HALO; i++) { // unroll
        load_row(s, row + i, 0u);
        take_row(s, row + i, 0u, i);
    }
}

// Makes the terms of a step, and sums them across the rows.
// Reads sums, held_x and held_dy; writes held and normalized_dy.
fn sum_terms_across(s: Slab, parity: u32) {
    for (var t = 0u; t < STEP; t++) { exchange[parity][t][lane] = step_term(t, held_dy[t]); } // unroll
    workgroupBarrier();
    for (var t = 0u; t < STEP; t++) { // unroll
        let h = TERMS + HALO + t;
        held[h] = term_beside(s, parity, t, 0u);
        for (var i = 1u; i < ACROSS; i++) { held[h] = add(held[h], term_beside(s, parity, t, i)); } // unroll
    }
}

// The term of the i-th column of the mirrored window.
fn term_beside(s: Slab, parity: u32, t: u32, i: u32) -> Sum {
    let number = lane / PIXELS + i - ACROSS_AHEAD;
    let is_there = (s.column + i - ACROSS_AHEAD < params.tensor.columns) & (number < COLUMNS);
    return sum_where(exchange[parity][t][select(lane, number * PIXELS + lane % PIXELS, is_there)], is_there);
}

// Writes the results of a step that are in the segment.
// Reads results; writes olds.
fn write_step(s: Slab, row: u32) {
    if !s.written { return; }
    let at = s.output + row * s.inner;
    if within(row, s.begin, s.end) && row + STEP <= s.end {
        for (var t = 0u; t < STEP; t++) { olds[t] = old_at(at + t * s.inner); } // unroll
        for (var t = 0u; t < STEP; t++) { store(at + t * s.inner, results[t], olds[t]); } // unroll
    } else {
        for (var t = 0u; t < STEP; t++) { // unroll
            if within(row + t, s.begin, s.end) { store(at + t * s.inner, results[t], old_at(at + t * s.inner)); }
        }
    }
}

// Square sums and forward.
@compute @workgroup_size(INVOCATIONS)
fn stage(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let s = slab(workgroup, index);
    if !s.has_work { return; }
    load_halo(s, s.first - LOOK_BEHIND);
    load_next_x(s, s.first + LOOK_AHEAD);
    let rows = walked(workgroup);
    for (var done = 0u; done < rows; done += STEP) {
        let i = s.first + done;
        take_x(s, i + LOOK_AHEAD);
        load_next_x(s, i + STEP + LOOK_AHEAD);
        sum_step(SQUARES);
        for (var t = 0u; t < STEP; t++) { results[t] = window_result(t); } // unroll
        write_step(s, i);
        shift();
    }
}

// A step completes the terms from row j + LOOK_BEHIND on, and with them the gradients from j on.
@compute @workgroup_size(INVOCATIONS)
fn backward(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) index: u32) {
    if idle(workgroup) { return; }
    let s = slab(workgroup, index);
    load_halo(s, s.first - LEAD_IN);
    load_next_x(s, s.first);
    load_next_dy(s, s.first - LOOK_AHEAD);
    let rows = walked(workgroup);
    for (var done = 0u; done < rows; done += STEP) {
        let j = s.first - LEAD_IN + done;
        take_x(s, j + HALO);
        take_dy(s, j + LOOK_BEHIND);
        load_next_x(s, j + STEP + HALO);
        load_next_dy(s, j + STEP + LOOK_BEHIND);
        sum_step(SQUARES);
        sum_terms_across(s, done / STEP % 2u);
        sum_step(TERMS);
        for (var t = 0u; t < STEP; t++) { results[t] = step_gradient(t); } // unroll
        write_step(s, j);
        shift();
        shift_terms();
    }
}
