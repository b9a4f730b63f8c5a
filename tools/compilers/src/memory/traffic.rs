//! What the memory of a device moves behind the cache that all workgroups share.

use super::cache::{Cache, Line};
use super::dram::Dram;
use super::sectors::{SECTOR, mark};
use super::stream::{Stream, Touch};
use crate::trace::{Space, Trace};
use std::collections::HashMap;

/// Bytes that are moved.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Traffic {
    pub read: u64,
    pub written: u64,
    /// How many times as long as their bytes all transfers take, since rows have to be opened.
    pub rows: f64,
}

impl Traffic {
    pub fn sum(self) -> u64 {
        self.read + self.written
    }
}

/// What workgroups share: a cache of so many bytes, and the channels of the memory behind it.
#[derive(Clone, Copy, Debug)]
pub struct Behind {
    pub cache: u64,
    pub channels: usize,
}

/// Counts what workgroups move that start in their order, so many at a time, each of which goes on by an instruction
/// when it is its turn.
pub fn traffic(streams: &[Stream], at_a_time: usize, behind: Behind) -> Traffic {
    let mut memory = Shared::new(behind);
    let mut waiting = streams.iter().map(|stream| stream.iter());
    let mut running: Vec<_> = waiting.by_ref().take(at_a_time.max(1)).collect();
    while !running.is_empty() {
        running.retain_mut(|workgroup| {
            let next = workgroup.next().or_else(|| {
                *workgroup = waiting.next()?;
                workgroup.next()
            });
            next.is_some_and(|touches| memory.touch_all(touches))
        });
    }
    memory.end()
}

/// Returns the fewest bytes: each that is read or written once.
pub fn least(trace: &Trace) -> Traffic {
    let mut masks: [HashMap<u64, u32>; 2] = Default::default();
    for access in trace.workgroups.iter().flatten().flatten() {
        let instruction = &trace.instructions[access.instruction as usize];
        if instruction.space == Space::Device {
            let masks = &mut masks[usize::from(instruction.writes)];
            mark(masks, access.address, u64::from(instruction.bytes));
        }
    }
    let [read, written] = masks.map(|masks| bytes(masks.values()));
    Traffic { read, written, rows: 1.0 }
}

fn bytes<'a>(masks: impl Iterator<Item = &'a u32>) -> u64 {
    masks.map(|mask| u64::from(mask.count_ones())).sum()
}

struct Shared {
    cache: Cache,
    traffic: Traffic,
    dram: Dram,
}

impl Shared {
    fn new(behind: Behind) -> Shared {
        Shared {
            cache: Cache::new((behind.cache / SECTOR) as usize),
            traffic: Traffic::default(),
            dram: Dram::new(behind.channels),
        }
    }

    /// Always true: the workgroup goes on.
    fn touch_all(&mut self, touches: &[Touch]) -> bool {
        touches.iter().for_each(|touch| self.touch(touch));
        true
    }

    fn touch(&mut self, touch: &Touch) {
        let (line, given_up) = self.cache.line(touch.sector);
        if touch.writes {
            line.written |= touch.bytes;
        } else if !line.is_read {
            // What was written of it stays in the cache.
            line.is_read = true;
            self.traffic.read += SECTOR;
            self.dram.add(touch.sector);
        }
        given_up.into_iter().for_each(|(sector, line)| self.write_back(sector, line));
    }

    /// Writes a sector back: one of which a part was written has to be read first.
    fn write_back(&mut self, sector: u64, line: Line) {
        if line.written == 0 {
            return;
        }
        self.traffic.written += SECTOR;
        self.dram.add(sector);
        if line.written != u32::MAX && !line.is_read {
            self.traffic.read += SECTOR;
        }
    }

    fn end(mut self) -> Traffic {
        let lines = std::mem::replace(&mut self.cache, Cache::new(1)).into_lines();
        lines.for_each(|(sector, line)| self.write_back(sector, line));
        Traffic { rows: self.dram.rows(), ..self.traffic }
    }
}
