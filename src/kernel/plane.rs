//! *plane*: one workgroup per strip of columns takes some tiles, or walks down the rows of some planes.

use super::geometry::{Groups, Memory};
use super::problem::{MOST_ABREAST, SECTOR};
use super::task::ENDS;
use super::window::{self, NARROW, share};
use super::{Design, Geometry, Loads, PACKET, Problem, Task};
use crate::axis::Axis;
use crate::precision::Arithmetic;
use crate::{Kernel, Operation, Result};

pub(super) struct Plane;

/// Neighbouring elements of f32 that a load from memory brings at least. A cache serves two sectors at once, so in one
/// go twice as many are loaded together, if whole rows of them have room.
const OF_SECTOR: u64 = SECTOR / 4;

/// The widest window for which registers hold a tile with all that it depends on.
const WIDEST_IN_ONE_GO: u64 = 5;

/// The widest window for which registers hold twice as many rows, forward.
const SMALL: u64 = 3;

/// The most rows that are summed together in one go. With few, an invocation computes while the last are being loaded.
const SHARED: u64 = 2;

/// Rows of a step: as many as leave room in registers and workgroup memory for enough workgroups.
const STEP: u64 = 4;

/// The most invocations of a workgroup that takes tiles, except where twice as many planes are loaded together: many
/// small ones load and compute at different times.
const SMALL_TEAM: u64 = 128;

impl Design for Plane {
    /// Returns `true` for two axes, of which one follows the other, with windows of one length.
    fn takes(&self, problem: &Problem) -> bool {
        let [rows, columns] = &problem.axes[..] else { return false };
        problem.has_windows_within(NARROW) && rows.is_followed_by(columns) && rows.window() == columns.window()
    }

    /// Returns, in one go, packets of columns where those are contiguous and their number is a multiple of four.
    /// Otherwise one pixel is preferred to two, which take more registers; but two halves share a word, and are
    /// preferred.
    fn widths(&self, problem: &Problem) -> &'static [u32] {
        let fills = |axis: &Axis| axis.inner == 1 && axis.channels.is_multiple_of(PACKET);
        if !loads_in_one_go(problem.arithmetic, problem.axes[0].window()) {
            return problem.widths_of_walk();
        }
        match (problem.axes.last().is_some_and(fills), problem.has_pairs(), problem.dtype().is_half()) {
            (true, ..) => &[PACKET as u32, 1],
            (_, true, true) => &[2, 1],
            (_, true, false) => &[1, 2],
            _ => &[1],
        }
    }

    fn loads(&self, width: u32) -> Loads {
        if u64::from(width) == PACKET { Loads::Columns } else { Loads::Pixels }
    }

    fn sums_two_axes(&self) -> bool {
        true
    }

    /// Returns `false`: a strip reads its neighbours' columns.
    fn computes_in_place(&self, _: Operation) -> bool {
        false
    }

    fn geometry(&self, task: &Task<'_>) -> Result<Geometry> {
        let tile = Tile::new(task);
        let strips = Strips::new(task, &tile)?;
        let groups = strips.groups();
        // Every run has an invocation, and the exchange a place for each and one of zeros.
        debug_assert!(strips.invocations() <= task.team());
        debug_assert!((strips.invocations() + 1) * tile.exchanged_sums(task) <= task.workgroup_sums());
        let cleared = tile.exchanged_sums(task).div_ceil(strips.invocations());
        let constants = tile.constants(task).chain(strips.constants());
        let constants = constants.chain([("CLEARED", cleared)]).collect();
        if tile.in_one_go {
            return Geometry::new(task, Memory::Registers, groups, tile.step, constants);
        }
        let segment = task.segment(tile.step, 0, tile.step, ENDS);
        let geometry = Geometry::new(task, Memory::Registers, groups, segment, constants);
        geometry.map(Geometry::cut_anywhere)
    }

    fn files(&self, _: Memory) -> &'static [&'static str] {
        &[wgsl!("kernel/window.wgsl"), wgsl!("kernel/step.wgsl"), wgsl!("kernel/plane.wgsl")]
    }
}

/// Returns `true` if tiles are loaded in one go. What they have in common is computed again, which is too much where a
/// sum takes two registers.
fn loads_in_one_go(arithmetic: Arithmetic, window: u64) -> bool {
    window <= WIDEST_IN_ONE_GO && arithmetic == Arithmetic::Single
}

/// Returns the columns of a row on each side which windows reach.
fn side(task: &Task<'_>) -> u64 {
    task.across.look_behind.max(task.across.look_ahead)
}

/// What an invocation takes at once.
struct Tile {
    in_one_go: bool,
    /// Neighbouring columns,
    run: u64,
    /// of which so many are loaded at once.
    packet: u64,
    /// Rows that are written.
    step: u64,
    /// Rows whose square sums are made.
    sums: u64,
    /// Of the rows that are held, the first whose gradient is made.
    first: u64,
}

impl Tile {
    fn new(task: &Task<'_>) -> Tile {
        let (halo, terms) = (task.window() - 1, task.has_terms());
        let in_one_go = loads_in_one_go(task.arithmetic, task.window());
        let packet = if task.width == PACKET { PACKET } else { 1 };
        if !in_one_go {
            let step = STEP / task.width;
            return Tile { in_one_go, run: 1, packet, step, sums: step, first: 0 };
        }
        let (run, step) = run_and_step(task);
        let sums = if terms { step + halo } else { step };
        debug_assert!(halo > 0, "an axis whose window has one element is none");
        Tile { in_one_go, run, packet, step, sums, first: halo }
    }

    /// Returns the columns of a run of which its neighbours need the sums.
    fn exchanged(&self, task: &Task<'_>) -> u64 {
        (2 * side(task)).min(self.run)
    }

    /// Returns the sums of an invocation in workgroup memory.
    fn exchanged_sums(&self, task: &Task<'_>) -> u64 {
        self.exchanged(task) * self.sums
    }

    fn constants(&self, task: &Task<'_>) -> impl Iterator<Item = (&'static str, u64)> + use<> {
        let Tile { run, packet, step, sums, first, .. } = *self;
        let halo = task.window() - 1;
        let length = sums + halo;
        let most = if self.in_one_go { SHARED } else { step };
        let share = share(task.window(), |n| n <= most && step.is_multiple_of(n) && sums.is_multiple_of(n));
        // In one go, gradients begin with a group of rows; their sums replace squares of an earlier group.
        debug_assert!(!self.in_one_go || !task.has_terms() || halo.is_multiple_of(share));
        let held = run * length;
        let windows = window::constants(task.window(), [held, 2 * held, held], share);
        let own = [
            ("STEP", step),
            ("GROUPS", step / share),
            ("RUN", run),
            ("PACKET", packet),
            ("LOADS", run / packet),
            ("LENGTH", length),
            ("FIRST", first),
            ("OWN", if task.has_terms() { halo } else { task.axis.look_behind }),
            ("OWN_ROWS", if self.fills_rows(task) { step } else { 0 }),
            ("SUM_ROWS", sums),
            ("SUM_GROUPS", sums / share),
            ("LEAD_IN", self.lead_in(task)),
            ("ACROSS_BEHIND", task.across.look_behind),
            ("ACROSS_AHEAD", task.across.look_ahead),
            ("LINE", run + halo),
            ("REACH", side(task).div_ceil(run)),
            ("SIDE", side(task).min(run)),
            ("EXCHANGED", self.exchanged(task)),
        ];
        own.into_iter().chain(windows)
    }

    /// Returns `true` if all rows of each tile are in the tensor.
    fn fills_rows(&self, task: &Task<'_>) -> bool {
        self.in_one_go && task.axis.channels.is_multiple_of(self.step)
    }

    /// Returns the rows that are walked before the first that is written.
    fn lead_in(&self, task: &Task<'_>) -> u64 {
        let (before, after) = task.halo();
        if self.in_one_go { 0 } else { (before + after).next_multiple_of(self.step) }
    }
}

/// Returns the columns of a run, and the rows of a tile: as many as registers hold with all that they depend on.
/// Columns that are not contiguous are taken together where neighbouring invocations take neighbouring pixels.
fn run_and_step(task: &Task<'_>) -> (u64, u64) {
    let divides = |run| task.across.inner > 1 && task.across.channels.is_multiple_of(run);
    let has_packets = task.width == PACKET || (task.width == 1 && divides(PACKET));
    match (has_packets, task.has_terms()) {
        (true, false) if task.window() <= SMALL => (PACKET, 2 * STEP),
        (true, _) => (PACKET, STEP),
        (false, false) if task.width == 2 && divides(2) => (2, STEP),
        (false, _) => (1, 2 * STEP / task.width),
    }
}

/// How *plane* cuts the columns, in runs.
struct Strips {
    /// Runs that a workgroup holds of a plane.
    runs: u64,
    /// Runs that it writes.
    written: u64,
    /// Runs before the first that it writes.
    lead: u64,
    /// Strips of a plane.
    strips: u64,
    /// Tiles of rows of a workgroup, or 1.
    tiles: u64,
    /// Planes of a workgroup, or 1.
    pixels: u64,
    /// Set if planes lie side by side, in what is loaded at once.
    are_beside: bool,
    /// Workgroups in sequence that take the same rows of planes side by side, or 1.
    abreast: u64,
}

impl Strips {
    /// Takes whole rows, or strips that are wide beside the columns around them on which they depend. Where planes lie
    /// side by side, of as many as a load brings anyway, if there is room for them. Elsewhere of tiles that follow each
    /// other: what those have in common then comes from the workgroup's own cache.
    fn new(task: &Task<'_>, tile: &Tile) -> Result<Strips> {
        let all = task.across.channels.max(1).div_ceil(tile.run);
        let (lead, after) = task.halo_across();
        let (lead, after) = (lead.div_ceil(tile.run), after.div_ceil(tile.run));
        let reach = lead + after;
        // The exchange has one place more, of zeros.
        let places = (task.workgroup_sums() / tile.exchanged_sums(task)).saturating_sub(1);
        let sector = if task.across.inner > 1 { OF_SECTOR / task.width } else { 1 };
        let (team, sector) = match tile.in_one_go {
            true if sector > 1 && all * 2 * sector <= task.team().min(places) => (task.team(), 2 * sector),
            true => (task.team().min(SMALL_TEAM), sector),
            false => (task.team(), sector),
        };
        let invocations = team.min(places);
        let beside = task.across.inner / task.width;
        let are_beside = beside > 1;
        // As many tiles, or planes, as there is room for; planes in whole transactions.
        let tiles_and_pixels = |runs: u64, sector: u64| {
            let members = invocations / runs / sector * sector;
            if tile.in_one_go && !are_beside { (members, 1) } else { (1, members) }
        };
        let with = |runs, written, lead, sector| {
            let (tiles, pixels) = tiles_and_pixels(runs, sector);
            let abreast = if are_beside { beside.div_ceil(pixels).min(MOST_ABREAST) } else { 1 };
            Strips { runs, written, lead, strips: all.div_ceil(written), tiles, pixels, are_beside, abreast }
        };
        for sector in [sector, sector.div_ceil(4), 1] {
            let most = invocations / sector;
            if all <= most {
                return Ok(with(all, all, 0, sector));
            }
            let widest = if sector > 1 { most / 2 } else { most };
            if reach < widest {
                let written = all.div_ceil(all.div_ceil(most - reach));
                return Ok(with(written + reach, written, lead, sector));
            }
        }
        let sums = (reach + 2) * tile.exchanged_sums(task);
        Err(task.too_large(Kernel::Plane, reach + 1, sums))
    }

    fn invocations(&self) -> u64 {
        self.runs * self.tiles * self.pixels
    }

    /// Deals workgroups abreast as strips: each takes a part of what all of them take.
    fn groups(&self) -> Groups {
        let Strips { tiles, pixels, strips, abreast, .. } = *self;
        if tiles > 1 {
            return Groups::Segments { segments: tiles, strips };
        }
        Groups::Pixels { pixels: pixels * abreast, strips: strips * abreast }
    }

    fn constants(&self) -> [(&'static str, u64); 8] {
        [
            ("INVOCATIONS", self.invocations()),
            ("TILES", self.tiles),
            ("BESIDE", self.are_beside.into()),
            ("PIXELS", self.pixels),
            ("ABREAST", self.abreast),
            ("RUNS", self.runs),
            ("RUNS_BEFORE", self.lead),
            ("WRITTEN", self.written),
        ]
    }
}
