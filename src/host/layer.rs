//! A plan on a GPU, for host slices.

use super::Gpu;
#[cfg(doc)]
use crate::Error;
use crate::scope::scoped;
use crate::{Operation, Plan, Result};

/// A plan on a [`Gpu`], for host slices.
#[derive(Clone, Debug)]
pub struct Layer {
    pub(super) gpu: Gpu,
    pub(super) plan: Plan,
}

impl Layer {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// s, the windowed square sums of x; both have the elements of the shape.
    ///
    /// # Errors
    ///
    /// [`Error::Length`], [`Error::Limit`] where the tensor exceeds the device's largest buffer,
    /// [`Error::Gpu`].
    pub async fn square_sums(&self, x: &[f32]) -> Result<Vec<f32>> {
        self.run(Operation::SquareSums, &[x]).await
    }

    /// y of x; both have the elements of the shape.
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`].
    pub async fn forward(&self, x: &[f32]) -> Result<Vec<f32>> {
        self.run(Operation::Forward, &[x]).await
    }

    /// dx of x and dy; all have the elements of the shape.
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`].
    pub async fn backward(&self, x: &[f32], dy: &[f32]) -> Result<Vec<f32>> {
        self.run(Operation::Backward, &[x, dy]).await
    }

    /// An operation, named by a value, on its inputs in the order of [`Operation::operands`].
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`]; also [`Error::Operands`].
    pub async fn run(&self, operation: Operation, inputs: &[&[f32]]) -> Result<Vec<f32>> {
        let Layer { gpu, plan } = self;
        operation.check_inputs(plan.shape(), inputs)?;
        let result = gpu.buffer(plan.shape().elements())?;
        let inputs: Result<Vec<_>> = inputs.iter().map(|input| gpu.upload(input)).collect();
        let inputs = inputs?;
        let operands: Vec<_> = inputs.iter().chain([&result]).map(Into::into).collect();
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        plan.record(&mut encoder, operation, &operands)?;
        scoped(gpu.device(), "running a layer", || gpu.queue().submit([encoder.finish()]))?;
        gpu.download(&result).await
    }
}

/// The blocking twins, for native programs: a browser cannot block.
#[cfg(not(target_arch = "wasm32"))]
impl Layer {
    /// [`Layer::square_sums`], blocking.
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`].
    pub fn square_sums_blocking(&self, x: &[f32]) -> Result<Vec<f32>> {
        pollster::block_on(self.square_sums(x))
    }

    /// [`Layer::forward`], blocking.
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`].
    pub fn forward_blocking(&self, x: &[f32]) -> Result<Vec<f32>> {
        pollster::block_on(self.forward(x))
    }

    /// [`Layer::run`], blocking.
    ///
    /// # Errors
    ///
    /// As [`Layer::run`].
    pub fn run_blocking(&self, operation: Operation, inputs: &[&[f32]]) -> Result<Vec<f32>> {
        pollster::block_on(self.run(operation, inputs))
    }

    /// [`Layer::backward`], blocking.
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`].
    pub fn backward_blocking(&self, x: &[f32], dy: &[f32]) -> Result<Vec<f32>> {
        pollster::block_on(self.backward(x, dy))
    }
}
