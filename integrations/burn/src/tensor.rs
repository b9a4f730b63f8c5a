//! Burn's tensors, as the kernels need them.

use burn::backend::TensorMetadata;
use burn::backend::wgpu::{CubeTensor, into_contiguous};
use burn::cubecl::server::Handle;
use burn::tensor::DType;
use wgpu_lrn::Dtype;

/// How CubeCL names wgpu's clients that compile WGSL.
pub(crate) const WGSL: &str = "wgpu<wgsl>";

/// The tag by which CubeCL marks sources in WGSL.
pub(crate) const WGSL_TAG: &str = "wgsl";

/// Returns the elements that the kernels compute, if these are some.
pub(crate) fn dtype(dtype: DType) -> Option<Dtype> {
    match dtype {
        DType::F32 | DType::Flex32 => Some(Dtype::F32),
        DType::F16 => Some(Dtype::F16),
        DType::F64 => Some(Dtype::F64),
        _ => None,
    }
}

/// Returns an operation's result, of which nothing is written yet, and the handles of its operands in their order.
pub(crate) fn operands(x: CubeTensor, dy: Option<CubeTensor>) -> (CubeTensor, Vec<Handle>) {
    let (x, dy) = (bindable(x), dy.map(bindable));
    let result = like(&x);
    let operands = [Some(x), dy, Some(result.clone())].into_iter().flatten();
    (result, operands.map(|operand| operand.handle).collect())
}

/// Returns the tensor itself where its elements lie side by side from where bindings may start; otherwise a copy.
fn bindable(x: CubeTensor) -> CubeTensor {
    let x = into_contiguous(x);
    let alignment = x.client.properties().memory.alignment;
    if x.handle.offset_start.unwrap_or(0).is_multiple_of(alignment) { x } else { x.copy() }
}

/// Returns a tensor like another, of which nothing is written yet.
pub(crate) fn like(x: &CubeTensor) -> CubeTensor {
    let shape = x.shape();
    let handle = x.client.empty(shape.num_elements() * x.dtype.size());
    CubeTensor::new_contiguous(x.client.clone(), x.device.clone(), shape, handle, x.dtype)
}
