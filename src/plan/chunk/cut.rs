//! How a tensor is cut: between images; an image between its pixels; pixels, where they are still too large, along the
//! first axis.

use crate::kernel::Problem;
use crate::limit::exceeded;
use crate::recipe::{Rows, joined};
use crate::{Choice, Error, Operation, Result};
use std::ops::Range;

/// Pixels that stay together, enough for a kernel to treat them as it treats more: 32 loads of four.
pub(super) const PIXELS: u64 = 128;

/// What a chunk holds at most. Where it holds several images, it holds all their pixels; where several pixels, all
/// their rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cut {
    pub(super) images: u64,
    /// Images that stay together: those that *row* joins.
    pub(super) joined: u64,
    /// Pixels of an image: values of `inner` of its last axis.
    pub(super) pixels: u64,
    /// Channels of its first axis that are written.
    pub(super) rows: u64,
}

/// The memory for the chunks in flight.
#[derive(Clone, Copy)]
pub(super) struct Room {
    pub(super) budget: u64,
    /// How many times memory holds a byte of a chunk.
    pub(super) weight: u64,
    /// The most bytes of a chunk that a device takes.
    pub(super) most: u64,
}

impl Room {
    /// Returns the bytes of an operand of a chunk, in whole words.
    fn bytes(&self) -> u64 {
        (self.budget / self.weight).min(self.most) / 4 * 4
    }

    /// Returns the error of chunks that need so many.
    fn too_small(&self, needed: u64) -> Error {
        if needed > self.most {
            return exceeded("max_storage_buffer_binding_size", needed, self.most);
        }
        let needed = needed.next_multiple_of(4).saturating_mul(self.weight);
        Error::MemoryBudget { given: self.budget, needed }
    }
}

impl Cut {
    /// Finds the largest chunks that have room.
    ///
    /// # Errors
    ///
    /// [`Error::MemoryBudget`], or [`Error::Limit`], where the least have not; and as [`Rows::of`].
    pub(super) fn new(
        problem: &Problem,
        operation: Operation,
        choice: Choice,
        limits: &wgpu::Limits,
        room: Room,
    ) -> Result<Cut> {
        let (images, pixels, rows) = (problem.images(), problem.pixels(), problem.axes[0].channels);
        let joined = joined(choice.kernel, &problem.axes[0]);
        let image = problem.image_bytes();
        if let Some(images) = at_once(images, joined, room.bytes() / image) {
            return Ok(Cut { images, joined, pixels, rows });
        }
        if joined > 1 {
            return Err(room.too_small(image.saturating_mul(images.min(longest(joined)))));
        }
        let pixel = image / pixels;
        if let Some(pixels) = at_once(pixels, PIXELS, room.bytes() / pixel) {
            return Ok(Cut { images: 1, joined, pixels, rows });
        }
        let more = Rows::more(&problem.of_part(1, pixels.min(PIXELS)), operation, choice, limits)?;
        let row = pixel / rows * pixels.min(longest(PIXELS));
        let held = room.bytes() / row;
        if held <= more {
            return Err(room.too_small(row.saturating_mul((more + 1).min(rows))));
        }
        Ok(Cut { images: 1, joined, pixels: pixels.min(PIXELS), rows: held - more })
    }

    /// Returns how many chunks there are.
    pub(super) fn chunks(&self, problem: &Problem) -> u64 {
        let images = count(problem.images(), self.images, self.joined);
        let pixels = count(problem.pixels(), self.pixels, PIXELS);
        images.saturating_mul(pixels).saturating_mul(count(problem.axes[0].channels, self.rows, 1))
    }

    /// Returns chunks of at most so many images; those that stay together do.
    pub(crate) fn with_images(self, images: u64) -> Cut {
        Cut { images: (self.images.min(images) / self.joined * self.joined).max(self.joined), ..self }
    }

    /// Returns the largest chunks that are no larger than those of either.
    pub(crate) fn meet(self, other: Cut) -> Cut {
        let least = |of: fn(&Cut) -> u64| of(&self).min(of(&other));
        let cut = Cut {
            images: self.images,
            joined: self.joined.max(other.joined),
            pixels: least(|cut| cut.pixels),
            rows: least(|cut| cut.rows),
        };
        cut.with_images(other.images)
    }
}

/// Returns how many of a `length` are taken at once, if `most` have room and `grain` stay together: all, or a multiple
/// of those. The last piece takes what would be less.
fn at_once(length: u64, grain: u64, most: u64) -> Option<u64> {
    let whole = (most + 1).saturating_sub(grain) / grain * grain;
    if length <= most { Some(length) } else { Some(whole).filter(|&whole| whole > 0) }
}

/// Returns the length of the longest piece where a grain is taken at once.
fn longest(grain: u64) -> u64 {
    2 * grain - 1
}

/// Returns how many pieces of a `length` there are.
fn count(length: u64, size: u64, grain: u64) -> u64 {
    length.saturating_sub(grain) / size + 1
}

/// Returns a `length` in pieces of `size`, of which the last takes what would be less than a grain.
pub(super) fn pieces(length: u64, size: u64, grain: u64) -> impl Iterator<Item = Range<u64>> {
    let last = count(length, size, grain) - 1;
    (0..=last).map(move |i| i * size..if i == last { length } else { (i + 1) * size })
}
