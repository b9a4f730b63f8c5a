//! A Vulkan device that only compiles. It is never closed: the process ends with it.

use super::Compiled;
use crate::translate::Spirv;
use ash::khr::pipeline_executable_properties as executables;
use ash::prelude::VkResult;
use ash::{ext, khr, vk};
use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char};

pub struct Device {
    device: ash::Device,
    executables: executables::Device,
    // The library must outlive the device.
    _entry: ash::Entry,
}

impl Device {
    /// Returns the first device of the driver, with all that it can do: wgpu asks for robust buffers.
    pub fn open() -> Result<Device, String> {
        // SAFETY: the loader is what the system has; it stays loaded.
        let entry = unsafe { ash::Entry::load() }.map_err(|error| error.to_string())?;
        Self::open_with(entry).map_err(|error| format!("no device: {error}"))
    }

    fn open_with(entry: ash::Entry) -> VkResult<Device> {
        let app = vk::ApplicationInfo::default().api_version(vk::API_VERSION_1_2);
        let info = vk::InstanceCreateInfo::default().application_info(&app);
        // SAFETY: what is asked for is valid, here and below; no handle is used after its end.
        unsafe {
            let instance = entry.create_instance(&info, None)?;
            let adapters = instance.enumerate_physical_devices()?;
            let adapter = *adapters.first().ok_or(vk::Result::ERROR_INITIALIZATION_FAILED)?;
            let device = create(&instance, adapter)?;
            let executables = executables::Device::new(&instance, &device);
            Ok(Device { device, executables, _entry: entry })
        }
    }

    /// Compiles a module to a pipeline, which is dropped.
    pub fn compile(&self, spirv: &Spirv) -> VkResult<Compiled> {
        let entry = CString::new(spirv.entry.as_str()).expect("no name has a zero");
        let module = vk::ShaderModuleCreateInfo::default().code(&spirv.words);
        // SAFETY: naga's SPIR-V is valid, and all handles are this device's.
        unsafe {
            let module = self.device.create_shader_module(&module, None)?;
            let stage = vk::PipelineShaderStageCreateInfo::default()
                .stage(vk::ShaderStageFlags::COMPUTE)
                .module(module)
                .name(&entry);
            let info = vk::ComputePipelineCreateInfo::default()
                .flags(
                    vk::PipelineCreateFlags::CAPTURE_STATISTICS_KHR
                        | vk::PipelineCreateFlags::CAPTURE_INTERNAL_REPRESENTATIONS_KHR,
                )
                .stage(stage)
                .layout(self.layout(&spirv.bindings)?);
            let created = self.device.create_compute_pipelines(vk::PipelineCache::null(), &[info], None);
            let pipeline = created.map_err(|(_, error)| error)?[0];
            let compiled = Compiled { statistics: self.statistics(pipeline)?, listing: self.listing(pipeline)? };
            self.device.destroy_pipeline(pipeline, None);
            self.device.destroy_shader_module(module, None);
            Ok(compiled)
        }
    }

    fn layout(&self, bindings: &[(u32, bool)]) -> VkResult<vk::PipelineLayout> {
        let binding = |&(number, uniform): &(u32, bool)| {
            let ty = match uniform {
                true => vk::DescriptorType::UNIFORM_BUFFER,
                false => vk::DescriptorType::STORAGE_BUFFER,
            };
            vk::DescriptorSetLayoutBinding::default()
                .binding(number)
                .descriptor_type(ty)
                .descriptor_count(1)
                .stage_flags(vk::ShaderStageFlags::COMPUTE)
        };
        let bindings: Vec<_> = bindings.iter().map(binding).collect();
        let set = vk::DescriptorSetLayoutCreateInfo::default().bindings(&bindings);
        // SAFETY: as in `compile`.
        unsafe {
            let sets = [self.device.create_descriptor_set_layout(&set, None)?];
            let info = vk::PipelineLayoutCreateInfo::default().set_layouts(&sets);
            self.device.create_pipeline_layout(&info, None)
        }
    }

    fn statistics(&self, pipeline: vk::Pipeline) -> VkResult<BTreeMap<String, u64>> {
        let info = vk::PipelineExecutableInfoKHR::default().pipeline(pipeline);
        // SAFETY: the pipeline was created to tell them; RADV's are all of 64 bits.
        unsafe {
            let all = self.executables.get_pipeline_executable_statistics(&info)?;
            Ok(all.iter().map(|each| (text(&each.name), each.value.u64)).collect())
        }
    }

    /// Returns the disassembly: asked for twice, since the first answer is how long it is.
    fn listing(&self, pipeline: vk::Pipeline) -> VkResult<String> {
        let info = vk::PipelineExecutableInfoKHR::default().pipeline(pipeline);
        // SAFETY: the pipeline was created to tell it, and each buffer is as long as was said.
        unsafe {
            let mut all = self.executables.get_pipeline_executable_internal_representations(&info)?;
            let mut buffers: Vec<_> = all.iter().map(|each| vec![0u8; each.data_size]).collect();
            for (each, buffer) in all.iter_mut().zip(&mut buffers) {
                each.p_data = buffer.as_mut_ptr().cast();
            }
            let mut count = all.len() as u32;
            let get = self.executables.fp().get_pipeline_executable_internal_representations_khr;
            get(self.device.handle(), &info, &mut count, all.as_mut_ptr()).result()?;
            let assembly = all.iter().position(|each| text(&each.name) == "Assembly");
            let assembly = assembly.ok_or(vk::Result::ERROR_FEATURE_NOT_PRESENT)?;
            let bytes = CStr::from_bytes_until_nul(&buffers[assembly]).unwrap_or_default();
            Ok(bytes.to_string_lossy().into_owned())
        }
    }
}

unsafe fn create(instance: &ash::Instance, adapter: vk::PhysicalDevice) -> VkResult<ash::Device> {
    let mut robustness = vk::PhysicalDeviceRobustness2FeaturesEXT::default();
    let mut executables = vk::PhysicalDevicePipelineExecutablePropertiesFeaturesKHR::default();
    let mut v12 = vk::PhysicalDeviceVulkan12Features::default();
    let mut v11 = vk::PhysicalDeviceVulkan11Features::default();
    let mut features = vk::PhysicalDeviceFeatures2::default()
        .push_next(&mut robustness)
        .push_next(&mut executables)
        .push_next(&mut v12)
        .push_next(&mut v11);
    // SAFETY: RADV has Vulkan 1.2 and both extensions.
    unsafe { instance.get_physical_device_features2(adapter, &mut features) };
    let queue = vk::DeviceQueueCreateInfo::default().queue_priorities(&[1.0]);
    let extensions = [khr::pipeline_executable_properties::NAME, ext::robustness2::NAME].map(CStr::as_ptr);
    let queues = [queue];
    let info = vk::DeviceCreateInfo::default()
        .queue_create_infos(&queues)
        .enabled_extension_names(&extensions)
        .push_next(&mut features);
    // SAFETY: as before.
    unsafe { instance.create_device(adapter, &info, None) }
}

fn text(name: &[c_char]) -> String {
    let bytes: Vec<_> = name.iter().map(|&c| c as u8).take_while(|&c| c != 0).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
