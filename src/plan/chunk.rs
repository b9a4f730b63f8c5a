//! A tensor in chunks that fit a memory budget, each computed by itself.

mod cut;
mod runs;

use super::Plan;
use super::prepared::Prepared;
use crate::kernel::Problem;
use crate::limit::most_bytes;
use crate::recipe::{Recipe, Rows};
use crate::{BoundOperation, Choice, Error, Operand, Operation, Result};
pub(crate) use cut::Cut;
use cut::{PIXELS, Room, pieces};
pub(crate) use runs::Runs;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::Arc;

/// A piece of an operation: from some bytes of each input it computes some bytes of the result.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    /// Bytes of each input.
    pub(crate) input: Runs,
    /// Bytes of the result, of which a blended layer reads those that it writes.
    pub(crate) output: Runs,
    /// Of these, packed, the bytes that are written.
    pub(crate) written: Range<u64>,
    /// How it is computed on operands that hold these bytes alone.
    recipe: Arc<Recipe>,
}

/// Chunks in flight: while the device computes one, the host writes the result of the one before and reads the next.
pub(crate) const IN_FLIGHT: u64 = 2;

/// Copies of an operand: where kernels read or write it, and where the host does; of each chunk in flight.
const COPIES: u64 = 2 * IN_FLIGHT;

/// The most chunks of a tensor: all are decided on before the first is read. By the usual budget this is 11 TB.
const MOST_CHUNKS: u64 = 1 << 18;

impl Plan {
    /// Decides how to cut an operation into chunks, of which those in flight take at most `budget` bytes of memory.
    ///
    /// # Errors
    ///
    /// As [`Plan::prepare`]; [`Error::MemoryBudget`] where no cut fits.
    pub(crate) fn cut(&self, operation: Operation, budget: u64) -> Result<Cut> {
        let problem = &self.inner.problem;
        let copies = COPIES * operation.operands().len() as u64;
        let needed = problem.shape.bytes().div_ceil(MOST_CHUNKS).saturating_mul(copies);
        if needed > budget {
            return Err(Error::MemoryBudget { given: budget, needed });
        }
        let choice = self.choice_of_any_size(operation)?;
        let limits = self.device().limits();
        let dtype = problem.shape.dtype();
        let temporaries = Recipe::temporaries_of(problem, operation, choice) as u64;
        let sums = dtype.bytes_of_sum() / dtype.bytes();
        let room = Room {
            budget,
            weight: copies + temporaries * IN_FLIGHT * sums,
            most: most_bytes(&limits).min(limits.max_buffer_size) / if temporaries > 0 { sums } else { 1 },
        };
        let cut = Cut::new(problem, operation, choice, &limits, room)?;
        if cut.chunks(problem) > MOST_CHUNKS {
            return Err(Error::MemoryBudget { given: budget, needed: budget.saturating_mul(2) });
        }
        Ok(cut)
    }

    /// Cuts an operation into chunks, in the order of their results. They are computed by the choice that computes the
    /// whole tensor, so results have the same bits.
    ///
    /// # Errors
    ///
    /// As [`Plan::prepare`].
    pub(crate) fn chunks(&self, operation: Operation, cut: Cut) -> Result<Vec<Chunk>> {
        let problem = &self.inner.problem;
        let (choice, limits) = (self.choice_of_any_size(operation)?, self.device().limits());
        let mut decided = HashMap::new(); // alike for pieces of a size
        let mut chunks = Vec::new();
        for images in pieces(problem.images(), cut.images, cut.joined) {
            for pixels in pieces(problem.pixels(), cut.pixels, PIXELS) {
                let size = (images.end - images.start, pixels.end - pixels.start);
                let of_piece = match decided.entry(size) {
                    Entry::Occupied(of_piece) => of_piece.into_mut(),
                    Entry::Vacant(place) => {
                        let piece = problem.of_part(size.0, size.1);
                        place.insert(in_rows(&piece, operation, choice, &limits, cut.rows)?)
                    }
                };
                let runs = Runs::of(problem, &images, &pixels);
                chunks.extend(of_piece.iter().map(|chunk| chunk.within(&runs)));
            }
        }
        Ok(chunks)
    }

    /// Returns the choice that computes an operation on a device whose buffers hold any tensor.
    fn choice_of_any_size(&self, operation: Operation) -> Result<Choice> {
        let most = u64::MAX;
        let limits = self.device().limits();
        let limits = wgpu::Limits { max_buffer_size: most, max_storage_buffer_binding_size: most, ..limits };
        match Recipe::of(&self.inner.problem, operation, false, self.inner.tuning, &limits) {
            Ok(recipe) => Ok(recipe.choice),
            // No kernel counts what one window holds, before it is cut.
            Err(Error::Limit { .. }) => Ok(self.preferred_choice(operation)),
            Err(error) => Err(error),
        }
    }

    /// Returns the images of the tensor: its smallest parts that no window leaves, and that lie together.
    pub(crate) fn images(&self) -> u64 {
        self.inner.problem.images()
    }

    /// Binds a chunk to operands that hold its bytes.
    ///
    /// # Errors
    ///
    /// As [`Plan::bind`], for operands of the right sizes.
    pub(crate) fn bind_chunk(&self, chunk: &Chunk, operands: &[Operand<'_>]) -> Result<BoundOperation> {
        let prepared = Prepared::new(&self.inner.pipelines, Recipe::clone(&chunk.recipe))?;
        prepared.bind(self.device(), operands)
    }
}

/// Returns the chunks of a problem, of so many rows each.
fn in_rows(
    problem: &Problem,
    operation: Operation,
    choice: Choice,
    limits: &wgpu::Limits,
    at_once: u64,
) -> Result<Vec<Chunk>> {
    let all = problem.axes[0].channels;
    if at_once >= all {
        let recipe = Recipe::of(problem, operation, false, choice.into(), limits)?;
        let bytes = 0..problem.shape.bytes();
        return Ok(vec![Chunk::of(Rows { recipe, input: bytes.clone(), output: bytes.clone(), written: bytes })]);
    }
    pieces(all, at_once, 1).map(|rows| Rows::of(problem, operation, choice, limits, rows).map(Chunk::of)).collect()
}

impl Chunk {
    /// Creates the chunk that computes rows of a contiguous tensor.
    fn of(rows: Rows) -> Chunk {
        let Rows { recipe, input, output, written } = rows;
        let written = written.start - output.start..written.end - output.start;
        Chunk { input: Runs::contiguous(input), output: Runs::contiguous(output), written, recipe: Arc::new(recipe) }
    }

    /// Returns `true` if another is computed alike, on operands of the same sizes.
    pub(crate) fn is_computed_as(&self, other: &Chunk) -> bool {
        Arc::ptr_eq(&self.recipe, &other.recipe)
    }

    /// Returns the chunk of a contiguous tensor in one of which that holds but some runs.
    fn within(&self, runs: &Runs) -> Chunk {
        let within = |packed: &Runs| runs.part(&packed.range());
        Chunk { input: within(&self.input), output: within(&self.output), ..self.clone() }
    }
}
