//! What a kernel asks of memory, counted in the addresses that it reaches.

mod asked;
mod banks;
mod cache;
mod dram;
mod groups;
mod passes;
mod sectors;
mod stream;
#[cfg(test)]
mod tests;
mod traffic;

pub use asked::Asked;
use asked::Loads;
pub use passes::of_all;
pub use traffic::{Behind, Traffic};

use crate::trace::Trace;
use serde::Serialize;
use stream::Stream;

/// What the workgroups of a trace ask of memory, whatever the GPU.
#[derive(Clone, Debug, Serialize)]
pub struct Memory {
    /// Where groups of 32 and of 64 invocations execute an instruction together.
    pub groups_of_32: Asked,
    pub groups_of_64: Asked,
    /// Invocations of a workgroup.
    pub invocations: usize,
    /// Bytes that a load of an invocation reads, on average, and the loads of an invocation.
    pub load: f64,
    pub loads: f64,
    /// Workgroups that were traced.
    pub workgroups: usize,
    /// What they ask of the shared cache.
    #[serde(skip)]
    streams: Vec<Stream>,
    /// Each byte that they reach once.
    #[serde(skip)]
    pub least: Traffic,
}

impl Memory {
    pub fn of(trace: &Trace) -> Memory {
        let stream = |workgroup| stream::stream(trace, workgroup, 32);
        let streams: Vec<_> = trace.workgroups.iter().map(stream).collect();
        let loads = Loads::of(trace);
        Memory {
            groups_of_32: Asked::of(trace, 32),
            groups_of_64: Asked::of(trace, 64),
            invocations: trace.workgroups.first().map_or(0, Vec::len),
            load: loads.bytes as f64 / loads.count.max(1) as f64,
            loads: loads.count as f64 / loads.invocations.max(1) as f64,
            workgroups: streams.len(),
            least: traffic::least(trace),
            streams,
        }
    }

    /// Returns what memory moves for a GPU that keeps so many workgroups in each multiprocessor. Of a large GPU a slice
    /// is taken, of which the workgroups need several times the cache.
    pub fn moved(&self, multiprocessors: u64, workgroups: u64, behind: Behind) -> Moved {
        let least = self.least.sum().max(1);
        let cache = behind.cache / multiprocessors.max(1);
        let slice = (least / (FILLED * cache.max(1))).clamp(1, multiprocessors.max(1));
        let channels = behind.channels as u64 * slice;
        let behind = Behind { cache: slice * cache, channels: channels.div_ceil(multiprocessors.max(1)) as usize };
        let traffic = traffic::traffic(&self.streams, (slice * workgroups) as usize, behind);
        let rows = || {
            let copy = traffic::traffic(&stream::copy(least), (slice * COPYING) as usize, behind);
            (traffic.rows / copy.rows).max(1.0)
        };
        Moved { bytes: traffic.sum() as f64 / least as f64, rows: (slice >= WITH_ROWS).then(rows) }
    }

    /// Returns the bytes under way of a multiprocessor that keeps so many invocations, each with so many loads.
    pub fn under_way(&self, loads: usize, invocations: u64) -> f64 {
        self.load * loads as f64 * invocations as f64
    }

    /// Returns the least bytes of a workgroup.
    pub fn least_of_workgroup(&self) -> f64 {
        self.least.sum() as f64 / self.workgroups.max(1) as f64
    }
}

/// What memory moves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// Bytes, divided by the least.
    pub bytes: f64,
    /// What rows of DRAM cost, divided by what they cost a copy. It is not known where the slice of the GPU is small.
    pub rows: Option<f64>,
}

/// Multiprocessors of a slice from which on rows are counted: few workgroups open other rows than many do.
const WITH_ROWS: u64 = 4;

/// Workgroups of a copy that a multiprocessor keeps.
const COPYING: u64 = 8;

/// How many times as much as the cache holds is moved.
const FILLED: u64 = 4;
