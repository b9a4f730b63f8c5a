//! What many passes ask of memory.

use super::Memory;
use crate::trace::Runner;
use std::num::NonZero;
use std::thread::{available_parallelism, scope};
use terminal::Failure;
use wgpu_lrn::internals::{Dispatch, Pass};

/// Returns what each pass asks of memory, if the adapter can run it: its first workgroups, which load about so many
/// times what an invocation loads at once.
pub fn of_all(runner: &Runner, passes: &[Pass], loads: u64) -> Result<Vec<Option<Memory>>, Failure> {
    let threads = available_parallelism().map_or(1, NonZero::get);
    let share = passes.len().div_ceil(threads).max(1);
    let of_some = |passes: &[Pass]| -> Result<Vec<_>, Failure> {
        passes.iter().map(|pass| of_pass(runner, pass, loads)).collect()
    };
    let parts: Result<Vec<_>, Failure> = scope(|scope| {
        let parts: Vec<_> = passes.chunks(share).map(|part| scope.spawn(move || of_some(part))).collect();
        let lost = |_| Failure::Refused("a thread that counts has panicked".to_owned());
        parts.into_iter().map(|part| part.join().map_err(lost)?).collect()
    });
    Ok(parts?.concat())
}

fn of_pass(runner: &Runner, pass: &Pass, loads: u64) -> Result<Option<Memory>, Failure> {
    let trace = runner.trace(pass, workgroups(pass, loads))?;
    Ok(trace.as_ref().map(Memory::of))
}

/// Returns the workgroups that load so much, at least eight.
fn workgroups(pass: &Pass, loads: u64) -> u32 {
    let of_one = |one: &Dispatch| {
        let (tensor, part) = (&one.params.tensor, &one.params.part);
        u64::from(part.pixels) * u64::from(tensor.channels) / one.workgroups().max(1)
    };
    let of_one = pass.dispatches.first().map_or(0, of_one);
    (loads / of_one.max(1)).max(8).min(u32::MAX.into()) as u32
}
