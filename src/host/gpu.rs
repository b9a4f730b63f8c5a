//! An opened GPU.

use super::layer::Layer;
use super::{adapters, find};
#[cfg(doc)]
use crate::Error;
use crate::device::{self, failed, failed_on, scoped};
use crate::memory::elements;
use crate::{Element, Lrn, Options, Pipelines, Plan, Result, Shape};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// An opened GPU: a device, its queue, and the pipelines that its layers and plans share. Clones share everything.
///
/// ```no_run
/// # fn main() -> wgpu_lrn::Result<()> {
/// use wgpu_lrn::{Gpu, Lrn, Shape, block_on};
///
/// let gpu = block_on(Gpu::open())?;
/// let layer = gpu.layer(&Lrn::pytorch(5).build()?, &Shape::nchw(1, 96, 55, 55)?)?;
/// let y = block_on(layer.forward(&vec![1.0; 96 * 55 * 55]))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Gpu {
    info: wgpu::AdapterInfo,
    pipelines: Pipelines,
    queue: wgpu::Queue,
}

/// Features that are requested where the adapter has them: for [`Dtype::F64`](crate::Dtype), for
/// numbers of 16 bits, for [`Timer`](crate::Timer), and for [`Pipelines::with_cache`].
const USED: wgpu::Features = wgpu::Features::SHADER_F64
    .union(wgpu::Features::SHADER_I16)
    .union(wgpu::Features::SHADER_F16)
    .union(wgpu::Features::TIMESTAMP_QUERY)
    .union(wgpu::Features::PIPELINE_CACHE);

const DOWNLOADING: &str = "downloading";

impl Gpu {
    /// Opens the GPU that the environment asks for (`WGPU_BACKEND`, `WGPU_ADAPTER_NAME`,
    /// `WGPU_POWER_PREF`), with all the limits that it has.
    ///
    /// # Errors
    ///
    /// [`Error::NoAdapter`] where there is none, [`Error::Gpu`] where its driver refuses.
    pub async fn open() -> Result<Gpu> {
        let name = std::env::var("WGPU_ADAPTER_NAME").ok();
        Self::on(&find(adapters().await, name.as_deref())?).await
    }

    /// Opens an adapter, with all the limits that it has.
    ///
    /// # Errors
    ///
    /// [`Error::Gpu`] where its driver refuses.
    pub async fn on(adapter: &wgpu::Adapter) -> Result<Gpu> {
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("wgpu-lrn"),
            required_features: adapter.features() & USED,
            required_limits: adapter.limits(),
            ..Default::default()
        };
        let opened = adapter.request_device(&descriptor).await;
        let (device, queue) = opened.map_err(|error| failed("opening a device", error))?;
        Ok(Gpu::new(&device, &queue))
    }

    /// A GPU that the caller has opened.
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue) -> Gpu {
        Gpu::with_pipelines(&Pipelines::new(device), queue)
    }

    /// A GPU that the caller has opened, with pipelines that the caller has: with a cache of the driver's, or
    /// shared with plans of the caller's.
    pub fn with_pipelines(pipelines: &Pipelines, queue: &wgpu::Queue) -> Gpu {
        let info = pipelines.device().adapter_info();
        Gpu { info, pipelines: pipelines.clone(), queue: queue.clone() }
    }

    /// Name, backend, type and driver of the adapter.
    pub fn info(&self) -> &wgpu::AdapterInfo {
        &self.info
    }

    /// The device.
    pub fn device(&self) -> &wgpu::Device {
        self.pipelines.device()
    }

    /// The pipelines that its layers, its plans and its tuning share.
    pub fn pipelines(&self) -> &Pipelines {
        &self.pipelines
    }

    /// The queue.
    pub fn queue(&self) -> &wgpu::Queue {
        &self.queue
    }

    /// A timer of this GPU. Native only: it blocks.
    ///
    /// # Errors
    ///
    /// [`Error::DeviceLost`], [`Error::Gpu`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn timer(&self) -> Result<super::timer::Timer> {
        super::timer::Timer::new(self)
    }

    /// A layer for a shape, to be run any number of times.
    ///
    /// # Errors
    ///
    /// As [`Plan::new`].
    pub fn layer(&self, lrn: &Lrn, shape: &Shape) -> Result<Layer> {
        self.layer_with_options(lrn, shape, Options::default())
    }

    /// A layer with choices made by the caller.
    ///
    /// # Errors
    ///
    /// As [`Plan::new`].
    pub fn layer_with_options(&self, lrn: &Lrn, shape: &Shape, options: Options) -> Result<Layer> {
        let plan = Plan::with_options(self, lrn, shape, options)?;
        Ok(Layer { gpu: self.clone(), plan })
    }

    /// A buffer of that many bytes, made whole words of 4, usable as an operand.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] where it exceeds `max_buffer_size`, [`Error::OutOfMemory`], [`Error::DeviceLost`].
    pub fn buffer(&self, bytes: u64) -> Result<wgpu::Buffer> {
        use wgpu::BufferUsages as Usage;
        self.create(bytes, Usage::STORAGE | Usage::COPY_SRC | Usage::COPY_DST)
    }

    /// A buffer with these values, usable as an operand.
    ///
    /// # Errors
    ///
    /// As [`Gpu::buffer`].
    pub fn upload<T: Element>(&self, values: &[T]) -> Result<wgpu::Buffer> {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let buffer = self.buffer(bytes.len() as u64)?;
        let (words, rest) = bytes.split_at(bytes.len() / 4 * 4);
        let mut last = [0; 4];
        last[..rest.len()].copy_from_slice(rest);
        scoped(self.device(), "uploading", || {
            self.queue.write_buffer(&buffer, 0, words);
            if !rest.is_empty() {
                self.queue.write_buffer(&buffer, words.len() as u64, &last);
            }
        })?;
        Ok(buffer)
    }

    /// The values of a buffer, as many as it has room for, once the work submitted before is done.
    ///
    /// # Errors
    ///
    /// As [`Gpu::buffer`].
    pub async fn download<T: Element>(&self, buffer: &wgpu::Buffer) -> Result<Vec<T>> {
        if buffer.size() == 0 {
            return Ok(Vec::new());
        }
        use wgpu::BufferUsages as Usage;
        let staging = self.create(buffer.size(), Usage::MAP_READ | Usage::COPY_DST)?;
        let mut encoder = self.device().create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, staging.size());
        self.mapped(encoder, &staging).await?;
        let bytes = staging.slice(..).get_mapped_range();
        let bytes = bytes.map_err(|error| failed_on(self.device(), DOWNLOADING, error))?;
        elements(DOWNLOADING, &bytes)
    }

    fn create(&self, bytes: u64, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer> {
        let size = bytes.checked_next_multiple_of(4).unwrap_or(u64::MAX);
        let label = Some("wgpu-lrn");
        let descriptor = wgpu::BufferDescriptor { label, size, usage, mapped_at_creation: false };
        device::buffer(self.device(), "allocating a buffer", &descriptor)
    }

    /// Submits what was recorded, and waits until a buffer is mapped for reading, without holding up the caller's
    /// executor.
    async fn mapped(&self, encoder: wgpu::CommandEncoder, buffer: &wgpu::Buffer) -> Result<()> {
        let signal = Arc::new(Signal::default());
        let given = signal.clone();
        scoped(self.device(), DOWNLOADING, || {
            self.queue.submit([encoder.finish()]);
            buffer.slice(..).map_async(wgpu::MapMode::Read, move |result| given.give(result));
        })?;
        self.poll_elsewhere()?;
        let mapped = std::future::poll_fn(|context| signal.poll(context)).await;
        mapped.map_err(|error| failed_on(self.device(), DOWNLOADING, error))
    }

    /// Callbacks come only while somebody polls the device: on a thread of its own, which ends when
    /// the submitted work does.
    #[cfg(not(target_arch = "wasm32"))]
    fn poll_elsewhere(&self) -> Result<()> {
        let device = self.device().clone();
        let wait = move || device.poll(wgpu::PollType::wait_indefinitely());
        let spawned = std::thread::Builder::new().spawn(wait);
        spawned.map(|_| ()).map_err(|error| failed("waiting", error))
    }

    /// A browser polls by itself.
    #[cfg(target_arch = "wasm32")]
    fn poll_elsewhere(&self) -> Result<()> {
        Ok(())
    }
}

/// Its plans share with all others of the GPU.
impl From<&Gpu> for Pipelines {
    fn from(gpu: &Gpu) -> Self {
        gpu.pipelines().clone()
    }
}

/// A result that a callback gives and a future takes.
#[derive(Default)]
struct Signal {
    state: Mutex<(Option<Mapped>, Option<Waker>)>,
}

/// What wgpu says when a buffer is, or cannot be, mapped.
type Mapped = std::result::Result<(), wgpu::BufferAsyncError>;

impl Signal {
    fn give(&self, result: Mapped) {
        let Ok(mut state) = self.state.lock() else { return };
        state.0 = Some(result);
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }

    fn poll(&self, context: &mut Context<'_>) -> Poll<Mapped> {
        let Ok(mut state) = self.state.lock() else {
            return Poll::Ready(Err(wgpu::BufferAsyncError));
        };
        if let Some(result) = state.0.take() {
            return Poll::Ready(result);
        }
        state.1 = Some(context.waker().clone());
        Poll::Pending
    }
}
