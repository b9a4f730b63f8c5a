//! *row*: one invocation per run of channels, with the halo on both sides in registers.

use super::geometry::{Groups, Memory};
use super::window::{self, NARROW, share};
use super::{Design, Geometry, Loads, Problem, Task};
use crate::axis::{Axis, MOST_CHANNELS};
use crate::precision::Arithmetic;
use crate::{Operation, Result};

pub(super) struct Row;

/// Channels that are loaded at once: a vec4.
const PACKET: u64 = 4;

/// The most channels of a run: forward a packet, so that invocations side by side load and write whole sectors of
/// memory; backward more, so that fewer terms are computed twice.
const RUN: [u64; 2] = [PACKET, 12];

/// The most channels that a run holds with its halos, as registers allow, unless it is a single packet.
const HELD: u64 = 28;

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

    /// A run reads its neighbours' channels.
    fn computes_in_place(&self, _: Operation) -> bool {
        false
    }

    fn geometry(&self, task: &Task<'_>) -> Result<Geometry> {
        let (p, q) = (task.axis.look_behind, task.axis.look_ahead);
        let invocations = task.walkers();
        let run = run_length(task);
        let halo = p + q;
        let (held, sums, behind) =
            if task.has_terms() { (run + 2 * halo, run + halo, halo) } else { (run + halo, run, p) };
        // A run begins and ends with a packet; joined, it has channels of two pixels at most, with those on which it
        // depends.
        debug_assert!(run.is_multiple_of(PACKET));
        debug_assert!(task.axis.pixels_in_packets() == 1 || held <= task.axis.channels.max(PACKET + 2 * halo));
        let share = share(task.window(), |n| run.is_multiple_of(n) && sums.is_multiple_of(n));
        let (packets_behind, skip, packets) = packets_with(behind, held);
        let (dy_packets_behind, dy_skip, dy_packets) = packets_with(q, sums);
        let mut constants = vec![
            ("INVOCATIONS", invocations),
            ("RUN", run),
            ("WRITTEN", run / PACKET),
            ("TERM_GROUPS", sums / share),
            ("GROUPS", run / share),
            ("SHARED", share + halo),
            ("JOINED", task.axis.pixels_in_packets()),
            ("BEHIND", behind),
            ("PACKETS", packets),
            ("PACKETS_BEHIND", packets_behind),
            ("SKIP", skip),
            ("DY_PACKETS", dy_packets),
            ("DY_PACKETS_BEHIND", dy_packets_behind),
            ("DY_SKIP", dy_skip),
        ];
        constants.extend(window::constants(task.window(), [held, held, sums], share));
        Geometry::new(
            task,
            Memory::Registers,
            Groups::Segments { segments: invocations, strips: 1 },
            run / PACKET,
            constants,
        )
    }

    fn files(&self, _: Memory) -> &'static [&'static str] {
        &[wgsl!("kernel/window.wgsl"), wgsl!("kernel/row.wgsl")]
    }
}

/// Returns `true` if channels fill packets of four: each pixel's by themselves, or those of joined pixels, each so long
/// that a packet with the halos of backward touches two at most. Joined pixels are one axis, and no longer than one may
/// be.
fn fills_packets(axis: &Axis) -> bool {
    let joined = axis.pixels_in_packets();
    let long = axis.channels >= PACKET + 2 * (axis.window() - 1);
    joined == 1 || (axis.outer >= joined && long && axis.joined(joined).channels <= MOST_CHANNELS)
}

/// Channels of a run: runs of equal length, in whole packets.
fn run_length(task: &Task<'_>) -> u64 {
    let terms = usize::from(task.has_terms());
    let halos = (task.window() - 1) * (1 + terms as u64);
    let mut most = HELD.saturating_sub(halos).min(RUN[terms]);
    if task.axis.pixels_in_packets() > 1 {
        // With its halos it has channels of two pixels at most.
        most = most.min(task.axis.channels.saturating_sub(halos));
    }
    let most = most.max(PACKET) / PACKET * PACKET;
    let channels = (task.loaded.channels * PACKET).max(1);
    channels.div_ceil(channels.div_ceil(most)).next_multiple_of(PACKET)
}

/// The packets that hold so many channels from `behind` channels before a packet on: those before it, the channels
/// of the first that are not needed, and all.
fn packets_with(behind: u64, channels: u64) -> (u64, u64, u64) {
    let before = behind.div_ceil(PACKET);
    let skip = before * PACKET - behind;
    debug_assert!(skip < PACKET);
    (before, skip, (skip + channels).div_ceil(PACKET))
}
