//! How long a kernel takes, if what limits it is one thing alone: the longest counts.

#[cfg(test)]
mod simulated;

use crate::memory::Memory;

/// A GPU, in cycles.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    pub multiprocessors: u64,
    /// Instructions of single invocations that a multiprocessor issues in a cycle.
    pub lanes: u64,
    /// Bytes that its memory moves in a cycle.
    pub bandwidth: f64,
    /// Bytes of the last cache that all of them share.
    pub cache: u64,
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

/// What a kernel takes, in cycles.
#[derive(Clone, Copy, Debug)]
pub struct Cycles {
    /// To move each byte once.
    pub least: f64,
    /// To move what caches do not keep.
    pub memory: f64,
    /// To bring sectors to multiprocessors.
    pub sectors: f64,
    /// To serve accesses to workgroup memory.
    pub banks: f64,
    /// To issue the instructions.
    pub issue: f64,
    /// To wait for loads, and for one instruction after the other, with the workgroups that there are.
    pub waits: f64,
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
        let each = all / machine.multiprocessors as f64;
        let moved = memory.moved(machine.multiprocessors, kernel.resident, machine.cache);
        Cycles {
            least,
            memory: least * moved,
            sectors: each * memory.groups_of_32.behind / SECTORS,
            banks: each * memory.groups_of_32.turns,
            issue: each * instructions(kernel) * memory.invocations as f64 / machine.lanes as f64,
            waits: rounds(kernel, machine) * lifetime(kernel, machine),
        }
    }

    /// The longest.
    pub fn worst(&self) -> f64 {
        [self.memory, self.sectors, self.banks, self.issue, self.waits]
            .into_iter()
            .fold(self.least, f64::max)
    }
}

/// How often all multiprocessors are filled.
fn rounds(kernel: &Kernel, machine: &Machine) -> f64 {
    let at_a_time = machine.multiprocessors * kernel.resident.max(1);
    kernel.workgroups.div_ceil(at_a_time) as f64
}

/// Cycles of a workgroup that waits for nothing but its own.
fn lifetime(kernel: &Kernel, machine: &Machine) -> f64 {
    let waited = (kernel.memory.loads / kernel.loads.max(1) as f64).ceil();
    waited * machine.latency + instructions(kernel) * STEP
}

/// Instructions of an invocation.
fn instructions(kernel: &Kernel) -> f64 {
    kernel.memory.loads * kernel.instructions
}
