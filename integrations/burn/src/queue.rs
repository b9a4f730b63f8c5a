//! The kernels on Burn's queue, where CubeCL compiles no WGSL and the application has shared its setup.

use crate::tensor::operands;
use crate::{Error, Result, launch, path};
use burn::backend::wgpu::{AutoCompiler, CubeTensor, WgpuResource, WgpuSetup};
use burn::cubecl::Device as CubeDevice;
use burn::cubecl::client::Client;
use burn::cubecl::server::Handle;
use burn::cubecl::wgpu::WgpuServer;
use burn::tensor::Device;
use log::error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wgpu_lrn::{Lrn, Operand, Operation, Pipelines, Plan, Shape, wgpu};

static SHARED: Mutex<Vec<(CubeDevice, Shared)>> = Mutex::new(Vec::new());

/// How many plans a device keeps.
const PLANS: usize = 64;

/// A device's setup, and what has been compiled for it.
#[derive(Clone, Debug)]
struct Shared {
    pipelines: Pipelines,
    queue: wgpu::Queue,
    /// The last ones; more may be needed in a model of many shapes, whose pipelines are kept all the same.
    plans: Arc<Mutex<Vec<Plan>>>,
}

/// Shares the setup of a device with the kernels: where Burn compiles SPIR-V or MSL, they run on its queue from then
/// on. Elsewhere they need no setup, and this changes nothing.
///
/// The setup must be that of the device: what `init_with_setup` returned with it, or what `setup` was given.
///
/// ```no_run
/// use burn::tensor::Device;
///
/// let (device, setup) = Device::wgpu_options().init_with_setup()?;
/// wgpu_lrn_burn::share(&device, setup)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`Error::Share`] where the device is not one of wgpu.
pub fn share(device: &Device, setup: WgpuSetup) -> Result<()> {
    let given = || Error::Share { given: format!("{device:?}") };
    let device = path::wgpu(device).ok_or_else(given)?;
    let pipelines = Pipelines::new(&setup.device);
    let shared = Shared { pipelines, queue: setup.queue, plans: Default::default() };
    let mut all = locked(&SHARED);
    all.retain(|(known, _)| *known != device);
    all.push((device, shared));
    Ok(())
}

pub(crate) fn is_shared(device: &CubeDevice) -> bool {
    shared(device).is_some()
}

fn shared(device: &CubeDevice) -> Option<Shared> {
    let all = locked(&SHARED);
    all.iter().find(|(known, _)| known == device).map(|(_, shared)| shared.clone())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Returns the plan of a layer, which is kept for the next call.
    fn plan(&self, lrn: &Lrn, shape: &Shape) -> wgpu_lrn::Result<Plan> {
        let mut plans = locked(&self.plans);
        let known = plans.iter().find(|plan| plan.lrn() == lrn && plan.shape() == shape);
        if let Some(plan) = known {
            return Ok(plan.clone());
        }
        let plan = Plan::new(&self.pipelines, lrn, shape)?;
        if plans.len() == PLANS {
            plans.remove(0);
        }
        plans.push(plan.clone());
        Ok(plan)
    }
}

/// Records a layer's operations and submits them.
#[derive(Clone, Debug)]
pub(crate) struct Recorder {
    plan: Plan,
    queue: wgpu::Queue,
}

impl Recorder {
    /// Compiles the operations of a layer; nothing where the device is not shared, or captures a graph, which would
    /// not hold what is submitted beside it.
    pub(crate) fn new(
        device: &CubeDevice,
        lrn: &Lrn,
        shape: &Shape,
        operations: &[Operation],
    ) -> Result<Option<Recorder>> {
        let shared = shared(device).filter(|_| !device.client().is_capturing());
        let Some(shared) = shared else { return Ok(None) };
        let plan = shared.plan(lrn, shape)?;
        #[cfg(not(target_family = "wasm"))] // where only WGSL is compiled
        operations.iter().try_for_each(|&operation| wgpu_lrn::block_on(plan.prepare(operation)).map(|_| ()))?;
        Ok(Some(Recorder { plan, queue: shared.queue }))
    }

    /// Submits an operation behind all that its operands wait for, and returns its result.
    pub(crate) fn run(&self, operation: Operation, x: CubeTensor, dy: Option<CubeTensor>) -> CubeTensor {
        let (result, operands) = operands(x, dy);
        let client = result.client.clone();
        // Nobody else submits between what the operands wait for and this.
        let submitted = client.exclusive(|| self.submit(&client, operation, operands));
        if let Err(message) = submitted.map_err(|error| error.to_string()).flatten() {
            error!("{operation} was not submitted: {message}");
            launch::fail(&result);
        }
        result
    }

    /// The operands' memory stays theirs until the device has run this.
    fn submit(&self, client: &Client, operation: Operation, operands: Vec<Handle>) -> Result<(), String> {
        let resource = |handle| client.get_resource::<WgpuServer<AutoCompiler>>(handle);
        let resources = operands.into_iter().map(resource).collect::<Result<Vec<_>, _>>();
        let resources = resources.map_err(|error| error.to_string())?;
        let operands: Vec<_> = resources.iter().map(|resource| self.operand(resource.resource())).collect();
        let mut encoder = self.plan.device().create_command_encoder(&Default::default());
        let recorded = self.plan.record(&mut encoder, operation, &operands);
        recorded.map_err(|error| error.to_string())?;
        self.queue.submit([encoder.finish()]);
        self.queue.on_submitted_work_done(move || drop(resources));
        Ok(())
    }

    fn operand<'a>(&self, resource: &'a WgpuResource) -> Operand<'a> {
        let size = self.plan.shape().operand_bytes();
        Operand { buffer: &resource.buffer, offset: resource.offset, size }
    }
}
