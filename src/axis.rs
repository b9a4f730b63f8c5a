//! One axis with its window: all that a kernel sees of a tensor.

use crate::shape::View;
use crate::{Error, Lrn, Result, Shape};

/// The most channels of an axis: the kernels count them in 32 bits, and beyond both ends of it.
pub(crate) const MOST_CHANNELS: u64 = (1 << 31) - 1;

/// A contiguous tensor as `[outer, channels, inner]`, with a window along its channels.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Axis {
    /// The product of the dimensions before the axis.
    pub(crate) outer: u64,
    /// The length of the axis.
    pub(crate) channels: u64,
    /// The product of the dimensions after the axis.
    pub(crate) inner: u64,
    /// Channels of the window before a channel, clipped to the axis.
    pub(crate) look_behind: u64,
    /// Channels of the window after a channel, clipped to the axis.
    pub(crate) look_ahead: u64,
}

/// Returns the axes of a layer on a shape, as few as possible. Along one of many axes, a window of one element mixes
/// nothing; neighbours that windows hold whole count as one axis. An empty tensor has an axis of no pixels.
///
/// # Errors
///
/// [`Error::Windows`] where the layer does not have one window for each axis of the shape.
pub(crate) fn axes(lrn: &Lrn, shape: &Shape) -> Result<Vec<Axis>> {
    let (windows, views) = (lrn.windows().len(), shape.views().len());
    if windows != views {
        return Err(Error::Windows { windows, axes: views });
    }
    if shape.is_empty() {
        return Ok(vec![Axis { outer: 0, ..Axis::NONE }]);
    }
    let windows = lrn.windows().iter().zip(shape.views());
    let mut axes: Vec<_> = windows.map(|(&window, view)| Axis::of(view, window)).collect();
    if axes.len() > 1 {
        axes.retain(|axis| axis.window() > 1);
        axes.sort_by_key(|axis| axis.outer); // as they lie in memory
        axes.dedup_by(|axis, last| last.takes_in(axis));
    }
    if axes.is_empty() {
        axes.extend(shape.views().first().map(|view| Axis::of(view, (0, 0)).elements_as_pixels()));
    }
    Ok(axes.into_iter().map(Axis::canonical).collect())
}

impl Axis {
    /// Stands for no axis: one channel, no neighbours.
    pub(crate) const NONE: Axis = Axis { outer: 1, channels: 1, inner: 1, look_behind: 0, look_ahead: 0 };

    /// Creates an axis along a view, with its window clipped: no channel has more neighbours than `channels − 1`.
    fn of(view: &View, (look_behind, look_ahead): (u32, u32)) -> Axis {
        let View { outer, channels, inner } = *view;
        let clip = |reach: u32| u64::from(reach).min(channels.saturating_sub(1));
        let (look_behind, look_ahead) = (clip(look_behind), clip(look_ahead));
        Axis { outer, channels, inner, look_behind, look_ahead }
    }

    /// Returns the number of elements.
    pub(crate) fn elements(&self) -> u64 {
        if self.channels == 0 || self.inner == 0 { 0 } else { self.outer * self.channels * self.inner }
    }

    /// Returns the length of the window where the ends of the axis do not clip it.
    pub(crate) fn window(&self) -> u64 {
        self.look_behind + 1 + self.look_ahead
    }

    /// Returns `true` if every window holds the whole axis.
    pub(crate) fn is_whole(&self) -> bool {
        self.look_behind + 1 == self.channels && self.look_ahead + 1 == self.channels
    }

    /// Returns the channels whose windows hold a channel.
    pub(crate) fn mirrored(self) -> Axis {
        Axis { look_behind: self.look_ahead, look_ahead: self.look_behind, ..self }
    }

    /// Returns the axis counted in blocks of some channels and pixels, which divide it.
    pub(crate) fn divided(self, channels: u64, pixels: u64) -> Axis {
        Axis { channels: self.channels / channels, inner: self.inner / pixels, ..self }
    }

    /// Returns the fewest neighbouring pixels that fill whole packets of four: 1, 2 or 4.
    pub(crate) fn pixels_in_packets(&self) -> u64 {
        match self.channels % 4 {
            0 => 1,
            2 => 2,
            _ => 4,
        }
    }

    /// Returns the axis with so many neighbouring pixels as one, where channels follow each other in memory. Leftover
    /// pixels are dropped.
    pub(crate) fn joined(self, pixels: u64) -> Axis {
        Axis { outer: self.outer / pixels, channels: self.channels * pixels, ..self }
    }

    /// Turns an axis of one channel, which has no neighbours, into a plain vector: every element is a pixel.
    fn canonical(self) -> Axis {
        if self.channels == 1 { self.elements_as_pixels() } else { self }
    }

    fn elements_as_pixels(self) -> Axis {
        Axis { outer: self.elements(), channels: 1, inner: 1, look_behind: 0, look_ahead: 0 }
    }

    /// Becomes one axis with the next, if windows hold both whole. Returns `true` if it did.
    fn takes_in(&mut self, next: &Axis) -> bool {
        let fits = self.is_whole() && next.is_whole() && self.is_followed_by(next);
        if fits {
            *self = Axis { outer: self.outer, ..*next }.of_length(self.channels.saturating_mul(next.channels));
        }
        fits
    }

    /// Returns `true` if the other is the next axis in memory.
    pub(crate) fn is_followed_by(&self, other: &Axis) -> bool {
        self.inner == other.channels.saturating_mul(other.inner)
    }

    /// Returns an axis of that many channels, held whole by every window.
    fn of_length(self, channels: u64) -> Axis {
        Axis { channels, look_behind: channels - 1, look_ahead: channels - 1, ..self }
    }
}
