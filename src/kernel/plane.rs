//! *plane*: one workgroup per strip of columns takes some tiles, or walks down the rows of some planes.

use super::geometry::{Groups, Memory};
use super::window::{self, NARROW, share};
use super::{Design, Geometry, Loads, PACKET, Problem, Task};
use crate::precision::Arithmetic;
use crate::{Kernel, Operation, Result};

pub(super) struct Plane;

/// The widest window for which registers hold a tile with all that it depends on.
const WIDEST_IN_ONE_GO: u64 = 5;

/// The widest window for which registers hold twice as many rows, forward.
const SMALL: u64 = 3;

/// The most rows that are summed together in one go. With few, an invocation computes while the last are being loaded.
const SHARED: u64 = 2;

/// Rows of a step: as many as leave room in registers and workgroup memory for enough workgroups.
const STEP: u64 = 4;

/// The most invocations of a workgroup that takes tiles: many small ones load and compute at different times.
const SMALL_TEAM: u64 = 128;

impl Design for Plane {
    /// Returns `true` for two axes, of which one follows the other and is contiguous, with windows of one length.
    fn takes(&self, problem: &Problem) -> bool {
        let [rows, columns] = &problem.axes[..] else { return false };
        let are_equal = rows.window() == columns.window();
        problem.has_windows_within(NARROW) && rows.is_followed_by(columns) && columns.inner == 1 && are_equal
    }

    /// Returns, in one go, packets of columns where their number is a multiple of four.
    fn widths(&self, problem: &Problem) -> &'static [u32] {
        let fills = problem.axes.last().is_some_and(|columns| columns.channels.is_multiple_of(PACKET));
        let in_one_go = loads_in_one_go(problem.arithmetic, problem.axes[0].window());
        if in_one_go && fills { &[PACKET as u32, 1] } else { &[1] }
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
        let segment = task.segment(tile.step, 0, tile.step);
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
    /// Neighbouring columns, which are loaded at once.
    run: u64,
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
        let run = task.width;
        if !in_one_go {
            return Tile { in_one_go, run, step: STEP, sums: STEP, first: 0 };
        }
        let step = rows_in_one_go(task);
        let sums = if terms { step + halo } else { step };
        debug_assert!(halo > 0, "an axis whose window has one element is none");
        Tile { in_one_go, run, step, sums, first: halo }
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
        let Tile { run, step, sums, first, .. } = *self;
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

/// Returns the rows of a tile: as many as registers hold with all that they depend on.
fn rows_in_one_go(task: &Task<'_>) -> u64 {
    let is_small = task.width == 1 || (task.window() <= SMALL && !task.has_terms());
    if is_small { 2 * STEP } else { STEP }
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
}

impl Strips {
    /// Takes whole rows, or strips that are wide beside the columns around them on which they depend. In one go, of as
    /// many tiles as there is room for, which follow each other: what those have in common then comes from the
    /// workgroup's own cache. Otherwise of as many planes.
    fn new(task: &Task<'_>, tile: &Tile) -> Result<Strips> {
        let all = task.across.channels.max(1).div_ceil(tile.run);
        let (lead, after) = task.halo_across();
        let (lead, after) = (lead.div_ceil(tile.run), after.div_ceil(tile.run));
        // The exchange has one place more, of zeros.
        let places = (task.workgroup_sums() / tile.exchanged_sums(task)).saturating_sub(1);
        let team = if tile.in_one_go { task.team().min(SMALL_TEAM) } else { task.team() };
        let most = team.min(places);
        let with = |runs, written, lead| {
            let members = most / runs;
            let (tiles, pixels) = if tile.in_one_go { (members, 1) } else { (1, members) };
            Strips { runs, written, lead, strips: all.div_ceil(written), tiles, pixels }
        };
        if all <= most {
            return Ok(with(all, all, 0));
        }
        let reach = lead + after;
        if reach < most {
            let written = all.div_ceil(all.div_ceil(most - reach));
            return Ok(with(written + reach, written, lead));
        }
        let sums = (reach + 2) * tile.exchanged_sums(task);
        Err(task.too_large(Kernel::Plane, reach + 1, sums))
    }

    fn invocations(&self) -> u64 {
        self.runs * self.tiles * self.pixels
    }

    fn groups(&self) -> Groups {
        let Strips { tiles, pixels, strips, .. } = *self;
        if tiles > 1 { Groups::Segments { segments: tiles, strips } } else { Groups::Pixels { pixels, strips } }
    }

    fn constants(&self) -> [(&'static str, u64); 6] {
        [
            ("INVOCATIONS", self.invocations()),
            ("TILES", self.tiles),
            ("PIXELS", self.pixels),
            ("RUNS", self.runs),
            ("RUNS_BEFORE", self.lead),
            ("WRITTEN", self.written),
        ]
    }
}
