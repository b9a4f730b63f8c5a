//! A layer on one shape and one device: what Burn's operations carry to the kernels.

use crate::launch::Programs;
use crate::queue::Recorder;
use crate::tensor::like;
use crate::{Path, Result, launch, path};
use burn::backend::wgpu::CubeTensor;
use burn::cubecl::Device as CubeDevice;
use wgpu_lrn::{Lrn, Operation, Shape};

/// Computes a layer's operations on tensors of its shape. What could be refused has been, when it was made.
#[derive(Clone, Debug)]
pub(crate) enum Layer {
    Launch(Programs),
    Queue(Recorder),
    /// On a device that is lost, which Burn's own operations would not tell: whoever reads a result gets an error.
    Lost,
}

impl Layer {
    /// Prepares operations of a layer; nothing where Burn's own operations compute it.
    pub(crate) fn new(
        device: &CubeDevice,
        lrn: &Lrn,
        shape: &Shape,
        operations: &[Operation],
    ) -> Result<Option<Layer>> {
        Ok(match path::of(device) {
            Path::Launch => Some(Layer::Launch(Programs::new(device, lrn, shape, operations)?)),
            Path::Queue => Recorder::new(device, lrn, shape, operations)?.map(Layer::Queue),
            Path::Burn => None,
        })
    }

    /// Runs an operation on its inputs: x, and dy where there is one.
    pub(crate) fn run(&self, operation: Operation, x: CubeTensor, dy: Option<CubeTensor>) -> CubeTensor {
        match self {
            Layer::Launch(programs) => programs.run(operation, x, dy),
            Layer::Queue(recorder) => recorder.run(operation, x, dy),
            Layer::Lost => failed(&x),
        }
    }
}

fn failed(x: &CubeTensor) -> CubeTensor {
    let result = like(x);
    launch::fail(&result);
    result
}
