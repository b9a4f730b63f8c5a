//! An operation on tensors that need not fit the memory of the device, by one device or several.

mod flow;
mod slot;
mod worker;

use super::gpu::Gpu;
use super::layer::Layer;
use crate::plan::{Chunk, Cut};
use crate::{Error, Operation, Result};
use flow::Flow;
use std::fmt;
use std::io::{Read, Seek, Write};
use std::ops::ControlFlow;
use std::sync::Mutex;
use worker::{Worker, lock, work};

/// Chunks for each device that shares a stream: with several the slower devices take fewer.
const CHUNKS_EACH: u64 = 8;

/// The budget where none is given and the device has larger buffers: a chunk then takes milliseconds on any GPU.
const USUAL_BUDGET: u64 = 512 << 20;

type OnProgress<'a> = dyn FnMut(Progress) -> ControlFlow<()> + Send + 'a;

/// Streams an operation of a [`Layer`] through a bounded amount of memory: the tensors need not fit the device, nor the
/// host. [`Layer::stream`] makes it.
#[must_use = "a stream does nothing until it runs"]
pub struct Stream<'a> {
    layer: &'a Layer,
    operation: Operation,
    budget: u64,
    others: Vec<Gpu>,
    has_failover: bool,
    progress: Box<OnProgress<'a>>,
}

/// Tells how far a streamed operation is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
    /// The bytes of the result that are written.
    pub written: u64,
    /// The bytes of the result.
    pub bytes: u64,
}

impl Layer {
    /// Streams an operation over tensors that are read from and written to files, or anything else that seeks.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::fs::File;
    /// use wgpu_lrn::{Gpu, Lrn, Operation, Shape, block_on};
    ///
    /// let shape = Shape::nchw(10_000, 96, 55, 55)?; // 12 GB
    /// let layer = block_on(Gpu::open())?.layer(&Lrn::pytorch(5).build()?, &shape)?;
    /// let mut y = File::create("y")?;
    /// let stream = layer.stream(Operation::Forward).with_memory_budget(256 << 20);
    /// block_on(stream.run(&mut [File::open("x")?], &mut y))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream(&self, operation: Operation) -> Stream<'_> {
        let budget = self.gpu.device().limits().max_buffer_size.min(USUAL_BUDGET);
        let progress = Box::new(|_| ControlFlow::Continue(()));
        Stream { layer: self, operation, budget, others: Vec::new(), has_failover: false, progress }
    }
}

impl<'a> Stream<'a> {
    /// Sets the most bytes of device memory and of staging buffers together, for all chunks in flight. Without this
    /// call it is 512 MiB, or `max_buffer_size` if that is less.
    pub fn with_memory_budget(self, bytes: u64) -> Stream<'a> {
        Stream { budget: bytes, ..self }
    }

    /// Shares the chunks of the tensor with other GPUs, which compute with the tuning of the layer: each takes the next
    /// when it has finished one, so the faster ones take more. The budget is for all together.
    pub fn with_gpus(self, others: &[Gpu]) -> Stream<'a> {
        Stream { others: others.to_vec(), ..self }
    }

    /// Lets the other GPUs compute what one had in flight that fails. Without this call the operation then stops.
    pub fn with_failover(self) -> Stream<'a> {
        Stream { has_failover: true, ..self }
    }

    /// Sets what is called after each chunk; `ControlFlow::Break` ends the operation.
    pub fn with_progress(self, progress: impl FnMut(Progress) -> ControlFlow<()> + Send + 'a) -> Stream<'a> {
        Stream { progress: Box::new(progress), ..self }
    }

    /// Runs the operation on `inputs`, which are in the order of [`Operation::operands`]; of a blended layer also, as
    /// the last, on what the result holds before.
    ///
    /// Each stream holds the bytes of a tensor in C order, in the byte order of the host, from its position on.
    /// Elements are read again where windows reach from one chunk into the next, so `result` must not write to an
    /// input. For a slice use [`std::io::Cursor`]. Results have the bits of [`Layer::run`] on a device that binds the
    /// whole tensor.
    ///
    /// # Errors
    ///
    /// [`Error::MemoryBudget`], [`Error::Operands`], and as [`Plan::prepare`](crate::Plan::prepare), before anything is
    /// read; [`Error::Incomplete`] with the cause where the operation stops later: [`Error::Stream`],
    /// [`Error::Cancelled`], or an error of the device.
    pub async fn run<R: Read + Seek, W: Write + Seek>(self, inputs: &mut [R], result: &mut W) -> Result<()> {
        let (operation, plan) = (self.operation, &self.layer.plan);
        operation.check_number(plan.lrn(), inputs.len())?;
        let layers = self.layers()?;
        let chunks = self.chunks(&layers)?;
        let streams = inputs.len();
        let flow = Mutex::new(Flow::new(operation, inputs, result, self.progress, plan.shape().bytes())?);
        let workers = layers.iter().zip(&chunks).map(|(layer, chunks)| Worker::new(layer, operation, streams, chunks));
        let run = match workers.collect::<Result<Vec<_>>>() {
            Ok(workers) => work(workers, &flow, self.has_failover).await.and_then(|()| lock(&flow).flush()),
            Err(error) => Err(error),
        };
        let Progress { written, bytes } = lock(&flow).reached;
        run.map_err(|cause| Error::Incomplete { written, bytes, cause: Box::new(cause) })
    }

    /// Returns the layer on each GPU.
    fn layers(&self) -> Result<Vec<Layer>> {
        let plan = &self.layer.plan;
        let others = self.others.iter().map(|gpu| gpu.layer_with_tuning(plan.lrn(), plan.shape(), plan.tuning()));
        std::iter::once(Ok(self.layer.clone())).chain(others).collect()
    }

    /// Cuts the operation for each layer into chunks that write the same bytes.
    fn chunks(&self, layers: &[Layer]) -> Result<Vec<Vec<Chunk>>> {
        let shape = self.layer.plan.shape();
        if shape.is_empty() {
            return Ok(vec![Vec::new(); layers.len()]);
        }
        let cut = self.cut(layers)?;
        layers.iter().map(|layer| layer.plan.chunks(self.operation, cut)).collect()
    }

    /// Decides on the largest chunks that all devices compute; of several, each has some.
    fn cut(&self, layers: &[Layer]) -> Result<Cut> {
        let count = layers.len() as u64;
        let of = |layer: &Layer| layer.plan.cut(self.operation, self.budget / count);
        let others = layers.iter().skip(1); // than the layer itself
        let cut = others.map(of).try_fold(of(self.layer)?, |cut, other| other.map(|other| cut.meet(other)))?;
        let shared = self.layer.plan.images().div_ceil(count * CHUNKS_EACH);
        Ok(if count > 1 { cut.with_images(shared) } else { cut })
    }
}

impl fmt::Debug for Stream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stream { operation, budget, .. } = self;
        f.debug_struct("Stream").field("operation", operation).field("budget", budget).finish_non_exhaustive()
    }
}
