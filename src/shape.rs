//! The one shape that every kernel sees.

use crate::{Dtype, Error, Result};

/// A contiguous tensor of any rank, seen as `[outer, channels, inner]`.
///
/// `channels` is the axis that is normalised, `outer` the product of the dimensions before it and
/// `inner` the product of those after it. A *pixel* is one (outer, inner) pair: the vector of
/// channels that LRN mixes. A dimension may be zero.
///
/// ```
/// use wgpu_lrn::Shape;
///
/// let shape = Shape::new(&[8, 96, 55, 55], 1)?;
/// assert_eq!((shape.outer(), shape.channels(), shape.inner()), (8, 96, 3025));
/// assert_eq!(shape, Shape::nchw(8, 96, 55, 55)?);
/// # Ok::<(), wgpu_lrn::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Shape {
    dtype: Dtype,
    outer: u64,
    channels: u64,
    inner: u64,
}

impl Shape {
    /// The tensor of these dimensions, normalised along `axis`; a negative axis counts from the
    /// end, so that −1 is channels-last.
    ///
    /// # Errors
    ///
    /// [`Error::Axis`] where the axis does not exist, [`Error::ShapeOverflow`] where the bytes of
    /// the tensor do not fit in 64 bits.
    pub fn new(dims: &[usize], axis: isize) -> Result<Shape> {
        let rank = dims.len();
        let position = axis.checked_add(if axis < 0 { rank as isize } else { 0 });
        let axis = position
            .and_then(|at| usize::try_from(at).ok())
            .filter(|&at| at < rank)
            .ok_or(Error::Axis { axis, rank })?;
        let shape = Shape {
            dtype: Dtype::F32,
            outer: product(dims, ..axis)?,
            channels: dims[axis] as u64,
            inner: product(dims, axis + 1..)?,
        };
        shape.checked(dims)
    }

    /// `[n, c, h, w]`, normalised along c.
    ///
    /// # Errors
    ///
    /// [`Error::ShapeOverflow`].
    pub fn nchw(n: usize, c: usize, h: usize, w: usize) -> Result<Shape> {
        Shape::new(&[n, c, h, w], 1)
    }

    /// `[n, h, w, c]`, normalised along c.
    ///
    /// # Errors
    ///
    /// [`Error::ShapeOverflow`].
    pub fn nhwc(n: usize, h: usize, w: usize, c: usize) -> Result<Shape> {
        Shape::new(&[n, h, w, c], 3)
    }

    /// The same tensor with elements of that type; without this call they are f32.
    pub fn of(self, dtype: Dtype) -> Shape {
        Shape { dtype, ..self }
    }

    /// The same tensor with its channels in `groups` equal groups, each normalised on its own,
    /// as AlexNet's two towers are.
    ///
    /// # Errors
    ///
    /// [`Error::Groups`] where the channels cannot be split so.
    pub fn grouped(self, groups: u64) -> Result<Shape> {
        let refused = Error::Groups { channels: self.channels, groups };
        match self.channels.checked_rem(groups) {
            Some(0) => Ok(Shape {
                // At least one channel is in each group unless the tensor is empty.
                outer: self.outer.saturating_mul(groups),
                channels: self.channels / groups,
                ..self
            }),
            _ => Err(refused),
        }
    }

    /// The type of the elements.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// The product of the dimensions before the axis.
    pub fn outer(&self) -> u64 {
        self.outer
    }

    /// The length of the axis.
    pub fn channels(&self) -> u64 {
        self.channels
    }

    /// The product of the dimensions after the axis.
    pub fn inner(&self) -> u64 {
        self.inner
    }

    /// The number of elements.
    pub fn elements(&self) -> u64 {
        if self.is_empty() {
            return 0;
        }
        self.outer * self.channels * self.inner
    }

    /// The number of bytes. An operand of 16-bit elements has 2 more where their number is odd.
    pub fn bytes(&self) -> u64 {
        self.elements() * self.dtype.bytes()
    }

    /// The bytes of an operand, which wgpu counts in words of 4.
    pub fn operand_bytes(&self) -> u64 {
        self.bytes().next_multiple_of(4)
    }

    /// Whether a dimension is zero, so that there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.outer == 0 || self.channels == 0 || self.inner == 0
    }

    /// One channel has no neighbours: every element is a pixel, and the tensor a plain vector.
    pub(crate) fn canonical(self) -> Shape {
        if self.channels != 1 {
            return self;
        }
        Shape { outer: self.outer * self.inner, inner: 1, ..self }
    }

    /// The same images, but only as many as have `bytes` bytes, and at least one.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fn at_most(self, bytes: u64) -> Shape {
        let bytes_of_image = (self.channels * self.inner).saturating_mul(self.dtype.bytes());
        let image = bytes_of_image.max(1);
        Shape { outer: self.outer.min((bytes / image).max(1)), ..self }
    }

    /// The same tensor counted in blocks of some channels and pixels, which divide it.
    pub(crate) fn divided(self, channels: u64, pixels: u64) -> Shape {
        Shape { channels: self.channels / channels, inner: self.inner / pixels, ..self }
    }

    fn checked(self, dims: &[usize]) -> Result<Shape> {
        let fits = self
            .outer
            .checked_mul(self.channels)
            .and_then(|n| n.checked_mul(self.inner))
            .and_then(|n| n.checked_mul(8)); // the bytes of the largest elements
        if fits.is_none() && !self.is_empty() {
            return Err(Error::ShapeOverflow { dims: dims.to_vec() });
        }
        Ok(self)
    }
}

/// The product of some dimensions; zero as soon as one of them is.
fn product(
    dims: &[usize],
    range: impl std::slice::SliceIndex<[usize], Output = [usize]>,
) -> Result<u64> {
    let part = &dims[range];
    if part.contains(&0) {
        return Ok(0);
    }
    part.iter()
        .try_fold(1u64, |product, &dim| product.checked_mul(dim as u64))
        .ok_or_else(|| Error::ShapeOverflow { dims: dims.to_vec() })
}
