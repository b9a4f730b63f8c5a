//! What an operation needs on the device: its pipeline, and a bind group for each dispatch.

use super::Bound;
use crate::scope::scoped;
use crate::{Dispatch, Operand, Operation, Recipe, Result};
use wgpu::util::DeviceExt;

/// What an operation needs on the device.
#[derive(Debug)]
pub(super) struct Pipeline {
    label: String,
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
    /// One [`Chunk`](crate::Chunk) for each dispatch, `stride` bytes apart. Never written again, so
    /// that any number of recordings may use it.
    uniforms: wgpu::Buffer,
    stride: u64,
    workspace: Option<wgpu::Buffer>,
}

/// The binding of the uniform; operands follow: x 1, dy 2, the result 3, the workspace 4.
const UNIFORM: u32 = 0;
const WORKSPACE: u32 = 4;

/// The binding of each operand.
fn bindings(operation: Operation) -> &'static [u32] {
    match operation {
        Operation::SquareSums | Operation::Forward => &[1, 3],
        Operation::Backward => &[1, 2, 3],
    }
}

const CHUNK_BYTES: u64 = size_of::<crate::Chunk>() as u64;

impl Pipeline {
    pub(super) fn new(device: &wgpu::Device, recipe: &Recipe) -> Result<Pipeline> {
        scoped(device, "creating a pipeline", || {
            let label = recipe.program.label();
            let layout = layout(device, recipe);
            let stride = CHUNK_BYTES
                .next_multiple_of(device.limits().min_uniform_buffer_offset_alignment.into());
            Pipeline {
                pipeline: compile(device, recipe, &layout, &label),
                layout,
                uniforms: device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
                    label: Some(&label),
                    contents: &uniforms(recipe, stride as usize),
                    usage: wgpu::BufferUsages::UNIFORM,
                }),
                stride,
                workspace: (recipe.workspace > 0).then(|| workspace(device, recipe, &label)),
                label,
            }
        })
    }

    /// The dispatches of a recipe on checked operands.
    pub(super) fn bind(
        &self,
        device: &wgpu::Device,
        recipe: &Recipe,
        operands: &[Operand<'_>],
    ) -> Bound {
        let dispatches = recipe.dispatches.iter().enumerate().map(|(index, dispatch)| {
            let uniform = index as u64 * self.stride;
            let operation = recipe.program.operation;
            (self.group(device, operation, operands, uniform, dispatch), dispatch.grid)
        });
        Bound {
            label: self.label.as_str().into(),
            pipeline: Some(self.pipeline.clone()),
            dispatches: dispatches.collect(),
        }
    }

    fn group(
        &self,
        device: &wgpu::Device,
        operation: Operation,
        operands: &[Operand<'_>],
        uniform: u64,
        dispatch: &Dispatch,
    ) -> wgpu::BindGroup {
        let result = operands.len() - 1;
        let operands = operands.iter().enumerate().map(|(at, operand)| {
            let bytes = if at == result { &dispatch.output } else { &dispatch.input };
            let size = bytes.end - bytes.start;
            (operand.buffer, operand.offset + bytes.start, size)
        });
        let workspace = self.workspace.as_ref();
        let workspace = workspace.map(|buffer| (WORKSPACE, (buffer, 0, buffer.size())));
        let entries: Vec<_> = std::iter::once((UNIFORM, (&self.uniforms, uniform, CHUNK_BYTES)))
            .chain(bindings(operation).iter().copied().zip(operands))
            .chain(workspace)
            .map(|(binding, (buffer, offset, size))| wgpu::BindGroupEntry {
                binding,
                resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                    buffer,
                    offset,
                    size: wgpu::BufferSize::new(size),
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
fn uniforms(recipe: &Recipe, stride: usize) -> Vec<u8> {
    let mut bytes = vec![0; recipe.dispatches.len() * stride];
    for (place, dispatch) in bytes.chunks_exact_mut(stride).zip(&recipe.dispatches) {
        let chunk = bytemuck::bytes_of(&dispatch.chunk);
        place[..chunk.len()].copy_from_slice(chunk);
    }
    bytes
}

fn workspace(device: &wgpu::Device, recipe: &Recipe, label: &str) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        size: recipe.workspace,
        usage: wgpu::BufferUsages::STORAGE,
        mapped_at_creation: false,
    })
}

/// The bind group layout: spelled out, since asking a pipeline for it costs at every recording.
fn layout(device: &wgpu::Device, recipe: &Recipe) -> wgpu::BindGroupLayout {
    let entry = |binding, ty| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset: false, min_binding_size: None },
        count: None,
    };
    let storage = wgpu::BufferBindingType::Storage { read_only: false };
    let workspace = (recipe.workspace > 0).then_some(WORKSPACE);
    let entries: Vec<_> = std::iter::once(entry(UNIFORM, wgpu::BufferBindingType::Uniform))
        .chain(bindings(recipe.program.operation).iter().map(|&at| entry(at, storage)))
        .chain(workspace.map(|at| entry(at, storage)))
        .collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("lrn"),
        entries: &entries,
    })
}

fn compile(
    device: &wgpu::Device,
    recipe: &Recipe,
    layout: &wgpu::BindGroupLayout,
    label: &str,
) -> wgpu::ComputePipeline {
    let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some(label),
        source: wgpu::ShaderSource::Wgsl(recipe.program.source().into()),
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
        entry_point: Some(recipe.program.operation.name()),
        compilation_options: wgpu::PipelineCompilationOptions {
            // The kernels write every value before they read it; GL compilers take minutes to
            // zero a large array.
            zero_initialize_workgroup_memory: false,
            ..Default::default()
        },
        cache: None,
    })
}
