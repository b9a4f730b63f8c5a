//! Adapters, and time measured on a GPU. [`Gpu`](crate::Gpu) and [`Layer`](crate::Layer) run a layer on slices.

pub(crate) mod gpu;
pub(crate) mod layer;
mod owned;
mod signal;
mod stream;
mod timer;
mod tune;

use crate::{Error, Result};
pub use stream::{Progress, Stream};
pub use timer::{Clock, Timer};

/// Returns every adapter that can run the kernels, of the backends that `WGPU_BACKEND` allows. The first is the one
/// that [`Gpu::open`](crate::Gpu::open) takes.
///
/// `WGPU_POWER_PREF=low` prefers integrated GPUs; else discrete ones come first. Software adapters
/// come last.
///
/// A browser has no environment and gives one adapter: here, the one for high performance.
pub async fn adapters() -> Vec<wgpu::Adapter> {
    let power = wgpu::PowerPreference::from_env();
    adapters_preferring(power.unwrap_or(wgpu::PowerPreference::HighPerformance)).await
}

/// Returns the adapters as [`adapters`] does, but prefers what the caller says; a browser returns one, by that
/// preference. Without WebGPU, as in Node.js, it returns none.
pub async fn adapters_preferring(power: wgpu::PowerPreference) -> Vec<wgpu::Adapter> {
    let mut adapters = enumerate(power).await;
    adapters.retain(computes);
    adapters
}

#[cfg(not(target_arch = "wasm32"))]
async fn enumerate(power: wgpu::PowerPreference) -> Vec<wgpu::Adapter> {
    let descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
    let backends = descriptor.backends;
    let mut adapters = wgpu::Instance::new(descriptor).enumerate_adapters(backends).await;
    let low = power == wgpu::PowerPreference::LowPower;
    adapters.sort_by_key(|adapter| rank(adapter.get_info().device_type, low));
    adapters
}

/// Returns the adapter that a browser prefers: its enumeration ignores the preference.
#[cfg(target_arch = "wasm32")]
async fn enumerate(power_preference: wgpu::PowerPreference) -> Vec<wgpu::Adapter> {
    // wgpu::Instance::new panics where there is neither a window nor a worker.
    if !wgpu::util::is_browser_webgpu_supported().await {
        return Vec::new();
    }
    let descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    let options = wgpu::RequestAdapterOptions { power_preference, ..Default::default() };
    wgpu::Instance::new(descriptor).request_adapter(&options).await.into_iter().collect()
}

/// Returns `true` if an adapter runs compute shaders with the bindings that the kernels need. wgpu's noop
/// backend computes nothing.
fn computes(adapter: &wgpu::Adapter) -> bool {
    let downlevel = adapter.get_downlevel_capabilities();
    downlevel.flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS)
        && adapter.limits().max_storage_buffers_per_shader_stage >= 4
        && adapter.get_info().backend != wgpu::Backend::Noop
}

#[cfg(not(target_arch = "wasm32"))]
fn rank(device: wgpu::DeviceType, low_power: bool) -> u8 {
    match device {
        wgpu::DeviceType::DiscreteGpu => u8::from(low_power),
        wgpu::DeviceType::IntegratedGpu => u8::from(!low_power),
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}

/// Returns the names by which [`find_adapter`] tells adapters apart: of several with one name, the second has `#2` behind
/// it, and so on.
pub fn adapter_names(adapters: &[wgpu::Adapter]) -> Vec<String> {
    let names: Vec<_> = adapters.iter().map(|adapter| adapter.get_info().name).collect();
    let numbered = |(place, name): (usize, &String)| match names[..place].iter().filter(|other| *other == name).count()
    {
        0 => name.clone(),
        before => format!("{name}#{}", before + 1),
    };
    names.iter().enumerate().map(numbered).collect()
}

/// Returns the first adapter whose name is `name`, or else contains it, ignoring the case of ASCII letters; with `#2`
/// behind `name` the second of these, and so on. `None` takes the first of all.
///
/// # Errors
///
/// [`Error::NoAdapter`], which lists those there are.
pub fn find_adapter(adapters: Vec<wgpu::Adapter>, name: Option<&str>) -> Result<wgpu::Adapter> {
    let found = match name {
        Some(name) => place(&adapters, name),
        None => Some(0),
    };
    let error = || Error::NoAdapter {
        wanted: match name {
            Some(name) => format!("has {name:?} in its name"),
            None => "with compute shaders is present".to_owned(),
        },
        found: if adapters.is_empty() { "none".to_owned() } else { adapter_names(&adapters).join(", ") },
    };
    found.and_then(|at| adapters.get(at).cloned()).ok_or_else(error)
}

/// Returns the place of the adapter that has a name, or a part of one, with or without a number.
fn place(adapters: &[wgpu::Adapter], name: &str) -> Option<usize> {
    let names: Vec<_> = adapters.iter().map(|adapter| adapter.get_info().name.to_ascii_lowercase()).collect();
    let nth = |part: &str, before: usize| {
        let part = part.to_ascii_lowercase();
        let is_whole = names.contains(&part);
        let has = |&at: &usize| if is_whole { names[at] == part } else { names[at].contains(&part) };
        (0..names.len()).filter(has).nth(before)
    };
    let numbered = || {
        let (part, number) = name.rsplit_once('#')?;
        nth(part, number.parse::<usize>().ok()?.checked_sub(1)?)
    };
    nth(name, 0).or_else(numbered)
}
