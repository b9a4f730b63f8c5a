//! Every decision, as a pure value: which kernel, with which constants, over which chunks.
//!
//! Nothing here needs a device, so everything here can be tested without one.

mod cut;
pub(crate) mod tile;

use crate::cpu::check_slice;
use crate::program::{Program, Storage};
use crate::{Choice, Element, Error, Kernel, Lrn, Options, Result, Shape};
use bytemuck::{Pod, Zeroable};
use std::ops::Range;
use tile::Tile;

/// Backward terms are summed times this power of two: else those below 1e-38 would lose digits that
/// matter where x is large.
pub(crate) const SCALE: f64 = (1u64 << 40) as f64;

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

    /// The operand that is written.
    pub(crate) fn result(self) -> &'static str {
        match self {
            Self::SquareSums => "s",
            Self::Forward => "y",
            Self::Backward => "dx",
        }
    }

    /// Refuses inputs of the wrong number, type or length, by name. A blended layer may have one more:
    /// what the result holds.
    pub(crate) fn check_inputs<T: Element>(
        self,
        lrn: &Lrn,
        shape: &Shape,
        inputs: &[&[T]],
    ) -> Result<()> {
        let all = inputs.len() == self.operands().len();
        let blends = all && lrn.is_blended() && self != Self::SquareSums;
        self.check_count(if blends { inputs.len() } else { inputs.len() + 1 })?;
        let mut named = inputs.iter().zip(self.operands());
        named.try_for_each(|(input, name)| check_slice(name, shape, input))
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

/// What one dispatch computes, as the shaders see it: `struct Chunk` in `shaders/lrn.wgsl`. Elements
/// are counted in what is loaded at once, [`Choice::width`] of the tensor's.
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
    /// Channels that one invocation (column, ring) or one workgroup (pixel) writes.
    pub segment: u32,
    /// Segments from `write_begin` to `write_end`.
    pub segments: u32,
    /// Workgroups in a row of the grid.
    pub grid_width: u32,
    /// Element of the x and dy bindings where channel 0 of the first pixel would be; wraps.
    pub input_shift: u32,
    /// Element of the output binding where channel 0 of the first pixel would be; wraps.
    pub output_shift: u32,
    /// Always 0, which shader compilers do not know.
    pub zero: u32,
    /// To a multiple of 16 bytes, where the vectors start.
    pub padding: [u32; 2],
    /// Coefficient of the square sum; as the following, the sum of these.
    pub a: [f32; 4],
    /// Exponent.
    pub beta: [f32; 4],
    /// Bias.
    pub k: [f32; 4],
    /// 2·a·β over the scale of the terms.
    pub gradient: [f32; 4],
    /// Factor of what is computed.
    pub scale: [f32; 4],
    /// Factor of what the output held.
    pub blend: [f32; 4],
}

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
    /// Decides everything.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] where the choice does not fit the layer, and [`Error::Limit`] where no
    /// cut of the tensor fits the limits: one channel of one image with its window exceeds
    /// `max_storage_buffer_binding_size`.
    pub fn new(
        lrn: &Lrn,
        shape: &Shape,
        operation: Operation,
        choice: Choice,
        features: wgpu::Features,
        limits: &wgpu::Limits,
    ) -> Result<Recipe> {
        Options::from(choice).choose(lrn, shape, features)?;
        let shape = &shape.canonical();
        let storage = Storage::of(shape.dtype(), choice.width, features);
        let tensor = Tensor::new(shape, choice, limits);
        let reach = lrn.reach(shape.channels());
        let tile = Tile::new(choice, operation, &tensor.shape, reach, limits)?;
        let mut dispatches = Vec::new();
        for region in cut::regions(&tensor, tensor.halo(operation.halo(reach)))? {
            for work in region.works(&tensor.shape, &tile) {
                dispatches.push(dispatch(lrn, &tensor, &region, work, &tile, limits));
            }
        }
        Ok(Recipe {
            program: Program::new(choice, operation, lrn, shape, storage, &tile),
            workspace: tile.workspace(&dispatches),
            dispatches,
        })
    }
}

/// A tensor counted in what is loaded at once, and what of it can be bound.
struct Tensor {
    /// The canonical shape, counted in what is loaded at once: its pixels, or for *row* its channels,
    /// are fewer by the width.
    shape: Shape,
    /// Channels that are loaded at once.
    packet: u64,
    /// Bytes that are loaded at once.
    stored: u64,
    /// Where bindings may start.
    alignment: u64,
    /// The most bytes of a binding.
    most: u64,
}

impl Tensor {
    fn new(shape: &Shape, choice: Choice, limits: &wgpu::Limits) -> Tensor {
        let width = u64::from(choice.width);
        let packet = if choice.kernel == Kernel::Row { width } else { 1 };
        let stored = shape.dtype().bytes() * width;
        Tensor {
            shape: shape.divided(packet, width / packet),
            packet,
            stored,
            alignment: u64::from(limits.min_storage_buffer_offset_alignment).max(stored),
            most: cut::most_bytes(limits),
        }
    }

    /// Channels as what is loaded at once.
    fn halo(&self, (before, after): (u64, u64)) -> (u64, u64) {
        (before.div_ceil(self.packet), after.div_ceil(self.packet))
    }

    /// The bytes to bind for some channels of a region, and the element in that binding where
    /// channel 0 would be.
    fn bound(&self, region: &cut::Region, channels: &Range<u64>) -> (Range<u64>, u32) {
        let elements = region.elements(&self.shape, channels);
        let bytes = elements.start * self.stored..elements.end * self.stored;
        let start = bytes.start / self.alignment * self.alignment;
        let first = (bytes.start - start) / self.stored;
        let shift = (first as u32).wrapping_sub((channels.start * self.shape.inner()) as u32);
        (start..bytes.end.next_multiple_of(4), shift)
    }
}

/// One dispatch over some work of a region.
fn dispatch(
    lrn: &Lrn,
    tensor: &Tensor,
    region: &cut::Region,
    work: cut::Work,
    tile: &Tile,
    limits: &wgpu::Limits,
) -> Dispatch {
    let (input, input_shift) = tensor.bound(region, &region.read);
    let (output, output_shift) = tensor.bound(region, &region.write);
    let pixels = work.pixels.end - work.pixels.start;
    let segments = (work.channels.end - work.channels.start).div_ceil(tile.segment);
    let grid = cut::grid(tile.groups(pixels, segments), limits);
    Dispatch {
        input,
        output,
        grid,
        chunk: Chunk {
            channels: tensor.shape.channels() as u32,
            inner: tensor.shape.inner() as u32,
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
            zero: 0,
            padding: [0; 2],
            a: parts(lrn.a()),
            beta: parts(lrn.beta()),
            k: parts(lrn.k()),
            gradient: parts(2.0 * lrn.a() * lrn.beta() / SCALE),
            scale: parts(lrn.scale()),
            blend: parts(lrn.blend()),
        },
    }
}

/// A number as the sum of f32.
fn parts(exact: f64) -> [f32; 4] {
    let mut rest = exact;
    [(); 4].map(|()| {
        let part = rest as f32;
        rest -= f64::from(part);
        part
    })
}

/// The error of a limit that no cut satisfies.
fn limit(limit: &'static str, needed: u64, granted: u64) -> Error {
    Error::Limit { limit, needed, granted }
}
