//! The rule: which kernel computes a layer.

use crate::kernel::Problem;
use crate::precision::Arithmetic;
use crate::{Dtype, Kernel};

/// The widest window for which *row* precedes *pixel* where a packet's halo, which it loads and squares again, is dear.
const SHORT: u64 = 5;

/// The widest window for which *slab* precedes *plane*: an invocation loads and squares all columns of the window.
const SMALL: u64 = 5;

/// Returns the kernels that compute a problem, the preferred first, each with the reason for its place.
///
/// The order follows from how GPUs access memory, compilers' listings and a simulation (docs/measurements.md).
pub(crate) fn preferred(problem: &Problem) -> Vec<(Kernel, &'static str)> {
    let mut order = Vec::new();
    let mut then = |kernel: Kernel, reason| {
        if kernel.design().takes(problem) && order.iter().all(|&(before, _)| before != kernel) {
            order.push((kernel, reason));
        }
    };
    then(Kernel::Whole, "one sum serves all channels of a pixel");
    if has_cheap_halos(problem) || problem.has_windows_within(SHORT) {
        then(Kernel::Row, "packets of channels lie together in memory, and their halos are cheap");
    }
    // Two passes along one axis each would move more than twice the bytes.
    // It takes more instructions, for which f16 leaves half the time, and f64 more still.
    if problem.shape.dtype() == Dtype::F32 && problem.has_windows_within(SMALL) {
        then(Kernel::Slab, "windows along two axes take one pass");
    }
    then(Kernel::Plane, "windows along two axes take one pass");
    then(Kernel::Slab, "windows along two axes take one pass");
    // Neighbouring invocations take neighbouring pixels, which must fill a memory transaction.
    if problem.is_coalesced() {
        then(Kernel::Column, "neighbouring pixels lie together, and windows fit in registers");
        then(Kernel::Ring, "neighbouring pixels lie together, and windows are wide");
    }
    then(Kernel::Pixel, "a workgroup loads what lies together, and sums in its own memory");
    // These load or sum more than they need.
    then(Kernel::Row, "it is left, with long halos");
    then(Kernel::Column, "it is left, with strided loads");
    then(Kernel::Ring, "it is left, with strided loads");
    order
}

/// Returns why a kernel has its place in the order.
pub(crate) fn reason(problem: &Problem, kernel: Kernel) -> &'static str {
    let order = preferred(problem);
    order.into_iter().find(|&(other, _)| other == kernel).map_or("", |(_, reason)| reason)
}

/// Returns `true` if sums take one register, and packets hold channels of one pixel.
fn has_cheap_halos(problem: &Problem) -> bool {
    problem.arithmetic == Arithmetic::Single && problem.axes.iter().all(|axis| axis.pixels_in_packets() == 1)
}
