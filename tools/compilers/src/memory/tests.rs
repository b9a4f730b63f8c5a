//! Hand-made traces of which every count is known.

use super::dram::Dram;
use super::{Behind, Memory};
use crate::trace::{Access, Instruction, Space, Trace};

/// Returns a trace of one workgroup, in which each of so many invocations executes an instruction once, at an address.
fn trace(instruction: Instruction, invocations: u64, address: impl Fn(u64) -> u64) -> Trace {
    let access = |number| vec![Access { instruction: 0, address: address(number) }];
    let workgroups = vec![(0..invocations).map(access).collect()];
    Trace { instructions: vec![instruction], workgroups }
}

fn instruction(space: Space, writes: bool, bytes: u32) -> Instruction {
    Instruction { space, writes, bytes, variable: 0, binding: None, size: 0 }
}

fn loads(bytes: u32, invocations: u64, address: impl Fn(u64) -> u64) -> Memory {
    Memory::of(&trace(instruction(Space::Device, false, bytes), invocations, address))
}

fn stores(bytes: u32, invocations: u64, address: impl Fn(u64) -> u64) -> Memory {
    Memory::of(&trace(instruction(Space::Device, true, bytes), invocations, address))
}

/// Turns of workgroup memory, and how many times those without conflicts.
fn turns(bytes: u32, invocations: u64, address: impl Fn(u64) -> u64) -> (f64, f64) {
    let one = instruction(Space::Workgroup, false, bytes);
    let asked = Memory::of(&trace(one, invocations, address)).groups_of_32;
    (asked.turns, asked.conflicts)
}

/// Returns the bytes that memory moves, divided by the least, for so many workgroups at a time.
fn moved(memory: &Memory, workgroups: u64, cache: u64) -> f64 {
    memory.moved(1, workgroups, Behind { cache, channels: 1 }).bytes
}

#[test]
fn neighbours_ask_for_no_more_than_their_bytes() {
    let memory = loads(4, 64, |i| 4 * i);
    assert_eq!((memory.groups_of_32.read, memory.groups_of_64.read), (1.0, 1.0));
    assert_eq!(memory.groups_of_32.behind, 8.0);
    // A row that begins inside a sector takes one more, as any row of as many bytes there.
    assert_eq!(loads(4, 32, |i| 4 * i + 20).groups_of_32.read, 1.0);
    assert_eq!(loads(4, 32, |i| 4 * i + 20).groups_of_32.behind, 5.0);
}

#[test]
fn strides_ask_for_a_sector_each() {
    assert_eq!(loads(4, 32, |i| 128 * i).groups_of_32.read, 8.0);
    assert_eq!(stores(4, 32, |i| 32 * i).groups_of_32.written, 8.0);
    // Half sectors.
    assert_eq!(stores(16, 32, |i| 32 * i).groups_of_32.written, 2.0);
    // Two rows, the second from the middle of a sector on: groups of 32 have one each, a group of 64 has both.
    let rows = stores(4, 64, |i| 4 * i + i / 32 * 1000);
    assert_eq!((rows.groups_of_32.written, rows.groups_of_64.written), (1.0, 9.0 / 8.0));
}

#[test]
fn all_may_load_the_same() {
    let memory = loads(4, 32, |_| 64);
    assert_eq!((memory.groups_of_32.read, memory.groups_of_32.behind), (1.0, 1.0));
    assert_eq!(memory.least.sum(), 4);
}

#[test]
fn a_small_cache_keeps_what_is_loaded_again() {
    let group = instruction(Space::Device, false, 4);
    let at = |address| Access { instruction: 0, address };
    let again = |bytes: u64| Trace {
        instructions: vec![group.clone()],
        workgroups: vec![vec![(0..2 * bytes / 32).map(|i| at(32 * i % bytes)).collect()]],
    };
    assert_eq!(Memory::of(&again(4096)).groups_of_32.missed, 0.5);
    // What exceeds it by a sector is lost before it is needed again.
    assert_eq!(Memory::of(&again(4128)).groups_of_32.missed, 1.0);
}

#[test]
fn banks_conflict_where_different_words_meet() {
    assert_eq!(turns(4, 32, |i| 4 * i), (1.0, 1.0));
    assert_eq!(turns(4, 32, |i| 8 * i), (2.0, 2.0));
    assert_eq!(turns(4, 32, |i| 128 * i), (32.0, 32.0));
    // An odd stride meets no bank twice, and a word is read by all at once.
    assert_eq!(turns(4, 32, |i| 20 * i), (1.0, 1.0));
    assert_eq!(turns(4, 32, |_| 12), (1.0, 1.0));
    // Halves of a word.
    assert_eq!(turns(2, 32, |i| 2 * i), (1.0, 1.0));
}

#[test]
fn vectors_are_served_in_parts() {
    assert_eq!(turns(16, 32, |i| 16 * i), (4.0, 1.0));
    assert_eq!(turns(8, 32, |i| 8 * i), (2.0, 1.0));
    // Packets at an even distance: eight of them take half the banks, twice.
    assert_eq!(turns(16, 32, |i| 32 * i), (8.0, 2.0));
    assert_eq!(turns(16, 32, |i| 80 * i), (4.0, 1.0));
}

#[test]
fn memory_moves_what_caches_do_not_keep() {
    // Two workgroups read the same 8 KiB, one after the other.
    let load = instruction(Space::Device, false, 32);
    let all = (0..256).map(|i| Access { instruction: 0, address: 32 * i }).collect();
    let workgroups = vec![vec![all]; 2];
    let memory = Memory::of(&Trace { instructions: vec![load], workgroups });
    assert_eq!(memory.least.sum(), 8192);
    assert_eq!(moved(&memory, 1, 8192), 1.0);
    assert_eq!(moved(&memory, 1, 4096), 2.0);
    // Side by side they need no room.
    assert_eq!(moved(&memory, 2, 64), 1.0);
}

#[test]
fn parts_of_sectors_are_read_before_they_are_written() {
    let store = instruction(Space::Device, true, 16);
    let halves = |first: u64| (0..64).map(move |i| 32 * i + 16 * first);
    let all = halves(0).chain(halves(1)).map(|address| Access { instruction: 0, address });
    let workgroups = vec![vec![all.collect()]];
    let memory = Memory::of(&Trace { instructions: vec![store], workgroups });
    assert_eq!(moved(&memory, 1, 2048), 1.0);
    // Each half is written alone, 32 bytes, after as many were read.
    assert_eq!(moved(&memory, 1, 1024), 4.0);
}

/// Returns what rows cost 6,400 transfers of sectors that are so many sectors apart.
fn rows(stride: u64) -> f64 {
    let mut dram = Dram::new(1);
    (0..6400).for_each(|number| dram.add(number * stride));
    dram.rows()
}

#[test]
fn rows_of_dram_cost_where_few_bytes_of_each_are_read() {
    // A row has 64 sectors, as many as the queue.
    assert_eq!(rows(1), 1.0);
    // 64 rows for 64 transfers, each 3 cycles after the last.
    assert_eq!(rows(64), 3.0);
    assert_eq!(rows(32), 1.5, "two transfers of each row");
    // 16 rows of one bank for 64 transfers: 40 cycles each.
    let mut dram = Dram::new(1);
    (0..64).for_each(|number| dram.add(64 * (number % 16 * 17)));
    assert_eq!(dram.rows(), 10.0);
    assert_eq!(Dram::new(0).rows(), 1.0, "no rows");
}
