//! The ways through a listing: its loops, and what one turn of each executes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What an instruction does to the memory of the device.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Memory {
    None,
    Load,
    Store,
}

/// An instruction of any GPU.
pub struct Instruction {
    pub text: String,
    /// Slots of the arithmetic unit that it takes.
    pub slots: f64,
    pub memory: Memory,
    /// The instruction that it may jump to.
    pub jump: Option<usize>,
    /// Whether what follows it may be executed next.
    pub falls: bool,
}

/// What is executed once: the instructions of one turn of a loop, or of the whole shader, without those
/// of the loops in it.
pub struct Turn {
    /// The way that loads and stores the most, and of those the shortest.
    pub way: Vec<usize>,
    /// Every instruction, also of the ways not taken.
    pub body: Vec<usize>,
}

/// The turns of all loops, in the order of the listing.
pub fn loops(code: &[Instruction]) -> Vec<Turn> {
    let flow = Flow::new(code);
    flow.loops.iter().filter_map(|one| flow.turn(one.head, &one.body)).collect()
}

/// The way from the first instruction to an end.
pub fn straight(code: &[Instruction]) -> Option<Turn> {
    let flow = Flow::new(code);
    let all = flow.reached(0, |block| flow.blocks[block].next.clone());
    flow.turn(NO_HEAD, &all)
}

/// In the place of a loop's head, for what is in none.
const NO_HEAD: usize = usize::MAX;

/// Instructions of which either all are executed or none.
struct Block {
    code: Range<usize>,
    next: Vec<usize>,
}

/// A natural loop: the blocks from which its head is reached again without leaving it.
struct Loop {
    head: usize,
    body: BTreeSet<usize>,
}

struct Flow<'a> {
    code: &'a [Instruction],
    blocks: Vec<Block>,
    loops: Vec<Loop>,
}

/// The rest of a way from a block on.
#[derive(Clone, Copy)]
struct Rest {
    accesses: usize,
    slots: f64,
    next: Option<usize>,
}

impl Rest {
    fn is_better_than(&self, other: &Rest) -> bool {
        (self.accesses, -self.slots) > (other.accesses, -other.slots)
    }
}

impl<'a> Flow<'a> {
    fn new(code: &'a [Instruction]) -> Flow<'a> {
        let mut flow = Flow { code, blocks: blocks(code), loops: Vec::new() };
        flow.loops = flow.find_loops();
        flow
    }

    fn find_loops(&self) -> Vec<Loop> {
        let live = self.reached(0, |block| self.blocks[block].next.clone());
        let mut bodies: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for &last in &live {
            for &head in self.blocks[last].next.iter().filter(|&&next| next <= last) {
                if self.leads_all_ways(head, last) {
                    let body = bodies.entry(head).or_insert_with(|| BTreeSet::from([head]));
                    body.extend(self.before(head, last).intersection(&live));
                }
            }
        }
        bodies.into_iter().map(|(head, body)| Loop { head, body }).collect()
    }

    /// Whether every way to a block leads through another.
    fn leads_all_ways(&self, through: usize, to: usize) -> bool {
        let without = |block: usize| match block == through {
            true => Vec::new(),
            false => self.blocks[block].next.clone(),
        };
        through == to || !self.reached(0, without).contains(&to)
    }

    /// The blocks from which one is reached without a head, and the head.
    fn before(&self, head: usize, last: usize) -> BTreeSet<usize> {
        let before = |block: usize| match block == head {
            true => Vec::new(),
            false => self.places(|b| b.next.contains(&block)),
        };
        self.reached(last, before)
    }

    fn places(&self, wanted: impl Fn(&Block) -> bool) -> Vec<usize> {
        (0..self.blocks.len()).filter(|&at| wanted(&self.blocks[at])).collect()
    }

    fn reached(&self, start: usize, next: impl Fn(usize) -> Vec<usize>) -> BTreeSet<usize> {
        let (mut seen, mut todo) = (BTreeSet::new(), vec![start]);
        while let Some(block) = todo.pop() {
            if block < self.blocks.len() && seen.insert(block) {
                todo.extend(next(block));
            }
        }
        seen
    }

    /// One turn of the loop with that head; or the way from the first block to an end.
    fn turn(&self, head: usize, body: &BTreeSet<usize>) -> Option<Turn> {
        let inner: Vec<_> =
            self.loops.iter().filter(|l| l.head != head && body.contains(&l.head)).collect();
        let region = Region { flow: self, head, body, inner };
        let mut known = BTreeMap::new();
        let start = if head == NO_HEAD { 0 } else { head };
        region.rest(start, &mut known)?;
        let (mut way, mut at) = (Vec::new(), Some(start));
        while let Some(block) = at {
            way.extend(region.code(block));
            at = known[&block].and_then(|rest: Rest| rest.next);
        }
        Some(Turn { way, body: body.iter().flat_map(|&block| region.code(block)).collect() })
    }
}

/// A loop, or the whole shader, in which the loops inside it are but points.
struct Region<'a> {
    flow: &'a Flow<'a>,
    head: usize,
    body: &'a BTreeSet<usize>,
    inner: Vec<&'a Loop>,
}

impl Region<'_> {
    /// The outermost loop inside that a block belongs to.
    fn inside(&self, block: usize) -> Option<&Loop> {
        let around = self.inner.iter().filter(|l| l.body.contains(&block));
        around.copied().max_by_key(|l| l.body.len())
    }

    fn code(&self, block: usize) -> Range<usize> {
        match self.inside(block) {
            None => self.flow.blocks[block].code.clone(),
            Some(_) => 0..0,
        }
    }

    fn next(&self, block: usize) -> Vec<usize> {
        let next = |block: &usize| self.flow.blocks[*block].next.iter().copied();
        match self.inside(block) {
            None => next(&block).collect(),
            Some(l) => l.body.iter().flat_map(next).filter(|b| !l.body.contains(b)).collect(),
        }
    }

    /// The best way from a block to the end of the turn, if there is one.
    fn rest(&self, block: usize, known: &mut BTreeMap<usize, Option<Rest>>) -> Option<Rest> {
        if let Some(rest) = known.get(&block) {
            return *rest;
        }
        known.insert(block, None);
        let next = self.next(block);
        let ends = if self.head == NO_HEAD { next.is_empty() } else { next.contains(&self.head) };
        let mut best = ends.then_some(Rest { accesses: 0, slots: 0.0, next: None });
        for at in next.into_iter().filter(|at| *at != self.head && self.body.contains(at)) {
            let Some(rest) = self.rest(at, known) else { continue };
            let rest = Rest { next: Some(at), ..rest };
            if best.is_none_or(|best| rest.is_better_than(&best)) {
                best = Some(rest);
            }
        }
        let best = best.map(|rest| self.with(block, rest));
        known.insert(block, best);
        best
    }

    fn with(&self, block: usize, rest: Rest) -> Rest {
        let code = &self.flow.code[self.code(block)];
        let accesses = code.iter().filter(|one| one.memory != Memory::None).count();
        let slots: f64 = code.iter().map(|one| one.slots).sum();
        Rest { accesses: rest.accesses + accesses, slots: rest.slots + slots, ..rest }
    }
}

fn blocks(code: &[Instruction]) -> Vec<Block> {
    let mut starts = BTreeSet::from([0]);
    for (at, one) in code.iter().enumerate() {
        starts.extend(one.jump);
        if one.jump.is_some() || !one.falls {
            starts.insert(at + 1);
        }
    }
    let starts: Vec<_> = starts.into_iter().filter(|&at| at < code.len()).collect();
    let block_of = |at: usize| starts.binary_search(&at).ok();
    let block = |(number, &start): (usize, &usize)| {
        let end = starts.get(number + 1).copied().unwrap_or(code.len());
        let last = &code[end - 1];
        let after = last.falls.then_some(end).and_then(block_of);
        let next = after.into_iter().chain(last.jump.and_then(block_of)).collect();
        Block { code: start..end, next }
    };
    starts.iter().enumerate().map(block).collect()
}
