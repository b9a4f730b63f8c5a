//! Some rows of one image, channels of its first axis, where it is too large to be held at once.

use super::cut::Region;
use super::stages::{self, Draft};
use super::{Bound, Context, Dispatch, Outline, Pass, Recipe};
use crate::kernel::Problem;
use crate::{Choice, Operation, Result};
use std::ops::Range;

/// How some rows of an image are computed on operands that hold little more than what these depend on.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    pub(crate) recipe: Recipe,
    /// Bytes of the image that each input holds.
    pub(crate) input: Range<u64>,
    /// Bytes of it that the result holds.
    pub(crate) output: Range<u64>,
    /// Bytes of these that are as in the whole image.
    pub(crate) written: Range<u64>,
}

/// What a pass computes: rows where it sums along them, otherwise all that lies in them.
struct Share {
    /// Rows on which it depends.
    read: Range<u64>,
    /// Rows that it writes.
    write: Range<u64>,
    region: Region,
}

impl Rows {
    /// Decides how one choice computes some rows of a problem of one image. Each pass computes the rows on which later
    /// ones depend, and sums them in the same order as in the whole image.
    ///
    /// # Errors
    ///
    /// As [`Recipe::new`], but for the size of the image.
    pub(crate) fn of(
        problem: &Problem,
        operation: Operation,
        choice: Choice,
        limits: &wgpu::Limits,
        rows: Range<u64>,
    ) -> Result<Rows> {
        let context = Context { problem, operation, in_place: false, choice, limits };
        context.check_axes()?;
        let drafts = context.drafts();
        let shares = context.shares(&drafts, rows.clone())?;
        let (read, write) = (&shares[0].read, &shares[drafts.len() - 1].write);
        let bytes = |rows: &Range<u64>, element: u64| {
            let row = problem.axes[0].inner * element;
            rows.start * row..rows.end * row
        };
        let (stored, summed) = (problem.shape.dtype().bytes(), problem.shape.dtype().bytes_of_sum());
        let sums = bytes(read, summed);
        let temporary = sums.end - sums.start;
        let held = Bound { input: bytes(read, stored), output: bytes(write, stored), totals: sums.clone(), sums };
        let passes = drafts.iter().zip(&shares).map(|(draft, share)| context.pass_of_rows(draft, share, &held));
        let recipe = Recipe {
            choice,
            passes: passes.collect::<Result<_>>()?,
            temporaries: stages::temporaries(&drafts),
            temporary,
        };
        Ok(Rows { recipe, input: held.input, output: held.output, written: bytes(&rows, stored) })
    }

    /// Returns how many rows more than it writes a chunk holds at most.
    ///
    /// # Errors
    ///
    /// As [`Rows::of`].
    pub(crate) fn more(problem: &Problem, operation: Operation, choice: Choice, limits: &wgpu::Limits) -> Result<u64> {
        let context = Context { problem, operation, in_place: false, choice, limits };
        let mut more = 0;
        for draft in context.drafts() {
            let outline = context.outline(&draft)?;
            if context.sums_along_rows(&draft) {
                let (before, after) = outline.tensor.halo(outline.task.halo());
                more += (before + after) * outline.tensor.packet + 2 * (outline.tensor.packet - 1);
            }
        }
        Ok(more)
    }
}

impl Context<'_> {
    /// Returns what each of the drafts computes, so that the last writes some rows.
    fn shares(&self, drafts: &[Draft], rows: Range<u64>) -> Result<Vec<Share>> {
        let mut needed = rows;
        let mut shares = Vec::new();
        for draft in drafts.iter().rev() {
            let share = self.share(draft, needed)?;
            needed = share.read.clone();
            shares.push(share);
        }
        shares.reverse();
        Ok(shares)
    }

    fn share(&self, draft: &Draft, rows: Range<u64>) -> Result<Share> {
        let Outline { tensor, task, .. } = self.outline(draft)?;
        let channels = tensor.axis.channels;
        if !self.sums_along_rows(draft) {
            let each = tensor.axis.outer / self.problem.axes[0].channels;
            let region = Region { images: rows.start * each..rows.end * each, read: 0..channels, write: 0..channels };
            return Ok(Share { read: rows.clone(), write: rows, region });
        }
        let (before, after) = tensor.halo(task.halo());
        let (start, end) = (rows.start / tensor.packet, rows.end.div_ceil(tensor.packet));
        let read = start.saturating_sub(before)..(end + after).min(channels);
        let elements = |range: &Range<u64>| range.start * tensor.packet..range.end * tensor.packet;
        let region = Region { images: 0..1, read, write: start..end };
        Ok(Share { read: elements(&region.read), write: elements(&region.write), region })
    }

    /// Returns `true` if a draft sums along the first axis.
    fn sums_along_rows(&self, draft: &Draft) -> bool {
        draft.axis.outer == self.problem.axes[0].outer
    }

    /// Returns the pass of a draft on operands and temporaries that hold some bytes of the image.
    fn pass_of_rows(&self, draft: &Draft, share: &Share, held: &Bound) -> Result<Pass> {
        let outline = self.outline(draft)?;
        let dispatches = self.dispatches(&outline, &share.region, held);
        let from_start = |range: Range<u64>| 0..(range.end - range.start).next_multiple_of(4);
        let moved = |dispatch: Dispatch| Dispatch {
            input: from_start(dispatch.input),
            output: from_start(dispatch.output),
            sums: from_start(dispatch.sums),
            totals: from_start(dispatch.totals),
            ..dispatch
        };
        self.pass_of(draft, &outline, dispatches.into_iter().map(moved).collect())
    }
}
