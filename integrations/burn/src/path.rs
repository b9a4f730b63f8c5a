//! Which way a device computes the layer.

use crate::{queue, tensor};
use burn::backend::DispatchDevice;
use burn::backend::wgpu::WgpuDevice;
use burn::cubecl::Device as CubeDevice;
use burn::tensor::Device;
use std::fmt;

/// Names the way in which a device computes the layer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Path {
    /// The kernels run through CubeCL's launch, as Burn's own do.
    Launch,
    /// The kernels run on Burn's queue, which the application has shared.
    Queue,
    /// Burn's own operations compute the layer.
    Burn,
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Returns the path that a device takes. It opens the device.
pub fn path(device: &Device) -> Path {
    wgpu(device).map_or(Path::Burn, |device| of(&device))
}

/// Returns the path of a device of CubeCL's wgpu.
pub(crate) fn of(device: &CubeDevice) -> Path {
    match device.client().name() {
        tensor::WGSL => Path::Launch,
        _ if queue::is_shared(device) => Path::Queue,
        _ => Path::Burn,
    }
}

/// Returns the device that CubeCL's wgpu knows, if it is one.
pub(crate) fn wgpu(device: &Device) -> Option<CubeDevice> {
    match device.clone().inner().as_dispatch() {
        DispatchDevice::Cube(device @ CubeDevice::Wgpu(WgpuDevice { .. })) => Some(device.clone()),
        _ => None,
    }
}
