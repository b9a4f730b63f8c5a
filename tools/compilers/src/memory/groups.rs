//! What the invocations of a group (a warp, a wave) execute together.

use crate::trace::{Access, Instruction, Trace, Workgroup};
use std::collections::HashMap;

/// An instruction, as a group executes it once.
#[derive(Clone, Debug)]
pub struct Issued<'a> {
    pub instruction: &'a Instruction,
    /// Of the invocations that execute it, in their order.
    pub addresses: Vec<u64>,
}

/// Returns what each group of so many invocations of a workgroup executes, in its order.
pub fn groups<'a>(trace: &'a Trace, workgroup: &Workgroup, size: usize) -> Vec<Vec<Issued<'a>>> {
    workgroup.chunks(size).map(|group| group_of(trace, group)).collect()
}

/// Returns the groups of a workgroup in turns: each goes on by an instruction.
pub fn in_turns<T>(groups: Vec<Vec<T>>) -> impl Iterator<Item = T> {
    let mut groups: Vec<_> = groups.into_iter().map(Vec::into_iter).collect();
    std::iter::from_fn(move || {
        let turn: Vec<_> = groups.iter_mut().filter_map(Iterator::next).collect();
        (!turn.is_empty()).then_some(turn)
    })
    .flatten()
}

/// Invocations execute an instruction together if each does so for the nth time.
fn group_of<'a>(trace: &'a Trace, group: &[Vec<Access>]) -> Vec<Issued<'a>> {
    let mut found: HashMap<(u32, u32), (usize, Issued)> = HashMap::new();
    for accesses in group {
        for (place, time, access) in in_times(accesses) {
            let instruction = &trace.instructions[access.instruction as usize];
            let new = || (place, Issued { instruction, addresses: Vec::new() });
            let (last, issued) = found.entry((access.instruction, time)).or_insert_with(new);
            *last = place.max(*last);
            issued.addresses.push(access.address);
        }
    }
    // Who leaves something out is ahead of the others, so the last counts.
    let mut all: Vec<_> = found.into_iter().collect();
    all.sort_by_key(|(key, (place, _))| (*place, *key));
    all.into_iter().map(|(_, (_, issued))| issued).collect()
}

/// Returns the accesses of an invocation, with their places and how many times their instructions were executed before.
fn in_times(accesses: &[Access]) -> impl Iterator<Item = (usize, u32, Access)> {
    let mut times: HashMap<u32, u32> = HashMap::new();
    accesses.iter().enumerate().map(move |(place, &access)| {
        let time = times.entry(access.instruction).or_default();
        *time += 1;
        (place, *time, access)
    })
}
