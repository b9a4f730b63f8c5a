//! What workgroups do, and where a kernel sums windows.

use super::Task;
use crate::Result;
use crate::limit::{exceeded, most_bytes};

/// The share of a pass that one workgroup does. Pixels are counted in what is loaded at once, as are channels where a
/// kernel loads several.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Geometry {
    groups: Groups,
    /// Channels of a segment: what one invocation (column, ring, row), one tile (plane) or one workgroup (pixel, whole,
    /// plane where it walks) writes.
    pub(crate) segment: u64,
    /// Channels at whose multiples a tensor is cut: so each is summed in the same order, however it is cut.
    pub(crate) unit: u64,
    /// The constants of the shader, by their names in WGSL.
    pub(crate) constants: Vec<(&'static str, u64)>,
    pub(crate) memory: Memory,
    /// Bytes of workspace for each workgroup.
    pub(crate) workspace: u64,
    /// The most workgroups of one dispatch.
    most_groups: u64,
}

/// How work is dealt to workgroups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Groups {
    /// A workgroup takes one segment of so many pixels, or of one of their strips (plane).
    Pixels { pixels: u64, strips: u64 },
    /// A workgroup takes so many segments: consecutive invocations take those of one pixel, then those of the next. Or
    /// it takes those of one strip (plane).
    Segments { segments: u64, strips: u64 },
}

/// Where a kernel sums windows.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Memory {
    /// In registers.
    Registers,
    /// In the memory of the workgroup.
    Workgroup,
    /// In the private memory of each invocation.
    Private,
    /// In a buffer of the plan.
    Workspace,
}

/// Bytes of workspace that are enough to keep a GPU busy.
const ENOUGH_WORKSPACE: u64 = 64 << 20;

impl Geometry {
    /// Returns the geometry of a kernel without a workspace.
    pub(super) fn new(
        task: &Task<'_>,
        memory: Memory,
        groups: Groups,
        segment: u64,
        constants: Vec<(&'static str, u64)>,
    ) -> Result<Geometry> {
        let side = u64::from(task.limits.max_compute_workgroups_per_dimension);
        let most_groups = side.pow(2);
        if groups.strips() > most_groups {
            let needed = (groups.strips() - 1).isqrt() + 1;
            return Err(exceeded("max_compute_workgroups_per_dimension", needed, side));
        }
        Ok(Geometry { groups, segment, unit: segment, constants, memory, workspace: 0, most_groups })
    }

    /// Lets the shader begin its steps at the same channels, wherever a tensor is cut.
    pub(super) fn cut_anywhere(self) -> Geometry {
        Geometry { unit: 1, ..self }
    }

    /// Adds a workspace of so many bytes for each workgroup.
    pub(super) fn with_workspace(self, task: &Task<'_>, workspace: u64) -> Result<Geometry> {
        let most = most_bytes(task.limits).min(task.limits.max_buffer_size);
        if workspace > most {
            return Err(exceeded("max_storage_buffer_binding_size", workspace, most));
        }
        // One row of the grid, so that no idle workgroup needs a place in the workspace.
        let side = u64::from(task.limits.max_compute_workgroups_per_dimension);
        let most_groups = (ENOUGH_WORKSPACE.clamp(workspace, most) / workspace).min(side);
        Ok(Geometry { memory: Memory::Workspace, workspace, most_groups, ..self })
    }

    /// Returns the workgroups for some pixels and segments.
    pub(crate) fn groups(&self, pixels: u64, segments: u64) -> u64 {
        match self.groups {
            Groups::Pixels { pixels: most, strips } => pixels.div_ceil(most) * segments * strips,
            Groups::Segments { segments: most, strips } => (pixels * segments).div_ceil(most) * strips,
        }
    }

    /// Returns the most pixels of one dispatch that covers some segments.
    pub(crate) fn pixels_at_once(&self, segments: u64) -> u64 {
        debug_assert!(segments <= self.segments_at_once(), "a part has no more segments than one dispatch");
        match self.groups {
            Groups::Pixels { pixels, strips } => (self.most_groups / (segments * strips)).saturating_mul(pixels),
            Groups::Segments { .. } => (self.segments_at_once() / segments).max(1),
        }
    }

    /// Returns the most segments of one dispatch.
    pub(crate) fn segments_at_once(&self) -> u64 {
        let groups = self.most_groups / self.strips();
        match self.groups {
            Groups::Pixels { .. } => groups,
            Groups::Segments { segments, .. } => groups.saturating_mul(segments),
        }
    }

    /// Returns the strips of a plane; or 1.
    pub(crate) fn strips(&self) -> u64 {
        self.groups.strips()
    }
}

impl Groups {
    /// Creates workgroups of one segment of so many pixels.
    pub(super) fn of_pixels(pixels: u64) -> Groups {
        Groups::Pixels { pixels, strips: 1 }
    }

    fn strips(self) -> u64 {
        match self {
            Groups::Pixels { strips, .. } | Groups::Segments { strips, .. } => strips,
        }
    }
}
