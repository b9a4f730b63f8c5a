//! *row*: one invocation per packet of channels, with the halo on both sides in registers.

use super::geometry::{Groups, Memory};
use super::window::{self, NARROW, share};
use super::{Design, Geometry, Loads, PACKET, Problem, Task};
use crate::axis::{Axis, MOST_CHANNELS};
use crate::precision::Arithmetic;
use crate::{Kernel, Operation, Result};

pub(super) struct Row;

impl Design for Row {
    fn takes(&self, problem: &Problem) -> bool {
        // Pairs are too much for registers.
        problem.arithmetic != Arithmetic::Pair
            && problem.has_windows_within(NARROW)
            && problem.only_axis().is_some_and(|axis| axis.inner == 1 && fills_packets(axis))
    }

    fn widths(&self, _: &Problem) -> &'static [u32] {
        &[PACKET as u32]
    }

    fn loads(&self, _: u32) -> Loads {
        Loads::Channels
    }

    fn joins_pixels(&self) -> bool {
        true
    }

    /// Returns `false`: an invocation reads its neighbours' channels.
    fn computes_in_place(&self, _: Operation) -> bool {
        false
    }

    fn geometry(&self, task: &Task<'_>) -> Result<Geometry> {
        let (p, q) = (task.axis.look_behind, task.axis.look_ahead);
        let (behind, ahead) = (p.div_ceil(PACKET), q.div_ceil(PACKET));
        let (invocations, written) = team(task, behind + ahead)?;
        let share = share(task.window(), |n| n <= PACKET);
        let held = PACKET + p + q;
        // What a packet depends on is in two joined pixels at most.
        debug_assert!(task.axis.pixels_in_packets() == 1 || held <= task.axis.channels);
        let mut constants = vec![
            ("INVOCATIONS", invocations),
            ("WRITTEN", written),
            ("PACKET", PACKET),
            ("GROUPS", PACKET / share),
            ("JOINED", task.axis.pixels_in_packets()),
            ("BEHIND", behind),
            ("AHEAD", ahead),
            ("PACKETS", behind + 1 + ahead),
        ];
        constants.extend(window::constants(task.window(), [held, held, PACKET], share));
        let groups = Groups::Segments { segments: written, strips: 1 };
        Geometry::new(task, Memory::Registers, groups, 1, constants)
    }

    fn files(&self, _: Memory) -> &'static [&'static str] {
        &[wgsl!("kernel/window.wgsl"), wgsl!("kernel/row.wgsl")]
    }
}

/// Returns `true` if channels fill packets of four: each pixel's by themselves, or those of joined pixels, each so long
/// that a packet with its halo touches two at most. Joined pixels are one axis, and no longer than one may be.
fn fills_packets(axis: &Axis) -> bool {
    let joined = axis.pixels_in_packets();
    let long = axis.channels >= PACKET + axis.window() - 1;
    joined == 1 || (axis.outer >= joined && long && axis.joined(joined).channels <= MOST_CHANNELS)
}

/// Returns the invocations of a workgroup, and the packets that they write. Backward, those at its ends write none,
/// `beside` in all, and each has a packet of terms in workgroup memory.
fn team(task: &Task<'_>, beside: u64) -> Result<(u64, u64)> {
    if !task.has_terms() {
        return Ok((task.walkers(), task.walkers()));
    }
    let invocations = task.walkers().min(task.workgroup_sums() / PACKET);
    if invocations <= beside {
        return Err(task.too_large(Kernel::Row, beside + 1, (beside + 1) * PACKET));
    }
    Ok((invocations, invocations - beside))
}
