//! Compiled pipelines, which plans share.

use crate::Result;
use crate::device::scoped;
use crate::lazy::Lazy;
use crate::recipe::{Content, Pass};
use crate::shader::Shader;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Keeps the compiled pipelines of a device.
///
/// Plans made with the same `Pipelines` compile equal shaders once. The shaders of two layers are equal, for example,
/// when only a, k or the batch differ. A pipeline is kept as long as a clone of the `Pipelines` or a plan with it
/// lives. Clones share everything.
///
/// Plan constructors take `impl Into<Pipelines>`: a [`Gpu`](crate::Gpu), whose plans all share; a `Pipelines`; or a
/// `wgpu::Device`, whose plans then share nothing.
#[derive(Clone, Debug)]
pub struct Pipelines {
    device: wgpu::Device,
    cache: Option<wgpu::PipelineCache>,
    compiled: Arc<Mutex<HashMap<Shader, Arc<Lazy<Pipeline>>>>>,
}

/// A pipeline, and the layout of its bind group: spelled out, since asking a pipeline for it costs at every recording.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) pipeline: wgpu::ComputePipeline,
    pub(crate) layout: wgpu::BindGroupLayout,
}

impl Pipelines {
    /// Creates an empty pipeline cache for `device`.
    pub fn new(device: &wgpu::Device) -> Pipelines {
        Pipelines { device: device.clone(), cache: None, compiled: Default::default() }
    }

    /// Creates an empty pipeline cache for `device` that compiles through a cache of the driver's. A program that
    /// stores the driver's data and gives it back need not compile at its next start.
    pub fn with_cache(device: &wgpu::Device, cache: wgpu::PipelineCache) -> Pipelines {
        Pipelines { cache: Some(cache), ..Pipelines::new(device) }
    }

    /// Returns the device.
    pub fn device(&self) -> &wgpu::Device {
        &self.device
    }

    /// Returns the pipeline of a pass, which the first call compiles.
    pub(crate) fn get(&self, pass: &Pass) -> Result<Arc<Pipeline>> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let pipeline = compiled.entry(pass.shader.clone()).or_default().clone();
        drop(compiled); // other shaders compile meanwhile
        pipeline.get(|| scoped(&self.device, "compiling a pipeline", || self.compile(pass)))
    }

    /// Forgets the pipeline of a shader, which a browser has refused after all.
    pub(crate) fn forget(&self, shader: &Shader) {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner).remove(shader);
    }

    fn compile(&self, pass: &Pass) -> Pipeline {
        let device = &self.device;
        let label = pass.shader.label();
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(&label),
            source: wgpu::ShaderSource::Wgsl(pass.shader.source().into()),
        });
        let layout = layout(device, pass);
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(&label),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(&label),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some(pass.shader.entry()),
            compilation_options: wgpu::PipelineCompilationOptions {
                // The kernels write every value before they read it; GL compilers take minutes to
                // zero a large array.
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: self.cache.as_ref(),
        });
        Pipeline { pipeline, layout }
    }
}

/// Creates pipelines that a plan shares with no other.
impl From<&wgpu::Device> for Pipelines {
    fn from(device: &wgpu::Device) -> Self {
        Pipelines::new(device)
    }
}

/// Shares the pipelines with all plans that are made with them.
impl From<&Pipelines> for Pipelines {
    fn from(pipelines: &Pipelines) -> Self {
        pipelines.clone()
    }
}

fn layout(device: &wgpu::Device, pass: &Pass) -> wgpu::BindGroupLayout {
    let entry = |&(binding, content): &(u32, Content)| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty: match content {
                Content::Uniform => wgpu::BufferBindingType::Uniform,
                _ => wgpu::BufferBindingType::Storage { read_only: false },
            },
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    };
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("lrn"),
        entries: &pass.bindings.iter().map(entry).collect::<Vec<_>>(),
    })
}
