//! A cache of sectors that gives up the one which was not used for the longest.

use std::collections::{BTreeMap, HashMap};

/// A sector in a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Line {
    /// Whether it was read from memory.
    pub is_read: bool,
    /// The bytes that were written and are not in memory yet.
    pub written: u32,
}

pub struct Cache {
    capacity: usize,
    time: u64,
    lines: HashMap<u64, (u64, Line)>,
    /// The sectors, by the time of their last use.
    used: BTreeMap<u64, u64>,
}

impl Cache {
    /// Returns a cache of so many sectors, at least one.
    pub fn new(sectors: usize) -> Cache {
        let (lines, used) = (HashMap::new(), BTreeMap::new());
        Cache { capacity: sectors.max(1), time: 0, lines, used }
    }

    /// Returns the line of a sector, empty if it is new; and the sector and the line that were given up for it.
    pub fn line(&mut self, sector: u64) -> (&mut Line, Option<(u64, Line)>) {
        self.time += 1;
        let time = self.time;
        let given_up = match self.lines.get(&sector) {
            Some((last, _)) => {
                self.used.remove(last);
                None
            }
            None => self.make_room(),
        };
        self.used.insert(time, sector);
        let (last, line) = self.lines.entry(sector).or_default();
        *last = time;
        (line, given_up)
    }

    /// Returns what the cache holds, in the order in which it would be given up.
    pub fn into_lines(mut self) -> impl Iterator<Item = (u64, Line)> {
        let sectors = self.used.into_values();
        sectors.filter_map(move |sector| Some((sector, self.lines.remove(&sector)?.1)))
    }

    fn make_room(&mut self) -> Option<(u64, Line)> {
        if self.lines.len() < self.capacity {
            return None;
        }
        let (_, sector) = self.used.pop_first()?;
        self.lines.remove(&sector).map(|(_, line)| (sector, line))
    }
}
