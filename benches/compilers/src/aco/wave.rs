//! A wave that goes its way alone: what it waits for, and how many of its loads are under way.
//!
//! That arithmetic waits for arithmetic is left out: other lanes of the wave fill most of that time.

use super::Family;
use crate::flow::{Instruction, Memory};
use crate::report::Walk;
use std::collections::VecDeque;

/// Cycles until a load from memory is there, as Mesa takes them.
const MEMORY: f64 = 320.0;

/// The same of workgroup memory, and of the scalar cache.
const NEAR: f64 = 30.0;

/// Walks two turns, of which the second begins with what the first has left under way.
pub(super) fn walk(way: &[&Instruction], family: Family) -> Walk {
    let mut wave = Wave { family, now: 0.0, most: 0, far: VecDeque::new(), near: VecDeque::new() };
    way.iter().for_each(|one| wave.step(one));
    let first = wave.now;
    way.iter().for_each(|one| wave.step(one));
    Walk { loads_under_way: wave.most, cycles: Some(wave.now - first) }
}

struct Wave {
    family: Family,
    now: f64,
    /// The most loads that were under way when one of them was waited for.
    most: usize,
    /// What is under way to memory, oldest first: whether it is a load, and when it is there.
    far: VecDeque<(bool, f64)>,
    /// When what is under way to workgroup memory and the scalar cache is there.
    near: VecDeque<f64>,
}

impl Wave {
    fn step(&mut self, one: &Instruction) {
        let name = one.text.split(' ').next().unwrap_or_default();
        if name == "s_waitcnt" {
            self.wait_far(count(&one.text, "vmcnt("));
            self.wait_near(count(&one.text, "lgkmcnt("));
        }
        self.now += (one.slots * self.family.cycles).max(self.family.scalar_cycles);
        match one.memory {
            Memory::Load => self.far.push_back((true, self.now + MEMORY)),
            Memory::Store if self.family.stores_wait => {
                self.far.push_back((false, self.now + MEMORY))
            }
            _ => {}
        }
        if ["ds_", "s_load", "s_buffer_load"].iter().any(|start| name.starts_with(start)) {
            self.near.push_back(self.now + NEAR);
        }
    }

    /// Waits until no more than so many are under way.
    fn wait_far(&mut self, left: usize) {
        if left < self.far.len() {
            self.most = self.most.max(self.far.iter().filter(|(load, _)| *load).count());
        }
        while self.far.len() > left {
            self.now = self.far.pop_front().map_or(self.now, |(_, there)| there.max(self.now));
        }
    }

    fn wait_near(&mut self, left: usize) {
        while self.near.len() > left {
            self.now = self.near.pop_front().map_or(self.now, |there| there.max(self.now));
        }
    }
}

/// How many may remain under way behind a wait.
fn count(text: &str, counter: &str) -> usize {
    let number = text.split_once(counter).and_then(|(_, rest)| rest.split_once(')'));
    number.and_then(|(number, _)| number.parse().ok()).unwrap_or(usize::MAX)
}
