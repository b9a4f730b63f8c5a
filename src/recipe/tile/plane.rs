//! The tile of *plane*: some columns of some planes.

use super::{Groups, Scratch, TEAM, Task, Tile, limit, share};
use crate::{Error, Result};

/// Neighbouring elements that a load from memory brings at least: 32 bytes of f32.
const SECTOR: u64 = 8;

/// Elements of a step, which an invocation loads together: as many as leave room in workgroup memory for enough
/// workgroups.
const STEP: u64 = 4;

/// The sums of a column in workgroup memory: two steps.
const COLUMN_SUMS: u64 = 2 * STEP;

/// One invocation per column and plane, with the window along the rows in registers; what is summed across
/// them meets in workgroup memory.
pub(super) fn plane(task: &Task<'_>) -> Result<Tile> {
    let across = task.step.across;
    let halo = task.window() - 1;
    let step = STEP / task.width();
    let share = share(task.window(), step);
    let (before, after) = task.step.halo(task.context.operation);
    let Strips { columns, written, lead, strips, pixels } = Strips::new(task)?;
    Ok(Tile {
        groups: Groups::Pixels { pixels, strips },
        segment: task.segment(step),
        constants: [
            vec![("INVOCATIONS", columns * pixels), ("PIXELS", pixels), ("COLUMNS", columns)],
            vec![("WRITTEN", written), ("LEAD", lead), ("PAD", side(task))],
            vec![("ACROSS_BEHIND", across.look_behind), ("ACROSS_AHEAD", across.look_ahead)],
            vec![("RUN_UP", (before + after).next_multiple_of(step)), ("STEP", step)],
            vec![("HELD", step + halo), ("HELDS", 2 * (step + halo)), ("SUMS", step)],
            vec![("GROUPS", step / share), ("SHARE", share), ("REST", task.window() - share)],
        ]
        .concat(),
        scratch: Scratch::None,
        workspace: 0,
        most_groups: 0,
    })
}

/// Columns of zeros on each side of a row in workgroup memory, which windows reach.
fn side(task: &Task<'_>) -> u64 {
    task.step.across.look_behind.max(task.step.across.look_ahead)
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
        let all = task.step.across.channels.max(1);
        let (lead, after) = task.step.halo_across(task.context.operation);
        let reach = lead + after;
        let invocations = task.invocations(TEAM);
        let slots = task.workgroup_sums() / COLUMN_SUMS;
        // The most columns of so many planes, and the most planes of so many columns.
        let room = |planes: u64| {
            (invocations / planes).min((slots / planes).saturating_sub(2 * side(task)))
        };
        let planes = |columns: u64| (invocations / columns).min(slots / (columns + 2 * side(task)));
        let side_by_side = if task.axis.inner > all { SECTOR / task.width() } else { 1 };
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
        Err(too_few(task, reach + 1))
    }
}

/// The error of a workgroup that cannot hold so many columns.
fn too_few(task: &Task<'_>, columns: u64) -> Error {
    let granted = task.invocations(TEAM);
    if columns > granted {
        return limit("max_compute_invocations_per_workgroup", columns, granted);
    }
    let bytes = (columns + 2 * side(task)) * COLUMN_SUMS * task.sum_bytes();
    let granted = task.context.limits.max_compute_workgroup_storage_size.into();
    limit("max_compute_workgroup_storage_size", bytes, granted)
}
