//! The streams that an operation reads and writes.

use super::slot::{Landed, STREAMING, Slot, words};
use super::{OnProgress, Progress};
use crate::memory::zeroed;
use crate::plan::Chunk;
use crate::{Error, Operation, Result};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::ControlFlow;

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
pub(super) struct Flow<'a, 'p, R, W> {
    inputs: Vec<Tensor<'a, R>>,
    result: Tensor<'a, W>,
    /// What a stream gives, on its way to a mapped buffer, which nobody may read.
    host: Vec<u8>,
    progress: Box<OnProgress<'p>>,
    pub(super) reached: Progress,
}

impl<'a, 'p, R: Read + Seek, W: Write + Seek> Flow<'a, 'p, R, W> {
    /// Begins at the positions of the streams, with tensors of so many bytes.
    pub(super) fn new(
        operation: Operation,
        inputs: &'a mut [R],
        result: &'a mut W,
        progress: Box<OnProgress<'p>>,
        bytes: u64,
    ) -> Result<Flow<'a, 'p, R, W>> {
        let names = operation.operands();
        let inputs = inputs.iter_mut().zip(names).map(|(stream, name)| Tensor::new(stream, name));
        Ok(Flow {
            inputs: inputs.collect::<Result<_>>()?,
            result: Tensor::new(result, names[operation.inputs()])?,
            host: Vec::new(),
            progress,
            reached: Progress { written: 0, bytes },
        })
    }

    /// Reads the inputs of a chunk into a slot.
    pub(super) fn read(&mut self, slot: &mut Slot<'_>, chunk: &Chunk) -> Result<()> {
        for (number, input) in self.inputs.iter_mut().enumerate() {
            let runs = slot.runs(chunk, number);
            let length = words(runs) as usize;
            if self.host.len() < length {
                self.host = zeroed(STREAMING, length)?;
            }
            let host = &mut self.host[..length];
            let mut each = runs.each();
            each.try_for_each(|(byte, packed)| input.at(byte, |stream| stream.read_exact(&mut host[packed])))?;
            slot.fill(number, host)?;
        }
        Ok(())
    }

    /// Writes the result of a chunk that has landed in a slot.
    pub(super) fn write(&mut self, slot: &Slot<'_>, landed: &Landed) -> Result<()> {
        slot.read(landed, |runs, values| {
            let mut each = runs.each();
            each.try_for_each(|(byte, packed)| self.result.at(byte, |stream| stream.write_all(&values[packed])))
        })?;
        self.reached.written += landed.written.bytes();
        match (self.progress)(self.reached) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Cancelled),
        }
    }

    /// Flushes what is written.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.result.stream.flush().map_err(failed(self.result.name))
    }
}
