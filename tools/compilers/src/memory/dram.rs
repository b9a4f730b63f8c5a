//! DRAM: a bank serves the row that is open, and takes its time to open another.

use super::sectors::SECTOR;

/// Bytes of a row, and those after which addresses go on in the next channel.
const ROW: u64 = 2048;
const INTERLEAVED: u64 = 256;

/// Banks of a channel.
const BANKS: usize = 16;

/// Transfers that a controller may put in another order.
const QUEUE: usize = 64;

/// Cycles of HBM2, in which a channel transfers a sector: from a row of a bank to its next, and from a row of any bank.
const SAME_BANK: u64 = 40;
const ANY_BANK: u64 = 3;

/// Some channels.
pub struct Dram {
    channels: Vec<Channel>,
}

#[derive(Clone, Default)]
struct Channel {
    /// Rows of the transfers that wait.
    queue: Vec<u64>,
    open: [Option<u64>; BANKS],
    transfers: u64,
    cycles: u64,
}

impl Dram {
    /// Creates a memory of so many channels; none for a memory without rows.
    pub fn new(channels: usize) -> Dram {
        Dram { channels: vec![Channel::default(); channels] }
    }

    /// Transfers a sector, in one direction or the other.
    pub fn add(&mut self, sector: u64) {
        let count = self.channels.len() as u64;
        if count == 0 {
            return;
        }
        let (part, rest) = (sector * SECTOR / INTERLEAVED, sector * SECTOR % INTERLEAVED);
        let row = (part / count * INTERLEAVED + rest) / ROW;
        self.channels[(part % count) as usize].add(row);
    }

    /// Returns the cycles of all transfers, divided by those without rows.
    pub fn rows(mut self) -> f64 {
        self.channels.iter_mut().for_each(Channel::serve);
        let sum = |of: fn(&Channel) -> u64| self.channels.iter().map(of).sum::<u64>() as f64;
        (sum(|channel| channel.cycles) / sum(|channel| channel.transfers).max(1.0)).max(1.0)
    }
}

impl Channel {
    fn add(&mut self, row: u64) {
        self.queue.push(row);
        if self.queue.len() == QUEUE {
            self.serve();
        }
    }

    /// Serves what waits, row by row. Banks open their rows side by side.
    fn serve(&mut self) {
        let transfers = self.queue.len() as u64;
        self.queue.sort_unstable();
        self.queue.dedup();
        let mut opened = [0; BANKS];
        for row in self.queue.drain(..) {
            let bank = bank(row);
            let is_new = self.open[bank].replace(row) != Some(row);
            opened[bank] += u64::from(is_new);
        }
        let (all, most) = (opened.iter().sum::<u64>(), opened.into_iter().max().unwrap_or(0));
        self.transfers += transfers;
        self.cycles += transfers.max(all * ANY_BANK).max(most * SAME_BANK);
    }
}

/// Returns the bank of a row: neighbouring rows are in neighbouring banks. Controllers exchange the banks by the bits
/// above, so that tensors of any length do not meet in the same ones.
fn bank(row: u64) -> usize {
    let mixed = (0..u64::BITS).step_by(4).fold(0, |mixed, bits| mixed ^ row >> bits);
    mixed as usize % BANKS
}
