//! The layer where Burn fuses operations: it runs on its own, between fused blocks.

use crate::backend::LrnBackend;
use crate::layer::Layer;
use burn::backend::tensor::FloatTensor;
use burn_fusion::custom::{CustomOpIr, HandleContainer, OperationFn, OperationIr, StreamId, TensorIr};
use burn_fusion::{Fusion, FusionBackend, FusionHandle, FusionTensor};

impl<B: FusionBackend + LrnBackend> LrnBackend for Fusion<B> {
    fn lrn(x: FloatTensor<Self>, layer: Layer) -> FloatTensor<Self> {
        deferred::<B, 1>("lrn", [x], move |[x]| B::lrn(x, layer.clone()))
    }

    fn lrn_backward(x: FloatTensor<Self>, dy: FloatTensor<Self>, layer: Layer) -> FloatTensor<Self> {
        deferred::<B, 2>("lrn_backward", [x, dy], move |[x, dy]| B::lrn_backward(x, dy, layer.clone()))
    }

    fn lrn_square_sums(x: FloatTensor<Self>, layer: Layer) -> FloatTensor<Self> {
        deferred::<B, 1>("lrn_square_sums", [x], move |[x]| B::lrn_square_sums(x, layer.clone()))
    }
}

/// Queues an operation whose result is like its first input.
fn deferred<B: FusionBackend, const N: usize>(
    name: &str,
    inputs: [FloatTensor<Fusion<B>>; N],
    operation: impl Fn([FloatTensor<B>; N]) -> FloatTensor<B> + Send + Sync + 'static,
) -> FloatTensor<Fusion<B>> {
    let client = inputs[0].client.clone();
    let result = TensorIr::uninit(client.create_empty_handle(), inputs[0].shape.clone(), inputs[0].dtype);
    let id = result.id;
    let inputs = inputs.map(FusionTensor::into_ir);
    let description =
        CustomOpIr { id: name.to_owned(), inputs: inputs.to_vec(), outputs: vec![result], scalars: Vec::new() };
    let run = move |handles: &mut HandleContainer<FusionHandle<B::FusionRuntime>>| {
        let inputs = inputs.each_ref().map(|input| handles.get_float_tensor::<B>(input));
        handles.register_float_tensor::<B>(&id, operation(inputs));
        Ok(())
    };
    let custom = OperationIr::Custom(description);
    client.register(StreamId::current(), custom, OperationFn(run)).swap_remove(0)
}
