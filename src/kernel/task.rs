//! What a geometry is made for: one pass over a tensor, on a device with certain limits.

use super::window::NARROW;
use crate::axis::Axis;
use crate::limit::exceeded;
use crate::precision::Arithmetic;
use crate::stage::Stage;
use crate::{Dtype, Error, Kernel, Operation, Segments};

/// One pass of an operation.
pub(crate) struct Task<'a> {
    pub(crate) limits: &'a wgpu::Limits,
    pub(crate) operation: Operation,
    pub(crate) stage: Stage,
    /// Set if the result takes the place of an input.
    pub(crate) in_place: bool,
    pub(crate) dtype: Dtype,
    pub(crate) arithmetic: Arithmetic,
    /// Elements that an invocation loads at once.
    pub(crate) width: u64,
    pub(crate) segments: Segments,
    /// The axis of the window.
    pub(crate) axis: Axis,
    /// A second axis, which follows the first; or [`Axis::NONE`].
    pub(crate) across: Axis,
    /// The first, counted in what is loaded at once.
    pub(crate) loaded: Axis,
}

/// Bytes of workgroup memory that a kernel takes: wgpu's `Limits::downlevel_defaults`.
pub(super) const WORKGROUP_BYTES: u64 = 16352;

/// Invocations of a workgroup whose invocations have nothing in common: two warps of 32 or one wave
/// of 64.
const WALKERS: u64 = 64;

/// Invocations of a workgroup that works together, the most that WebGPU's downlevel limits grant.
const TEAM: u64 = 256;

/// Bytes that are loaded together where all pixels are walked at once, enough for the memory of a large GPU: an
/// H100 moves some 2 MB in the time that a load takes. With fewer, the channels are cut into segments.
const UNDER_WAY: u64 = 2 << 20;

/// Bytes for which an invocation counts at least: so 65,536 are enough, since a large GPU holds about 100,000 at once.
/// Few more than it holds take twice as long.
const OF_INVOCATION: u64 = 32;

/// How many times as long as what its ends depend on a segment is at least.
pub(super) const ENDS: u64 = 2;

impl Task<'_> {
    pub(crate) fn window(&self) -> u64 {
        self.axis.window()
    }

    /// Returns `true` if windows are summed in registers.
    pub(super) fn has_narrow_windows(&self) -> bool {
        self.window() <= NARROW
    }

    /// Returns `true` if terms are summed in the same pass as squares.
    pub(super) fn has_terms(&self) -> bool {
        self.stage == Stage::Only && self.operation == Operation::Backward
    }

    /// Returns the channels before and after a channel on which its result depends: backward, at once, sums over the
    /// mirrored window terms that each see a window.
    pub(crate) fn halo(&self) -> (u64, u64) {
        self.reach(&self.axis)
    }

    /// Returns the channels that a walk takes before those that it writes, if it makes terms on its way.
    pub(super) fn lead_in(&self) -> u64 {
        if self.has_terms() { self.window() - 1 } else { 0 }
    }

    /// Returns the columns before and after a column on which its result depends, along the second axis.
    pub(super) fn halo_across(&self) -> (u64, u64) {
        self.reach(&self.across)
    }

    fn reach(&self, axis: &Axis) -> (u64, u64) {
        let both = axis.window() - 1;
        if self.has_terms() { (both, both) } else { (axis.look_behind, axis.look_ahead) }
    }

    /// Returns the invocations of a workgroup whose invocations have nothing in common.
    pub(super) fn walkers(&self) -> u64 {
        self.invocations(WALKERS)
    }

    /// Returns the invocations of a workgroup that works together.
    pub(super) fn team(&self) -> u64 {
        self.invocations(TEAM)
    }

    fn invocations(&self, wanted: u64) -> u64 {
        wanted.min(self.granted())
    }

    /// Returns the invocations of a workgroup that the device grants.
    fn granted(&self) -> u64 {
        let wgpu::Limits { max_compute_invocations_per_workgroup: all, max_compute_workgroup_size_x: in_x, .. } =
            *self.limits;
        all.min(in_x).into()
    }

    /// Returns the error of a kernel whose workgroup needs so many invocations and sums: too many of either.
    pub(super) fn too_large(&self, kernel: Kernel, invocations: u64, sums: u64) -> Error {
        let memory = sums.saturating_mul(self.sum_bytes());
        let (limit, needed, most, granted) = if invocations > self.team() {
            ("max_compute_invocations_per_workgroup", invocations, TEAM, self.granted())
        } else {
            let granted = self.limits.max_compute_workgroup_storage_size.into();
            ("max_compute_workgroup_storage_size", memory, WORKGROUP_BYTES, granted)
        };
        if granted < most {
            return exceeded(limit, needed, granted);
        }
        Error::Capacity { kernel, limit, needed, most }
    }

    pub(super) fn sum_bytes(&self) -> u64 {
        self.arithmetic.sum_bytes()
    }

    /// Returns the sums that workgroup memory holds.
    pub(super) fn workgroup_sums(&self) -> u64 {
        let granted = u64::from(self.limits.max_compute_workgroup_storage_size);
        granted.min(WORKGROUP_BYTES) / self.sum_bytes()
    }

    /// Returns the channels of a segment of an invocation that walks in steps of some: as many segments as keep enough
    /// bytes under way, each at least `ends` times as long as what its ends depend on. In place a pixel has but one, since
    /// another would read what it has written. A segment is walked in whole steps, of which the first begin in its
    /// lead-in, and is a multiple of the grain.
    pub(super) fn segment(&self, step: u64, lead_in: u64, grain: u64, ends: u64) -> u64 {
        let channels = self.loaded.channels.max(1);
        if self.in_place {
            return channels;
        }
        let pixels = self.loaded.outer.saturating_mul(self.loaded.inner).max(1);
        let inputs = if self.has_terms() { 2 } else { 1 };
        let bytes = step * self.width * inputs * self.dtype.bytes();
        let loaded = pixels.saturating_mul(bytes.max(OF_INVOCATION));
        let busy = self.segments.times(UNDER_WAY).saturating_add(loaded / 2) / loaded;
        let (before, after) = self.halo();
        let long = channels / (ends * (1 + before + after));
        let wanted = channels.div_ceil(busy.min(long).max(1)).next_multiple_of(grain);
        let walked = (wanted + lead_in).next_multiple_of(step);
        ((walked - lead_in) / grain * grain).min(channels)
    }
}
