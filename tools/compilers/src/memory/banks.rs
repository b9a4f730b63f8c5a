//! Banks of workgroup memory: a turn serves a word from each.

use super::groups::Issued;
use std::collections::BTreeSet;

/// Banks, and bytes of a word.
pub const BANKS: u64 = 32;
const WORD: u64 = 4;

/// Turns of an instruction.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Turns {
    pub taken: u64,
    /// Without conflicts.
    pub least: u64,
}

impl Turns {
    pub fn add(&mut self, other: Turns) {
        self.taken += other.taken;
        self.least += other.least;
    }
}

/// Returns the turns of an instruction. Invocations that access vectors are served in parts, each as many as all banks
/// serve.
pub fn turns(issued: &Issued) -> Turns {
    let bytes = u64::from(issued.instruction.bytes);
    let words = bytes.div_ceil(WORD).max(1);
    let part = (BANKS / words).max(1) as usize;
    let parts = issued.addresses.chunks(part);
    Turns { least: parts.len() as u64, taken: parts.map(|part| turns_of(part, bytes)).sum() }
}

/// Counts the turns of some addresses: words that are the same are read together.
fn turns_of(addresses: &[u64], bytes: u64) -> u64 {
    let words = |&first: &u64| first / WORD..(first + bytes).div_ceil(WORD);
    let distinct: BTreeSet<_> = addresses.iter().flat_map(words).collect();
    let mut banks = [0; BANKS as usize];
    distinct.iter().for_each(|word| banks[(word % BANKS) as usize] += 1);
    banks.into_iter().max().unwrap_or(0)
}
