//! The statistics and the listings of ACO, RADV's compiler.

use super::{Compiled, refused};
use crate::listing::{Instruction, Memory, TURNS, per_load, ways};
use crate::report::Figures;
use crate::work::{Place, work};
use std::collections::BTreeMap;
use terminal::Failure;
use wgpu_lrn::internals::Shader;

/// What is known of a family of GPUs.
#[derive(Clone, Copy)]
struct Family {
    /// Cycles in which a wave of 64 issues an instruction.
    cycles: f64,
    /// Slots of a transcendental, which RDNA computes beside all else, and of an instruction in f64.
    transcendental: f64,
    double: f64,
    /// Invocations of a compute unit for each of what Mesa calls subgroups of a SIMD.
    resident: u64,
    /// Whether loads and stores are waited for together.
    stores_wait: bool,
}

fn family(name: &str) -> Family {
    let is_rdna = ["NAVI", "GFX10", "GFX11", "GFX12"].iter().any(|start| name.starts_with(start));
    match is_rdna {
        true => Family { cycles: 2.0, transcendental: 1.0, double: 16.0, resident: 64, stores_wait: false },
        false => Family { cycles: 4.0, transcendental: 4.0, double: 2.0, resident: 256, stores_wait: true },
    }
}

/// Returns what the compiler says of a shader. Slots and latency are its own estimates.
pub fn figures(name: &str, shader: &Shader, compiled: Compiled) -> Result<Figures, Failure> {
    let family = family(name);
    let code = instructions(&compiled.listing, family);
    let (place, elements) = work(shader);
    let ways = ways(&code, place)?;
    let estimated = if place == Place::Straight { elements } else { elements * TURNS };
    let statistic = |name| statistic(&compiled, name);
    Ok(Figures {
        slots: statistic("Inverse Throughput")? as f64 / estimated / family.cycles,
        listed: ways.iter().map(|way| way.slots).sum::<f64>() / elements,
        latency: Some(statistic("Latency")? as f64 / estimated),
        loads: ways.iter().map(|way| loads_under_way(&way.code, family)).max().unwrap_or(0),
        per_load: per_load(&ways),
        resident: statistic("Subgroups per SIMD")? * family.resident,
        registers: statistic("VGPRs")?,
        waves: statistic("Subgroups per SIMD")?,
        spills: statistic("Spilled VGPRs")? + statistic("Spilled SGPRs")?,
        private: statistic("Scratch size")?,
        shared: statistic("LDS size")?,
        listing: compiled.listing,
    })
}

fn statistic(compiled: &Compiled, name: &str) -> Result<u64, Failure> {
    let unknown = || refused(format!("this version of Mesa does not tell {name:?}"));
    compiled.statistics.get(name).copied().ok_or_else(unknown)
}

fn instructions(listing: &str, family: Family) -> Vec<Instruction> {
    let (mut texts, mut labels) = (Vec::new(), BTreeMap::new());
    for line in listing.lines() {
        let text = line.split(';').next().unwrap_or(line);
        match text.strip_prefix('\t') {
            Some(text) => texts.push(text.trim()),
            None => _ = text.strip_suffix(':').map(|label| labels.insert(label, texts.len())),
        }
    }
    texts.iter().map(|text| instruction(text, &labels, family)).collect()
}

fn instruction(text: &str, labels: &BTreeMap<&str, usize>, family: Family) -> Instruction {
    let (name, operands) = text.split_once(' ').unwrap_or((text, ""));
    let jump = labels.get(operands.trim()).copied().filter(|_| name.contains("branch"));
    Instruction {
        text: text.to_owned(),
        slots: slots(name, family),
        memory: memory(name),
        is_shared: name.starts_with("ds_"),
        // A branch on execz leaves out what no lane needs: some lane is taken to need it.
        jump: jump.filter(|_| name != "s_cbranch_execz"),
        falls: !["s_branch", "s_endpgm", "s_setpc_b64"].contains(&name),
    }
}

fn slots(name: &str, family: Family) -> f64 {
    const TRANSCENDENTAL: [&str; 5] = ["v_exp_", "v_log_", "v_rcp_", "v_rsq_", "v_sqrt_"];
    match name {
        _ if !name.starts_with("v_") => 0.0,
        _ if name.contains("_f64") => family.double,
        _ if TRANSCENDENTAL.iter().any(|start| name.starts_with(start)) => family.transcendental,
        _ => 1.0,
    }
}

fn memory(name: &str) -> Option<Memory> {
    let reaches = ["buffer_", "global_", "flat_"].iter().any(|start| name.starts_with(start));
    if !reaches {
        None
    } else if name.contains("_load") {
        Some(Memory::Load)
    } else if name.contains("_store") || name.contains("_atomic") {
        Some(Memory::Store)
    } else {
        None // such as buffer_gl0_inv
    }
}

/// Returns the most loads that are under way where one of them is waited for, in two turns: the second begins with what
/// the first has left.
fn loads_under_way(way: &[&Instruction], family: Family) -> usize {
    let (mut queue, mut most) = (Vec::new(), 0);
    for one in way.iter().chain(way) {
        match one.memory {
            Some(Memory::Store) if !family.stores_wait => {}
            Some(memory) => queue.push(memory),
            None => {}
        }
        let left = waited(&one.text).filter(|left| *left < queue.len());
        if let Some(left) = left {
            most = most.max(queue.iter().filter(|one| **one == Memory::Load).count());
            queue.drain(..queue.len() - left);
        }
    }
    most
}

/// Returns how many may remain under way behind a wait.
fn waited(text: &str) -> Option<usize> {
    let (_, rest) = text.strip_prefix("s_waitcnt")?.split_once("vmcnt(")?;
    rest.split_once(')')?.0.parse().ok()
}
