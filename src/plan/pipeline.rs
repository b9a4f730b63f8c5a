//! What an operation needs on the device: a pipeline for each pass, and bind groups.

use super::Bound;
use super::bound::BoundPass;
use crate::binding::{UNIFORM, WORKSPACE};
use crate::recipe::{Dispatch, Pass, Recipe, Source};
use crate::scope::scoped;
use crate::{Operand, Result};
use std::ops::Range;
use wgpu::util::DeviceExt;

/// What an operation needs on the device.
#[derive(Debug)]
pub(super) struct Pipelines {
    label: String,
    passes: Vec<Pipeline>,
    /// What the passes hand on.
    temporaries: Vec<wgpu::Buffer>,
}

/// What a pass needs on the device.
#[derive(Debug)]
struct Pipeline {
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    /// One [`Chunk`](crate::recipe::Chunk) for each dispatch, `stride` bytes apart. Never written again, so
    /// that any number of recordings may use it.
    uniforms: wgpu::Buffer,
    stride: u64,
    workspace: Option<wgpu::Buffer>,
}

const CHUNK_BYTES: u64 = size_of::<crate::recipe::Chunk>() as u64;

/// A part of a buffer, and its binding.
type Part<'a> = (u32, &'a wgpu::Buffer, Range<u64>);

impl Pipelines {
    pub(super) fn new(device: &wgpu::Device, recipe: &Recipe) -> Result<Pipelines> {
        let label = recipe.passes.first().map(|pass| pass.shader.label()).unwrap_or_default();
        scoped(device, "creating a pipeline", || Pipelines {
            passes: recipe.passes.iter().map(|pass| Pipeline::new(device, pass)).collect(),
            temporaries: (0..recipe.temporaries)
                .map(|_| storage(device, recipe.temporary, &label))
                .collect(),
            label,
        })
    }

    /// The passes of a recipe on checked operands.
    pub(super) fn bind(
        &self,
        device: &wgpu::Device,
        recipe: &Recipe,
        operands: &[Operand<'_>],
    ) -> Bound {
        let passes = self.passes.iter().zip(&recipe.passes).map(|(pipeline, pass)| BoundPass {
            pipeline: pipeline.pipeline.clone(),
            dispatches: pass
                .dispatches
                .iter()
                .enumerate()
                .map(|(index, dispatch)| {
                    let parts = pass.sources.iter().map(|&(binding, source)| {
                        let (buffer, bytes) = self.part(source, dispatch, operands);
                        (binding, buffer, bytes)
                    });
                    (pipeline.group(device, index as u64, parts), dispatch.grid)
                })
                .collect(),
        });
        Bound { label: self.label.as_str().into(), passes: passes.collect() }
    }

    /// What a dispatch binds of a source.
    fn part<'a>(
        &'a self,
        source: Source,
        dispatch: &Dispatch,
        operands: &[Operand<'a>],
    ) -> (&'a wgpu::Buffer, Range<u64>) {
        let of_operand = |at: usize, bytes: &Range<u64>| {
            let Operand { buffer, offset, .. } = operands[at];
            (buffer, offset + bytes.start..offset + bytes.end)
        };
        match source {
            Source::Input(number) => of_operand(number, &dispatch.input),
            Source::Result => of_operand(operands.len() - 1, &dispatch.output),
            Source::Sums(number) => (&self.temporaries[number], dispatch.sums.clone()),
            Source::Totals(number) => (&self.temporaries[number], dispatch.totals.clone()),
        }
    }
}

impl Pipeline {
    fn new(device: &wgpu::Device, pass: &Pass) -> Pipeline {
        let label = pass.shader.label();
        let layout = layout(device, pass);
        let stride = CHUNK_BYTES
            .next_multiple_of(device.limits().min_uniform_buffer_offset_alignment.into());
        Pipeline {
            pipeline: compile(device, pass, &layout, &label),
            layout,
            uniforms: device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some(&label),
                contents: &uniforms(pass, stride as usize),
                usage: wgpu::BufferUsages::UNIFORM,
            }),
            stride,
            workspace: (pass.workspace > 0).then(|| storage(device, pass.workspace, &label)),
        }
    }

    /// The bind group of a dispatch, by its number.
    fn group<'a>(
        &'a self,
        device: &wgpu::Device,
        dispatch: u64,
        parts: impl Iterator<Item = Part<'a>>,
    ) -> wgpu::BindGroup {
        let start = dispatch * self.stride;
        let uniform = (UNIFORM, &self.uniforms, start..start + CHUNK_BYTES);
        let workspace = self.workspace.as_ref();
        let workspace = workspace.map(|buffer| (WORKSPACE, buffer, 0..buffer.size()));
        let entries: Vec<_> = std::iter::once(uniform)
            .chain(parts)
            .chain(workspace)
            .map(|(binding, buffer, bytes)| wgpu::BindGroupEntry {
                binding,
                resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer,
                    offset: bytes.start,
                    size: wgpu::BufferSize::new(bytes.end - bytes.start),
                }),
            })
            .collect();
        device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("lrn"),
            layout: &self.layout,
            entries: &entries,
        })
    }
}

/// The uniforms of all dispatches, `stride` bytes apart.
fn uniforms(pass: &Pass, stride: usize) -> Vec<u8> {
    let mut bytes = vec![0; pass.dispatches.len() * stride];
    for (place, dispatch) in bytes.chunks_exact_mut(stride).zip(&pass.dispatches) {
        let chunk = bytemuck::bytes_of(&dispatch.chunk);
        place[..chunk.len()].copy_from_slice(chunk);
    }
    bytes
}

fn storage(device: &wgpu::Device, size: u64, label: &str) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size,
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: false,
    })
}

/// The bind group layout: spelled out, since asking a pipeline for it costs at every recording.
fn layout(device: &wgpu::Device, pass: &Pass) -> wgpu::BindGroupLayout {
    let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    };
    let storage = wgpu::BufferBindingType::Storage { read_only: false };
    let workspace = (pass.workspace > 0).then_some(WORKSPACE);
    let entries: Vec<_> = std::iter::once(entry(UNIFORM, wgpu::BufferBindingType::Uniform))
        .chain(pass.sources.iter().map(|&(at, _)| entry(at, storage)))
        .chain(workspace.map(|at| entry(at, storage)))
        .collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("lrn"),
        entries: &entries,
    })
}

fn compile(
    device: &wgpu::Device,
    pass: &Pass,
    layout: &wgpu::BindGroupLayout,
    label: &str,
) -> wgpu::ComputePipeline {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(label),
        source: wgpu::ShaderSource::Wgsl(pass.shader.source().into()),
    });
    let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(label),
        bind_group_layouts: &[Some(layout)],
        immediate_size: 0,
    });
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(label),
        layout: Some(&layout),
        module: &module,
        entry_point: Some(pass.shader.entry()),
        compilation_options: wgpu::PipelineCompilationOptions {
            // The kernels write every value before they read it; GL compilers take minutes to
            // zero a large array.
            zero_initialize_workgroup_memory: false,
            ..Default::default()
        },
        cache: None,
    })
}
