//! An operation on tensors that need not fit the memory of the device.

mod slot;

use super::layer::Layer;
use crate::plan::{Chunk, IN_FLIGHT};
use crate::{Error, Operation, Result};
use slot::Slot;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::{ControlFlow, Range};

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
        Stream { layer: self, operation, budget, progress: Box::new(|_| ControlFlow::Continue(())) }
    }
}

impl<'a> Stream<'a> {
    /// Sets the most bytes of device memory and of staging buffers together, for all chunks in flight. Without this
    /// call it is 512 MiB, or `max_buffer_size` if that is less.
    pub fn with_memory_budget(self, bytes: u64) -> Stream<'a> {
        Stream { budget: bytes, ..self }
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
    /// input. For a slice use [`std::io::Cursor`]. Results have the bits of [`Layer::run`], except where that takes
    /// backward in two passes.
    ///
    /// # Errors
    ///
    /// [`Error::MemoryBudget`], [`Error::Operands`], and as [`Plan::prepare`](crate::Plan::prepare), before anything is
    /// read; [`Error::Incomplete`] with the cause where the operation stops later: [`Error::Stream`],
    /// [`Error::Cancelled`], or an error of the device.
    pub async fn run<R: Read + Seek, W: Write + Seek>(self, inputs: &mut [R], result: &mut W) -> Result<()> {
        let Stream { layer, operation, budget, progress } = self;
        let (lrn, shape) = (layer.plan.lrn(), layer.plan.shape());
        operation.check_number(lrn, inputs.len())?;
        let chunks = if shape.is_empty() { Vec::new() } else { layer.plan.chunks(operation, budget)? };
        let names = operation.operands();
        let mut flow = Flow {
            inputs: inputs
                .iter_mut()
                .zip(names)
                .map(|(stream, name)| Tensor::new(stream, name))
                .collect::<Result<_>>()?,
            result: Tensor::new(result, names[operation.inputs()])?,
            progress,
            reached: Progress { written: 0, bytes: shape.bytes() },
        };
        let run = flow.run(layer, operation, &chunks).await;
        let Progress { written, bytes } = flow.reached;
        run.map_err(|cause| Error::Incomplete { written, bytes, cause: Box::new(cause) })
    }
}

impl fmt::Debug for Stream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stream { operation, budget, .. } = self;
        f.debug_struct("Stream").field("operation", operation).field("budget", budget).finish_non_exhaustive()
    }
}

/// A tensor in a stream.
struct Tensor<'a, S> {
    stream: &'a mut S,
    name: &'static str,
    /// Where it begins.
    start: u64,
}

impl<'a, S: Seek> Tensor<'a, S> {
    fn new(stream: &'a mut S, name: &'static str) -> Result<Tensor<'a, S>> {
        let start = stream.stream_position().map_err(failed(name))?;
        Ok(Tensor { stream, name, start })
    }

    /// Moves the stream to a byte of the tensor, and does something there.
    fn at<T>(&mut self, byte: u64, act: impl FnOnce(&mut S) -> io::Result<T>) -> Result<T> {
        let moved = self.stream.seek(SeekFrom::Start(self.start + byte));
        moved.and_then(|_| act(self.stream)).map_err(failed(self.name))
    }
}

fn failed(operand: &'static str) -> impl Fn(io::Error) -> Error {
    move |error| Error::Stream { operand, message: error.to_string() }
}

/// The streams of a running operation.
struct Flow<'a, 'p, R, W> {
    inputs: Vec<Tensor<'a, R>>,
    result: Tensor<'a, W>,
    progress: Box<OnProgress<'p>>,
    reached: Progress,
}

impl<R: Read + Seek, W: Write + Seek> Flow<'_, '_, R, W> {
    async fn run(&mut self, layer: &Layer, operation: Operation, chunks: &[Chunk]) -> Result<()> {
        let count = chunks.len().min(IN_FLIGHT as usize);
        let slot = |_| Slot::new(layer, operation, self.inputs.len(), chunks);
        let mut slots = (0..count).map(slot).collect::<Result<Vec<_>>>()?;
        for (number, chunk) in chunks.iter().enumerate() {
            let slot = &mut slots[number % count];
            self.finish(slot).await?;
            self.fill(slot, chunk)?;
            slot.submit(chunk).await?;
        }
        for number in chunks.len()..chunks.len() + count {
            self.finish(&mut slots[number % count]).await?;
        }
        self.result.stream.flush().map_err(failed(self.result.name))
    }

    /// Reads the inputs of a chunk.
    fn fill(&mut self, slot: &mut Slot<'_>, chunk: &Chunk) -> Result<()> {
        let bytes = self.reached.bytes;
        for (number, input) in self.inputs.iter_mut().enumerate() {
            slot.fill(chunk, number, |start, host| {
                // The last of 16-bit elements may end within a word.
                let present = host.len().min((bytes - start) as usize);
                input.at(start, |stream| stream.read_exact(&mut host[..present]))
            })?;
        }
        Ok(())
    }

    /// Writes the result of the chunk in a slot, if there is one.
    async fn finish(&mut self, slot: &mut Slot<'_>) -> Result<()> {
        let Some(landed) = slot.land().await? else { return Ok(()) };
        let Range { start, end } = landed.written;
        slot.read(&landed, |values| self.result.at(start, |stream| stream.write_all(values)))?;
        self.reached.written += end - start;
        match (self.progress)(self.reached) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Cancelled),
        }
    }
}
