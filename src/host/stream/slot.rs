//! The buffers of a chunk in flight, used again for later chunks.

use crate::device::{self, failed, failed_on, reported};
use crate::host::gpu::Gpu;
use crate::host::layer::Layer;
use crate::host::owned::Owned;
use crate::host::signal::Signal;
use crate::plan::{Chunk, Runs};
use crate::{BoundOperation, Error, Operand, Operation, Result};
use std::iter::{once, repeat_n};
use std::ops::Range;
use wgpu::BufferUsages as Usage;

pub(super) const STREAMING: &str = "streaming a layer";

/// The buffers of one chunk.
pub(super) struct Slot<'a> {
    layer: &'a Layer,
    inputs: usize,
    /// Where kernels read and write.
    operands: Vec<Owned>,
    /// Where the host writes, for each stream that is read; mapped unless a chunk is in flight.
    uploads: Vec<Owned>,
    /// Where the host reads.
    download: Owned,
    /// How its buffers are bound, and a chunk for which they are.
    bound: Option<(Chunk, BoundOperation)>,
    flight: Option<Flight>,
}

/// A chunk that the device computes.
struct Flight {
    submission: wgpu::SubmissionIndex,
    /// Tell when the download and the uploads are mapped again.
    mapped: Vec<Signal<Result<(), wgpu::BufferAsyncError>>>,
    landed: Landed,
}

/// A chunk that the device has computed.
pub(super) struct Landed {
    /// Bytes of the result that it has written.
    pub(super) written: Runs,
    /// Where they lie in the download.
    packed: Range<u64>,
}

impl<'a> Slot<'a> {
    /// Creates buffers for the largest of the chunks, and so many streams that are read.
    pub(super) fn new(layer: &'a Layer, operation: Operation, streams: usize, chunks: &[Chunk]) -> Result<Slot<'a>> {
        let gpu = &layer.gpu;
        let longest = |runs: fn(&Chunk) -> &Runs| chunks.iter().map(runs).map(words).max().unwrap_or(0);
        let (input, output) = (longest(|chunk| &chunk.input), longest(|chunk| &chunk.output));
        let inputs = operation.inputs();
        let lengths: Vec<_> = repeat_n(input, inputs).chain([output]).collect();
        let operand = |&bytes: &u64| gpu.buffer(bytes).map(Owned);
        let upload = |&bytes: &u64| gpu.owned(bytes, Usage::MAP_WRITE | Usage::COPY_SRC);
        Ok(Slot {
            layer,
            inputs,
            operands: lengths.iter().map(operand).collect::<Result<_>>()?,
            uploads: lengths[..streams].iter().map(upload).collect::<Result<_>>()?,
            download: gpu.owned(output, Usage::MAP_READ | Usage::COPY_DST)?,
            bound: None,
            flight: None,
        })
    }

    /// Fills an input, by its number, with its bytes of a chunk, in whole words.
    pub(super) fn fill(&mut self, number: usize, bytes: &[u8]) -> Result<()> {
        let mapped = self.uploads[number].0.get_mapped_range_mut(..bytes.len() as u64);
        mapped.map_err(|error| refused(&self.layer.gpu, error))?.copy_from_slice(bytes);
        Ok(())
    }

    /// Returns the bytes that a chunk needs of an input, of which the last may be what the result holds.
    pub(super) fn runs<'c>(&self, chunk: &'c Chunk, number: usize) -> &'c Runs {
        if number < self.inputs { &chunk.input } else { &chunk.output }
    }

    /// Submits a chunk whose inputs are filled.
    pub(super) async fn submit(&mut self, chunk: &Chunk) -> Result<()> {
        let device = self.layer.gpu.device();
        let flight = reported(device, STREAMING, || self.submitted(chunk)).await?;
        self.flight = Some(flight);
        Ok(())
    }

    fn submitted(&mut self, chunk: &Chunk) -> Result<Flight> {
        let commands = self.commands(chunk)?;
        let submission = self.layer.gpu.queue().submit([commands]);
        let uploads = self.uploads.iter().map(|upload| (upload, wgpu::MapMode::Write));
        let map = |(buffer, mode): (&Owned, wgpu::MapMode)| {
            let mapped = Signal::new();
            buffer.map(mode, &mapped);
            mapped
        };
        let mapped = once((&self.download, wgpu::MapMode::Read)).chain(uploads).map(map).collect();
        let packed = chunk.written.clone();
        Ok(Flight { submission, mapped, landed: Landed { written: chunk.output.part(&packed), packed } })
    }

    fn commands(&mut self, chunk: &Chunk) -> Result<wgpu::CommandBuffer> {
        let bound = self.bound(chunk)?;
        let Layer { gpu, plan } = self.layer;
        let mut encoder = gpu.device().create_command_encoder(&Default::default());
        let result = &self.operands[self.inputs];
        if plan.lrn().is_blended() {
            encoder.clear_buffer(&result.0, 0, None); // of an earlier chunk
        }
        for (number, (upload, operand)) in self.uploads.iter().zip(&self.operands).enumerate() {
            upload.0.unmap();
            encoder.copy_buffer_to_buffer(&upload.0, 0, &operand.0, 0, words(self.runs(chunk, number)));
        }
        bound.record(&mut encoder);
        encoder.copy_buffer_to_buffer(&result.0, 0, &self.download.0, 0, words(&chunk.output));
        Ok(encoder.finish())
    }

    /// Returns how the buffers are bound for a chunk: as before, if it is computed as the one before was.
    fn bound(&mut self, chunk: &Chunk) -> Result<BoundOperation> {
        if let Some((_, bound)) = self.bound.as_ref().filter(|(before, _)| chunk.is_computed_as(before)) {
            return Ok(bound.clone());
        }
        let operands: Vec<_> = self.operands.iter().map(|operand| Operand::from(&operand.0)).collect();
        let bound = self.layer.plan.bind_chunk(chunk, &operands)?;
        self.bound = Some((chunk.clone(), bound.clone()));
        Ok(bound)
    }

    /// Waits for the chunk in flight, if there is one.
    pub(super) async fn land(&mut self) -> Result<Option<Landed>> {
        let Some(Flight { submission, mapped, landed }) = self.flight.take() else { return Ok(None) };
        let gpu = &self.layer.gpu;
        gpu.polled(STREAMING, Some(submission)).await?;
        for mapped in mapped {
            if let Err(error) = mapped.given().await {
                return Err(failed_on(gpu.device(), STREAMING, error).await);
            }
        }
        Ok(Some(landed))
    }

    /// Hands the bytes that a chunk has written to `write`.
    pub(super) fn read(&self, landed: &Landed, write: impl FnOnce(&Runs, &[u8]) -> Result<()>) -> Result<()> {
        let view = self.download.0.get_mapped_range(..).map_err(|error| refused(&self.layer.gpu, error))?;
        let Range { start, end } = landed.packed;
        let written = write(&landed.written, &view[start as usize..end as usize]);
        drop(view);
        self.download.0.unmap();
        written
    }
}

/// Returns the error of a mapped buffer that is not there: the device may be lost.
fn refused(gpu: &Gpu, error: wgpu::MapRangeError) -> Error {
    device::check(gpu.device(), STREAMING).err().unwrap_or_else(|| failed(STREAMING, error))
}

/// Returns the bytes of some runs in whole words, which are what devices copy.
pub(super) fn words(runs: &Runs) -> u64 {
    runs.bytes().next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT)
}
