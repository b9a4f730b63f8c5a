//! Every decision, as a pure value: which kernel, with which constants, over which chunks.
//!
//! Nothing here needs a device, so everything here can be tested without one.

mod cut;
mod stages;
pub(crate) mod tile;

use crate::axis::{Axis, axes};
use crate::program::{Program, Storage};
use crate::{
    Arithmetic, Choice, Dtype, Error, Kernel, Lrn, Operation, Options, Result, Shape, Stage,
};
use bytemuck::{Pod, Zeroable};
pub use stages::Source;
pub(crate) use stages::Step;
use std::ops::Range;
use tile::{Task, Tile};

/// Backward terms are summed times this power of two: else those below 1e-38 would lose digits that
/// matter where x is large.
pub(crate) const SCALE: f64 = (1u64 << 40) as f64;

/// What one dispatch computes, as the shaders see it: `struct Chunk` in `shaders/lrn.wgsl`. Elements
/// are counted in what is loaded at once, [`Choice::width`] of the tensor's.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Chunk {
    /// Length of the axis, in channels.
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
    /// Channels that one invocation (column, ring) or one workgroup (pixel, plane) writes.
    pub segment: u32,
    /// Segments from `write_begin` to `write_end`.
    pub segments: u32,
    /// Workgroups in a row of the grid.
    pub grid_width: u32,
    /// Element of the x and dy bindings where channel 0 of the first pixel would be; wraps.
    pub input_shift: u32,
    /// Element of the output binding where channel 0 of the first pixel would be; wraps.
    pub output_shift: u32,
    /// The same for the sums of an earlier stage.
    pub sums_shift: u32,
    /// The same for the sums that the stage writes.
    pub totals_shift: u32,
    /// Always 1, which shader compilers do not know.
    pub one: f32,
    /// Length of a second axis, which follows the first; or 1.
    pub columns: u32,
    /// Parts of it that workgroups take.
    pub strips: u32,
    /// Pixels that lie side by side: elements between a column and the next.
    pub beside: u32,
    /// Elements between those pixels and the next.
    pub image: u32,
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
    /// Bytes of temporaries that are bound for reading.
    pub sums: Range<u64>,
    /// Bytes of a temporary that are bound for writing.
    pub totals: Range<u64>,
    /// The uniform.
    pub chunk: Chunk,
    /// Workgroups in x and y.
    pub grid: [u32; 2],
}

/// Dispatches of one program, independent of each other.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Pass {
    /// The shader: the kernel, the operation and their constants.
    pub program: Program,
    /// What its bindings hold.
    pub sources: Vec<(u32, Source)>,
    /// Bytes of device memory for windows too wide for registers or workgroup memory; usually 0.
    pub workspace: u64,
    /// The dispatches; none for an empty tensor.
    pub dispatches: Vec<Dispatch>,
}

/// How one operation on one shape is carried out on a device with certain limits.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recipe {
    /// The choice that computes it.
    pub choice: Choice,
    /// One for a window along one axis, or by *plane*; else one for each axis, twice for backward. Each
    /// needs what those before it have written. By *row* there may be a second, by *pixel*, for the last pixels.
    pub passes: Vec<Pass>,
    /// Tensors between the passes.
    pub temporaries: usize,
    /// The bytes of each.
    pub temporary: u64,
}

impl Recipe {
    /// Decides everything.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] where the choice does not fit the layer, and [`Error::Limit`] where no
    /// cut of the tensor fits the limits: one channel of one image with its window exceeds
    /// `max_storage_buffer_binding_size`; or, along several axes, sums exceed `max_buffer_size`, or
    /// `max_storage_buffers_per_shader_stage` is too few.
    pub fn new(
        lrn: &Lrn,
        shape: &Shape,
        operation: Operation,
        choice: Choice,
        features: wgpu::Features,
        limits: &wgpu::Limits,
    ) -> Result<Recipe> {
        Options::from(choice).choose(lrn, shape, features)?;
        Context { lrn, shape, operation, choice, features, limits, in_place: false }.recipe()
    }

    /// The same where the result takes the place of an input: y that of x, dx that of dy.
    ///
    /// # Errors
    ///
    /// As [`Recipe::new`]; an image that has to be cut is beyond the limits.
    pub fn in_place(
        lrn: &Lrn,
        shape: &Shape,
        operation: Operation,
        choice: Choice,
        features: wgpu::Features,
        limits: &wgpu::Limits,
    ) -> Result<Recipe> {
        Options::from(choice).choose_in_place(lrn, shape, features, operation)?;
        Context { lrn, shape, operation, choice, features, limits, in_place: true }.recipe()
    }
}

/// What a recipe is for.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) lrn: &'a Lrn,
    pub(crate) shape: &'a Shape,
    pub(crate) operation: Operation,
    pub(crate) choice: Choice,
    pub(crate) features: wgpu::Features,
    pub(crate) limits: &'a wgpu::Limits,
    pub(crate) in_place: bool,
}

impl Context<'_> {
    fn recipe(&self) -> Result<Recipe> {
        let steps = stages::steps(self, &axes(self.lrn, self.shape)?);
        let passes: Result<Vec<_>> = steps.iter().map(|step| self.pass(step)).collect();
        let mut passes = passes?;
        passes.extend(self.rest(&steps)?);
        let temporaries = stages::temporaries(&steps);
        let temporary = self.shape.elements().saturating_mul(self.stored_sum());
        let granted = self.limits.max_buffer_size;
        if temporaries > 0 && temporary > granted {
            return Err(limit("max_buffer_size", temporary, granted));
        }
        Ok(Recipe { choice: self.choice, passes, temporaries, temporary })
    }

    /// By *pixel*, the last pixels, where *row* joins several and some are left over.
    fn rest(&self, steps: &[Step]) -> Result<Option<Pass>> {
        let (Kernel::Row, [step]) = (self.choice.kernel, steps) else { return Ok(None) };
        let joined = step.axis.pixels_in_packets();
        let first_image = step.axis.outer / joined * joined;
        if first_image == step.axis.outer {
            return Ok(None);
        }
        let choice = Choice { kernel: Kernel::Pixel, width: 1 };
        let rest = Step { first_image, sources: step.sources.clone(), ..*step };
        Context { choice, ..*self }.pass(&rest).map(Some)
    }

    fn pass(&self, step: &Step) -> Result<Pass> {
        let Context { choice, limits, .. } = *self;
        let tensor = Tensor::new(self, step);
        let task = Task { context: self, step, axis: &tensor.axis };
        let tile = Tile::new(&task)?;
        let mut dispatches = Vec::new();
        for region in cut::regions(&tensor, tensor.halo(step.halo(self.operation)))? {
            for work in region.works(&tensor, &tile) {
                dispatches.push(self.dispatch(&tensor, &region, work, &tile));
            }
        }
        let storage = Storage::of(self.shape.dtype(), choice.width, self.features);
        let pass = Pass {
            program: Program::new(self, step, storage, &tile),
            sources: step.sources.clone(),
            workspace: tile.workspace(&dispatches),
            dispatches,
        };
        let needed = pass.sources.len() as u64 + u64::from(pass.workspace > 0);
        let granted = limits.max_storage_buffers_per_shader_stage.into();
        if needed > granted {
            return Err(limit("max_storage_buffers_per_shader_stage", needed, granted));
        }
        Ok(pass)
    }

    /// One dispatch over some work of a region.
    fn dispatch(
        &self,
        tensor: &Tensor,
        region: &cut::Region,
        work: cut::Work,
        tile: &Tile,
    ) -> Dispatch {
        let stored = |channels| tensor.bound(region, channels, tensor.stored);
        let summed = |channels| tensor.bound(region, channels, tensor.summed);
        let (input, input_shift) = stored(&region.read);
        let (output, output_shift) = stored(&region.write);
        let (sums, sums_shift) = summed(&region.read);
        let (totals, totals_shift) = summed(&region.write);
        let pixels = work.pixels.end - work.pixels.start;
        let segments = (work.channels.end - work.channels.start).div_ceil(tile.segment);
        let grid = cut::grid(tile.groups(pixels, segments), self.limits);
        let lrn = self.lrn;
        Dispatch {
            input,
            output,
            sums,
            totals,
            grid,
            chunk: Chunk {
                channels: tensor.channels as u32,
                inner: tensor.axis.inner as u32,
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
                sums_shift,
                totals_shift,
                one: 1.0,
                columns: tensor.columns as u32,
                strips: tile.strips() as u32,
                beside: tensor.beside() as u32,
                image: (tensor.axis.channels * tensor.axis.inner) as u32,
                a: parts(lrn.a()),
                beta: parts(lrn.beta()),
                k: parts(lrn.k()),
                gradient: parts(2.0 * lrn.a() * lrn.beta() / SCALE),
                scale: parts(lrn.scale()),
                blend: parts(lrn.blend()),
            },
        }
    }

    pub(crate) fn arithmetic(&self) -> Arithmetic {
        Arithmetic::of(self.lrn.precision(), self.shape.dtype())
    }

    /// Bytes of a sum between the passes.
    fn stored_sum(&self) -> u64 {
        self.shape.dtype().bytes().max(Dtype::F32.bytes())
    }
}

/// A tensor as an axis sees it, counted in what is loaded at once, and what of it can be bound.
struct Tensor {
    /// Its pixels, or for *row* its channels, are fewer by the width; and *row* may join pixels.
    axis: Axis,
    /// Channels of a pixel.
    channels: u64,
    /// The images that are computed.
    images: Range<u64>,
    /// Length of a second axis, which follows the first; or 1.
    columns: u64,
    /// Channels that are loaded at once.
    packet: u64,
    /// Bytes that are loaded at once.
    stored: u64,
    /// Bytes of the same as sums between the passes.
    summed: u64,
    /// Which of the two bounds the bytes of a binding.
    widest: u64,
    /// Where bindings may start.
    alignment: u64,
    /// The most bytes of a binding.
    most: u64,
    /// Whether an image must not be cut.
    whole_images: bool,
}

impl Tensor {
    fn new(context: &Context<'_>, step: &Step) -> Tensor {
        let Context { choice, limits, .. } = context;
        let several = step.stage != Stage::Only;
        let width = u64::from(choice.width);
        let (packet, joined) = match choice.kernel {
            Kernel::Row => (width, step.axis.pixels_in_packets()),
            _ => (1, 1),
        };
        let axis = step.axis.joined(joined).divided(packet, width / packet);
        let stored = context.shape.dtype().bytes() * width;
        let summed = context.stored_sum() * width;
        Tensor {
            images: step.first_image..axis.outer,
            axis,
            channels: step.axis.channels,
            columns: step.across.channels,
            packet,
            stored,
            summed,
            widest: if several { summed } else { stored },
            alignment: u64::from(limits.min_storage_buffer_offset_alignment).max(summed),
            most: cut::most_bytes(limits),
            whole_images: context.in_place,
        }
    }

    /// Pixels that lie side by side.
    fn beside(&self) -> u64 {
        self.axis.inner / self.columns.max(1)
    }

    /// Channels as what is loaded at once.
    fn halo(&self, (before, after): (u64, u64)) -> (u64, u64) {
        (before.div_ceil(self.packet), after.div_ceil(self.packet))
    }

    /// The bytes to bind for some channels of a region, of elements of so many bytes, and the element in
    /// that binding where channel 0 would be.
    fn bound(
        &self,
        region: &cut::Region,
        channels: &Range<u64>,
        element: u64,
    ) -> (Range<u64>, u32) {
        let elements = region.elements(&self.axis, channels);
        let bytes = elements.start * element..elements.end * element;
        let start = bytes.start / self.alignment * self.alignment;
        let first = (bytes.start - start) / element;
        let shift = (first as u32).wrapping_sub((channels.start * self.axis.inner) as u32);
        (start..bytes.end.next_multiple_of(4), shift)
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
