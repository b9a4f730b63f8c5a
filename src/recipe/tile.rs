//! What one workgroup computes, and the memory in which it keeps its window.

mod pixel;
mod plane;

use super::{Context, Dispatch, Step, cut, limit};
use crate::axis::Axis;
use crate::choice::{self, COALESCED, WORKGROUP};
use crate::program::Scratch;
use crate::{Kernel, Operation, Result, Stage};
use pixel::pixel;
use plane::plane;

/// The share of a kernel's work that one workgroup does. Pixels are counted in Values, and the
/// channels of *row* in packets of four.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tile {
    /// How work is dealt to workgroups.
    groups: Groups,
    /// Channels that a workgroup (pixel, plane, whole) or an invocation writes.
    pub(crate) segment: u64,
    /// The constants of the shader, by their names in WGSL.
    pub(crate) constants: Vec<(&'static str, u64)>,
    /// Where the shader keeps sums, if not in arrays of its own.
    pub(crate) scratch: Scratch,
    /// Bytes of workspace for each workgroup, where `scratch` is there.
    workspace: u64,
    /// The most workgroups of one dispatch.
    pub(crate) most_groups: u64,
}

/// How work is dealt to workgroups.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Groups {
    /// A workgroup takes one segment of so many pixels, or of one of their strips (plane).
    Pixels { pixels: u64, strips: u64 },
    /// A workgroup takes so many segments, those of a pixel before those of the next.
    Segments(u64),
}

impl Groups {
    /// A workgroup takes one segment of so many pixels.
    fn of_pixels(pixels: u64) -> Groups {
        Groups::Pixels { pixels, strips: 1 }
    }
}

/// Invocations of a workgroup whose invocations have nothing in common: two warps of 32 or one wave
/// of 64.
const WALKERS: u64 = 64;

/// Invocations of a workgroup that works together, the most that WebGPU's downlevel limits grant.
const TEAM: u64 = 256;

/// Elements of a step of *column*, which an invocation loads together: as many as leave room in the registers
/// for enough waves.
const STEP: u64 = 8;

/// The same where a sum takes two registers.
const STEP_OF_LARGE: u64 = 4;

/// Channels of a step of *ring*.
const RING_STEPS: std::ops::RangeInclusive<u64> = 4..=8;

/// The most channels of a run of *row*: forward, and backward.
const RUN: [u64; 2] = [16, 12];

/// The most channels that a run of *row* holds with its halos, as registers allow, unless it is a single packet.
const HELD: u64 = 28;

/// Channels of a packet of *row*.
const PACKET: u64 = choice::PACKET as u64;

/// Sums that an invocation keeps for itself. (WGSL grants 8192 bytes of private memory; but some
/// compilers take seconds for large arrays.)
const PRIVATE_SUMS: u64 = 128;

/// Bytes that are loaded together where all pixels are walked at once, enough for the memory of a large GPU: an
/// H100 moves some 2 MB in the time that a load takes. With fewer, the channels are cut into segments.
const UNDER_WAY: u64 = 2 << 20;

/// Bytes of workspace that are enough to keep a GPU busy.
const WORKSPACE: u64 = 64 << 20;

/// Channels that an invocation of *whole* loads at once.
const TURNS: u64 = 4;

/// What a tile is made for.
pub(super) struct Task<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) step: &'a Step,
    /// That of the step, counted in what is loaded at once.
    pub(super) axis: &'a Axis,
}

impl Tile {
    pub(super) fn new(task: &Task<'_>) -> Result<Tile> {
        match task.context.choice.kernel {
            Kernel::Whole => whole(task),
            Kernel::Row => row(task),
            Kernel::Plane => plane(task)?,
            Kernel::Column => column(task),
            Kernel::Ring => ring(task),
            Kernel::Pixel => pixel(task)?,
        }
        .limited(task.context.limits)
    }

    /// The workgroups for some pixels and segments.
    pub(crate) fn groups(&self, pixels: u64, segments: u64) -> u64 {
        match self.groups {
            Groups::Pixels { pixels: most, strips } => pixels.div_ceil(most) * segments * strips,
            Groups::Segments(most) => (pixels * segments).div_ceil(most),
        }
    }

    /// The most pixels of one dispatch that covers some segments.
    pub(crate) fn pixels_at_once(&self, segments: u64) -> u64 {
        match self.groups {
            Groups::Pixels { pixels, strips } => self.most_groups / (segments * strips) * pixels,
            Groups::Segments(most) => (self.most_groups.saturating_mul(most) / segments).max(1),
        }
    }

    /// The most segments of one dispatch.
    pub(crate) fn segments_at_once(&self) -> u64 {
        self.most_groups / self.strips()
    }

    /// The strips of a plane.
    pub(crate) fn strips(&self) -> u64 {
        match self.groups {
            Groups::Pixels { strips, .. } => strips,
            Groups::Segments(_) => 1,
        }
    }

    /// The bytes of the workspace that the largest dispatch uses.
    pub(crate) fn workspace(&self, dispatches: &[Dispatch]) -> u64 {
        let grids = dispatches.iter().map(|dispatch| dispatch.grid.map(u64::from));
        grids.map(|[x, y]| x * y).max().unwrap_or(0) * self.workspace
    }

    /// Finds `most_groups`: what the grid and the workspace allow.
    fn limited(mut self, limits: &wgpu::Limits) -> Result<Tile> {
        let side = u64::from(limits.max_compute_workgroups_per_dimension);
        self.most_groups = side.pow(2);
        if self.strips() > self.most_groups {
            let needed = (self.strips() - 1).isqrt() + 1;
            return Err(limit("max_compute_workgroups_per_dimension", needed, side));
        }
        if self.workspace > 0 {
            let most = cut::most_bytes(limits).min(limits.max_buffer_size);
            let needed = self.workspace;
            if needed > most {
                return Err(limit("max_storage_buffer_binding_size", needed, most));
            }
            let groups = WORKSPACE.clamp(needed, most) / needed;
            // One row of the grid, so that no idle workgroup needs a place in the workspace.
            self.most_groups = groups.min(side);
        }
        Ok(self)
    }
}

impl Task<'_> {
    fn window(&self) -> u64 {
        self.step.axis.window()
    }

    fn width(&self) -> u64 {
        self.context.choice.width.into()
    }

    /// Channels of a step of *column*.
    fn step_length(&self) -> u64 {
        let elements = if self.sum_bytes() > 4 { STEP_OF_LARGE } else { STEP };
        elements / self.width()
    }

    /// Channels of a run of *row*: runs of equal length, in whole packets.
    fn run_length(&self) -> u64 {
        let terms = usize::from(self.has_terms());
        let halos = (self.window() - 1) * (1 + terms as u64);
        let mut most = HELD.saturating_sub(halos).min(RUN[terms]);
        if self.step.axis.pixels_in_packets() > 1 {
            // With its halos it has channels of two pixels at most.
            most = most.min(self.step.axis.channels.saturating_sub(halos));
        }
        let most = most.max(PACKET) / PACKET * PACKET;
        let channels = (self.axis.channels * PACKET).max(1);
        channels.div_ceil(channels.div_ceil(most)).next_multiple_of(PACKET)
    }

    /// Whether terms are summed in the same pass as squares.
    fn has_terms(&self) -> bool {
        self.step.stage == Stage::Only && self.context.operation == Operation::Backward
    }

    fn invocations(&self, wanted: u64) -> u64 {
        let limits = self.context.limits;
        let most =
            limits.max_compute_invocations_per_workgroup.min(limits.max_compute_workgroup_size_x);
        wanted.min(most.into())
    }

    fn sum_bytes(&self) -> u64 {
        self.context.arithmetic().sum_bytes()
    }

    fn workgroup_sums(&self) -> u64 {
        let granted = u64::from(self.context.limits.max_compute_workgroup_storage_size);
        granted.min(WORKGROUP) / self.sum_bytes()
    }

    /// The channels of a segment of an invocation that walks in steps of some: as many segments as keep enough bytes
    /// under way, each of four windows at least, so that it is long beside its halo. In place a pixel has but one,
    /// since another would read what it has written.
    fn segment(&self, step: u64) -> u64 {
        let channels = self.axis.channels.max(1);
        if self.step.in_place {
            return channels;
        }
        let pixels = self.axis.outer.saturating_mul(self.axis.inner).max(1);
        let inputs = if self.has_terms() { 2 } else { 1 };
        let bytes = step * self.width() * inputs * self.context.shape.dtype().bytes();
        let loaded = pixels.saturating_mul(bytes);
        let busy = UNDER_WAY.saturating_add(loaded / 2) / loaded;
        let long = channels / self.window().saturating_mul(4);
        channels.div_ceil(busy.min(long).max(1))
    }
}

/// One invocation per Value and segment, with a window and a step in registers.
fn column(task: &Task<'_>) -> Tile {
    let invocations = task.invocations(WALKERS);
    let step = task.step_length();
    let halo = task.window() - 1;
    let share = share(task.window(), step);
    Tile {
        groups: Groups::of_pixels(invocations),
        segment: task.segment(step),
        constants: [
            vec![("INVOCATIONS", invocations), ("STEP", step), ("HELD", step + halo)],
            // Backward holds squares and terms.
            vec![("HELDS", 2 * (step + halo)), ("SUMS", step), ("GROUPS", step / share)],
            vec![("SHARE", share), ("REST", task.window() - share)],
        ]
        .concat(),
        scratch: Scratch::None,
        workspace: 0,
        most_groups: 0,
    }
}

/// One invocation per run of channels, with the halo on both sides in registers.
fn row(task: &Task<'_>) -> Tile {
    let Axis { look_behind: p, look_ahead: q, .. } = task.step.axis;
    let invocations = task.invocations(WALKERS);
    let step = task.run_length();
    let halo = p + q;
    let (held, sums, behind) = if task.has_terms() {
        (step + 2 * halo, step + halo, halo)
    } else {
        (step + halo, step, p)
    };
    // What divides both, being a power of two, divides this.
    let share = share(task.window(), step | sums);
    // Packets that hold so many channels from `behind` channels before a packet on.
    let packets = |behind: u64, channels: u64| {
        let packets_behind = behind.div_ceil(PACKET);
        let skip = packets_behind * PACKET - behind;
        (packets_behind, skip, (skip + channels).div_ceil(PACKET))
    };
    let (packets_behind, skip, x_packets) = packets(behind, held);
    let (dy_packets_behind, dy_skip, dy_packets) = packets(q, sums);
    Tile {
        groups: Groups::Segments(invocations),
        segment: step / PACKET,
        constants: vec![
            ("INVOCATIONS", invocations),
            ("STEP", step),
            ("WRITTEN", step / PACKET),
            ("HELD", held),
            ("HELDS", held),
            ("SUMS", sums),
            ("SHARE", share),
            ("REST", task.window() - share),
            ("SUM_GROUPS", sums / share),
            ("GROUPS", step / share),
            ("SHARED", share + halo),
            ("JOINED", task.step.axis.pixels_in_packets()),
            ("BEHIND", behind),
            ("PACKETS", x_packets),
            ("PACKETS_BEHIND", packets_behind),
            ("SKIP", skip),
            ("DY_PACKETS", dy_packets),
            ("DY_PACKETS_BEHIND", dy_packets_behind),
            ("DY_SKIP", dy_skip),
        ],
        scratch: Scratch::None,
        workspace: 0,
        most_groups: 0,
    }
}

/// How many neighbouring windows are summed together: a power of two that divides their number. With
/// n of them, a window of w channels costs w / n + 2 − 4 / n additions.
fn share(window: u64, sums: u64) -> u64 {
    [8, 4, 2].into_iter().find(|&n| n <= window && sums.is_multiple_of(n)).unwrap_or(1)
}

/// Some pixels, with as many invocations each as a workgroup has left.
fn whole(task: &Task<'_>) -> Tile {
    let width = task.width();
    let channels = task.axis.channels.max(1);
    let most = task.invocations(TEAM).min(task.workgroup_sums() / width).max(1);
    let pixels = if task.axis.inner > 1 {
        (COALESCED / width).max(most / channels).min(most)
    } else {
        most.div_ceil(COALESCED.min(channels))
    };
    Tile {
        groups: Groups::of_pixels(pixels),
        segment: channels,
        constants: vec![
            ("PIXELS", pixels),
            ("SLICES", (most / pixels).min(channels)),
            ("TURNS", TURNS),
        ],
        scratch: Scratch::None,
        workspace: 0,
        most_groups: 0,
    }
}

/// One invocation per pixel and segment, with a step in registers, and rings.
fn ring(task: &Task<'_>) -> Tile {
    let window = task.window();
    let (step, blocks, rest) = blocks(window);
    // Squares, and terms, in blocks; terms, scaled dy.
    let sums = if task.has_terms() { 2 * blocks + 2 * (window + step) } else { blocks };
    let in_workspace = sums > PRIVATE_SUMS;
    let invocations = task.invocations(WALKERS);
    Tile {
        groups: Groups::of_pixels(invocations),
        segment: task.segment(step),
        constants: vec![
            ("INVOCATIONS", invocations),
            ("STEP", step),
            ("BLOCKS", blocks),
            ("REST", rest),
            ("TAIL", (step - 1 + rest).max(1)),
            ("FETCHED", step + rest),
        ],
        scratch: if in_workspace { Scratch::Workspace(sums) } else { Scratch::Private(sums) },
        workspace: if in_workspace {
            sums.saturating_mul(invocations * task.sum_bytes())
        } else {
            0
        },
        most_groups: 0,
    }
}

/// The step of *ring*, and the blocks and the rest of the `window − step + 1` channels that the windows
/// of a step have in common; with the smallest share of a rest, which is summed for each step.
fn blocks(window: u64) -> (u64, u64, u64) {
    let divided = |step| (step, (window + 1 - step) / step, (window + 1 - step) % step);
    let fitting = RING_STEPS.rev().filter(|&step| 2 * step <= window + 1);
    let best = fitting.map(divided).min_by_key(|(step, _, rest)| rest * 1000 / step);
    best.unwrap_or((1, window, 0))
}
