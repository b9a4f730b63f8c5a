//! What instructions ask for, against what their bytes need.

use super::banks::{Turns, turns};
use super::groups::{Issued, groups, in_turns};
use super::sectors::{least, sectors};
use super::stream::stream;
use crate::trace::{Access, Space, Trace};
use serde::Serialize;

/// Sectors of the device's memory, and turns of workgroup memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Asked {
    /// Sectors that loads ask for, divided by those that their bytes need.
    pub read: f64,
    /// The same of stores.
    pub written: f64,
    /// Sectors that loads ask for behind a small cache of the workgroup, divided by those that they ask for.
    pub missed: f64,
    /// Turns of the banks of workgroup memory, divided by those without conflicts.
    pub conflicts: f64,
    /// Sectors of a workgroup, behind the small cache.
    pub behind: f64,
    /// Turns of a workgroup.
    pub turns: f64,
}

/// Sums over all workgroups.
#[derive(Default)]
struct Sums {
    read: Sectors,
    written: Sectors,
    turns: Turns,
}

#[derive(Default)]
struct Sectors {
    asked: u64,
    least: u64,
}

impl Asked {
    /// Counts what all workgroups ask for, in groups of so many invocations.
    pub fn of(trace: &Trace, size: usize) -> Asked {
        let mut sums = Sums::default();
        for workgroup in &trace.workgroups {
            in_turns(groups(trace, workgroup, size)).for_each(|issued| sums.add(&issued));
        }
        let Sums { read, written, turns } = sums;
        let missed = missed(trace, size);
        let each = trace.workgroups.len().max(1) as f64;
        Asked {
            read: ratio(read.asked, read.least),
            written: ratio(written.asked, written.least),
            missed: ratio(missed, read.asked),
            conflicts: ratio(turns.taken, turns.least),
            behind: (missed + written.asked) as f64 / each,
            turns: turns.taken as f64 / each,
        }
    }
}

impl Sums {
    fn add(&mut self, issued: &Issued) {
        match (issued.instruction.space, issued.instruction.writes) {
            (Space::Workgroup, _) => self.turns.add(turns(issued)),
            (Space::Device, false) => self.read.add(issued),
            (Space::Device, true) => self.written.add(issued),
        }
    }
}

impl Sectors {
    fn add(&mut self, issued: &Issued) {
        let sectors = sectors(issued);
        self.asked += sectors.len() as u64;
        self.least += least(&sectors);
    }
}

/// Counts the sectors that are read behind the caches of the workgroups.
fn missed(trace: &Trace, size: usize) -> u64 {
    let missed = |workgroup| {
        let touches = stream(trace, workgroup, size).into_iter().flatten();
        touches.filter(|touch| !touch.writes).count() as u64
    };
    trace.workgroups.iter().map(missed).sum()
}

/// Loads from the memory of the device.
#[derive(Default)]
pub struct Loads {
    pub count: u64,
    pub bytes: u64,
    /// Invocations that load anything.
    pub invocations: u64,
}

impl Loads {
    pub fn of(trace: &Trace) -> Loads {
        let mut loads = Loads::default();
        trace.workgroups.iter().flatten().for_each(|invocation| loads.add(trace, invocation));
        loads
    }

    fn add(&mut self, trace: &Trace, invocation: &[Access]) {
        let instructions = invocation.iter().map(|a| &trace.instructions[a.instruction as usize]);
        let before = self.count;
        for load in instructions.filter(|i| i.space == Space::Device && !i.writes) {
            self.count += 1;
            self.bytes += u64::from(load.bytes);
        }
        self.invocations += u64::from(self.count > before);
    }
}

/// Returns part / whole, and 1 where there is nothing to compare.
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
