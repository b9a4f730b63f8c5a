//! How long the GPU takes.

use super::gpu::Gpu;
use super::owned::Owned;
use super::signal::Signal;
use crate::Result;
use crate::device::{reported, scoped};
use crate::names::names;
use std::time::Duration;
#[cfg(not(target_arch = "wasm32"))]
use std::time::Instant;
#[cfg(target_arch = "wasm32")]
use web_time::Instant;

/// Measures what the GPU takes for a compute pass.
///
/// It reads timestamps at the boundaries of the pass. Without them, or once they have failed to increase, it takes wall
/// time from submission until the GPU is done.
#[derive(Debug)]
pub struct Timer {
    gpu: Gpu,
    queries: Option<Queries>,
}

names! {
    /// Names the clock of a [`Timer`].
    #[non_exhaustive]
    "clock" Clock {
        /// The device's timestamps.
        Timestamps = "timestamps",
        /// Wall time.
        Wall = "wall",
    }
}

/// Two timestamps, and where they are written.
#[derive(Debug)]
struct Queries {
    set: wgpu::QuerySet,
    resolved: Owned,
}

const TIMING: &str = "timing";

/// Set if timestamps are rounded so coarsely (in browsers to 0.1 ms, against fingerprints) that a pass may take none.
pub(super) const ROUNDED: bool = cfg!(target_arch = "wasm32");

/// Bytes of the two timestamps.
const BYTES: u64 = 16;

impl Gpu {
    /// Returns a timer of this GPU.
    ///
    /// # Errors
    ///
    /// [`Error::DeviceLost`](crate::Error::DeviceLost), [`Error::Gpu`](crate::Error::Gpu).
    pub fn timer(&self) -> Result<Timer> {
        let device = self.device();
        let has = device.features().contains(wgpu::Features::TIMESTAMP_QUERY);
        let queries = || has.then(|| Queries::new(device));
        Ok(Timer { gpu: self.clone(), queries: scoped(device, "making a timer", queries)? })
    }
}

impl Timer {
    /// Returns the clock that it uses; this may change with the first measurement.
    pub fn clock(&self) -> Clock {
        if self.queries.is_some() { Clock::Timestamps } else { Clock::Wall }
    }

    /// Submits a pass of what `record` records, waits for it, and tells how long it took. In a browser, whose clocks
    /// are coarse, that may be nothing: record what is short several times.
    ///
    /// # Errors
    ///
    /// [`Error::DeviceLost`](crate::Error::DeviceLost), [`Error::Gpu`](crate::Error::Gpu),
    /// [`Error::OutOfMemory`](crate::Error::OutOfMemory).
    pub async fn time(&mut self, record: impl FnOnce(&mut wgpu::ComputePass<'_>)) -> Result<Duration> {
        let mut encoder = self.gpu.device().create_command_encoder(&Default::default());
        let writes = self.queries.as_ref().map(Queries::writes);
        let descriptor = wgpu::ComputePassDescriptor { label: Some("timed"), timestamp_writes: writes };
        record(&mut encoder.begin_compute_pass(&descriptor));
        if let Some(Queries { set, resolved }) = &self.queries {
            encoder.resolve_query_set(set, 0..2, &resolved.0, 0);
        }
        let wall = self.run(encoder).await?;
        let Some(queries) = &self.queries else { return Ok(wall) };
        let ticks = self.gpu.read::<u64>(&queries.resolved.0, TIMING).await?;
        let &[begin, end] = &ticks[..] else { return Ok(wall) };
        if begin == 0 || end < begin || (end == begin && !ROUNDED) {
            self.queries = None;
            return Ok(wall);
        }
        let period = f64::from(self.gpu.queue().get_timestamp_period());
        Ok(Duration::from_secs_f64((end - begin) as f64 * period * 1e-9))
    }

    /// Submits, waits, and tells how long that took.
    async fn run(&self, encoder: wgpu::CommandEncoder) -> Result<Duration> {
        let (queue, done) = (self.gpu.queue(), Signal::new());
        let given = done.clone();
        let submit = || {
            let commands = encoder.finish();
            let start = Instant::now();
            queue.submit([commands]);
            queue.on_submitted_work_done(move || given.give(start.elapsed()));
            Ok(())
        };
        reported(self.gpu.device(), TIMING, submit).await?;
        self.gpu.polled(TIMING, None).await?;
        Ok(done.given().await)
    }
}

impl Queries {
    fn new(device: &wgpu::Device) -> Queries {
        let resolved = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("timestamps"),
            size: BYTES,
            usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        Queries {
            set: device.create_query_set(&wgpu::QuerySetDescriptor {
                label: Some("timestamps"),
                ty: wgpu::QueryType::Timestamp,
                count: 2,
            }),
            resolved: Owned(resolved),
        }
    }

    fn writes(&self) -> wgpu::ComputePassTimestampWrites<'_> {
        wgpu::ComputePassTimestampWrites {
            query_set: &self.set,
            beginning_of_pass_write_index: Some(0),
            end_of_pass_write_index: Some(1),
        }
    }
}

/// A browser would keep it until it collects garbage, and some devices have few.
impl Drop for Queries {
    fn drop(&mut self) {
        self.set.destroy();
    }
}
