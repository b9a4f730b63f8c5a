//! *column*: one invocation per pixel, or two, and segment, with a window and a step in registers.

use super::geometry::{Groups, Memory};
use super::window::{self, NARROW, share};
use super::{Design, Geometry, Problem, Task};
use crate::{Operation, Result};

pub(super) struct Column;

/// Elements of a step, which an invocation loads together: as many as leave room in the registers
/// for enough waves.
const STEP: u64 = 8;

/// The same where a sum takes two registers.
const STEP_OF_LARGE: u64 = 4;

impl Design for Column {
    fn takes(&self, problem: &Problem<'_>) -> bool {
        problem.has_windows_within(NARROW)
    }

    fn defers(&self, problem: &Problem<'_>) -> bool {
        !problem.is_coalesced()
    }

    fn widths(&self, problem: &Problem<'_>) -> &'static [u32] {
        problem.widths_of_walk()
    }

    fn computes_in_place(&self, _: Operation) -> bool {
        true
    }

    fn geometry(&self, task: &Task<'_>) -> Result<Geometry> {
        let invocations = task.walkers();
        let step = if task.sum_bytes() > 4 { STEP_OF_LARGE } else { STEP } / task.width;
        let share = share(task.window(), |n| step.is_multiple_of(n));
        let held = step + task.window() - 1;
        // Backward holds squares and terms.
        let of_windows = window::constants(task.window(), [held, 2 * held, step], share);
        let mut constants =
            vec![("INVOCATIONS", invocations), ("STEP", step), ("GROUPS", step / share)];
        constants.extend(of_windows);
        Geometry::new(task, Memory::Registers, Groups::Pixels(invocations), task.segment(step), constants)
    }

    fn files(&self, _: Memory) -> &'static [&'static str] {
        &[
            include_str!("../../shaders/kernel/walk.wgsl"),
            include_str!("../../shaders/kernel/window.wgsl"),
            include_str!("../../shaders/kernel/step.wgsl"),
            include_str!("../../shaders/kernel/column.wgsl"),
        ]
    }

    fn entry(&self, operation: Operation) -> &'static str {
        match operation {
            Operation::SquareSums => "windowed",
            Operation::Forward | Operation::Backward => operation.name(),
        }
    }

    fn has_stages(&self) -> bool {
        true
    }
}
