//! A plan on a GPU, for host slices and for buffers.

use super::gpu::Gpu;
use super::owned::Owned;
#[cfg(doc)]
use crate::Error;
use crate::device::reported;
use crate::{Element, Lrn, Operand, Operation, Plan, Result, Shape, Tuning};
use std::future::Future;

const RUNNING: &str = "running a layer";

/// Runs a plan on a [`Gpu`], on host slices or on buffers.
#[derive(Clone, Debug)]
pub struct Layer {
    pub(super) gpu: Gpu,
    pub(super) plan: Plan,
}

impl Gpu {
    /// Returns a layer for a shape, to be run any number of times.
    ///
    /// # Errors
    ///
    /// As [`Plan::new`].
    pub fn layer(&self, lrn: &Lrn, shape: &Shape) -> Result<Layer> {
        self.layer_with_tuning(lrn, shape, Tuning::default())
    }

    /// Returns a layer with choices made in advance, as [`Plan::with_tuning`] takes them.
    ///
    /// # Errors
    ///
    /// As [`Plan::with_tuning`].
    pub fn layer_with_tuning(&self, lrn: &Lrn, shape: &Shape, tuning: impl Into<Tuning>) -> Result<Layer> {
        let plan = Plan::with_tuning(self, lrn, shape, tuning)?;
        Ok(Layer { gpu: self.clone(), plan })
    }
}

impl Layer {
    /// Returns the plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Returns s, the square sums of x; both have the elements of the shape.
    ///
    /// # Errors
    ///
    /// As [`Plan::prepare`]; also [`Error::Length`] and [`Error::Dtype`] where a slice does not hold the tensor.
    pub async fn square_sums<T: Element>(&self, x: &[T]) -> Result<Vec<T>> {
        self.run(Operation::SquareSums, &[x]).await
    }

    /// Returns y of x; both have the elements of the shape. Of a blended layer, it is y where the result held 0 before.
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`].
    pub async fn forward<T: Element>(&self, x: &[T]) -> Result<Vec<T>> {
        self.run(Operation::Forward, &[x]).await
    }

    /// Returns dx of x and dy; all have the elements of the shape. Of a blended layer, it is dx where the result held 0
    /// before.
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`].
    pub async fn backward<T: Element>(&self, x: &[T], dy: &[T]) -> Result<Vec<T>> {
        self.run(Operation::Backward, &[x, dy]).await
    }

    /// Runs `operation` on `inputs`, which are in the order of [`Operation::operands`]; of a
    /// blended layer also, as the last, on what the result holds before (else 0).
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`]; also [`Error::Operands`].
    pub async fn run<T: Element>(&self, operation: Operation, inputs: &[&[T]]) -> Result<Vec<T>> {
        let Layer { gpu, plan } = self;
        operation.check_inputs(plan.lrn(), plan.shape(), inputs)?;
        let inputs: Vec<_> = inputs.iter().map(|input| bytemuck::cast_slice(input)).collect();
        let result = self.run_bytes(operation, &inputs).await?;
        let mut values = gpu.download(&result.0).await?;
        values.truncate(plan.shape().elements() as usize);
        Ok(values)
    }

    /// Submits an operation on buffers, at once: this comes after what was submitted before, and before what is
    /// submitted later. The future tells what the device reports of it.
    ///
    /// # Errors
    ///
    /// As [`Plan::record`].
    pub fn submit(&self, operation: Operation, operands: &[Operand<'_>]) -> impl Future<Output = Result<()>> + use<> {
        let submit = || self.submit_buffers(operation, operands);
        let reported = reported(self.gpu.device(), RUNNING, submit);
        let plan = self.plan.clone();
        async move { reported.await.inspect_err(|_| plan.forget(operation)) }
    }

    fn submit_buffers(&self, operation: Operation, operands: &[Operand<'_>]) -> Result<()> {
        let mut encoder = self.gpu.device().create_command_encoder(&Default::default());
        self.plan.record(&mut encoder, operation, operands)?;
        self.gpu.queue().submit([encoder.finish()]);
        Ok(())
    }

    /// Submits an operation on checked inputs; gives the buffer of the result.
    async fn run_bytes(&self, operation: Operation, inputs: &[&[u8]]) -> Result<Owned> {
        if !self.plan.is_prepared(operation) {
            self.plan.prepare(operation).await?;
        }
        let submit = || self.submit_bytes(operation, inputs);
        reported(self.gpu.device(), RUNNING, submit).await
    }

    fn submit_bytes(&self, operation: Operation, inputs: &[&[u8]]) -> Result<Owned> {
        let Layer { gpu, plan } = self;
        let inputs = inputs.iter().map(|input| gpu.upload_bytes(input).map(Owned));
        let mut buffers = inputs.collect::<Result<Vec<_>>>()?;
        if buffers.len() < operation.operands().len() {
            buffers.push(Owned(gpu.buffer(plan.shape().bytes())?));
        }
        let operands: Vec<_> = buffers.iter().map(|buffer| (&buffer.0).into()).collect();
        self.submit_buffers(operation, &operands)?;
        Ok(buffers.swap_remove(operation.operands().len() - 1))
    }
}
