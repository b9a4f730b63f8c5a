//! The listings of nvdisasm.

use super::Compiled;
use crate::listing::{Instruction, Memory, per_load, ways};
use crate::report::Figures;
use crate::work::work;
use std::collections::BTreeMap;
use terminal::Failure;
use wgpu_lrn::internals::Shader;

/// What is known of an architecture.
pub(super) struct Arch {
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

static ARCHS: [Arch; 4] = [
    Arch { name: "sm_90", warps: 64, groups: 32, memory: 233_472, besides: 1024, double: 2.0 },
    Arch { name: "sm_89", warps: 48, groups: 24, memory: 102_400, besides: 1024, double: 64.0 },
    Arch { name: "sm_86", warps: 48, groups: 16, memory: 102_400, besides: 1024, double: 64.0 },
    Arch { name: "sm_75", warps: 32, groups: 16, memory: 65_536, besides: 0, double: 32.0 },
];

/// Schedulers of a multiprocessor, and invocations of a warp.
const SCHEDULERS: u64 = 4;
const WARP: u64 = 32;

/// Registers of a multiprocessor.
const REGISTERS: u64 = 65_536;

/// Returns the architecture of that name.
pub(super) fn arch(name: &str) -> Result<&'static Arch, Failure> {
    ARCHS.iter().find(|arch| arch.name == name).ok_or_else(|| {
        let known = ARCHS.each_ref().map(|arch| arch.name).join(", ");
        Failure::Refused(format!("unknown architecture {name:?}: expected {known}"))
    })
}

impl Arch {
    /// Returns what the compiler says of a shader with so many invocations in a workgroup. It estimates nothing: the
    /// slots are the instructions, of every kind.
    pub(super) fn figures(&self, shader: &Shader, threads: u32, compiled: Compiled) -> Result<Figures, Failure> {
        let code = instructions(&compiled.listing, self);
        let (place, elements) = work(shader);
        let ways = ways(&code, place)?;
        let slots = ways.iter().map(|way| way.slots).sum::<f64>() / elements;
        Ok(Figures {
            slots,
            listed: slots,
            latency: None,
            loads: ways.iter().map(|way| loads_under_way(&way.code)).max().unwrap_or(0),
            per_load: per_load(&ways),
            resident: self.waves(&compiled, u64::from(threads)) * SCHEDULERS * WARP,
            registers: compiled.registers,
            waves: self.waves(&compiled, u64::from(threads)),
            spills: compiled.spills,
            private: compiled.stack,
            shared: compiled.shared,
            listing: compiled.listing,
        })
    }

    /// Returns the warps that one of the four schedulers of a multiprocessor keeps.
    fn waves(&self, compiled: &Compiled, threads: u64) -> u64 {
        let each = threads.div_ceil(32);
        let by_registers = REGISTERS / (compiled.registers.max(1).next_multiple_of(8) * 32) / 4 * 4 / each;
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
    while code.last().is_some_and(|last| last.text.starts_with("NOP") || last.jump == Some(code.len() - 1)) {
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
    let jumps = ["BRA", "JMP", "BRX"].contains(&base);
    let leaves = jumps || ["EXIT", "RET"].contains(&base);
    // A predicate may be an operand too.
    let conditional = guarded || operands.trim_start_matches(['!', 'U']).starts_with('P');
    Instruction {
        text: rest.to_owned(),
        slots: if is_double(base) { arch.double } else { 1.0 },
        memory: memory(base),
        is_shared: ["LDS", "STS"].contains(&base),
        jump: target.and_then(|(label, _)| labels.get(label)).copied().filter(|_| jumps),
        falls: !leaves || conditional || base == "BRX",
    }
}

fn is_double(base: &str) -> bool {
    ["DADD", "DMUL", "DFMA", "DSETP", "DMNMX"].contains(&base)
}

fn memory(base: &str) -> Option<Memory> {
    match base {
        "LDG" | "LD" => Some(Memory::Load),
        "STG" | "ST" | "RED" | "REDG" | "ATOMG" | "ATOM" => Some(Memory::Store),
        _ => None,
    }
}

/// Returns the most loads that are issued before one of their registers is needed, in two turns. Loads are taken to end
/// in their order.
fn loads_under_way(way: &[&Instruction]) -> usize {
    let (mut queue, mut most): (Vec<Vec<u32>>, _) = (Vec::new(), 0);
    for one in way.iter().chain(way) {
        let named: Vec<_> = registers(&one.text).collect();
        let waited = queue.iter().rposition(|load| load.iter().any(|r| named.contains(r)));
        if let Some(waited) = waited {
            most = most.max(queue.len());
            queue.drain(..=waited);
        }
        if one.memory == Some(Memory::Load) {
            let count = loaded_registers(&one.text);
            queue.extend(named.first().map(|&first| (first..first + count).collect()));
        }
    }
    most
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
