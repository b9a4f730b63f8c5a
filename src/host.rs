//! The short way, for those who have no device: open a GPU, host slices in, host slices out.

use crate::cpu::check_length;
use crate::{Error, Lrn, Operation, Options, Plan, Result, Shape};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// An opened GPU: a device and its queue.
///
/// ```no_run
/// # fn main() -> wgpu_lrn::Result<()> {
/// use wgpu_lrn::{Gpu, Lrn, Shape};
///
/// let gpu = Gpu::open_blocking()?;
/// let layer = gpu.layer(&Lrn::pytorch(5).build()?, &Shape::nchw(1, 96, 55, 55)?)?;
/// let y = layer.forward_blocking(&vec![1.0; 96 * 55 * 55])?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Gpu {
    info: wgpu::AdapterInfo,
    device: wgpu::Device,
    queue: wgpu::Queue,
}

/// Every adapter that can run the kernels, of the backends that `WGPU_BACKEND` allows; the one that
/// [`Gpu::open`] would take first.
///
/// `WGPU_POWER_PREF=low` prefers integrated GPUs; else discrete ones come first. Software adapters
/// come last.
pub async fn adapters() -> Vec<wgpu::Adapter> {
    let descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    let backends = descriptor.backends;
    let instance = wgpu::Instance::new(descriptor);
    let mut adapters = instance.enumerate_adapters(backends).await;
    adapters.retain(computes);
    let low = wgpu::PowerPreference::from_env() == Some(wgpu::PowerPreference::LowPower);
    adapters.sort_by_key(|adapter| rank(adapter.get_info().device_type, low));
    adapters
}

/// The blocking twin of [`adapters`].
#[cfg(not(target_arch = "wasm32"))]
pub fn adapters_blocking() -> Vec<wgpu::Adapter> {
    pollster::block_on(adapters())
}

/// Whether an adapter runs compute shaders with the bindings that the kernels need. wgpu's noop
/// backend computes nothing.
fn computes(adapter: &wgpu::Adapter) -> bool {
    let downlevel = adapter.get_downlevel_capabilities();
    downlevel.flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
        && adapter.limits().max_storage_buffers_per_shader_stage >= 4
        && adapter.get_info().backend != wgpu::Backend::Noop
}

fn rank(device: wgpu::DeviceType, low_power: bool) -> u8 {
    match device {
        wgpu::DeviceType::DiscreteGpu => u8::from(low_power),
        wgpu::DeviceType::IntegratedGpu => u8::from(!low_power),
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}

/// The first adapter whose name holds `name`, in any case; `None` takes the first of all.
///
/// # Errors
///
/// [`Error::NoAdapter`], which lists those there are.
pub fn find(adapters: Vec<wgpu::Adapter>, name: Option<&str>) -> Result<wgpu::Adapter> {
    let wanted = name.unwrap_or_default().to_lowercase();
    let names: Vec<_> = adapters.iter().map(|adapter| adapter.get_info().name).collect();
    adapters
        .into_iter()
        .find(|adapter| adapter.get_info().name.to_lowercase().contains(&wanted))
        .ok_or_else(|| Error::NoAdapter {
            wanted: match name {
                Some(name) => format!("has {name:?} in its name"),
                None => "with compute shaders is present".to_owned(),
            },
            found: if names.is_empty() { "none".to_owned() } else { names.join(", ") },
        })
}

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
            required_limits: adapter.limits(),
            ..Default::default()
        };
        let opened = adapter.request_device(&descriptor).await;
        let (device, queue) = opened.map_err(|error| failed("opening a device", error))?;
        Ok(Gpu { info: adapter.get_info(), device, queue })
    }

    /// Name, backend, type and driver of the adapter.
    pub fn info(&self) -> &wgpu::AdapterInfo {
        &self.info
    }

    /// The device.
    pub fn device(&self) -> &wgpu::Device {
        &self.device
    }

    /// The queue.
    pub fn queue(&self) -> &wgpu::Queue {
        &self.queue
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
        let plan = Plan::with_options(&self.device, lrn, shape, options)?;
        Ok(Layer { gpu: self.clone(), plan })
    }

    /// A buffer for that many f32 values, usable as an operand.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] where it exceeds `max_buffer_size`, [`Error::Gpu`] where memory is out.
    pub fn buffer(&self, elements: u64) -> Result<wgpu::Buffer> {
        use wgpu::BufferUsages as Usage;
        self.create(elements, Usage::STORAGE | Usage::COPY_SRC | Usage::COPY_DST)
    }

    /// A buffer with these values, usable as an operand.
    ///
    /// # Errors
    ///
    /// As [`Gpu::buffer`].
    pub fn upload(&self, values: &[f32]) -> Result<wgpu::Buffer> {
        let buffer = self.buffer(values.len() as u64)?;
        scoped(&self.device, "uploading", || {
            self.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(values));
        })?;
        Ok(buffer)
    }

    /// The values of a buffer, once the work submitted before is done.
    ///
    /// # Errors
    ///
    /// As [`Gpu::buffer`].
    pub async fn download(&self, buffer: &wgpu::Buffer) -> Result<Vec<f32>> {
        if buffer.size() == 0 {
            return Ok(Vec::new());
        }
        use wgpu::BufferUsages as Usage;
        let staging = self.create(buffer.size() / 4, Usage::MAP_READ | Usage::COPY_DST)?;
        let mut encoder = self.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, staging.size());
        scoped(&self.device, "downloading", || self.queue.submit([encoder.finish()]))?;
        self.mapped(&staging).await?;
        let bytes = staging.slice(..).get_mapped_range();
        let bytes = bytes.map_err(|error| failed("downloading", error))?;
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }

    fn create(&self, elements: u64, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer> {
        let size = elements.saturating_mul(4);
        let granted = self.device.limits().max_buffer_size;
        if size > granted {
            return Err(Error::Limit { limit: "max_buffer_size", needed: size, granted });
        }
        scoped(&self.device, "creating a buffer", || {
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("wgpu-lrn"),
                size,
                usage,
                mapped_at_creation: false,
            })
        })
    }

    /// Waits until a buffer is mapped for reading, without holding up the caller's executor.
    async fn mapped(&self, buffer: &wgpu::Buffer) -> Result<()> {
        let signal = Arc::new(Signal::default());
        let given = signal.clone();
        buffer.slice(..).map_async(wgpu::MapMode::Read, move |result| given.give(result));
        self.poll_elsewhere()?;
        let mapped = std::future::poll_fn(|context| signal.poll(context)).await;
        mapped.map_err(|error| failed("downloading", error))
    }

    /// Callbacks come only while somebody polls the device: on a thread of its own, which ends when
    /// the submitted work does.
    #[cfg(not(target_arch = "wasm32"))]
    fn poll_elsewhere(&self) -> Result<()> {
        let device = self.device.clone();
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

/// The blocking twins, for native programs: a browser cannot block.
#[cfg(not(target_arch = "wasm32"))]
impl Gpu {
    /// [`Gpu::open`], blocking.
    ///
    /// # Errors
    ///
    /// As [`Gpu::open`].
    pub fn open_blocking() -> Result<Gpu> {
        pollster::block_on(Self::open())
    }

    /// [`Gpu::on`], blocking.
    ///
    /// # Errors
    ///
    /// As [`Gpu::on`].
    pub fn on_blocking(adapter: &wgpu::Adapter) -> Result<Gpu> {
        pollster::block_on(Self::on(adapter))
    }

    /// [`Gpu::download`], blocking.
    ///
    /// # Errors
    ///
    /// As [`Gpu::download`].
    pub fn download_blocking(&self, buffer: &wgpu::Buffer) -> Result<Vec<f32>> {
        pollster::block_on(self.download(buffer))
    }
}

/// A plan on a [`Gpu`], for host slices.
#[derive(Clone, Debug)]
pub struct Layer {
    gpu: Gpu,
    plan: Plan,
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
    /// [`Error::Length`], [`Error::Limit`] where the tensor exceeds the device's largest buffer,
    /// [`Error::Gpu`].
    pub async fn square_sums(&self, x: &[f32]) -> Result<Vec<f32>> {
        self.run(Operation::SquareSums, &[x]).await
    }

    /// y of x; both have the elements of the shape.
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`].
    pub async fn forward(&self, x: &[f32]) -> Result<Vec<f32>> {
        self.run(Operation::Forward, &[x]).await
    }

    /// dx of x and dy; all have the elements of the shape.
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`].
    pub async fn backward(&self, x: &[f32], dy: &[f32]) -> Result<Vec<f32>> {
        self.run(Operation::Backward, &[x, dy]).await
    }

    /// An operation, named by a value, on its inputs in the order of [`Operation::operands`].
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`]; also [`Error::Operands`].
    pub async fn run(&self, operation: Operation, inputs: &[&[f32]]) -> Result<Vec<f32>> {
        let Layer { gpu, plan } = self;
        check_inputs(plan, operation, inputs)?;
        let result = gpu.buffer(plan.shape().elements())?;
        let inputs: Result<Vec<_>> = inputs.iter().map(|input| gpu.upload(input)).collect();
        let inputs = inputs?;
        let operands: Vec<_> = inputs.iter().chain([&result]).map(Into::into).collect();
        let mut encoder = gpu.device.create_command_encoder(&Default::default());
        plan.record(&mut encoder, operation, &operands)?;
        scoped(&gpu.device, "running a layer", || gpu.queue.submit([encoder.finish()]))?;
        gpu.download(&result).await
    }
}

/// The blocking twins, for native programs: a browser cannot block.
#[cfg(not(target_arch = "wasm32"))]
impl Layer {
    /// [`Layer::square_sums`], blocking.
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`].
    pub fn square_sums_blocking(&self, x: &[f32]) -> Result<Vec<f32>> {
        pollster::block_on(self.square_sums(x))
    }

    /// [`Layer::forward`], blocking.
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`].
    pub fn forward_blocking(&self, x: &[f32]) -> Result<Vec<f32>> {
        pollster::block_on(self.forward(x))
    }

    /// [`Layer::backward`], blocking.
    ///
    /// # Errors
    ///
    /// As [`Layer::square_sums`].
    pub fn backward_blocking(&self, x: &[f32], dy: &[f32]) -> Result<Vec<f32>> {
        pollster::block_on(self.backward(x, dy))
    }
}

/// Refuses inputs of the wrong number or length, by name.
fn check_inputs(plan: &Plan, operation: Operation, inputs: &[&[f32]]) -> Result<()> {
    let names = operation.operands();
    if inputs.len() + 1 != names.len() {
        return Err(Error::Operands {
            operation: operation.name(),
            given: inputs.len() + 1,
            expected: names,
        });
    }
    inputs.iter().zip(names).try_for_each(|(input, name)| check_length(name, plan.shape(), input))
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

/// Runs wgpu calls so that what they report comes back as an error.
///
/// Native error scopes answer at once; a browser answers later, so that there nothing is caught here
/// and the error reaches the device's own handler.
pub(crate) fn scoped<T>(
    device: &wgpu::Device,
    doing: &'static str,
    calls: impl FnOnce() -> T,
) -> Result<T> {
    let filters = [
        wgpu::ErrorFilter::Validation,
        wgpu::ErrorFilter::Internal,
        wgpu::ErrorFilter::OutOfMemory,
    ];
    let scopes = filters.map(|filter| device.push_error_scope(filter));
    let value = calls();
    let mut caught = None;
    for scope in scopes.into_iter().rev() {
        let mut popped = pin!(scope.pop());
        let polled = popped.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(Some(error)) = polled {
            caught = Some(failed(doing, error));
        }
    }
    caught.map_or(Ok(value), Err)
}

fn failed(doing: &'static str, error: impl ToString) -> Error {
    Error::Gpu { doing, message: error.to_string() }
}
