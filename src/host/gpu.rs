//! An opened GPU.

use super::owned::Owned;
use super::signal::Signal;
use super::{adapters, find_adapter};
use crate::device::{self, failed, failed_on, reported, scoped};
use crate::memory::zeroed;
use crate::{Element, Error, Pipelines, Result};

/// Holds an opened GPU: a device, its queue, and the pipelines that its layers and plans share. Clones share
/// everything.
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
/// numbers of 16 bits, for [`Timer`](super::Timer), and for [`Pipelines::with_cache`].
const USED: wgpu::Features = wgpu::Features::SHADER_F64
    .union(wgpu::Features::SHADER_I16)
    .union(wgpu::Features::SHADER_F16)
    .union(wgpu::Features::TIMESTAMP_QUERY)
    .union(wgpu::Features::PIPELINE_CACHE);

impl Gpu {
    /// Opens the GPU that the environment asks for (`WGPU_BACKEND`, `WGPU_ADAPTER_NAME`,
    /// `WGPU_POWER_PREF`), with all the limits that it has. In a browser: the one for high performance.
    ///
    /// # Errors
    ///
    /// [`Error::NoAdapter`] where there is none, [`Error::Gpu`] where its driver refuses.
    pub async fn open() -> Result<Gpu> {
        let name = std::env::var("WGPU_ADAPTER_NAME").ok();
        Self::with_adapter(&find_adapter(adapters().await, name.as_deref())?).await
    }

    /// Opens an adapter, with all the limits that it has.
    ///
    /// # Errors
    ///
    /// [`Error::Gpu`] where its driver refuses.
    pub async fn with_adapter(adapter: &wgpu::Adapter) -> Result<Gpu> {
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

    /// Wraps a device and a queue that the caller has opened.
    pub fn new(device: &wgpu::Device, queue: &wgpu::Queue) -> Gpu {
        Gpu::with_pipelines(&Pipelines::new(device), queue)
    }

    /// Wraps a GPU that the caller has opened, with pipelines that the caller has: with a cache of the driver's, or
    /// shared with plans of the caller's.
    pub fn with_pipelines(pipelines: &Pipelines, queue: &wgpu::Queue) -> Gpu {
        let info = device::info(pipelines.device());
        Gpu { info, pipelines: pipelines.clone(), queue: queue.clone() }
    }

    /// Returns name, backend, type and driver of the adapter, as far as a browser tells them.
    pub fn info(&self) -> &wgpu::AdapterInfo {
        &self.info
    }

    /// Returns the device.
    pub fn device(&self) -> &wgpu::Device {
        self.pipelines.device()
    }

    /// Returns the pipelines that its layers, its plans and its tuning share.
    pub fn pipelines(&self) -> &Pipelines {
        &self.pipelines
    }

    /// Returns the queue.
    pub fn queue(&self) -> &wgpu::Queue {
        &self.queue
    }

    /// Creates a buffer of that many bytes, rounded up to words of 4, usable as an operand.
    ///
    /// A browser frees it when it collects garbage, or at once when it is destroyed.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] where it exceeds `max_buffer_size`, [`Error::OutOfMemory`], [`Error::DeviceLost`].
    pub fn buffer(&self, bytes: u64) -> Result<wgpu::Buffer> {
        use wgpu::BufferUsages as Usage;
        self.create(bytes, Usage::STORAGE | Usage::COPY_SRC | Usage::COPY_DST)
    }

    /// Creates a buffer with these values, usable as an operand.
    ///
    /// # Errors
    ///
    /// As [`Gpu::buffer`].
    pub fn upload<T: Element>(&self, values: &[T]) -> Result<wgpu::Buffer> {
        self.upload_bytes(bytemuck::cast_slice(values))
    }

    pub(super) fn upload_bytes(&self, bytes: &[u8]) -> Result<wgpu::Buffer> {
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

    /// Reads back the values of a buffer, as many as it holds, once the work submitted before is done.
    ///
    /// # Errors
    ///
    /// As [`Gpu::buffer`]; also [`Error::BufferWords`] where the buffer ends with an element in less than a word of 4
    /// bytes. ([`Gpu::buffer`] and [`Gpu::upload`] make whole words.)
    pub async fn download<T: Element>(&self, buffer: &wgpu::Buffer) -> Result<Vec<T>> {
        self.read(buffer, "downloading").await
    }

    /// Reads any values that bytes can be from the start of a buffer.
    pub(super) async fn read<T: bytemuck::Pod>(&self, buffer: &wgpu::Buffer, doing: &'static str) -> Result<Vec<T>> {
        let count = buffer.size() / size_of::<T>() as u64;
        if count == 0 {
            return Ok(Vec::new());
        }
        let staging = self.staged(buffer, words_of::<T>(buffer, count)?, doing).await?;
        let mut values = zeroed(doing, usize::try_from(count).unwrap_or(usize::MAX))?;
        match staging.0.get_mapped_range(..) {
            Ok(view) => copy(&view, bytemuck::cast_slice_mut(&mut values)),
            Err(error) => return Err(failed_on(self.device(), doing, error).await),
        }
        Ok(values)
    }

    /// Returns a copy of the first bytes of a buffer, mapped for reading.
    async fn staged(&self, buffer: &wgpu::Buffer, bytes: u64, doing: &'static str) -> Result<Owned> {
        use wgpu::BufferUsages as Usage;
        let mapped = Signal::new();
        let calls = || {
            let staging = self.owned(bytes, Usage::MAP_READ | Usage::COPY_DST)?;
            let mut encoder = self.device().create_command_encoder(&Default::default());
            encoder.copy_buffer_to_buffer(buffer, 0, &staging.0, 0, bytes);
            self.queue.submit([encoder.finish()]);
            staging.map(wgpu::MapMode::Read, &mapped);
            Ok(staging)
        };
        let staging = reported(self.device(), doing, calls).await?;
        self.polled(doing, None).await?;
        match mapped.given().await {
            Ok(()) => Ok(staging),
            Err(error) => Err(failed_on(self.device(), doing, error).await),
        }
    }

    /// Creates a buffer that nobody else sees; mapped at once if the host may write to it.
    pub(super) fn owned(&self, bytes: u64, usage: wgpu::BufferUsages) -> Result<Owned> {
        self.create(bytes, usage).map(Owned)
    }

    fn create(&self, bytes: u64, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer> {
        let size = bytes.checked_next_multiple_of(4).unwrap_or(u64::MAX);
        let label = Some("wgpu-lrn");
        let mapped_at_creation = usage.contains(wgpu::BufferUsages::MAP_WRITE);
        let descriptor = wgpu::BufferDescriptor { label, size, usage, mapped_at_creation };
        device::buffer(self.device(), "allocating a buffer", &descriptor)
    }

    /// Waits until a submission, or all work submitted before, is done, without holding up the caller's executor.
    ///
    /// Callbacks come only while somebody polls the device: here, a thread. It ends before the future does, if that is
    /// not dropped: drivers do not survive a thread that outlives the program.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) async fn polled(
        &self,
        doing: &'static str,
        submission_index: Option<wgpu::SubmissionIndex>,
    ) -> Result<()> {
        let (device, polled) = (self.device().clone(), Signal::new());
        let given = polled.clone();
        let spawned = std::thread::Builder::new().spawn(move || {
            let result = device.poll(wgpu::PollType::Wait { submission_index, timeout: None });
            drop(device);
            given.give(result.map_err(|error| error.to_string()));
        });
        let thread = spawned.map_err(|error| failed(doing, error))?;
        let polled = polled.given().await;
        let ended = thread.join();
        match polled.and(ended.map_err(|_| "the thread panicked".to_owned())) {
            Ok(()) => Ok(()),
            Err(error) => Err(failed_on(self.device(), doing, error).await),
        }
    }

    /// Does nothing: a browser polls by itself.
    #[cfg(target_arch = "wasm32")]
    pub(super) async fn polled(&self, _: &'static str, _: Option<wgpu::SubmissionIndex>) -> Result<()> {
        Ok(())
    }
}

/// Shares the pipelines of all plans of the GPU.
impl From<&Gpu> for Pipelines {
    fn from(gpu: &Gpu) -> Self {
        gpu.pipelines().clone()
    }
}

/// Returns the bytes of the whole words that hold so many values of a buffer: only whole words are copied.
fn words_of<T>(buffer: &wgpu::Buffer, count: u64) -> Result<u64> {
    let (given, bytes) = (buffer.size(), count * size_of::<T>() as u64);
    let expected = bytes.next_multiple_of(wgpu::COPY_BUFFER_ALIGNMENT);
    if expected > given { Err(Error::BufferWords { given, expected }) } else { Ok(expected) }
}

/// Copies the first `bytes.len()` bytes of a mapped buffer.
#[cfg(not(target_arch = "wasm32"))]
fn copy(view: &wgpu::BufferView, bytes: &mut [u8]) {
    bytes.copy_from_slice(&view[..bytes.len()]);
}

/// Copies them straight from the browser's memory; wgpu would make a copy between.
#[cfg(target_arch = "wasm32")]
fn copy(view: &wgpu::BufferView, bytes: &mut [u8]) {
    view.as_uint8array().subarray(0, bytes.len() as u32).copy_to(bytes);
}
