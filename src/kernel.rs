//! The kernels: a file for each, in which lies all that is its own.
//!
//! A new kernel is a file here, its shader in `shaders/kernel/`, its lines below, and its place in the rule
//! (`src/rule.rs`).

mod column;
mod geometry;
mod pixel;
mod plane;
mod problem;
mod ring;
mod row;
mod slab;
mod task;
mod whole;
mod window;

use crate::names::names;
use crate::{Operation, Result};
pub(crate) use geometry::Geometry;
pub use geometry::Memory;
pub(crate) use problem::Problem;
pub(crate) use task::Task;

/// Channels, or columns, that are loaded at once where they follow each other in memory: a vec4.
const PACKET: u64 = 4;

/// Tells which neighbouring elements are loaded at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Loads {
    /// Pixels, which are computed at once too.
    Pixels,
    /// Channels of a pixel.
    Channels,
    /// Columns of a row, where they follow each other in memory (plane).
    Columns,
}

/// What the rest of the crate asks of a kernel.
pub(crate) trait Design {
    /// Returns `true` if it computes a problem.
    fn takes(&self, problem: &Problem) -> bool;

    /// Returns how many neighbouring elements an invocation may load at once, the preferred first.
    fn widths(&self, _problem: &Problem) -> &'static [u32] {
        &[1]
    }

    /// Returns the direction of the elements of which it loads so many at once.
    fn loads(&self, _width: u32) -> Loads {
        Loads::Pixels
    }

    /// Returns `true` if the result may be written over an input: if no element is read after another invocation may
    /// have written it.
    fn computes_in_place(&self, operation: Operation) -> bool;

    /// Decides what workgroups do, and the shader's constants.
    fn geometry(&self, task: &Task<'_>) -> Result<Geometry>;

    /// Returns the WGSL files of this kernel, besides those of all; they may depend on where windows are summed.
    fn files(&self, memory: Memory) -> &'static [&'static str];

    /// Returns `true` if forward has an entry point of its own when it is computed at once, in which x is loaded once.
    fn has_forward(&self) -> bool {
        false
    }

    /// Returns `true` if it joins pixels where the channels of one do not fill packets, and leaves the pixels that
    /// remain.
    fn joins_pixels(&self) -> bool {
        false
    }

    /// Returns `true` if it sums windows along two neighbouring axes in one pass.
    fn sums_two_axes(&self) -> bool {
        false
    }

    /// Returns `true` if it can compute a stage of an operation, one axis a pass, and includes files of
    /// `shaders/stage/` for it.
    fn has_stages(&self) -> bool {
        false
    }
}

/// The enum of the kernels, each of which is a module.
macro_rules! kernels {
    ($($(#[$doc:meta])* $kernel:ident = $module:ident;)*) => {
        names! {
            /// Names a kernel: a way to deal the work to invocations.
            #[non_exhaustive]
            "kernel" Kernel {
                $($(#[$doc])* $kernel = stringify!($module),)*
            }
        }

        impl Kernel {
            /// Returns what is its own.
            pub(crate) fn design(self) -> &'static dyn Design {
                match self {
                    $(Self::$kernel => &$module::$kernel,)*
                }
            }
        }
    };
}

kernels! {
    /// `shaders/kernel/whole.wgsl`: for windows that hold the whole axis.
    Whole = whole;
    /// `shaders/kernel/row.wgsl`: one invocation per packet of contiguous channels, narrow windows in registers.
    Row = row;
    /// `shaders/kernel/plane.wgsl`: one invocation per run of columns takes a tile, or walks down the rows; narrow
    /// windows of one length along both in registers and workgroup memory.
    Plane = plane;
    /// `shaders/kernel/slab.wgsl`: one invocation per column, of up to four planes side by side, walks down the rows;
    /// narrow windows along both in registers.
    Slab = slab;
    /// `shaders/kernel/column.wgsl`: one invocation per pixel, or for two, walks its channels; narrow windows in
    /// registers.
    Column = column;
    /// `shaders/kernel/ring.wgsl`: one invocation per pixel walks its channels, wide windows in rings.
    Ring = ring;
    /// `shaders/kernel/pixel.wgsl`: one workgroup for some pixels, windows summed in workgroup memory.
    Pixel = pixel;
}
