//! The devices to train on.

use burn::cubecl::future::block_on;
use burn::tensor::Device;
use burn::tensor::wgpu::{WgpuSetup, wgpu};
use std::error::Error;
use wgpu_lrn_burn::{Path, path};

/// Opens devices of the default adapter, on which the kernels run whichever language Burn compiles.
pub fn open(count: usize) -> Result<Vec<Device>, Box<dyn Error>> {
    if count == 1 { Ok(vec![default()?]) } else { (0..count).map(|_| registered()).collect() }
}

/// Returns Burn's own default device, whose queue is shared.
fn default() -> Result<Device, Box<dyn Error>> {
    let (device, setup) = Device::wgpu_options().init_with_setup()?;
    with_kernels(device, setup)
}

/// Registers a wgpu device of its own with Burn, for which an adapter is one device otherwise.
fn registered() -> Result<Device, Box<dyn Error>> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = block_on(instance.request_adapter(&Default::default()))?;
    let features = adapter.features() - wgpu::Features::all_experimental_mask();
    let descriptor = wgpu::DeviceDescriptor {
        required_features: features - wgpu::Features::MAPPABLE_PRIMARY_BUFFERS,
        required_limits: adapter.limits(),
        ..Default::default()
    };
    let (device, queue) = block_on(adapter.request_device(&descriptor))?;
    let backend = adapter.get_info().backend;
    let setup = WgpuSetup { instance, adapter, device, queue, backend };
    with_kernels(Device::wgpu_options().setup(setup.clone()).init()?, setup)
}

fn with_kernels(device: Device, setup: WgpuSetup) -> Result<Device, Box<dyn Error>> {
    let name = setup.adapter.get_info().name;
    wgpu_lrn_burn::share(&device, setup)?;
    match path(&device) {
        Path::Burn => Err(format!("{name} does not run the kernels").into()),
        path => {
            println!("{name}, path {path}");
            Ok(device)
        }
    }
}
