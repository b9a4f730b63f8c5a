//! Every decision, as a pure value: which kernel, with which constants, over which chunks.
//!
//! Nothing here needs a device, so everything here can be tested without one.

mod cut;
pub(crate) mod tile;

use crate::cpu::check_length;
use crate::program::Program;
use crate::{Error, Lrn, Result, Shape};
use bytemuck::{Pod, Zeroable};
use std::ops::Range;
use tile::Tile;

/// What is computed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Operation {
    /// s from x: the windowed channel square sums.
    SquareSums,
    /// y from x.
    Forward,
    /// dx from x and dy.
    Backward,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Operation; 3] = [Self::SquareSums, Self::Forward, Self::Backward];

    /// The name; also the entry point of the shaders.
    pub fn name(self) -> &'static str {
        match self {
            Self::SquareSums => "square_sums",
            Self::Forward => "forward",
            Self::Backward => "backward",
        }
    }

    /// The operands in the order of their bindings: x, dy where there is one, the result.
    pub fn operands(self) -> &'static [&'static str] {
        match self {
            Self::SquareSums => &["x", "s"],
            Self::Forward => &["x", "y"],
            Self::Backward => &["x", "dy", "dx"],
        }
    }

    /// Refuses inputs of the wrong number or length, by name.
    pub(crate) fn check_inputs(self, shape: &Shape, inputs: &[&[f32]]) -> Result<()> {
        self.check_count(inputs.len() + 1)?;
        let mut named = inputs.iter().zip(self.operands());
        named.try_for_each(|(input, name)| check_length(name, shape, input))
    }

    /// Refuses a wrong number of operands.
    pub(crate) fn check_count(self, given: usize) -> Result<()> {
        let expected = self.operands();
        if given == expected.len() {
            return Ok(());
        }
        Err(Error::Operands { operation: self.name(), given, expected })
    }

    /// The bytes that have to move: each operand once.
    pub fn bytes_moved(self, shape: &Shape) -> u64 {
        shape.bytes().saturating_mul(self.operands().len() as u64)
    }

    /// The channels before and after a channel on which its result depends, for a window
    /// `[i − p, i + q]`: backward sums, over the mirrored window, terms that each see a window.
    fn halo(self, (p, q): (u64, u64)) -> (u64, u64) {
        match self {
            Self::SquareSums | Self::Forward => (p, q),
            Self::Backward => (p + q, p + q),
        }
    }
}

/// How it is computed. Both kernels take every shape and every window.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kernel {
    /// `shaders/pixel.wgsl`: one workgroup per pixel, squares in workgroup memory.
    Pixel,
    /// `shaders/column.wgsl`: one invocation per pixel walks its channels, window in registers.
    Column,
}

impl Kernel {
    /// Every kernel.
    pub const ALL: [Kernel; 2] = [Self::Pixel, Self::Column];

    /// The name; also that of the shader's file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pixel => "pixel",
            Self::Column => "column",
        }
    }

    /// The kernel of that name.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownName`].
    pub fn from_name(name: &str) -> Result<Kernel> {
        Self::ALL.into_iter().find(|kernel| kernel.name() == name).ok_or_else(|| {
            Error::UnknownName {
                kind: "kernel",
                given: name.to_owned(),
                known: Self::ALL.map(Self::name).join(", "),
            }
        })
    }

    /// The kernel for a shape and a window of that many channels.
    ///
    /// *Column* where neighbouring invocations read neighbouring pixels, so that its loads
    /// coalesce, and the window is narrow enough for registers; *pixel* otherwise.
    pub fn pick(shape: &Shape, window: u64) -> Kernel {
        if shape.inner() >= COALESCED && window <= REGISTERS { Self::Column } else { Self::Pixel }
    }
}

/// Neighbouring pixels that fill a memory transaction: 32 of 4 bytes are the 128-byte line of
/// common GPUs.
const COALESCED: u64 = 32;

/// The widest window whose rings (four in backward) a compiler can hope to keep in registers.
const REGISTERS: u64 = 32;

/// What one dispatch computes, as the shaders see it: `struct Chunk` in `shaders/lrn.wgsl`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Chunk {
    /// Length of the axis.
    pub channels: u32,
    /// Elements between a channel and the next.
    pub inner: u32,
    /// The first pixel of the dispatch, counted in the bound chunk of the tensor.
    pub first_pixel: u32,
    /// Pixels of the dispatch.
    pub pixels: u32,
    /// First channel that is bound for reading.
    pub read_begin: u32,
    /// One past the last channel that is bound for reading.
    pub read_end: u32,
    /// First channel to write.
    pub write_begin: u32,
    /// One past the last channel to write.
    pub write_end: u32,
    /// Channels that one invocation (column) or one workgroup (pixel) writes.
    pub segment: u32,
    /// Segments from `write_begin` to `write_end`.
    pub segments: u32,
    /// Workgroups in a row of the grid.
    pub grid_width: u32,
    /// Element of the x and dy bindings where channel 0 of the first pixel would be; wraps.
    pub input_shift: u32,
    /// Element of the output binding where channel 0 of the first pixel would be; wraps.
    pub output_shift: u32,
    /// Coefficient of the square sum.
    pub a: f32,
    /// Exponent.
    pub beta: f32,
    /// Bias.
    pub k: f32,
    /// 2·a·β, divided by the scale of the backward terms, is `gradient · (1 + gradient_rest)`.
    pub gradient: f32,
    /// What the rounding of `gradient` leaves, relative to it.
    pub gradient_rest: f32,
    /// Always 0, which shader compilers do not know.
    pub zero: u32,
    /// To a multiple of 16 bytes, as uniform buffers want it.
    pub padding: [u32; 1],
}

/// The backward terms are summed times this power of two, so that terms below f32's normal range
/// still count where x is large; `SCALE` in `shaders/lrn.wgsl`.
pub(crate) const SCALE: f64 = 1_099_511_627_776.0; // 2^40

/// One dispatch: what is bound, what the shader is told, how many workgroups run.
#[derive(Clone, Debug, PartialEq)]
pub struct Dispatch {
    /// Bytes of x (and dy) that are bound, from the start of the operand.
    pub input: Range<u64>,
    /// Bytes of the result that are bound, from the start of the operand.
    pub output: Range<u64>,
    /// The uniform.
    pub chunk: Chunk,
    /// Workgroups in x and y.
    pub grid: [u32; 2],
}

/// How one operation on one shape is carried out on a device with certain limits.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recipe {
    /// The shader: the kernel, the operation and their constants.
    pub program: Program,
    /// Bytes of device memory for windows too wide for registers or workgroup memory; usually 0.
    pub workspace: u64,
    /// The dispatches, independent of each other; none for an empty tensor.
    pub dispatches: Vec<Dispatch>,
}

impl Recipe {
    /// Decides everything. `kernel` forces one; `None` lets [`Kernel::pick`] choose.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] where no cut of the tensor fits the limits: one channel of one image with
    /// its window exceeds `max_storage_buffer_binding_size`.
    pub fn new(
        lrn: &Lrn,
        shape: &Shape,
        operation: Operation,
        kernel: Option<Kernel>,
        limits: &wgpu::Limits,
    ) -> Result<Recipe> {
        let shape = shape.canonical();
        let reach = lrn.reach(shape.channels());
        let window = reach.0 + reach.1 + 1;
        let kernel = kernel.unwrap_or_else(|| Kernel::pick(&shape, window));
        let halo = operation.halo(reach);
        let tile = Tile::new(kernel, operation, &shape, reach, limits)?;
        let mut dispatches = Vec::new();
        for region in cut::regions(&shape, halo, limits)? {
            for work in region.works(&shape, &tile) {
                dispatches.push(dispatch(lrn, &shape, &region, work, &tile, limits));
            }
        }
        Ok(Recipe {
            program: Program::new(kernel, operation, lrn, reach, &tile),
            workspace: tile.workspace(&dispatches),
            dispatches,
        })
    }
}

/// One dispatch over some work of a region.
fn dispatch(
    lrn: &Lrn,
    shape: &Shape,
    region: &cut::Region,
    work: cut::Work,
    tile: &Tile,
    limits: &wgpu::Limits,
) -> Dispatch {
    let alignment = u64::from(limits.min_storage_buffer_offset_alignment);
    let (input, input_shift) = bound(shape, region, &region.read, alignment);
    let (output, output_shift) = bound(shape, region, &region.write, alignment);
    let pixels = work.pixels.end - work.pixels.start;
    let segments = (work.channels.end - work.channels.start).div_ceil(tile.segment);
    let grid = cut::grid(tile.groups(pixels, segments), limits);
    let (gradient, gradient_rest) = gradient(lrn);
    Dispatch {
        input,
        output,
        grid,
        chunk: Chunk {
            channels: shape.channels() as u32,
            inner: shape.inner() as u32,
            first_pixel: work.pixels.start as u32,
            pixels: pixels as u32,
            read_begin: region.read.start as u32,
            read_end: region.read.end as u32,
            write_begin: work.channels.start as u32,
            write_end: work.channels.end as u32,
            segment: tile.segment as u32,
            segments: segments as u32,
            grid_width: grid[0],
            input_shift,
            output_shift,
            a: lrn.a(),
            beta: lrn.beta(),
            k: lrn.k(),
            gradient,
            gradient_rest,
            zero: 0,
            padding: [0; 1],
        },
    }
}

/// 2·a·β / [`SCALE`] as an f32 and the relative rest of its rounding.
fn gradient(lrn: &Lrn) -> (f32, f32) {
    let exact = 2.0 * f64::from(lrn.a()) * f64::from(lrn.beta()) / SCALE;
    let rounded = exact as f32;
    let rest = if rounded == 0.0 { 0.0 } else { exact / f64::from(rounded) - 1.0 };
    (rounded, rest as f32)
}

/// The bytes to bind for some channels of a region, and the element in that binding where channel 0
/// would be.
fn bound(
    shape: &Shape,
    region: &cut::Region,
    channels: &Range<u64>,
    alignment: u64,
) -> (Range<u64>, u32) {
    let elements = region.elements(shape, channels);
    let start = elements.start * 4 / alignment * alignment;
    let first = (elements.start * 4 - start) / 4;
    let shift = (first as u32).wrapping_sub((channels.start * shape.inner()) as u32);
    (start..elements.end * 4, shift)
}

/// The error of a limit that no cut satisfies.
fn limit(limit: &'static str, needed: u64, granted: u64) -> Error {
    Error::Limit { limit, needed, granted }
}
