//! The listings of nvdisasm.

use crate::cases::Case;
use crate::failure::Failure;
use crate::flow::{Instruction, Memory};
use crate::nvidia::Compiled;
use crate::report::{Row, Walk};
use std::collections::BTreeMap;

/// What is known of an architecture.
struct Arch {
    name: &'static str,
    /// Warps, workgroups and bytes of workgroup memory of a multiprocessor.
    warps: u64,
    groups: u64,
    memory: u64,
    /// Bytes of workgroup memory that a workgroup takes besides.
    besides: u64,
    /// Slots of an instruction in f64.
    double: f64,
}

const ARCHS: [Arch; 4] = [
    Arch { name: "sm_90", warps: 64, groups: 32, memory: 233_472, besides: 1024, double: 2.0 },
    Arch { name: "sm_89", warps: 48, groups: 24, memory: 102_400, besides: 1024, double: 64.0 },
    Arch { name: "sm_86", warps: 48, groups: 16, memory: 102_400, besides: 1024, double: 64.0 },
    Arch { name: "sm_75", warps: 32, groups: 16, memory: 65_536, besides: 0, double: 32.0 },
];

/// Registers of a multiprocessor.
const REGISTERS: u64 = 65_536;

/// What the compiler says of a case with so many invocations in a workgroup.
pub fn row(name: &str, case: &Case, threads: u32, compiled: &Compiled) -> Result<Row, Failure> {
    let arch = ARCHS.iter().find(|arch| arch.name == name).ok_or_else(|| {
        let known = ARCHS.map(|arch| arch.name).join(", ");
        Failure::Refused(format!("unknown architecture {name:?}; known are {known}"))
    })?;
    let code = instructions(&compiled.listing, arch);
    Ok(Row {
        registers: compiled.registers,
        waves: arch.waves(compiled, u64::from(threads)),
        spills: compiled.spills,
        private: compiled.stack,
        shared: compiled.shared,
        ..Row::read(case, &compiled.listing, &code, walk)
    })
}

impl Arch {
    /// The warps that one of the four schedulers of a multiprocessor keeps.
    fn waves(&self, compiled: &Compiled, threads: u64) -> u64 {
        let each = threads.div_ceil(32);
        let by_registers =
            REGISTERS / (compiled.registers.max(1).next_multiple_of(8) * 32) / 4 * 4 / each;
        let by_memory = match compiled.shared {
            0 => self.groups,
            shared => self.memory / (shared + self.besides),
        };
        let groups = [self.warps / each, self.groups, by_registers, by_memory];
        groups.into_iter().min().unwrap_or(0) * each / 4
    }
}

fn instructions(listing: &str, arch: &Arch) -> Vec<Instruction> {
    let (mut texts, mut labels) = (Vec::new(), BTreeMap::new());
    for line in listing.lines().map(str::trim) {
        match line.strip_prefix("/*").and_then(|line| line.split_once("*/")) {
            Some((_, text)) => texts.extend(text.trim().strip_suffix(';').map(str::trim)),
            None => _ = line.strip_suffix(':').map(|label| labels.insert(label, texts.len())),
        }
    }
    let mut code: Vec<_> = texts.iter().map(|text| instruction(text, &labels, arch)).collect();
    // Padding, and the branch to itself before it.
    while code
        .last()
        .is_some_and(|last| last.text.starts_with("NOP") || last.jump == Some(code.len() - 1))
    {
        code.pop();
    }
    code
}

fn instruction(text: &str, labels: &BTreeMap<&str, usize>, arch: &Arch) -> Instruction {
    let (guarded, rest) = match text.strip_prefix('@').and_then(|text| text.split_once(' ')) {
        Some((_, rest)) => (true, rest.trim()),
        None => (false, text),
    };
    let (name, operands) = rest.split_once(' ').unwrap_or((rest, ""));
    let base = name.split('.').next().unwrap_or(name);
    let target = operands.split_once("`(").and_then(|(_, label)| label.split_once(')'));
    let leaves = ["BRA", "JMP", "BRX", "EXIT", "RET"].contains(&base);
    // A predicate may be an operand too.
    let conditional = guarded || operands.trim_start_matches(['!', 'U']).starts_with('P');
    Instruction {
        text: rest.to_owned(),
        slots: if is_double(base) { arch.double } else { 1.0 },
        memory: memory(base),
        jump: target.and_then(|(label, _)| labels.get(label)).copied().filter(|_| leaves),
        falls: !leaves || conditional || base == "BRX",
    }
}

fn is_double(base: &str) -> bool {
    ["DADD", "DMUL", "DFMA", "DSETP", "DMNMX"].contains(&base)
}

fn memory(base: &str) -> Memory {
    match base {
        "LDG" | "LD" => Memory::Load,
        "STG" | "ST" | "RED" | "ATOMG" | "ATOM" => Memory::Store,
        _ => Memory::None,
    }
}

/// The most loads that are issued before one of their registers is needed, in two turns. Loads are
/// taken to end in their order.
fn walk(way: &[&Instruction]) -> Walk {
    let (mut queue, mut most): (Vec<Vec<u32>>, _) = (Vec::new(), 0);
    for one in way.iter().chain(way) {
        let named: Vec<_> = registers(&one.text).collect();
        let waited = queue.iter().rposition(|load| load.iter().any(|r| named.contains(r)));
        if let Some(waited) = waited {
            most = most.max(queue.len());
            queue.drain(..=waited);
        }
        if one.memory == Memory::Load {
            let count = loaded_registers(&one.text);
            queue.extend(named.first().map(|&first| (first..first + count).collect()));
        }
    }
    Walk { loads_under_way: most, cycles: None }
}

fn registers(text: &str) -> impl Iterator<Item = u32> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter_map(|word| word.strip_prefix('R')?.parse().ok())
}

fn loaded_registers(text: &str) -> u32 {
    let name = text.split(' ').next().unwrap_or(text);
    if name.contains(".128") {
        4
    } else if name.contains(".64") {
        2
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::{ARCHS, Compiled, instructions, walk};
    use crate::flow::loops;

    const LISTING: &str = "
forward:
.text.forward:
        /*0000*/                   S2R R0, SR_TID.X ;
.L_x_0:
        /*0010*/               @P0 EXIT ;
        /*0020*/                   LDG.E R4, desc[UR4][R2.64] ;
        /*0030*/                   LDG.E.64 R6, desc[UR4][R2.64+0x10] ;
        /*0040*/               @P1 BRA `(.L_x_1) ;
        /*0050*/                   DADD R8, R8, R8 ;
.L_x_1:
        /*0060*/                   FADD R9, R9, R7 ;
        /*0070*/                   FADD R9, R9, R4 ;
        /*0080*/                   STG.E desc[UR4][R2.64], R9 ;
        /*0090*/                   BRA `(.L_x_0) ;
.L_x_2:
        /*00a0*/                   BRA `(.L_x_2);
        /*00b0*/                   NOP;
";

    #[test]
    fn a_turn_is_read() {
        let code = instructions(LISTING, &ARCHS[0]);
        assert_eq!(code.len(), 10);
        let [turn] = &loops(&code)[..] else { panic!("not one loop") };
        assert_eq!((turn.way.len(), turn.body.len()), (8, 9));
        let way: Vec<_> = turn.way.iter().map(|&at| &code[at]).collect();
        assert_eq!(walk(&way).loads_under_way, 2);
    }

    #[test]
    fn registers_limit_the_warps() {
        let waves = |registers, shared| {
            let compiled =
                Compiled { registers, shared, spills: 0, stack: 0, listing: String::new() };
            ARCHS[0].waves(&compiled, 64)
        };
        assert_eq!([waves(32, 0), waves(40, 0), waves(64, 0), waves(72, 0)], [16, 12, 8, 7]);
        assert_eq!(waves(32, 16 << 10), 6);
    }
}
