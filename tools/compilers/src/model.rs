//! How long a kernel takes, if what limits it is one thing alone: the longest counts, and what nothing hides.

#[cfg(test)]
mod simulated;

use crate::memory::{Behind, Memory, Moved};

/// A GPU, in cycles.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    pub multiprocessors: u64,
    /// Instructions of single invocations that a multiprocessor issues in a cycle.
    pub lanes: u64,
    /// Bytes that its memory moves in a cycle.
    pub bandwidth: f64,
    /// The last cache that all of them share, and the channels of memory.
    pub behind: Behind,
    /// Cycles from a load to its value, in memory.
    pub latency: f64,
}

/// A kernel on a GPU.
#[derive(Clone, Copy, Debug)]
pub struct Kernel<'a> {
    pub memory: &'a Memory,
    /// Workgroups of the grid.
    pub workgroups: u64,
    /// Workgroups that a multiprocessor keeps.
    pub resident: u64,
    /// Loads of an invocation that are under way together.
    pub loads: usize,
    /// Instructions for each load.
    pub instructions: f64,
}

impl Kernel<'_> {
    /// Returns what memory moves.
    pub fn moved(&self, machine: &Machine) -> Moved {
        let multiprocessors = machine.multiprocessors.max(1);
        let resident = self.resident.min(self.workgroups.div_ceil(multiprocessors));
        self.memory.moved(multiprocessors, resident, machine.behind)
    }
}

/// What a kernel takes of memory, in cycles.
#[derive(Clone, Copy, Debug)]
pub struct Cycles {
    /// To move each byte once.
    pub least: f64,
    /// To move what caches do not keep, row by row.
    pub memory: f64,
    /// To bring sectors to multiprocessors.
    pub sectors: f64,
    /// To serve accesses to workgroup memory.
    pub banks: f64,
    /// To wait for loads, and for one instruction after the other, with the workgroups that there are.
    pub waits: f64,
    /// To wait for the first loads and to compute what the last are for, while memory has nothing else to do.
    pub ends: f64,
}

/// Sectors that reach a multiprocessor in a cycle: 32 bytes, as crossbars of public specifications and simulators.
const SECTORS: f64 = 1.0;

/// Cycles of an instruction until the next that needs its result.
const STEP: f64 = 4.0;

impl Cycles {
    pub fn of(kernel: &Kernel, machine: &Machine) -> Cycles {
        let memory = kernel.memory;
        let all = kernel.workgroups as f64;
        let least = memory.least_of_workgroup() * all / machine.bandwidth;
        let each = kernel.workgroups.div_ceil(machine.multiprocessors.max(1)) as f64;
        let moved = kernel.moved(machine);
        Cycles {
            least,
            memory: least * moved.bytes * moved.rows.unwrap_or(1.0),
            sectors: each * memory.groups_of_32.behind / SECTORS,
            banks: each * memory.groups_of_32.turns,
            waits: waits(kernel, machine),
            ends: machine.latency + kernel.loads as f64 * kernel.instructions * STEP,
        }
    }

    /// Returns all that passes: the longest, with what nothing hides.
    pub fn total(&self) -> f64 {
        let busy = [self.memory, self.sectors, self.banks].into_iter().fold(self.least, f64::max);
        self.waits.max(busy + self.ends)
    }
}

/// Cycles of workgroups that wait for nothing but their own.
fn waits(kernel: &Kernel, machine: &Machine) -> f64 {
    let at_a_time = machine.multiprocessors * kernel.resident.max(1);
    let rounds = kernel.workgroups.div_ceil(at_a_time.max(1));
    let waited = (kernel.memory.loads / kernel.loads.max(1) as f64).ceil();
    let alone = instructions(kernel) * STEP;
    // What starts together computes together too. Later rounds are out of step, and some compute while others wait.
    let computed = if rounds > 1 { alone } else { alone.max(issue(kernel, machine)) };
    rounds as f64 * (waited * machine.latency + computed)
}

/// Cycles in which the busiest multiprocessor issues its instructions.
fn issue(kernel: &Kernel, machine: &Machine) -> f64 {
    let workgroups = kernel.workgroups.div_ceil(machine.multiprocessors.max(1));
    let invocations = workgroups as f64 * kernel.memory.invocations as f64;
    invocations * instructions(kernel) / machine.lanes as f64
}

/// Returns the instructions of an invocation.
fn instructions(kernel: &Kernel) -> f64 {
    kernel.memory.loads * kernel.instructions
}
