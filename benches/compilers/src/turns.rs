//! What the kernels compute in a turn: the only place that knows them.

use crate::flow::{self, Instruction, Memory, Turn};
use std::cmp::Reverse;
use wgpu_lrn::{Kernel, Program};

/// Kernels that shall have all they keep in registers.
pub const IN_REGISTERS: [Kernel; 3] = [Kernel::Row, Kernel::Plane, Kernel::Column];

/// Turns that Mesa takes a loop to have.
const TURNS_ESTIMATED: u32 = 8;

/// Where a kernel does its work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Work {
    /// In no loop.
    Straight,
    /// In the loop that moves the most in a turn, and of those in the one with the fewest instructions.
    Main,
    /// In each loop that every element goes through.
    Each,
}

/// The elements of an invocation in each turn, and where.
fn work(program: &Program) -> (Work, u32) {
    let width = program.choice.width;
    match program.choice.kernel {
        Kernel::Row => (Work::Straight, constant(program, "STEP")),
        Kernel::Column | Kernel::Plane | Kernel::Ring => {
            (Work::Main, constant(program, "STEP") * width)
        }
        Kernel::Pixel => (Work::Straight, constant(program, "ITEMS")),
        Kernel::Whole => (Work::Each, constant(program, "TURNS") * width),
    }
}

/// Elements of an invocation in what Mesa estimates.
pub fn elements_estimated(program: &Program) -> u32 {
    match work(program) {
        (Work::Straight, elements) => elements,
        (_, elements) => elements * TURNS_ESTIMATED,
    }
}

/// The turns that an element goes through, with the elements that share each.
pub fn turns(program: &Program, code: &[Instruction]) -> Vec<(Turn, u32)> {
    let (work, elements) = work(program);
    let accesses =
        |turn: &Turn| turn.way.iter().filter(|&&at| code[at].memory != Memory::None).count();
    let rank = |turn: &Turn| (accesses(turn), Reverse(turn.way.len()));
    let found = match work {
        Work::Straight => flow::straight(code).into_iter().collect(),
        Work::Main => flow::loops(code).into_iter().max_by_key(rank).into_iter().collect(),
        Work::Each => flow::loops(code),
    };
    found.into_iter().map(|turn| (turn, elements)).collect()
}

fn constant(program: &Program, name: &str) -> u32 {
    let found = program.constants.iter().find(|(known, _)| *known == name);
    found.map_or(1, |(_, value)| *value)
}
