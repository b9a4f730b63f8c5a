//! A tensor in chunks that fit a memory budget, each computed by itself.

use super::Plan;
use super::prepared::Prepared;
use crate::recipe::{Dispatch, Pass, Recipe, pieces};
use crate::{BoundOperation, Error, Operand, Operation, Result};
use std::ops::Range;

/// A piece of an operation: from some bytes of each input it computes some bytes of the result.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    /// Bytes of each input.
    pub(crate) input: Range<u64>,
    /// Bytes of the result that are bound, of which a blended layer reads those that it writes.
    pub(crate) output: Range<u64>,
    /// Bytes of these that are written.
    pub(crate) written: Range<u64>,
    /// How it is computed on operands that hold these bytes alone.
    recipe: Recipe,
}

/// Chunks in flight: while the device computes one, the host writes the result of the one before and reads the next.
pub(crate) const IN_FLIGHT: u64 = 2;

/// Copies of an operand: where kernels read or write it, and where the host does; of each chunk in flight.
const COPIES: u64 = 2 * IN_FLIGHT;

/// The most chunks of a tensor: all are decided on before the first is read. By the usual budget this is 11 TB.
const MOST_CHUNKS: u64 = 1 << 18;

impl Plan {
    /// Cuts an operation into chunks, in the order of their results. Those in flight take at most `budget` bytes of
    /// memory. They are computed by the choice that computes the whole tensor, so results have the same bits.
    ///
    /// # Errors
    ///
    /// As [`Plan::prepare`]; [`Error::MemoryBudget`] where no cut fits.
    pub(crate) fn chunks(&self, operation: Operation, budget: u64) -> Result<Vec<Chunk>> {
        let copies = self.check_budget(operation, budget)?;
        let (recipe, limits) = self.uncut(operation)?;
        let problem = &self.inner.problem;
        if problem.axes.len() > 1 && recipe.temporaries > 0 {
            return self.chunks_of_images(operation, self.images_at_once(operation, budget)?);
        }
        let most = limits.max_storage_buffer_binding_size.min(budget / copies);
        // Each chunk is bound from the start of its buffers.
        let limits =
            wgpu::Limits { max_storage_buffer_binding_size: most, min_storage_buffer_offset_alignment: 1, ..limits };
        match Recipe::in_fewest_passes(problem, operation, recipe.choice, &limits) {
            Err(Error::Limit { needed, .. }) => {
                Err(Error::MemoryBudget { given: budget, needed: needed.saturating_mul(copies) })
            }
            recipe => recipe.map(of_dispatches),
        }
    }

    /// Refuses a budget by which there were too many chunks. Returns how many times memory holds a byte of a chunk.
    fn check_budget(&self, operation: Operation, budget: u64) -> Result<u64> {
        let copies = COPIES * operation.operands().len() as u64;
        let needed = self.shape().bytes().div_ceil(MOST_CHUNKS).saturating_mul(copies);
        if needed > budget { Err(Error::MemoryBudget { given: budget, needed }) } else { Ok(copies) }
    }

    /// Returns the recipe of an operation on a device whose buffers hold any tensor, and the limits of that.
    fn uncut(&self, operation: Operation) -> Result<(Recipe, wgpu::Limits)> {
        let limits = wgpu::Limits { max_buffer_size: u64::MAX, ..self.device().limits() };
        let recipe = Recipe::of(&self.inner.problem, operation, false, self.inner.tuning, &limits)?;
        Ok((recipe, limits))
    }

    /// Returns how many images a chunk holds within a budget, with the temporaries that its passes hand on.
    ///
    /// # Errors
    ///
    /// As [`Plan::chunks`].
    pub(crate) fn images_at_once(&self, operation: Operation, budget: u64) -> Result<u64> {
        let copies = self.check_budget(operation, budget)?;
        let (recipe, shape) = (self.uncut(operation)?.0, self.shape());
        let temporaries = recipe.temporary / shape.images() * recipe.temporaries as u64 * IN_FLIGHT;
        let needed = (shape.bytes() / shape.images()).saturating_mul(copies).saturating_add(temporaries);
        let images = budget / needed;
        if images > 0 { Ok(images) } else { Err(Error::MemoryBudget { given: budget, needed }) }
    }

    /// Cuts an operation into chunks of so many whole images.
    ///
    /// # Errors
    ///
    /// As [`Plan::prepare`].
    pub(crate) fn chunks_of_images(&self, operation: Operation, at_once: u64) -> Result<Vec<Chunk>> {
        let (shape, choice) = (self.shape(), self.uncut(operation)?.0.choice);
        let (image, limits) = (shape.bytes() / shape.images(), self.device().limits());
        let recipe = |images: u64| {
            let problem = self.inner.problem.with_shape(&shape.of_images(images))?;
            Recipe::of(&problem, operation, false, choice.into(), &limits)
        };
        // All but the last hold equally many.
        let usual = recipe(at_once.min(shape.images()))?;
        let chunk = |images: Range<u64>| {
            let count = images.end - images.start;
            let recipe = if count == at_once { usual.clone() } else { recipe(count)? };
            let bytes = images.start * image..images.end * image;
            Ok(Chunk { input: bytes.clone(), output: bytes.clone(), written: bytes, recipe })
        };
        pieces(0..shape.images(), at_once).map(chunk).collect()
    }

    /// Binds a chunk to operands that hold its bytes.
    ///
    /// # Errors
    ///
    /// As [`Plan::bind`], for operands of the right sizes.
    pub(crate) fn bind_chunk(&self, chunk: &Chunk, operands: &[Operand<'_>]) -> Result<BoundOperation> {
        let prepared = Prepared::new(&self.inner.pipelines, chunk.recipe.clone())?;
        prepared.bind(self.device(), operands)
    }
}

/// Returns a chunk for each region of a recipe, whose passes need nothing of each other.
fn of_dispatches(recipe: Recipe) -> Vec<Chunk> {
    let of_pass = |pass: &Pass| {
        let regions = pass.dispatches.chunk_by(|one, next| one.written == next.written);
        regions.map(|dispatches| of_region(&recipe, pass, dispatches)).collect::<Vec<_>>()
    };
    recipe.passes.iter().flat_map(of_pass).collect()
}

/// Returns the chunk of dispatches that bind the same bytes, counted from the first of these.
fn of_region(recipe: &Recipe, pass: &Pass, dispatches: &[Dispatch]) -> Chunk {
    let Dispatch { input, output, written, .. } = &dispatches[0];
    let from_start = |range: &Range<u64>| 0..range.end - range.start;
    let dispatch = |dispatch: &Dispatch| Dispatch {
        input: from_start(input),
        output: from_start(output),
        written: written.start - output.start..written.end - output.start,
        ..dispatch.clone()
    };
    let dispatches = dispatches.iter().map(dispatch).collect();
    let shader = pass.shader.clone();
    let passes = vec![Pass { shader, bindings: pass.bindings.clone(), workspace: pass.workspace, dispatches }];
    Chunk {
        input: input.clone(),
        output: output.clone(),
        written: written.clone(),
        recipe: Recipe { passes, ..*recipe },
    }
}
