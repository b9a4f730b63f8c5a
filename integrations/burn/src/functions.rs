//! The layer as functions on tensors.

use crate::backend::LrnBackend;
use crate::layer::Layer;
use crate::{Error, Path, Result, composite, path, tensor};
use burn::backend::Dispatch;
use burn::tensor::Tensor;
use wgpu_lrn::{Lrn, Operation, Shape};

/// Returns y of x: any layer along any axes, which the windows of the layer belong to in this order. A negative axis
/// counts from the end.
///
/// Where the kernels do not run on the device, Burn's own operations compute what they have: one window, as ONNX places
/// it, along axis 1 of a tensor of at least three.
///
/// ```no_run
/// use burn::tensor::{Device, Tensor};
/// use wgpu_lrn_burn::{Lrn, local_response_norm};
///
/// let x = Tensor::<4>::ones([8, 27, 27, 256], &Device::default());
/// let lrn = Lrn::tensorflow().radius(2).build()?.with_relu();
/// let y = local_response_norm(x, &lrn, &[-1])?;
/// # Ok::<(), wgpu_lrn_burn::Error>(())
/// ```
///
/// # Errors
///
/// [`Error::Lrn`] where the layer does not fit the tensor or the device's limits, [`Error::Unavailable`] where neither
/// the kernels nor Burn's operations compute it, [`Error::Dtype`], and [`Error::Blend`].
pub fn local_response_norm<const D: usize>(x: Tensor<D>, lrn: &Lrn, axes: &[isize]) -> Result<Tensor<D>> {
    match prepared(&x, lrn, axes, differentiated(&x))? {
        Prepared::Kernels(layer) => Ok(by_kernels(x, layer)),
        Prepared::Empty => Ok(x),
        Prepared::Burn(path) => {
            let module = composite::module(lrn, axes, D).ok_or(Error::Unavailable { path })?;
            Ok(module.forward(x))
        }
    }
}

/// Returns the sums of squares over the windows, to which the layer applies its coefficient, bias and power.
///
/// # Errors
///
/// As [`local_response_norm`]; also [`Error::Gradient`], since the sums have none. Burn's operations do not compute
/// them.
pub fn square_sums<const D: usize>(x: Tensor<D>, lrn: &Lrn, axes: &[isize]) -> Result<Tensor<D>> {
    if x.is_tracked() {
        return Err(Error::Gradient);
    }
    match prepared(&x, lrn, axes, &[Operation::SquareSums])? {
        Prepared::Kernels(layer) => {
            let s = <Dispatch as LrnBackend>::lrn_square_sums(x.into_dispatch(), layer);
            Ok(Tensor::from_dispatch(s))
        }
        Prepared::Empty => Ok(x),
        Prepared::Burn(path) => Err(Error::Unavailable { path }),
    }
}

/// What computes a layer on a tensor.
pub(crate) enum Prepared {
    Kernels(Layer),
    /// Nothing is to be computed.
    Empty,
    /// Burn's own operations, on a device of this path.
    Burn(Path),
}

/// Prepares operations for a tensor, and refuses what cannot be.
pub(crate) fn prepared<const D: usize>(
    x: &Tensor<D>,
    lrn: &Lrn,
    axes: &[isize],
    operations: &[Operation],
) -> Result<Prepared> {
    let blend = lrn.blend();
    if blend != 0.0 {
        return Err(Error::Blend { blend });
    }
    let dtype = tensor::dtype(x.dtype()).ok_or(Error::Dtype { given: x.dtype() })?;
    let shape = Shape::over(&x.dims(), axes)?.with_dtype(dtype);
    if shape.is_empty() {
        return Ok(Prepared::Empty);
    }
    let device = path::wgpu(&x.device());
    let layer = device.map(|device| Layer::new(&device, lrn, &shape, operations)).transpose()?;
    Ok(layer.flatten().map_or_else(|| without_kernels(x), Prepared::Kernels))
}

/// Returns the operations that a tensor needs: backward only where it is tracked.
pub(crate) fn differentiated<const D: usize>(x: &Tensor<D>) -> &'static [Operation] {
    let both = &[Operation::Forward, Operation::Backward];
    if x.is_tracked() { both } else { &both[..1] }
}

pub(crate) fn by_kernels<const D: usize>(x: Tensor<D>, layer: Layer) -> Tensor<D> {
    Tensor::from_dispatch(<Dispatch as LrnBackend>::lrn(x.into_dispatch(), layer))
}

fn without_kernels<const D: usize>(x: &Tensor<D>) -> Prepared {
    let device = x.device();
    composite::say(&device);
    Prepared::Burn(path(&device))
}
