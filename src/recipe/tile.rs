//! What one workgroup computes, and the memory in which it keeps its window.

use super::{Dispatch, Kernel, Operation, cut, limit};
use crate::{Result, Shape};

/// The share of a kernel's work that one workgroup does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tile {
    /// Invocations of the workgroup.
    pub(crate) invocations: u64,
    /// Pixels of the workgroup.
    pub(crate) pixels: u64,
    /// Channels that it writes.
    pub(crate) segment: u64,
    /// Channels that it holds at once: the window (column) or a segment with its halo (pixel).
    pub(crate) span: u64,
    /// Channels whose sums are scanned by one invocation (pixel).
    pub(crate) block: u64,
    /// Values that each owner keeps.
    pub(crate) slots: u64,
    /// Owners of slots: every invocation (column) or the workgroup (pixel).
    owners: u64,
    /// Whether the slots are in a workspace buffer, being too many for a faster place.
    pub(crate) in_workspace: bool,
    /// The most workgroups of one dispatch.
    pub(crate) most_groups: u64,
}

/// Invocations of a column workgroup: two warps of 32 or one wave of 64.
const COLUMN_INVOCATIONS: u64 = 64;

/// Invocations of a pixel workgroup, the most that WebGPU's downlevel limits grant.
const PIXEL_INVOCATIONS: u64 = 256;

/// Values that an invocation keeps for itself: four rings of the widest window for registers.
/// (WGSL grants 8192 bytes of private memory; but some compilers take seconds for large arrays.)
const PRIVATE_SLOTS: u64 = 4 * super::REGISTERS;

/// Bytes of a value: a sum of two f32.
const SLOT: u64 = 8;

/// Values in workgroup memory: 16352 bytes, wgpu's `Limits::downlevel_defaults`.
const WORKGROUP_SLOTS: u64 = 16352 / SLOT;

/// Invocations that keep a large GPU busy; with fewer pixels, the channels are cut into segments.
const BUSY: u64 = 1 << 16;

/// The longest block that one invocation scans however narrow the window.
const BLOCK: u64 = 32;

/// Bytes of workspace that are enough to keep a GPU busy.
const WORKSPACE: u64 = 64 << 20;

impl Tile {
    pub(crate) fn new(
        kernel: Kernel,
        operation: Operation,
        shape: &Shape,
        reach: (u64, u64),
        limits: &wgpu::Limits,
    ) -> Result<Tile> {
        let tile = match kernel {
            Kernel::Column => column(operation, shape, reach, limits),
            Kernel::Pixel => pixel(operation, shape, reach, limits),
        };
        tile.limited(limits)
    }

    /// The workgroups for some pixels and segments.
    pub(crate) fn groups(&self, pixels: u64, segments: u64) -> u64 {
        pixels.div_ceil(self.pixels) * segments
    }

    /// The most pixels of one dispatch that covers some segments.
    pub(crate) fn pixels_at_once(&self, segments: u64) -> u64 {
        self.most_groups / segments * self.pixels
    }

    /// The bytes of the workspace that the largest dispatch uses.
    pub(crate) fn workspace(&self, dispatches: &[Dispatch]) -> u64 {
        if !self.in_workspace {
            return 0;
        }
        let groups =
            dispatches.iter().map(|dispatch| dispatch.grid.map(u64::from).iter().product()).max();
        groups.unwrap_or(0) * self.group_bytes()
    }

    /// The bytes that a workgroup keeps in the workspace.
    fn group_bytes(&self) -> u64 {
        self.slots.saturating_mul(self.owners).saturating_mul(SLOT)
    }

    /// Finds `most_groups`: what the grid and the workspace allow.
    fn limited(mut self, limits: &wgpu::Limits) -> Result<Tile> {
        self.most_groups = u64::from(limits.max_compute_workgroups_per_dimension).pow(2);
        if self.in_workspace {
            let most = cut::most_bytes(limits).min(limits.max_buffer_size);
            let needed = self.group_bytes();
            if needed > most {
                let name = "max_storage_buffer_binding_size";
                return Err(limit(name, needed, most));
            }
            let groups = WORKSPACE.clamp(needed, most) / needed;
            // One row of the grid, so that no idle workgroup needs a place in the workspace.
            let row = u64::from(limits.max_compute_workgroups_per_dimension);
            self.most_groups = groups.min(row);
        }
        Ok(self)
    }
}

/// One invocation per pixel and segment, with rings of one window each.
fn column(operation: Operation, shape: &Shape, (p, q): (u64, u64), limits: &wgpu::Limits) -> Tile {
    let window = p + q + 1;
    let rings = match operation {
        Operation::SquareSums => 1, // squares
        Operation::Forward => 2,    // squares, x
        Operation::Backward => 4,   // squares, x, terms, scaled dy
    };
    let slots = window.saturating_mul(rings);
    let invocations = COLUMN_INVOCATIONS.min(most_invocations(limits));
    Tile {
        invocations,
        pixels: invocations,
        segment: segment(shape, window),
        span: window,
        block: 0,
        slots,
        owners: invocations,
        in_workspace: slots > PRIVATE_SLOTS,
        most_groups: 0,
    }
}

/// The channels of a segment: enough segments for a busy GPU, each long beside its halo.
fn segment(shape: &Shape, window: u64) -> u64 {
    let pixels = shape.outer().saturating_mul(shape.inner()).max(1);
    let segments = BUSY.div_ceil(pixels);
    let channels = shape.channels().max(1);
    channels.div_ceil(segments).max(window.saturating_mul(4)).min(channels)
}

/// One workgroup per pixel, or for several where channels are few; an axis too long for workgroup
/// memory is walked in segments with halos.
fn pixel(operation: Operation, shape: &Shape, reach: (u64, u64), limits: &wgpu::Limits) -> Tile {
    let window = reach.0 + reach.1 + 1;
    let arrays = match operation {
        Operation::SquareSums | Operation::Forward => 2, // head, squares
        Operation::Backward => 4,                        // head, squares, terms, scaled dy
    };
    let slots = (u64::from(limits.max_compute_workgroup_storage_size) / SLOT).min(WORKGROUP_SLOTS);
    let invocations = PIXEL_INVOCATIONS.min(most_invocations(limits));
    let (segment, span, in_workspace) = spans(operation, shape, reach, slots / arrays);
    let fitting = (invocations / span).min(slots / arrays / span);
    let pixels = if in_workspace { 1 } else { fitting.max(1) };
    Tile {
        invocations,
        pixels,
        segment,
        span,
        block: window.min(BLOCK.max(2 * window.isqrt())),
        slots: arrays * span * pixels,
        owners: 1,
        in_workspace,
        most_groups: 0,
    }
}

/// The segment, its span with the halo, and whether that exceeds the `most` channels that workgroup
/// memory holds.
fn spans(operation: Operation, shape: &Shape, reach: (u64, u64), most: u64) -> (u64, u64, bool) {
    let channels = shape.channels().max(1);
    if channels <= most {
        return (channels, channels, false);
    }
    let (before, after) = operation.halo(reach);
    let halo = before + after;
    if halo <= most / 2 {
        return (most - halo, most, false);
    }
    let segment = halo.saturating_mul(4).min(channels);
    (segment, segment.saturating_add(halo).min(channels), true)
}

fn most_invocations(limits: &wgpu::Limits) -> u64 {
    limits.max_compute_invocations_per_workgroup.min(limits.max_compute_workgroup_size_x).into()
}
