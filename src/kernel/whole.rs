//! *whole*: some pixels a workgroup, with as many invocations each as it has left.

use super::geometry::{Groups, Memory};
use super::problem::COALESCED;
use super::{Design, Geometry, Problem, Task};
use crate::{Operation, Result};
use crate::shader::text::wgsl;

pub(super) struct Whole;

/// Channels that an invocation loads at once.
const TURNS: u64 = 4;

impl Design for Whole {
    fn takes(&self, problem: &Problem<'_>) -> bool {
        problem.only_axis().is_some_and(|axis| axis.is_whole())
    }

    fn widths(&self, problem: &Problem<'_>) -> &'static [u32] {
        if problem.has_pairs() { &[2, 1] } else { &[1] }
    }

    fn computes_in_place(&self, _: Operation) -> bool {
        true
    }

    fn geometry(&self, task: &Task<'_>) -> Result<Geometry> {
        let channels = task.loaded.channels.max(1);
        let most = task.team().min(task.workgroup_sums() / task.width).max(1);
        let pixels = if task.loaded.inner > 1 {
            (COALESCED / task.width).max(most / channels).min(most)
        } else {
            most.div_ceil(COALESCED.min(channels))
        };
        let slices = (most / pixels).min(channels);
        let constants = vec![("PIXELS", pixels), ("SLICES", slices), ("TURNS", TURNS)];
        Geometry::new(task, Memory::Workgroup, Groups::of_pixels(pixels), channels, constants)
    }

    fn files(&self, _: Memory) -> &'static [&'static str] {
        &[wgsl!("kernel/whole.wgsl")]
    }
}
