//! The devices that share a stream: each takes the next chunk when it has room for one.

use super::flow::Flow;
use super::slot::Slot;
use crate::host::layer::Layer;
use crate::plan::{Chunk, IN_FLIGHT};
use crate::{Error, Operation, Result};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io::{Read, Seek, Write};
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

/// A device with its slots.
pub(super) struct Worker<'a> {
    chunks: &'a [Chunk],
    slots: Vec<Slot<'a>>,
    /// The chunks that it has taken and not written.
    taken: Vec<usize>,
}

/// The numbers of the chunks that nobody has taken.
type Queue = Mutex<VecDeque<usize>>;

/// Computes all chunks. What a device had that fails is left to the others, if they may have it.
pub(super) async fn work<R: Read + Seek, W: Write + Seek>(
    mut workers: Vec<Worker<'_>>,
    flow: &Mutex<Flow<'_, '_, R, W>>,
    has_failover: bool,
) -> Result<()> {
    let chunks = workers.first().map_or(0, |worker| worker.chunks.len());
    let queue: Queue = Mutex::new((0..chunks).collect());
    while !lock(&queue).is_empty() {
        let results = all(workers.iter_mut().map(|worker| worker.work(&queue, flow, has_failover))).await;
        let mut errors = Vec::new();
        let mut still = Vec::new();
        for (worker, result) in workers.into_iter().zip(results) {
            match result {
                Ok(()) => still.push(worker),
                Err(error) => {
                    lock(&queue).extend(worker.taken);
                    errors.push(error);
                }
            }
        }
        workers = still;
        let stops = |error: &Error| workers.is_empty() || !is_survived(error, has_failover);
        if let Some(error) = errors.into_iter().find(stops) {
            return Err(error);
        }
    }
    Ok(())
}

/// Returns `true` if other devices may go on.
fn is_survived(error: &Error, has_failover: bool) -> bool {
    has_failover && matches!(error, Error::DeviceLost { .. } | Error::OutOfMemory { .. } | Error::Gpu { .. })
}

impl<'a> Worker<'a> {
    /// Creates the slots for chunks, which read so many streams.
    pub(super) fn new(
        layer: &'a Layer,
        operation: Operation,
        streams: usize,
        chunks: &'a [Chunk],
    ) -> Result<Worker<'a>> {
        let count = chunks.len().min(IN_FLIGHT as usize);
        let slots = (0..count).map(|_| Slot::new(layer, operation, streams, chunks)).collect::<Result<_>>()?;
        Ok(Worker { chunks, slots, taken: Vec::new() })
    }

    /// Computes chunks until none is left. An error that ends the operation leaves none to the others.
    async fn work<R: Read + Seek, W: Write + Seek>(
        &mut self,
        queue: &Queue,
        flow: &Mutex<Flow<'_, '_, R, W>>,
        has_failover: bool,
    ) -> Result<()> {
        let result = self.compute(queue, flow).await;
        if result.as_ref().is_err_and(|error| !is_survived(error, has_failover)) {
            lock(queue).clear();
        }
        result
    }

    async fn compute<R: Read + Seek, W: Write + Seek>(
        &mut self,
        queue: &Queue,
        flow: &Mutex<Flow<'_, '_, R, W>>,
    ) -> Result<()> {
        let mut turns = (0..self.slots.len()).cycle();
        while !lock(queue).is_empty() {
            let Some(slot) = turns.next() else { break };
            self.finish(slot, flow).await?;
            self.start(slot, queue, flow).await?;
        }
        for slot in turns.take(self.slots.len()) {
            self.finish(slot, flow).await?;
        }
        Ok(())
    }

    /// Submits the next chunk, if there still is one.
    async fn start<R: Read + Seek, W: Write + Seek>(
        &mut self,
        slot: usize,
        queue: &Queue,
        flow: &Mutex<Flow<'_, '_, R, W>>,
    ) -> Result<()> {
        let Some(number) = lock(queue).pop_front() else { return Ok(()) };
        self.taken.push(number);
        let (slot, chunk) = (&mut self.slots[slot], &self.chunks[number]);
        lock(flow).read(slot, chunk)?;
        slot.submit(chunk).await
    }

    /// Writes the result of the chunk in a slot, if there is one.
    async fn finish<R: Read + Seek, W: Write + Seek>(
        &mut self,
        slot: usize,
        flow: &Mutex<Flow<'_, '_, R, W>>,
    ) -> Result<()> {
        let slot = &mut self.slots[slot];
        let Some(landed) = slot.land().await? else { return Ok(()) };
        lock(flow).write(slot, &landed)?;
        self.taken.remove(0); // those of a device land in their order
        Ok(())
    }
}

/// Locks what only one future uses at a time: they run on one thread.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ready<T>(poll: Poll<T>) -> Option<T> {
    match poll {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Polls futures side by side until all are done.
async fn all<F: Future<Output = Result<()>>>(futures: impl Iterator<Item = F>) -> Vec<Result<()>> {
    let mut futures: Vec<Pin<Box<F>>> = futures.map(Box::pin).collect();
    let mut outputs: Vec<Option<Result<()>>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none() {
                *output = ready(future.as_mut().poll(context));
            }
        }
        if outputs.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}
