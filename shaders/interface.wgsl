// What the files of a shader take from outside, with the values of an example, so that they can be read as they are;
// src/shader/source.rs puts the values of a shader in their places. Other files declare their own constants in the
// same way.

const LARGEST = 3.4028234663852886e38; // of the numbers that are computed with
const SHARING = 1u;   // elements in one Stored that are loaded singly: 2 for `words`, else 1

const LOOK_BEHIND = 2u; // channels of the window before a channel,
const LOOK_AHEAD = 2u;  // and after it
const WINDOW = 5u;      // all of them
const HALO = 4u;        // WINDOW - 1

const NORMALIZED = true; // whether y is made of the square sums, or they are the result
const POWER = THREE_QUARTERS; // how b^-beta is computed
const RELU = false;    // whether x is rectified first
const HAS_EPILOGUE = false; // whether the result is scaled,
const READS_OUTPUT = false; // and what the output holds is blended in
