//! *pixel*: one workgroup for as many pixels as workgroup memory and its invocations have room for; an axis too long
//! for that is walked in segments with halos.

use super::geometry::{Groups, Memory};
use super::problem::COALESCED;
use super::task::WORKGROUP_BYTES;
use super::window::{self, share};
use super::{Design, Geometry, Problem, Task};
use crate::axis::Axis;
use crate::precision::Arithmetic;
use crate::{Kernel, Operation, Result};

pub(super) struct Pixel;

/// The most channels of a run of narrow windows, as registers allow. It is odd: neighbouring runs then begin in
/// different banks of workgroup memory.
const RUN: u64 = 7;

/// The run of wide windows.
const WIDE_RUN: u64 = 9;

/// Invocations that a GPU runs at once: a warp, or half a wave.
const WARP: u64 = 32;

impl Design for Pixel {
    fn takes(&self, problem: &Problem) -> bool {
        problem.axes.iter().all(|axis| is_short(axis, problem.arithmetic))
    }

    fn computes_in_place(&self, _: Operation) -> bool {
        true
    }

    fn geometry(&self, task: &Task<'_>) -> Result<Geometry> {
        let capacity = Capacity::new(task);
        let Span { segment, span, pixels } = capacity.span(task)?;
        let Bands { bands, band, turns, invocations } = capacity.bands(span, pixels);
        let Runs { runs, run } = capacity.runs(span);
        // Every run has an invocation, every channel a place in a run, and all of them fit in workgroup memory.
        debug_assert!(bands >= 1 && bands * band * runs <= invocations);
        debug_assert!(runs * run >= span && bands * band * runs * run <= capacity.sums);
        debug_assert!(invocations <= capacity.invocations && invocations * turns >= band * span);
        let mut constants = vec![
            ("INVOCATIONS", invocations),
            ("BANDS", bands),
            ("BAND", band),
            ("TURNS", turns),
            ("ITEMS", bands * turns),
            ("SPAN", span),
            ("RUNS", runs),
            ("RUN", run),
            ("SIDE_BY_SIDE", u64::from(capacity.side_by_side)),
        ];
        let mut memory = Memory::Workgroup;
        if task.has_narrow_windows() {
            memory = Memory::Registers;
            let share = share(task.window(), |n| n <= run);
            let held = run + task.window() - 1;
            constants.push(("GROUPS", run.div_ceil(share)));
            constants.extend(window::constants(task.window(), [held, held, run], share));
        }
        Geometry::new(task, memory, Groups::of_pixels(bands * band), segment, constants)
    }

    fn files(&self, memory: Memory) -> &'static [&'static str] {
        if memory == Memory::Registers {
            &[wgsl!("kernel/window.wgsl"), wgsl!("kernel/pixel/narrow.wgsl"), wgsl!("kernel/pixel.wgsl")]
        } else {
            &[wgsl!("kernel/pixel/wide.wgsl"), wgsl!("kernel/pixel.wgsl")]
        }
    }

    fn has_forward(&self) -> bool {
        true
    }

    fn has_stages(&self) -> bool {
        true
    }
}

/// Returns `true` if workgroup memory can hold an axis: as a whole, or in segments that are long beside the halos
/// of backward; as heads and tails.
fn is_short(axis: &Axis, arithmetic: Arithmetic) -> bool {
    let most = WORKGROUP_BYTES / (2 * arithmetic.sum_bytes()) / WIDE_RUN * WIDE_RUN;
    axis.channels <= most || 2 * (axis.window() - 1) <= most / 2
}

/// Channels that a workgroup writes, and holds, of each of its pixels; and how many pixels it has room for.
struct Span {
    segment: u64,
    span: u64,
    pixels: u64,
}

/// How the values of a workgroup lie: in bands of pixels, each of which takes all invocations some turns.
struct Bands {
    bands: u64,
    /// Pixels of a band.
    band: u64,
    turns: u64,
    invocations: u64,
}

/// How the channels of a pixel are cut.
struct Runs {
    runs: u64,
    /// Channels of a run.
    run: u64,
}

/// What a workgroup can hold.
struct Capacity {
    invocations: u64,
    /// Arrays of sums: heads and tails where windows are wide.
    arrays: u64,
    /// Sums of an array.
    sums: u64,
    /// The most channels of a run, an odd number.
    run: u64,
    /// Set if a pixel's neighbour is the next in memory, rather than its next channel.
    side_by_side: bool,
}

impl Capacity {
    fn new(task: &Task<'_>) -> Capacity {
        let (arrays, run) = if task.has_narrow_windows() { (1, RUN) } else { (2, WIDE_RUN) };
        Capacity {
            invocations: task.team(),
            arrays,
            sums: task.workgroup_sums() / arrays,
            run,
            side_by_side: task.loaded.inner > 1,
        }
    }

    /// Returns the most channels of so many pixels: whole runs.
    fn channels(&self, pixels: u64) -> u64 {
        let runs = (self.invocations / pixels).min(self.sums / (pixels * self.run));
        let odd = runs - u64::from(self.side_by_side && runs > 0 && runs.is_multiple_of(2));
        odd * self.run
    }

    /// Runs of nearly equal, odd length. Where pixels lie side by side the runs of a pixel are odd too, so that
    /// neighbouring pixels begin in different banks.
    fn runs(&self, span: u64) -> Runs {
        let run = span.div_ceil(span.div_ceil(self.run)) | 1;
        Runs { runs: span.div_ceil(run) | u64::from(self.side_by_side), run }
    }

    /// Returns all channels, or segments that are long beside their halos; of as many pixels as lie side by side in a
    /// memory transaction, if there is room for them.
    fn span(&self, task: &Task<'_>) -> Result<Span> {
        let channels = task.loaded.channels.max(1);
        let (before, after) = task.halo();
        let halo = before.saturating_add(after);
        let inner = task.loaded.inner.min(COALESCED);
        let widest = if self.side_by_side { power_of_two(inner) } else { 1 };
        for pixels in [widest, widest.div_ceil(4), 1] {
            let most = self.channels(pixels);
            if channels <= most {
                return Ok(Span { segment: channels, span: channels, pixels: self.pixels(channels) });
            }
            if halo <= most / 2 && most > 0 && !task.in_place {
                return Ok(Span { segment: most - halo, span: most, pixels });
            }
        }
        let halos = halo.saturating_mul(2);
        let held = if task.in_place { channels } else { channels.min(halos) };
        let runs = held.div_ceil(self.run) | u64::from(self.side_by_side);
        let sums = runs.saturating_mul(self.run * self.arrays);
        Err(task.too_large(Kernel::Pixel, runs, sums))
    }

    /// Returns the most pixels of so many channels.
    fn pixels(&self, channels: u64) -> u64 {
        let Runs { runs, run } = self.runs(channels);
        let most = (self.invocations / runs).min(self.sums / (runs * run));
        if self.side_by_side { power_of_two(most) } else { most }
    }

    /// Returns as many bands as fit: of pixels that lie side by side one, else each of as many pixels as have an
    /// invocation for every channel.
    fn bands(&self, span: u64, pixels: u64) -> Bands {
        let Runs { runs, .. } = self.runs(span);
        if self.side_by_side {
            let invocations = whole_warps(pixels * runs, pixels, self.invocations);
            let turns = (pixels * span).div_ceil(invocations);
            return Bands { bands: 1, band: pixels, turns, invocations };
        }
        let band = (self.invocations / span).clamp(1, pixels);
        let turns = (band * span).div_ceil(self.invocations);
        let wanted = (band * span).div_ceil(turns).max(band * runs);
        let invocations = whole_warps(wanted, 1, self.invocations);
        let bands = (pixels / band).min(invocations / (band * runs));
        Bands { bands, band, turns, invocations }
    }
}

/// Returns the invocations for some runs, one each, in whole warps if that many are granted, and for all pixels alike.
fn whole_warps(runs: u64, pixels: u64, granted: u64) -> u64 {
    let whole = runs.next_multiple_of(WARP.max(pixels.next_power_of_two()));
    if whole.is_multiple_of(pixels) && whole <= granted { whole } else { runs }
}

/// Returns the largest power of two that is not larger; at least 1.
fn power_of_two(n: u64) -> u64 {
    1 << n.max(1).ilog2()
}
