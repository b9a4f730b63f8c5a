//! The tile of *pixel*: some channels of some pixels.

use super::{Groups, Scratch, TEAM, Task, Tile, limit};
use crate::Result;
use crate::choice::{COALESCED, NARROW};

/// The most channels of a run of narrow windows, and of wide ones, as registers allow. They are odd: neighbouring
/// runs then begin in different banks of workgroup memory.
const RUN: u64 = 7;
const WIDE_RUN: u64 = 9;

/// Invocations that a GPU runs at once: a warp, or half a wave.
const WARP: u64 = 32;

/// One workgroup for as many pixels as workgroup memory and its invocations have room for; an axis too long for
/// that is walked in segments with halos.
pub(super) fn pixel(task: &Task<'_>) -> Result<Tile> {
    let is_wide = task.window() > NARROW;
    // Heads and tails; or what is summed.
    let (arrays, run) = if is_wide { (2, WIDE_RUN) } else { (1, RUN) };
    let Spans { segment, span, pixels, side_by_side } = Spans::new(task, arrays, run)?;
    let runs = span.div_ceil(run);
    let invocations = whole_warps(pixels * runs, pixels, task.invocations(TEAM));
    let step = span.div_ceil(runs) | u64::from(!side_by_side);
    let share = [8, 4, 2, 1].into_iter().find(|&n| n <= task.window().min(step)).unwrap_or(1);
    let held = step + task.window() - 1;
    let mut constants = vec![
        ("INVOCATIONS", invocations),
        ("PIXELS", pixels),
        ("SPAN", span),
        ("ARRAYS", arrays),
        ("ITEMS", (pixels * span).div_ceil(invocations)),
        ("RUNS", runs),
        ("STEP", step),
        ("SIDE_BY_SIDE", u64::from(side_by_side)),
        ("STRIDE", if side_by_side { pixels } else { 1 }),
    ];
    if !is_wide {
        constants.extend([
            ("HELD", held),
            ("HELDS", held),
            ("SUMS", step),
            ("SHARE", share),
            ("REST", task.window() - share),
            ("GROUPS", step.div_ceil(share)),
        ]);
    }
    Ok(Tile {
        groups: Groups::of_pixels(pixels),
        segment,
        constants,
        scratch: Scratch::None,
        workspace: 0,
        most_groups: 0,
    })
}

/// How *pixel* cuts the channels.
struct Spans {
    /// Channels that a workgroup writes, of each of its pixels.
    segment: u64,
    /// The same with the halo.
    span: u64,
    pixels: u64,
    /// Whether a pixel's neighbour is the next in memory, rather than its next channel.
    side_by_side: bool,
}

impl Spans {
    /// All channels of some pixels, or segments that are long beside their halos; of as many pixels as lie side by
    /// side in a memory transaction, if there is room for them.
    fn new(task: &Task<'_>, arrays: u64, run: u64) -> Result<Spans> {
        let channels = task.axis.channels.max(1);
        let (before, after) = task.step.halo(task.context.operation);
        let halo = before.saturating_add(after);
        let sums = task.workgroup_sums() / arrays;
        let invocations = task.invocations(TEAM);
        let side_by_side = task.axis.inner > 1;
        let spans = |segment, span, pixels| Spans { segment, span, pixels, side_by_side };
        // The most channels of so many pixels, and the most pixels of so many channels.
        let room = |pixels: u64| (invocations / pixels * run).min(sums / pixels);
        let widest = if side_by_side { power_of_two(task.axis.inner.min(COALESCED)) } else { 1 };
        for pixels in [widest, widest.div_ceil(4), 1] {
            if channels <= room(pixels) {
                let most = (invocations / channels.div_ceil(run)).min(sums / channels);
                let pixels = if side_by_side { power_of_two(most) } else { most };
                return Ok(spans(channels, channels, pixels));
            }
            let span = room(pixels);
            if halo <= span / 2 && span > 0 && !task.step.in_place {
                return Ok(spans(span - halo, span, pixels));
            }
        }
        let halos = halo.saturating_mul(2);
        let held = if task.step.in_place { channels } else { channels.min(halos) };
        if held.div_ceil(run) > invocations {
            let limit_name = "max_compute_invocations_per_workgroup";
            return Err(limit(limit_name, held.div_ceil(run), invocations));
        }
        let needed = held.saturating_mul(arrays * task.sum_bytes());
        let granted = task.workgroup_sums() * task.sum_bytes();
        Err(limit("max_compute_workgroup_storage_size", needed, granted))
    }
}

/// The invocations for some runs, one each, in whole warps if that many are granted, and for all pixels alike.
fn whole_warps(runs: u64, pixels: u64, granted: u64) -> u64 {
    let whole = runs.next_multiple_of(WARP.max(pixels.next_power_of_two()));
    if whole.is_multiple_of(pixels) && whole <= granted { whole } else { runs }
}

/// The largest power of two that is not larger; at least 1.
fn power_of_two(n: u64) -> u64 {
    1 << n.max(1).ilog2()
}
