//! Real shaders, of which all accesses are known.

use super::{Runner, Space, Trace};
use crate::memory::Memory;
use test_support::cases::CASES;
use wgpu_lrn::Operation::{Backward, Forward};
use wgpu_lrn::internals::{Pass, Recipe};
use wgpu_lrn::{Choice, Lrn, Operation, Shape, wgpu};

/// Asserts that no access of a pass leaves what is bound, or the variable of the workgroup: an engine may compile
/// shaders without bounds checks.
fn assert_inside(runner: &Runner, pass: &Pass) {
    let label = pass.shader.label();
    let trace = runner.trace(pass, u32::MAX).unwrap().unwrap_or_default(); // an empty tensor has none
    for access in trace.workgroups.iter().flatten().flatten() {
        let instruction = &trace.instructions[access.instruction as usize];
        let room = match instruction.binding {
            Some(number) => {
                let range = pass.range(&pass.dispatches[0], number);
                range.end - range.start
            }
            None => instruction.size.into(),
        };
        let end = (access.address & 0xffff_ffff) + u64::from(instruction.bytes);
        assert!(end <= room, "{label}: {end} of {room} bytes, {instruction:?}");
    }
}

/// Every choice at every named shape that is not large, in turns by one of the operations.
#[test]
fn no_access_is_out_of_bounds() {
    let runner = Runner::open().unwrap();
    let (features, limits) = (wgpu::Features::empty(), wgpu::Limits::default());
    let mut operations = Operation::ALL.iter().cycle();
    for case in CASES.iter().filter(|case| case.shape().elements() <= 5000) {
        let (lrn, shape) = (&case.lrn(), &case.shape());
        for (choice, &operation) in Choice::available(lrn, shape, features).unwrap().into_iter().zip(&mut operations) {
            let recipe = Recipe::new(lrn, shape, operation, false, choice, features, &limits).unwrap();
            recipe.passes.iter().for_each(|pass| assert_inside(&runner, pass));
        }
    }
}

/// Traces all workgroups of the only pass of a kernel.
fn trace(kernel: &str, operation: Operation, dims: [usize; 4], axis: isize) -> Trace {
    let lrn = Lrn::pytorch(5).build().unwrap();
    let shape = Shape::over(&dims, &[axis]).unwrap();
    let (features, limits) = (wgpu::Features::empty(), wgpu::Limits::default());
    let choices = Choice::available(&lrn, &shape, features).unwrap();
    let choice = *choices.iter().find(|choice| choice.to_string() == kernel).unwrap();
    let recipe = Recipe::new(&lrn, &shape, operation, false, choice, features, &limits);
    Runner::open().unwrap().trace(&recipe.unwrap().passes[0], u32::MAX).unwrap().unwrap()
}

/// Returns how many times each byte of the operands is read, and written: all bytes as many times.
fn times(trace: &Trace, writes: bool) -> Vec<u64> {
    let mut times = std::collections::BTreeMap::new();
    for access in trace.workgroups.iter().flatten().flatten() {
        let instruction = &trace.instructions[access.instruction as usize];
        if instruction.space == Space::Device && instruction.writes == writes {
            for byte in access.address..access.address + u64::from(instruction.bytes) {
                *times.entry(byte).or_insert(0) += 1;
            }
        }
    }
    times.into_values().collect()
}

#[test]
fn every_element_is_written_once() {
    for (kernel, dims, axis) in
        [("column 1", [1, 8, 8, 16], 1), ("row 4", [1, 4, 4, 64], -1), ("pixel 1", [1, 4, 4, 64], -1)]
    {
        let trace = trace(kernel, Forward, dims, axis);
        let bytes = 4 * dims.iter().product::<usize>();
        assert_eq!(times(&trace, true), vec![1; bytes], "{kernel}");
        assert_eq!(times(&trace, false).len(), bytes, "{kernel} reads each");
    }
}

#[test]
fn column_reads_and_writes_whole_sectors() {
    let trace = trace("column 1", Forward, [1, 8, 8, 16], 1);
    assert_eq!(trace.workgroups.len(), 2);
    let asked = Memory::of(&trace).groups_of_32;
    assert_eq!((asked.read, asked.written, asked.turns), (1.0, 1.0, 0.0));
    // 64 pixels of 8 channels are written, and read at least.
    assert!(asked.behind >= 128.0, "{asked:?}");
}

#[test]
fn row_wastes_no_sectors_forward() {
    let trace = trace("row 4", Forward, [2, 8, 8, 64], -1);
    let memory = Memory::of(&trace);
    assert_eq!(memory.groups_of_32.written, 1.0);
    assert_eq!(memory.groups_of_32.turns, 0.0, "it needs no workgroup memory");
    assert_eq!(memory.load, 16.0);
}

/// A workgroup of 64 writes 62 packets. Where a group of 32 begins or ends inside a sector, both write a part of it.
#[test]
fn row_exchanges_terms_without_conflicts_backward() {
    let trace = trace("row 4", Backward, [2, 8, 8, 64], -1);
    assert_eq!(trace.workgroups.len(), (2 * 8 * 8 * 16usize).div_ceil(62));
    let asked = Memory::of(&trace).groups_of_32;
    assert!(asked.written < 1.05, "{asked:?}");
    assert_eq!(asked.conflicts, 1.0);
}
