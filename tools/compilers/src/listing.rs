//! The way of an invocation through a listing, whosever GPU it is for.

use crate::work::Place;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use terminal::Failure;

/// What an instruction does to the memory of the device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Memory {
    Load,
    Store,
}

/// An instruction of any GPU.
pub struct Instruction {
    pub text: String,
    /// Slots of the arithmetic unit that it takes.
    pub slots: f64,
    pub memory: Option<Memory>,
    /// Whether it loads or stores in workgroup memory.
    pub is_shared: bool,
    /// The instruction that it may jump to.
    pub jump: Option<usize>,
    /// Whether what follows it may be executed next.
    pub falls: bool,
}

/// What is executed where a kernel computes.
pub struct Way<'a> {
    pub code: Vec<&'a Instruction>,
    pub slots: f64,
}

/// Returns the instructions of some ways for each of their loads.
pub fn per_load(ways: &[Way]) -> f64 {
    let instructions: f64 = ways.iter().map(|way| way.slots).sum();
    let code = ways.iter().flat_map(|way| &way.code);
    let loads = code.filter(|one| one.memory == Some(Memory::Load)).count();
    instructions / loads.max(1) as f64
}

/// Turns that a loop inside is taken to have, as Mesa takes them.
pub const TURNS: f64 = 8.0;

/// Returns the ways where a kernel computes: through one turn of a loop, or from the first instruction to an end.
pub fn ways(code: &[Instruction], place: Place) -> Result<Vec<Way<'_>>, Failure> {
    let listing = Listing { code, loops: loops(code) };
    let mut regions = listing.reaching_memory();
    match place {
        Place::Straight => regions = vec![0..=code.len().saturating_sub(1)],
        Place::Loop => regions.truncate(1),
        Place::Loops => {}
    }
    let ways: Vec<_> = regions.into_iter().filter_map(|r| listing.way(place, r)).collect();
    match ways.is_empty() {
        true => Err(Failure::Refused("no way leads through a listing".to_owned())),
        false => Ok(ways),
    }
}

/// Returns the loops: what is jumped back over, from their first instruction to their last.
fn loops(code: &[Instruction]) -> Vec<RangeInclusive<usize>> {
    let mut loops = BTreeMap::new();
    for (at, one) in code.iter().enumerate() {
        if let Some(first) = one.jump.filter(|first| *first < at) {
            loops.insert(first, at);
        }
    }
    loops.into_iter().map(|(first, last)| first..=last).collect()
}

struct Listing<'a> {
    code: &'a [Instruction],
    loops: Vec<RangeInclusive<usize>>,
}

/// The rest of a way from an instruction on.
#[derive(Clone, Copy)]
struct Rest {
    accesses: usize,
    length: usize,
    slots: f64,
    next: Option<usize>,
}

impl Rest {
    const END: Rest = Rest { accesses: 0, length: 0, slots: 0.0, next: None };

    /// Prefers the rest in which, inside the tensor, all is loaded and stored with the fewest checks.
    fn is_better_than(&self, other: &Rest) -> bool {
        (self.accesses, other.length) > (other.accesses, self.length)
    }
}

impl<'a> Listing<'a> {
    /// Returns the loops that reach memory, the one that does the most first.
    fn reaching_memory(&self) -> Vec<RangeInclusive<usize>> {
        let accesses =
            |l: &RangeInclusive<usize>| self.code[l.clone()].iter().filter(|one| one.memory.is_some()).count();
        let mut found: Vec<_> = self.loops.iter().filter(|l| accesses(l) > 0).cloned().collect();
        found.sort_by_key(|l| std::cmp::Reverse((accesses(l), l.end() - l.start())));
        found
    }

    /// Returns, of all ways through a region, the one that reaches memory the most, and of those the shortest.
    fn way(&self, place: Place, region: RangeInclusive<usize>) -> Option<Way<'a>> {
        let (first, last) = (*region.start(), *region.end());
        let mut rests: BTreeMap<usize, Rest> = BTreeMap::new();
        for at in region.clone().rev() {
            let one = &self.code[at];
            let ends = match place {
                Place::Straight => !one.falls && one.jump.is_none(),
                Place::Loop | Place::Loops => one.jump == Some(first),
            };
            let mut best = ends.then_some(Rest::END);
            let falls = one.falls.then_some(at + 1);
            for next in falls.into_iter().chain(one.jump).filter(|n| (at + 1..=last).contains(n)) {
                let Some(rest) = rests.get(&next) else { continue };
                if best.is_none_or(|best| rest.is_better_than(&best)) {
                    best = Some(Rest { next: Some(next), ..*rest });
                }
            }
            best.map(|rest| rests.insert(at, self.with(at, &region, rest)));
        }
        let all = std::iter::successors(Some(first), |at| rests[at].next);
        let slots = rests.get(&first)?.slots;
        Some(Way { code: all.map(|at| &self.code[at]).collect(), slots })
    }

    /// Returns a rest with the instruction before it.
    fn with(&self, at: usize, region: &RangeInclusive<usize>, rest: Rest) -> Rest {
        let one = &self.code[at];
        let is_around =
            |l: &&RangeInclusive<usize>| l.contains(&at) && region.contains(l.start()) && l.start() != region.start();
        let depth = self.loops.iter().filter(is_around).count();
        Rest {
            accesses: rest.accesses + usize::from(one.memory.is_some() || one.is_shared),
            length: rest.length + 1,
            slots: rest.slots + one.slots * TURNS.powi(depth as i32),
            ..rest
        }
    }
}
