//! Sectors: the least that the memory of a device moves.

use super::groups::Issued;
use std::collections::{BTreeMap, HashMap};

/// Bytes of a sector.
pub const SECTOR: u64 = 32;

/// Returns the sectors that an instruction reaches, with a bit for each of their bytes.
pub fn sectors(issued: &Issued) -> BTreeMap<u64, u32> {
    let mut masks = HashMap::new();
    let bytes = u64::from(issued.instruction.bytes);
    issued.addresses.iter().for_each(|&first| mark(&mut masks, first, bytes));
    masks.into_iter().collect()
}

/// Sets the bits of some bytes in the masks of their sectors.
pub fn mark(masks: &mut HashMap<u64, u32>, first: u64, bytes: u64) {
    let end = first + bytes;
    for sector in first / SECTOR..end.div_ceil(SECTOR) {
        let begin = sector * SECTOR;
        let from = first.saturating_sub(begin);
        let to = (end - begin).min(SECTOR);
        *masks.entry(sector).or_default() |= (((1u64 << to) - (1u64 << from)) & 0xffff_ffff) as u32;
    }
}

/// Returns the fewest sectors that hold as many bytes, where the first byte is.
pub fn least(sectors: &BTreeMap<u64, u32>) -> u64 {
    let bytes: u64 = sectors.values().map(|mask| u64::from(mask.count_ones())).sum();
    let before = sectors.values().next().map_or(0, |mask| u64::from(mask.trailing_zeros()));
    (before + bytes).div_ceil(SECTOR)
}
