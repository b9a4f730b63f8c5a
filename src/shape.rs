//! What a kernel needs to know of a tensor.

use crate::axis::Axis;
use crate::{Dtype, Element, Error, Result};

/// Describes a contiguous tensor of any rank and the axes along which it is normalised: for each, the tensor is
/// seen as `[outer, channels, inner]`.
///
/// `channels` is the length of the axis, `outer` the product of the dimensions before it and `inner`
/// the product of those after it. A *pixel* is one (outer, inner) pair: the vector of channels that
/// LRN mixes. A dimension may be zero.
///
/// ```
/// use wgpu_lrn::Shape;
///
/// let shape = Shape::new(&[8, 96, 55, 55], 1)?;
/// assert_eq!((shape.outer(), shape.channels(), shape.inner()), (8, 96, 3025));
/// assert_eq!(shape, Shape::nchw(8, 96, 55, 55)?);
/// # Ok::<(), wgpu_lrn::Error>(())
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[must_use]
pub struct Shape {
    dtype: Dtype,
    /// One for each axis, and one at least.
    views: Vec<View>,
}

/// A tensor, as one of its axes sees it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct View {
    pub(crate) outer: u64,
    pub(crate) channels: u64,
    pub(crate) inner: u64,
}

impl Shape {
    /// Returns the shape of these dimensions, normalised along `axis`; a negative axis counts from the
    /// end, so that −1 is channels-last.
    ///
    /// # Errors
    ///
    /// [`Error::Axis`] where the axis does not exist, [`Error::ShapeOverflow`] where the bytes of
    /// the tensor do not fit in 64 bits.
    pub fn new(dims: &[usize], axis: isize) -> Result<Shape> {
        Shape::over(dims, &[axis])
    }

    /// Returns the shape of these dimensions, normalised along several axes at once: `[2, 3]` of an NCHW
    /// tensor is what Caffe and oneDNN call *within channel*. The windows of the layer belong to the
    /// axes in this order.
    ///
    /// # Errors
    ///
    /// As [`Shape::new`]; also [`Error::RepeatedAxis`], and [`Error::NoAxis`] where there is none.
    pub fn over(dims: &[usize], axes: &[isize]) -> Result<Shape> {
        let positions: Result<Vec<_>> = axes.iter().map(|&axis| position(dims, axis)).collect();
        let positions = positions?;
        let first = |&i: &usize| positions[..i].contains(&positions[i]);
        if let Some(again) = (1..axes.len()).find(first) {
            return Err(Error::RepeatedAxis { axis: axes[again] });
        }
        let views: Result<Vec<_>> = positions.iter().map(|&at| View::new(dims, at)).collect();
        let shape = Shape { dtype: Dtype::F32, views: views? };
        if shape.views.is_empty() { Err(Error::NoAxis) } else { Ok(shape) }
    }

    /// Returns the shape `[n, c, h, w]`, normalised along c.
    ///
    /// # Errors
    ///
    /// [`Error::ShapeOverflow`].
    pub fn nchw(n: usize, c: usize, h: usize, w: usize) -> Result<Shape> {
        Shape::new(&[n, c, h, w], 1)
    }

    /// Returns the shape `[n, h, w, c]`, normalised along c.
    ///
    /// # Errors
    ///
    /// [`Error::ShapeOverflow`].
    pub fn nhwc(n: usize, h: usize, w: usize, c: usize) -> Result<Shape> {
        Shape::new(&[n, h, w, c], 3)
    }

    /// Sets the type of the elements. They are f32 without this call.
    pub fn with_dtype(&self, dtype: Dtype) -> Shape {
        Shape { dtype, ..self.clone() }
    }

    /// Returns the shape of a tensor that one axis sees.
    pub(crate) fn of_axis(axis: &Axis, dtype: Dtype) -> Shape {
        let Axis { outer, channels, inner, .. } = *axis;
        Shape { dtype, views: vec![View { outer, channels, inner }] }
    }

    /// Splits the channels (those of the first axis) into `groups` equal groups, each
    /// normalised on its own, as AlexNet's two towers are.
    ///
    /// # Errors
    ///
    /// [`Error::Groups`] where the channels cannot be split so.
    pub fn with_groups(&self, groups: u64) -> Result<Shape> {
        let View { outer, channels, inner } = self.view();
        if channels.checked_rem(groups) != Some(0) {
            return Err(Error::Groups { channels, groups });
        }
        // At least one channel is in each group unless the tensor is empty.
        let outer = outer.saturating_mul(groups);
        let mut shape = self.clone();
        shape.views[0] = View { outer, channels: channels / groups, inner };
        Ok(shape)
    }

    /// Returns the type of the elements.
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Returns the number of axes.
    pub fn axes(&self) -> usize {
        self.views.len()
    }

    /// Returns the product of the dimensions before the first axis.
    pub fn outer(&self) -> u64 {
        self.view().outer
    }

    /// Returns the length of the first axis.
    pub fn channels(&self) -> u64 {
        self.view().channels
    }

    /// Returns the product of the dimensions after the first axis.
    pub fn inner(&self) -> u64 {
        self.view().inner
    }

    /// Returns the number of elements.
    pub fn elements(&self) -> u64 {
        if self.is_empty() {
            return 0;
        }
        self.outer() * self.channels() * self.inner()
    }

    /// Returns the number of bytes. An operand of 16-bit elements has 2 more where their number is odd.
    pub fn bytes(&self) -> u64 {
        self.elements() * self.dtype.bytes()
    }

    /// Returns the bytes of an operand, which wgpu counts in words of 4.
    pub fn operand_bytes(&self) -> u64 {
        self.bytes().next_multiple_of(4)
    }

    /// Returns `true` if a dimension is zero, so that there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.outer() == 0 || self.channels() == 0 || self.inner() == 0
    }

    /// Returns what each axis sees.
    pub(crate) fn views(&self) -> &[View] {
        &self.views
    }

    fn view(&self) -> View {
        self.views[0]
    }

    /// Returns the number of images: the parts, one after the other in memory, that no window leaves.
    pub(crate) fn images(&self) -> u64 {
        self.views.iter().map(|view| view.outer).min().unwrap_or(0)
    }

    /// Returns the shape with only that many of its images.
    pub(crate) fn of_images(&self, images: u64) -> Shape {
        let mut shape = self.clone();
        for view in &mut shape.views {
            // Each axis counts as outer what precedes it, so that the first axis divides all others.
            view.outer = view.outer / self.images().max(1) * images;
        }
        shape
    }

    /// Returns the shape with only as many images as have `bytes` bytes, and at least one.
    pub(crate) fn at_most(&self, bytes: u64) -> Shape {
        let image = self.bytes().checked_div(self.images()).unwrap_or(0).max(1);
        self.of_images(self.images().min((bytes / image).max(1)))
    }

    /// Refuses a slice of another type or length, by the name of its operand.
    pub(crate) fn check_slice<T: Element>(&self, operand: &'static str, slice: &[T]) -> Result<()> {
        self.dtype().check(operand, T::DTYPE)?;
        let (given, expected) = (slice.len() as u64, self.elements());
        if given == expected {
            return Ok(());
        }
        Err(Error::Length { operand, given, expected })
    }
}

impl View {
    fn new(dims: &[usize], axis: usize) -> Result<View> {
        let view =
            View { outer: product(dims, ..axis)?, channels: dims[axis] as u64, inner: product(dims, axis + 1..)? };
        // In the largest of elements.
        let bytes = view.outer.checked_mul(view.channels).and_then(|n| n.checked_mul(view.inner));
        let fits = bytes.and_then(|n| n.checked_mul(Dtype::F64.bytes())).is_some();
        if fits || dims.contains(&0) {
            return Ok(view);
        }
        Err(Error::ShapeOverflow { dims: dims.to_vec() })
    }
}

/// Returns the dimension that an axis means.
fn position(dims: &[usize], axis: isize) -> Result<usize> {
    let rank = dims.len();
    let position = axis.checked_add(if axis < 0 { rank as isize } else { 0 });
    position.and_then(|at| usize::try_from(at).ok()).filter(|&at| at < rank).ok_or(Error::Axis { axis, rank })
}

/// Returns the product of some dimensions; zero as soon as one of them is. (Of an empty tensor others may be beyond 64
/// bits.)
fn product(dims: &[usize], range: impl std::slice::SliceIndex<[usize], Output = [usize]>) -> Result<u64> {
    let part = &dims[range];
    if part.contains(&0) {
        return Ok(0);
    }
    let product = part.iter().try_fold(1u64, |product, &dim| product.checked_mul(dim as u64));
    match product {
        None if dims.contains(&0) => Ok(u64::MAX),
        product => product.ok_or_else(|| Error::ShapeOverflow { dims: dims.to_vec() }),
    }
}
