//! Where the bytes of a chunk lie in a tensor.

use crate::kernel::Problem;
use std::ops::Range;

/// Bytes of a tensor: runs of equal length, equally far apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Runs {
    first: u64,
    count: u64,
    length: u64,
    /// From the start of a run to that of the next.
    distance: u64,
}

impl Runs {
    pub(super) fn contiguous(bytes: Range<u64>) -> Runs {
        let length = bytes.end - bytes.start;
        Runs { first: bytes.start, count: 1, length, distance: length }
    }

    /// Returns the bytes of some images, or of some pixels of one image.
    pub(super) fn of(problem: &Problem, images: &Range<u64>, pixels: &Range<u64>) -> Runs {
        let (element, all) = (problem.shape.dtype().bytes(), problem.pixels());
        let image = problem.image_bytes();
        if pixels.end - pixels.start == all {
            return Runs::contiguous(images.start * image..images.end * image);
        }
        Runs {
            first: images.start * image + pixels.start * element,
            count: image / (all * element),
            length: (pixels.end - pixels.start) * element,
            distance: all * element,
        }
    }

    /// Returns a part of these bytes, as if they followed each other. Of several runs it has whole ones.
    pub(crate) fn part(&self, bytes: &Range<u64>) -> Runs {
        let Runs { first, count, length, distance } = *self;
        if count == 1 {
            return Runs::contiguous(first + bytes.start..first + bytes.end);
        }
        debug_assert!(bytes.start.is_multiple_of(length) && bytes.end.is_multiple_of(length), "whole runs");
        let count = (bytes.end - bytes.start) / length;
        Runs { first: first + bytes.start / length * distance, count, length, distance }
    }

    /// Returns the only run.
    pub(super) fn range(&self) -> Range<u64> {
        debug_assert_eq!(self.count, 1, "contiguous bytes");
        self.first..self.first + self.length
    }

    /// Returns how many they are.
    pub(crate) fn bytes(&self) -> u64 {
        self.count * self.length
    }

    /// Returns each run: where it begins in the tensor, and where it lies if they follow each other.
    pub(crate) fn each(&self) -> impl Iterator<Item = (u64, Range<usize>)> {
        let Runs { first, count, length, distance } = *self;
        (0..count).map(move |i| (first + i * distance, (i * length) as usize..((i + 1) * length) as usize))
    }
}
