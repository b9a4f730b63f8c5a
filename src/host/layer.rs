//! A plan on a GPU, for host slices.

use super::gpu::Gpu;
#[cfg(doc)]
use crate::Error;
use crate::device::scoped;
use crate::{Element, Operation, Plan, Result};

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
    /// [`Error::Length`], [`Error::Dtype`], [`Error::Limit`] where the tensor exceeds the device's largest buffer,
    /// [`Error::OutOfMemory`], [`Error::DeviceLost`], [`Error::Gpu`].
    pub async fn square_sums<T: Element>(&self, x: &[T]) -> Result<Vec<T>> {
        self.run(Operation::SquareSums, &[x]).await
    }

    /// y of x; both have the elements of the shape.
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`].
    pub async fn forward<T: Element>(&self, x: &[T]) -> Result<Vec<T>> {
        self.run(Operation::Forward, &[x]).await
    }

    /// dx of x and dy; all have the elements of the shape.
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`].
    pub async fn backward<T: Element>(&self, x: &[T], dy: &[T]) -> Result<Vec<T>> {
        self.run(Operation::Backward, &[x, dy]).await
    }

    /// An operation, named by a value, on its inputs in the order of [`Operation::operands`]; of a
    /// blended layer also, as the last, on what the result holds before (else 0).
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`]; also [`Error::Operands`].
    pub async fn run<T: Element>(&self, operation: Operation, inputs: &[&[T]]) -> Result<Vec<T>> {
        let Layer { gpu, plan } = self;
        operation.check_inputs(plan.lrn(), plan.shape(), inputs)?;
        let uploaded: Result<Vec<_>> = inputs.iter().map(|input| gpu.upload(input)).collect();
        let mut buffers = uploaded?;
        if buffers.len() < operation.operands().len() {
            buffers.push(gpu.buffer(plan.shape().bytes())?);
        }
        let operands: Vec<_> = buffers.iter().map(Into::into).collect();
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        plan.record(&mut encoder, operation, &operands)?;
        scoped(gpu.device(), "running a layer", || gpu.queue().submit([encoder.finish()]))?;
        let mut values = gpu.download(&buffers[buffers.len() - 1]).await?;
        values.truncate(plan.shape().elements() as usize);
        Ok(values)
    }
}
