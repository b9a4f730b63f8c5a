//! The layer as an operation of Burn's backends.

use crate::layer::Layer;
use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::retro_forward::RetroForward;
use burn::backend::autodiff::checkpoint::state::BackwardStates;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::FloatTensor;
use burn::backend::wgpu::{CubeBackend, CubeTensor};
use burn::backend::{Autodiff, AutodiffBackend, Backend, backend_extension};
use std::marker::PhantomData;
use wgpu_lrn::Operation;

/// Has the operations of a layer. Tensors of other backends never get here: see `functions.rs`.
#[backend_extension(Cube, Autodiff)]
pub(crate) trait LrnBackend: Backend {
    /// Returns y.
    fn lrn(x: FloatTensor<Self>, layer: Layer) -> FloatTensor<Self>;

    /// Returns dx.
    fn lrn_backward(x: FloatTensor<Self>, dy: FloatTensor<Self>, layer: Layer) -> FloatTensor<Self>;

    /// Returns the square sums.
    fn lrn_square_sums(x: FloatTensor<Self>, layer: Layer) -> FloatTensor<Self>;
}

impl LrnBackend for CubeBackend {
    fn lrn(x: CubeTensor, layer: Layer) -> CubeTensor {
        layer.run(Operation::Forward, x, None)
    }

    fn lrn_backward(x: CubeTensor, dy: CubeTensor, layer: Layer) -> CubeTensor {
        layer.run(Operation::Backward, x, Some(dy))
    }

    fn lrn_square_sums(x: CubeTensor, layer: Layer) -> CubeTensor {
        layer.run(Operation::SquareSums, x, None)
    }
}

impl<B: LrnBackend, C: CheckpointStrategy> LrnBackend for Autodiff<B, C> {
    /// Keeps x alone. Where memory is short, Burn computes y again instead of keeping it for others.
    fn lrn(x: FloatTensor<Self>, layer: Layer) -> FloatTensor<Self> {
        let again = Again { x: x.id(), layer: layer.clone(), backend: PhantomData::<B> };
        let prepared = Lrn.prepare::<C>([x.node()]).memory_bound().retro_forward(again).parents([&x]);
        match prepared.stateful() {
            OpsKind::Tracked(mut tracked) => {
                let state = (tracked.checkpoint(&x), layer.clone());
                tracked.finish(state, B::lrn(x.into_primitive(), layer))
            }
            OpsKind::UnTracked(untracked) => untracked.finish(B::lrn(x.into_primitive(), layer)),
        }
    }

    /// Computes dx on the inner backend: Burn asks that for gradients, which have no gradients of their own.
    fn lrn_backward(x: FloatTensor<Self>, dy: FloatTensor<Self>, layer: Layer) -> FloatTensor<Self> {
        Self::from_inner(B::lrn_backward(x.into_primitive(), dy.into_primitive(), layer))
    }

    fn lrn_square_sums(x: FloatTensor<Self>, layer: Layer) -> FloatTensor<Self> {
        Self::from_inner(B::lrn_square_sums(x.into_primitive(), layer))
    }
}

/// The step of the graph.
#[derive(Debug)]
struct Lrn;

impl<B: LrnBackend> Backward<B, 1> for Lrn {
    type State = (NodeId, Layer);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let (x, layer) = ops.state;
        let x = checkpointer.retrieve_node_output::<FloatTensor<B>>(x);
        unary::<B, _>(ops.parents, ops.node, grads, |dy| B::lrn_backward(x, dy, layer));
    }
}

/// Computes y once more.
#[derive(Debug)]
struct Again<B> {
    x: NodeId,
    layer: Layer,
    backend: PhantomData<B>,
}

impl<B: LrnBackend> RetroForward for Again<B> {
    fn forward(&self, states: &mut BackwardStates, y: NodeId) {
        let x = states.get_state::<FloatTensor<B>>(&self.x);
        states.save(y, B::lrn(x, self.layer.clone()));
    }
}
