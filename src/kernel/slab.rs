//! *slab*: one invocation per column, of a plane or of some side by side, walks down the rows.

use super::geometry::{Groups, Memory};
use super::problem::{COALESCED, MOST_ABREAST};
use super::window::{self, NARROW, share};
use super::{Design, Geometry, Problem, Task};
use crate::precision::Arithmetic;
use crate::{Kernel, Operation, Result};

pub(super) struct Slab;

/// Elements of a step: with all columns of the window they leave room in registers for enough waves.
const STEP: u64 = 4;

/// How many times as long as what its ends depend on a segment is at least: the rows that segments share are whole rows
/// of all columns, and are read from memory again.
const ENDS: u64 = 3;

/// Invocations of a workgroup.
const TEAM: u64 = 128;

impl Design for Slab {
    /// Returns `true` for two axes, of which one follows the other, where planes lie side by side.
    fn takes(&self, problem: &Problem) -> bool {
        let [rows, columns] = &problem.axes[..] else { return false };
        // Each invocation squares its neighbours' elements again, which is too much in pairs.
        problem.arithmetic != Arithmetic::Pair
            && problem.has_windows_within(NARROW)
            && rows.is_followed_by(columns)
            && columns.inner > 1
    }

    fn widths(&self, problem: &Problem) -> &'static [u32] {
        let is_single = problem.arithmetic == Arithmetic::Single;
        let beside = |width| is_single && problem.pixels().is_multiple_of(width);
        match (beside(4), beside(2)) {
            (true, _) => &[4, 2, 1],
            (_, true) => &[2, 1],
            _ => &[1],
        }
    }

    fn sums_two_axes(&self) -> bool {
        true
    }

    /// Returns `false`: an invocation reads its neighbours' columns.
    fn computes_in_place(&self, _: Operation) -> bool {
        false
    }

    fn geometry(&self, task: &Task<'_>) -> Result<Geometry> {
        let step = STEP / task.width;
        let grain = share(task.window(), |n| step.is_multiple_of(n));
        let segment = task.segment(step, task.lead_in(), grain, ENDS);
        let columns = Columns::new(task, step)?;
        let mut constants = window::constants_of_steps(task.window(), step);
        constants.extend(columns.constants());
        constants.extend([
            ("GRAIN", grain),
            ("LEAD_IN", task.lead_in()),
            ("ACROSS", task.across.window()),
            ("ACROSS_BEHIND", task.across.look_behind),
            ("ACROSS_AHEAD", task.across.look_ahead),
            ("NEXT", task.across.window() * step),
        ]);
        let geometry = Geometry::new(task, Memory::Registers, columns.groups(), segment, constants);
        geometry.map(Geometry::cut_anywhere)
    }

    fn files(&self, _: Memory) -> &'static [&'static str] {
        &[wgsl!("kernel/window.wgsl"), wgsl!("kernel/step.wgsl"), wgsl!("kernel/shift.wgsl"), wgsl!("kernel/slab.wgsl")]
    }
}

/// How the columns of some planes are dealt to workgroups.
struct Columns {
    /// Columns that a workgroup holds of a plane,
    held: u64,
    /// of which it writes so many,
    written: u64,
    /// after these.
    lead: u64,
    /// Workgroups for the columns of a plane.
    strips: u64,
    /// Planes side by side, in a workgroup.
    pixels: u64,
    /// Workgroups in sequence that take the same rows of planes side by side.
    abreast: u64,
}

impl Columns {
    /// Takes whole rows, or as many columns as there is room for; backward with those beside, whose terms they need,
    /// which shall be few. Planes are as many as fill a memory transaction.
    fn new(task: &Task<'_>, step: u64) -> Result<Columns> {
        let all = task.across.channels.max(1);
        let beside = (task.across.inner / task.width).max(1);
        let (lead, after) = if task.has_terms() { (task.across.look_ahead, task.across.look_behind) } else { (0, 0) };
        let sums = 2 * step * task.width; // of a step and the next, backward
        let places = if task.has_terms() { task.workgroup_sums() / sums } else { TEAM };
        let most = task.team().min(TEAM).min(places);
        if most <= lead + after {
            return Err(task.too_large(Kernel::Slab, lead + after + 1, (lead + after + 1) * sums));
        }
        let columns = all.min(4 * (lead + after)).max(1);
        let pixels = (COALESCED / task.width).min(most / columns).clamp(1, beside);
        let room = most / pixels;
        let abreast = beside.div_ceil(pixels).min(MOST_ABREAST);
        if all <= room {
            return Ok(Columns { held: all, written: all, lead: 0, strips: 1, pixels, abreast });
        }
        let strips = all.div_ceil(room - lead - after);
        let written = all.div_ceil(strips);
        Ok(Columns { held: lead + written + after, written, lead, strips: all.div_ceil(written), pixels, abreast })
    }

    /// Deals workgroups abreast as strips: each takes a part of what all of them take.
    fn groups(&self) -> Groups {
        let Columns { pixels, strips, abreast, .. } = *self;
        Groups::Pixels { pixels: pixels * abreast, strips: strips * abreast }
    }

    fn constants(&self) -> [(&'static str, u64); 6] {
        [
            ("INVOCATIONS", self.held * self.pixels),
            ("PIXELS", self.pixels),
            ("ABREAST", self.abreast),
            ("COLUMNS", self.held),
            ("COLUMNS_BEFORE", self.lead),
            ("WRITTEN", self.written),
        ]
    }
}
