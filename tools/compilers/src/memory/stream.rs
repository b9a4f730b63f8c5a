//! What a workgroup asks of the caches that all share, behind a small one of its own.

use super::cache::Cache;
use super::groups::{Issued, groups, in_turns};
use super::sectors::{SECTOR, sectors};
use crate::trace::{ADDRESS_BITS, Space, Trace, Workgroup};

/// Sectors of the cache that a workgroup has for itself: 4 KiB, since a first cache is shared by many.
pub const OWN: usize = 4096 / SECTOR as usize;

/// A sector that is read or written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Touch {
    pub sector: u64,
    /// A bit for each byte.
    pub bytes: u32,
    pub writes: bool,
}

/// The sectors that each instruction asks for, in the order of time.
pub type Stream = Vec<Vec<Touch>>;

/// Returns the stream of a workgroup whose groups have so many invocations.
pub fn stream(trace: &Trace, workgroup: &Workgroup, size: usize) -> Stream {
    let mut own = Cache::new(OWN);
    let all = in_turns(groups(trace, workgroup, size));
    let of_device = all.filter(|issued| issued.instruction.space == Space::Device);
    of_device.map(|issued| touches(&issued, &mut own)).filter(|all| !all.is_empty()).collect()
}

/// Returns what is left of an instruction behind the own cache. That keeps nothing that is written.
fn touches(issued: &Issued, own: &mut Cache) -> Vec<Touch> {
    let writes = issued.instruction.writes;
    let mut is_missing = |sector| {
        let (line, _) = own.line(sector);
        !std::mem::replace(&mut line.is_read, true)
    };
    let all = sectors(issued).into_iter().filter(|(sector, _)| writes || is_missing(*sector));
    all.map(|(sector, bytes)| Touch { sector, bytes, writes }).collect()
}

/// Returns a copy that moves so many bytes: each workgroup reads and writes 4 KiB, in groups that take 16 bytes an
/// invocation.
pub fn copy(bytes: u64) -> Vec<Stream> {
    const WORKGROUP: u64 = 4096 / SECTOR;
    const GROUP: u64 = 512 / SECTOR;
    let touch = |sector, writes| Touch { sector, bytes: u32::MAX, writes };
    // The result is far from what is read.
    let of_group = |first: u64, writes: bool| {
        let base = if writes { 1 << ADDRESS_BITS } else { 0 } / SECTOR;
        (first..first + GROUP).map(|sector| touch(base + sector, writes)).collect()
    };
    let of_workgroup = |first: u64| {
        let groups = (first..first + WORKGROUP).step_by(GROUP as usize);
        let reads = groups.clone().map(|first| of_group(first, false));
        reads.chain(groups.map(|first| of_group(first, true))).collect()
    };
    (0..bytes / SECTOR / 2).step_by(WORKGROUP as usize).map(of_workgroup).collect()
}
