//! What ends the program with exit code 1.

use super::{Figures, Report, Row, Target};
use crate::budget::GPUS;
use crate::cases::{Case, Layer};
use crate::memory::Memory;
use crate::trace::{Access, Instruction, Space, Trace};

fn case(preferred: bool) -> Case {
    let layer = Layer { shape: "s", layout: "l", dtype: "f32", arithmetic: "single" };
    Case {
        layer,
        operation: "forward",
        bytes: 8,
        choice: "row 4".to_owned(),
        preferred,
        workgroups: 1,
        pass: (1, 1),
        moved: 8,
        shader: 0,
        run: 0,
    }
}

fn figures(spills: u64) -> Figures {
    Figures {
        slots: 1.0,
        listed: 1.0,
        latency: None,
        loads: 1,
        per_load: 1.0,
        resident: 64,
        registers: 32,
        waves: 16,
        spills,
        private: 0,
        shared: 0,
        listing: String::new(),
    }
}

/// Returns the accesses of 32 invocations that store 4 bytes each, so many bytes apart.
fn stores(stride: u64) -> Memory {
    let store = Instruction { space: Space::Device, writes: true, bytes: 4, variable: 0, binding: None, size: 0 };
    let all = (0..32).map(|i| vec![Access { instruction: 0, address: stride * i }]);
    Memory::of(&Trace { instructions: vec![store], workgroups: vec![all.collect()] })
}

/// Returns what the program says of a case, if it fails.
fn fault(preferred: bool, stride: u64, spills: u64) -> Option<String> {
    let (case, memory) = (case(preferred), stores(stride));
    let row = Row {
        case: &case,
        figures: figures(spills),
        in_registers: true,
        memory: Some(&memory),
        under_way: None,
        moved: None,
    };
    let target = Target { name: "t".to_owned(), rows: vec![row] };
    match (Report { gpus: GPUS, targets: vec![target], expected: Vec::new() }).check() {
        Ok(()) => None,
        Err(failure) => Some(failure.to_string()),
    }
}

#[test]
fn preferred_kernels_waste_no_sectors() {
    assert_eq!(fault(true, 4, 0), None);
    let found = fault(true, 32, 0);
    assert!(found.is_some_and(|fault| fault.contains("8.00 times the sectors")));
    assert_eq!(fault(false, 32, 0), None, "another kernel is preferred");
}

#[test]
fn kernels_in_registers_do_not_spill() {
    let found = fault(true, 4, 3);
    assert!(found.is_some_and(|fault| fault.contains("3 spilled")));
}
