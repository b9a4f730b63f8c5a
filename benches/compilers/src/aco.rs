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

const RDNA: Family = Family { cycles: 2.0, scalar_cycles: 1.0, double: 16.0, stores_wait: false };
const GCN: Family = Family { cycles: 4.0, scalar_cycles: 4.0, double: 2.0, stores_wait: true };

impl Family {
    fn of(name: &str) -> Family {
        let rdna = ["NAVI", "GFX10", "GFX11"].iter().any(|start| name.starts_with(start));
        if rdna { RDNA } else { GCN }
    }
}

/// What the compiler says of a case.
pub fn row(name: &str, case: &Case, compiled: &Compiled) -> Result<Row, Failure> {
    let family = Family::of(name);
    let code = instructions(&compiled.listing, family);
    let elements = f64::from(elements_estimated(&case.program));
    let statistic = |name| compiled.statistic(name);
    Ok(Row {
        slots_estimated: Some(statistic("Inverse Throughput")? as f64 / elements / family.cycles),
        latency_estimated: Some(statistic("Latency")? as f64 / elements),
        registers: statistic("VGPRs")?,
        waves: statistic("Subgroups per SIMD")?,
        spills: statistic("Spilled VGPRs")?,
        private: statistic("Scratch size")?,
        shared: statistic("LDS size")?,
        ..Row::read(case, &compiled.listing, &code, |way| wave::walk(way, family))
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

#[cfg(test)]
mod tests {
    use super::{GCN, RDNA, instructions, wave};
    use crate::flow::{Instruction, loops, straight};

    /// A loop that takes a way inside or one at the edge.
    const LISTING: &str = "BB0:
\ts_mov_b32 s0, s3                   ; be800303
BB1:
\ts_cmp_ge_u32 s0, s1                ; bf090809
\ts_cbranch_scc1 BB5                 ; bf85001d
BB2:
\ts_cbranch_scc0 BB4                 ; bf85001d
BB3:
\tbuffer_load_dword v1, v2, s[4:7], 0 offen
\tbuffer_load_dword v3, v2, s[4:7], 0 offen
\ts_waitcnt vmcnt(1)
\tv_rsq_f32_e32 v1, v1
\ts_waitcnt vmcnt(0)
\tbuffer_store_dword v3, v2, s[4:7], 0 offen
\ts_branch BB1
BB4:
\tbuffer_load_dword v1, v2, s[4:7], 0 offen
\ts_waitcnt vmcnt(0)
\ts_cbranch_execz BB6
BB7:
\tbuffer_load_dword v3, v2, s[4:7], 0 offen
\ts_waitcnt vmcnt(0)
BB6:
\tv_add_f32_e32 v1, v1, v3
\tv_rsq_f32_e32 v1, v1
\tbuffer_store_dword v1, v2, s[4:7], 0 offen
\ts_branch BB1
BB5:
\ts_endpgm
";

    fn way<'a>(code: &'a [Instruction], places: &[usize]) -> Vec<&'a Instruction> {
        places.iter().map(|&at| &code[at]).collect()
    }

    #[test]
    fn the_way_inside_is_the_shorter_of_those_that_move_as_much() {
        let code = instructions(LISTING, RDNA);
        let [turn] = &loops(&code)[..] else { panic!("not one loop") };
        assert!(turn.way.iter().all(|&at| !code[at].text.starts_with("v_add")));
        assert_eq!((turn.way.len(), turn.body.len()), (10, 19));
        assert_eq!(way(&code, &turn.way).iter().map(|one| one.slots).sum::<f64>(), 4.0);
    }

    #[test]
    fn loads_are_under_way_until_one_is_waited_for() {
        let code = instructions(LISTING, RDNA);
        let walk = wave::walk(&way(&code, &loops(&code)[0].way), RDNA);
        assert_eq!(walk.loads_under_way, 2);
        assert!(walk.cycles.is_some_and(|cycles| (320.0..350.0).contains(&cycles)));
        let walk = wave::walk(&way(&code, &loops(&code)[0].way), GCN);
        assert_eq!(walk.loads_under_way, 2, "a store is no load, though it is waited for");
    }

    #[test]
    fn loops_are_no_part_of_what_is_around_them() {
        let code = instructions(LISTING, RDNA);
        let all = straight(&code).expect("it ends");
        assert_eq!(
            way(&code, &all.way).iter().map(|one| &one.text[..5]).collect::<Vec<_>>(),
            ["s_mov", "s_end"]
        );
    }
}
