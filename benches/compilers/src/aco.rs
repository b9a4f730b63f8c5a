//! The listings of ACO, RADV's compiler.

use crate::cases::Case;
use crate::failure::Failure;
use crate::flow::{Instruction, Memory};
use crate::radv::Compiled;
use crate::report::Row;
use crate::turns::elements_estimated;
use std::collections::BTreeMap;

mod wave;

/// What is known of a family of GPUs.
#[derive(Clone, Copy)]
struct Family {
    /// Cycles in which a wave of 64 issues an instruction.
    cycles: f64,
    /// Cycles of an instruction that is not arithmetic.
    scalar_cycles: f64,
    /// Slots of an instruction in f64.
    double: f64,
    /// Whether loads and stores are waited for together.
    stores_wait: bool,
}

fn family(name: &str) -> Family {
    match name.starts_with("NAVI") || name.starts_with("GFX10") || name.starts_with("GFX11") {
        true => Family { cycles: 2.0, scalar_cycles: 1.0, double: 16.0, stores_wait: false },
        false => Family { cycles: 4.0, scalar_cycles: 4.0, double: 2.0, stores_wait: true },
    }
}

/// What the compiler says of a case.
pub fn row(name: &str, case: &Case, compiled: &Compiled) -> Result<Row, Failure> {
    let family = family(name);
    let code = instructions(&compiled.listing, family);
    let elements = f64::from(elements_estimated(&case.program));
    let statistic = |name| compiled.statistic(name);
    Ok(Row {
        slots_estimated: Some(statistic("Inverse Throughput")? as f64 / elements / family.cycles),
        latency_estimated: Some(statistic("Latency")? as f64 / elements),
        registers: statistic("VGPRs")?,
        waves: statistic("Subgroups per SIMD")?,
        spills: statistic("Spilled VGPRs")?,
        scratch: statistic("Scratch size")?,
        shared: statistic("LDS size")?,
        ..Row::read(case, &code, |way| wave::walk(way, family))
    })
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
        // A branch on execz leaves out what no lane needs: some lane is taken to need it.
        jump: jump.filter(|_| name != "s_cbranch_execz"),
        falls: !["s_branch", "s_endpgm", "s_setpc_b64"].contains(&name),
    }
}

fn memory(name: &str) -> Memory {
    let reaches = ["buffer_", "global_", "flat_", "scratch_"].iter().any(|p| name.starts_with(p));
    match name.contains("_load") {
        _ if !reaches => Memory::None,
        true => Memory::Load,
        false if name.contains("_store") || name.contains("_atomic") => Memory::Store,
        false => Memory::None, // such as buffer_gl0_inv
    }
}

/// Instructions of f32 that would take as long.
fn slots(name: &str, family: Family) -> f64 {
    const QUARTER_RATE: [&str; 10] = [
        "v_exp_",
        "v_log_",
        "v_rcp_",
        "v_rsq_",
        "v_sqrt_",
        "v_sin_",
        "v_cos_",
        "v_mul_lo_u32",
        "v_mul_hi_",
        "v_mad_u64",
    ];
    if !name.starts_with("v_") {
        return 0.0;
    }
    let quarter = QUARTER_RATE.iter().any(|start| name.starts_with(start));
    let double = name.contains("_f64");
    (if quarter { 4.0 } else { 1.0 }) * (if double { family.double } else { 1.0 })
}
