//! *whole*: some pixels a workgroup, with as many invocations each as it has left.

use super::geometry::{Groups, Memory};
use super::problem::{COALESCED, SECTOR};
use super::{Design, Geometry, Problem, Task};
use crate::{Dtype, Operation, Result};
use std::iter::successors;

pub(super) struct Whole;

/// Channels that an invocation loads at once where it loads them again.
const CHANNELS_AT_ONCE: u64 = 4;

/// Registers for the elements that an invocation keeps: with as many again for the rest, enough waves fit.
const KEPT: u64 = 32;

impl Design for Whole {
    fn takes(&self, problem: &Problem) -> bool {
        problem.only_axis().is_some_and(|axis| axis.is_whole())
    }

    fn widths(&self, problem: &Problem) -> &'static [u32] {
        if problem.has_pairs() { &[2, 1] } else { &[1] }
    }

    fn computes_in_place(&self, _: Operation) -> bool {
        true
    }

    fn geometry(&self, task: &Task<'_>) -> Result<Geometry> {
        let channels = task.loaded.channels.max(1);
        let most = task.team().min(task.workgroup_sums() / task.width).max(1);
        let slices = |pixels: u64| (most / pixels).min(channels);
        let channels_each = |pixels: u64| channels.div_ceil(slices(pixels));
        let kept = KEPT / registers(task);
        let wanted = pixels_in_lines(task, channels, most);
        let fewer = |pixels: &u64| (pixels / 2 >= pixels_in_sectors(task)).then_some(pixels / 2);
        let pixels = successors(Some(wanted), fewer).find(|&n| channels_each(n) <= kept).unwrap_or(wanted);
        let stays = channels_each(pixels) <= kept;
        let constants = vec![
            ("PIXELS", pixels),
            ("SLICES", slices(pixels)),
            ("INVOCATIONS", pixels * slices(pixels)),
            ("CHANNELS_AT_ONCE", if stays { channels_each(pixels) } else { CHANNELS_AT_ONCE }),
            ("STAYS", stays.into()),
        ];
        Geometry::new(task, Memory::Workgroup, Groups::of_pixels(pixels), channels, constants)
    }

    fn files(&self, _: Memory) -> &'static [&'static str] {
        &[wgsl!("kernel/whole.wgsl")]
    }
}

/// Returns the pixels of a workgroup with which its invocations load whole lines.
fn pixels_in_lines(task: &Task<'_>, channels: u64, most: u64) -> u64 {
    if task.loaded.inner > 1 {
        (COALESCED / task.width).max(most / channels).min(most)
    } else {
        most.div_ceil(COALESCED.min(channels))
    }
}

/// Returns the fewest with which they load whole sectors.
fn pixels_in_sectors(task: &Task<'_>) -> u64 {
    if task.loaded.inner > 1 { SECTOR / (task.dtype.bytes() * task.width) } else { 1 }
}

/// Registers for the inputs of a channel.
fn registers(task: &Task<'_>) -> u64 {
    let number = if task.dtype == Dtype::F64 { 2 } else { 1 };
    let inputs = if task.has_terms() { 2 } else { 1 };
    number * inputs * task.width
}
