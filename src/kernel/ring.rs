//! *ring*: one invocation per pixel and segment, with a step in registers, and rings.

use super::geometry::{Groups, Memory};
use super::task::ENDS;
use super::window::NARROW;
use super::{Design, Geometry, Problem, Task};
use crate::{Operation, Result};

pub(super) struct Ring;

/// Channels of a step.
const STEPS: std::ops::RangeInclusive<u64> = 4..=8;

/// Sums that an invocation keeps for itself. (WGSL grants 8192 bytes of private memory; but some
/// compilers take seconds for large arrays.)
const PRIVATE_SUMS: u64 = 128;

const WALK: &str = wgsl!("kernel/walk.wgsl");
const RING: &str = wgsl!("kernel/ring.wgsl");

impl Design for Ring {
    fn takes(&self, problem: &Problem) -> bool {
        !problem.has_windows_within(NARROW)
    }

    /// Returns `true` but for forward, which reads x again where windows end.
    fn computes_in_place(&self, operation: Operation) -> bool {
        operation == Operation::Backward
    }

    fn geometry(&self, task: &Task<'_>) -> Result<Geometry> {
        let window = task.window();
        let (step, blocks, rest) = blocks(window);
        // Squares and terms in blocks; terms and normalized dy by themselves.
        let sums = if task.has_terms() { 2 * blocks + 2 * (window + step) } else { blocks };
        let invocations = task.walkers();
        let constants = vec![
            ("INVOCATIONS", invocations),
            ("STEP", step),
            ("GRAIN", step),
            ("BLOCKS", blocks),
            ("REST", rest),
            ("BACK", (step - 1 + rest).max(1)),
            ("SCRATCH", sums),
        ];
        let groups = Groups::of_pixels(invocations);
        let segment = task.segment(step, 0, step, ENDS);
        let geometry = Geometry::new(task, Memory::Private, groups, segment, constants)?.cut_anywhere();
        if sums <= PRIVATE_SUMS {
            return Ok(geometry);
        }
        let bytes = invocations * task.width * task.sum_bytes();
        geometry.with_workspace(task, sums.saturating_mul(bytes))
    }

    fn files(&self, memory: Memory) -> &'static [&'static str] {
        if memory == Memory::Workspace {
            &[WALK, wgsl!("kernel/ring/workspace.wgsl"), RING]
        } else {
            &[WALK, wgsl!("kernel/ring/private.wgsl"), RING]
        }
    }

    fn has_stages(&self) -> bool {
        true
    }
}

/// What a step costs beside its channels, in additions: its block is added, stored and read, and again when its round
/// ends.
const COST_OF_BLOCK: u64 = 6;

/// Returns the step, and the blocks and the rest of the `window − step + 1` channels that the windows of a step have in
/// common: where the block and the rest of a step cost a channel the least.
fn blocks(window: u64) -> (u64, u64, u64) {
    let divided = |step| (step, (window + 1 - step) / step, (window + 1 - step) % step);
    let fitting = STEPS.rev().filter(|&step| 2 * step <= window + 1);
    let best = fitting.map(divided).min_by_key(|(step, _, rest)| (rest + COST_OF_BLOCK) * 1000 / step);
    best.unwrap_or((1, window, 0))
}
