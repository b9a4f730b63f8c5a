//! *column*: one invocation per pixel, or two, and segment, with a window and a step in registers.

use super::geometry::{Groups, Memory};
use super::task::ENDS;
use super::window::{self, NARROW};
use super::{Design, Geometry, Problem, Task};
use crate::precision::Arithmetic;
use crate::{Operation, Result};

pub(super) struct Column;

/// Elements of a step, which an invocation loads together: as many as leave room in the registers
/// for enough waves.
const STEP: u64 = 8;

/// The step where a sum takes two registers.
const STEP_OF_LARGE: u64 = 4;

/// The step of two halves, which take one register until they are computed with; but not where terms are held too.
const STEP_OF_HALVES: u64 = 16;

fn elements(task: &Task<'_>) -> u64 {
    let are_pairs = task.dtype.is_half() && task.width == 2;
    match task.sum_bytes() {
        4 if are_pairs && !task.has_terms() => STEP_OF_HALVES,
        4 => STEP,
        _ => STEP_OF_LARGE,
    }
}

impl Design for Column {
    fn takes(&self, problem: &Problem) -> bool {
        problem.has_windows_within(NARROW)
    }

    fn widths(&self, problem: &Problem) -> &'static [u32] {
        problem.widths_of_walk()
    }

    fn computes_in_place(&self, _: Operation) -> bool {
        true
    }

    fn geometry(&self, task: &Task<'_>) -> Result<Geometry> {
        let invocations = task.walkers();
        let step = elements(task) / task.width;
        let grain = window::share(task.window(), |n| step.is_multiple_of(n));
        let segment = task.segment(step, task.lead_in(), grain, ENDS);
        let mut constants = window::constants_of_steps(task.window(), step);
        let kept = if task.arithmetic == Arithmetic::Pair { task.window() - 1 } else { 0 };
        let fresh = task.window() - 1 + step - kept;
        constants.extend([("INVOCATIONS", invocations), ("GRAIN", grain), ("KEPT", kept), ("FRESH", fresh)]);
        let groups = Groups::of_pixels(invocations);
        let geometry = Geometry::new(task, Memory::Registers, groups, segment, constants);
        geometry.map(Geometry::cut_anywhere)
    }

    fn files(&self, _: Memory) -> &'static [&'static str] {
        &[
            wgsl!("kernel/walk.wgsl"),
            wgsl!("kernel/window.wgsl"),
            wgsl!("kernel/step.wgsl"),
            wgsl!("kernel/shift.wgsl"),
            wgsl!("kernel/column.wgsl"),
        ]
    }

    fn has_forward(&self) -> bool {
        true
    }

    fn has_stages(&self) -> bool {
        true
    }
}
