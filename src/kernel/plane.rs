//! *plane*: one workgroup per strip of columns of some planes walks their rows.

use super::geometry::{Groups, Memory};
use super::window::{self, NARROW};
use super::{Design, Geometry, Problem, Task};
use crate::{Kernel, Operation, Result};
use crate::shader::text::wgsl;

pub(super) struct Plane;

/// Neighbouring elements that a load from memory brings at least: 32 bytes of f32.
const SECTOR: u64 = 8;

/// Elements of a step, which an invocation loads together: as many as leave room in workgroup memory for enough
/// workgroups.
const STEP: u64 = 4;

/// The sums of a column in workgroup memory: two steps.
const COLUMN_SUMS: u64 = 2 * STEP;

impl Design for Plane {
    /// Two axes, of which one follows the other, with windows of one length.
    fn takes(&self, problem: &Problem<'_>) -> bool {
        let [rows, columns] = problem.axes else { return false };
        problem.has_windows_within(NARROW)
            && rows.is_beside(columns)
            && rows.window() == columns.window()
    }

    fn widths(&self, problem: &Problem<'_>) -> &'static [u32] {
        problem.widths_of_walk()
    }

    /// A strip reads its neighbours' columns.
    fn computes_in_place(&self, _: Operation) -> bool {
        false
    }

    fn geometry(&self, task: &Task<'_>) -> Result<Geometry> {
        let step = STEP / task.width;
        let (before, after) = task.halo();
        let Strips { columns, written, lead, strips, pixels } = Strips::new(task)?;
        let mut constants = window::constants_of_steps(task.window(), step);
        constants.extend([
            ("INVOCATIONS", columns * pixels),
            ("PIXELS", pixels),
            ("COLUMNS", columns),
            ("WRITTEN", written),
            ("COLUMNS_BEFORE", lead),
            ("PAD", side(task)),
            ("ACROSS_BEHIND", task.across.look_behind),
            ("ACROSS_AHEAD", task.across.look_ahead),
            ("LEAD_IN", (before + after).next_multiple_of(step)),
        ]);
        let groups = Groups::Pixels { pixels, strips };
        let geometry = Geometry::new(task, Memory::Registers, groups, task.segment(step, 0, step), constants);
        geometry.map(Geometry::in_steps)
    }

    fn files(&self, _: Memory) -> &'static [&'static str] {
        &[
            wgsl!("kernel/window.wgsl"),
            wgsl!("kernel/step.wgsl"),
            wgsl!("kernel/plane.wgsl"),
        ]
    }
}

/// Columns of zeros on each side of a row in workgroup memory, which windows reach.
fn side(task: &Task<'_>) -> u64 {
    task.across.look_behind.max(task.across.look_ahead)
}

/// How *plane* cuts the columns.
struct Strips {
    /// Columns that a workgroup holds.
    columns: u64,
    /// Those that it writes.
    written: u64,
    /// Those before the first that it writes.
    lead: u64,
    /// Strips of a plane.
    strips: u64,
    /// Planes of a workgroup.
    pixels: u64,
}

impl Strips {
    /// Whole rows, or strips that are wide beside the columns around them on which they depend; of as many
    /// planes as a load brings anyway, if there is room for them.
    fn new(task: &Task<'_>) -> Result<Strips> {
        let all = task.across.channels.max(1);
        let (lead, after) = task.halo_across();
        let reach = lead + after;
        let invocations = task.team();
        let slots = task.workgroup_sums() / COLUMN_SUMS;
        // The most columns of so many planes, and the most planes of so many columns.
        let room = |planes: u64| {
            (invocations / planes).min((slots / planes).saturating_sub(2 * side(task)))
        };
        let planes = |columns: u64| (invocations / columns).min(slots / (columns + 2 * side(task)));
        let side_by_side = if task.loaded.inner > all { SECTOR / task.width } else { 1 };
        for pixels in [side_by_side, side_by_side.div_ceil(4), 1] {
            let room = room(pixels);
            if all <= room {
                let whole = Strips { columns: all, written: all, lead: 0, strips: 1, pixels };
                return Ok(Strips { pixels: planes(all), ..whole });
            }
            let widest = if pixels > 1 { room / 2 } else { room };
            if reach < widest {
                let written = all.div_ceil(all.div_ceil(room - reach));
                let (columns, strips) = (written + reach, all.div_ceil(written));
                return Ok(Strips { columns, written, lead, strips, pixels: planes(columns) });
            }
        }
        let columns = reach + 1;
        let sums = (columns + 2 * side(task)) * COLUMN_SUMS;
        Err(task.too_large(Kernel::Plane, columns, sums))
    }
}
