//! The tile of *plane*: some columns of some planes.

use super::{Groups, Scratch, TEAM, Task, Tile, limit, share};
use crate::{Error, Result};

/// Neighbouring elements that a load from memory brings at least: 32 bytes of f32.
const SECTOR: u64 = 8;

/// One invocation per column and plane, with the window along the rows in registers; what the columns of
/// a workgroup sum meets in workgroup memory.
pub(super) fn plane(task: &Task<'_>) -> Result<Tile> {
    let across = task.step.across;
    let halo = task.window() - 1;
    let step = task.step_length();
    let share = share(task.window(), step);
    // Squares, terms, and a run.
    let arrays = if task.has_terms() { 3 } else { 2 };
    let (before, after) = task.step.halo(task.context.operation);
    let most = task.invocations(TEAM).min(task.workgroup_sums() / (step * task.width()));
    let Strips { columns, written, lead, strips, pixels } = Strips::new(task, most, share)?;
    Ok(Tile {
        groups: Groups::Pixels { pixels, strips },
        segment: task.segment(),
        constants: vec![
            ("INVOCATIONS", columns * pixels),
            ("PIXELS", pixels),
            ("COLUMNS", columns),
            ("WRITTEN", written),
            ("LEAD", lead),
            ("ACROSS_BEHIND", across.look_behind),
            ("ACROSS_AHEAD", across.look_ahead),
            ("RUN_UP", (before + after).next_multiple_of(step)),
            ("RUN_HELD", share + halo),
            ("STEP", step),
            ("HELD", step + halo),
            ("HELDS", arrays * (step + halo)),
            ("SUMS", step),
            ("GROUPS", step / share),
            ("SHARE", share),
            ("REST", task.window() - share),
        ],
        scratch: Scratch::None,
        workspace: 0,
        most_groups: 0,
    })
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
    /// For a workgroup of at most `most` invocations: whole rows, or strips that are wide beside the
    /// columns around them on which they depend; of as many planes as a load brings anyway, if there is
    /// room for them. Columns are held in multiples of `share`.
    fn new(task: &Task<'_>, most: u64, share: u64) -> Result<Strips> {
        let all = task.step.across.channels.max(1);
        let whole = all.next_multiple_of(share);
        let (lead, after) = task.step.halo_across(task.context.operation);
        let reach = lead + after;
        let side_by_side = if task.axis.inner > all { SECTOR / task.width() } else { 1 };
        for pixels in [side_by_side, side_by_side.div_ceil(4), 1] {
            let room = most / pixels / share * share;
            if whole <= room {
                return Ok(Strips {
                    columns: whole,
                    written: whole,
                    lead: 0,
                    strips: 1,
                    pixels: most / whole,
                });
            }
            let widest = if pixels > 1 { room / 2 } else { room };
            if reach < widest {
                let even = all.div_ceil(all.div_ceil(room - reach));
                let columns = (even + reach).next_multiple_of(share);
                let written = columns - reach;
                let strips = all.div_ceil(written);
                return Ok(Strips { columns, written, lead, strips, pixels: most / columns });
            }
        }
        Err(too_few(task, (reach + 1).next_multiple_of(share)))
    }
}

/// The error of a workgroup that cannot hold so many columns.
fn too_few(task: &Task<'_>, columns: u64) -> Error {
    let granted = task.invocations(TEAM);
    if columns > granted {
        return limit("max_compute_invocations_per_workgroup", columns, granted);
    }
    let bytes = columns * task.step_length() * task.width() * task.sum_bytes();
    let granted = task.context.limits.max_compute_workgroup_storage_size.into();
    limit("max_compute_workgroup_storage_size", bytes, granted)
}
