// What the kernels share that hold narrow windows in registers, column, row and plane. Their arrays are registers,
// since src/shader/unroll.rs writes out every loop that is marked.

const HELD = 16u;  // channels that are held, with their halos
const HELDS = 32u; // the same, twice where squares and terms are held
const WINDOWS = 12u;  // windows that are summed,
const SHARE = 4u;  // so many together
const REST = 1u;   // WINDOW - SHARE

var<private> held_x: array<Value, HELD>;
var<private> held: array<Sum, HELDS>; // squares, terms
var<private> sums: array<Sum, WINDOWS>;

// Sums SHARE neighbouring windows, of which the first begins at held[at], from `first` on. They have the
// middle in common; what each has before it is a sum to its begin, and what it has after, one from its
// end (van Herk, Gil and Werman.) None subtracts.
// Reads held; writes sums.
fn sum_windows(at: u32, first: u32) {
    var middle = held[at + SHARE - 1u];
    for (var i = 0u; i < REST; i++) { middle = add(middle, held[at + SHARE + i]); } // unroll
    let last = first + SHARE - 1u;
    sums[last] = middle;
    for (var i = 1u; i < SHARE; i++) { // unroll
        sums[last - i] = add(sums[last - i + 1u], held[at + SHARE - 1u - i]);
    }
    if SHARE > 1u {
        var head = held[at + WINDOW];
        sums[first + 1u] = add(sums[first + 1u], head);
        for (var i = 2u; i < SHARE; i++) { // unroll
            head = add(head, held[at + HALO + i]);
            sums[first + i] = add(sums[first + i], head);
        }
    }
}

// What is made of the window summed in sums[t]: y, or s.
// Reads sums and held_x.
fn window_result(t: u32) -> Value {
    if !NORMALIZED { return rounded(sums[t]); }
    return normalized(powers(base(sums[t])), held_x[LOOK_BEHIND + t]);
}
