//! An operation, ready to be bound to operands: its recipe, its pipelines, and the buffers that are its own.

use super::BoundOperation;
use super::bound::BoundPass;
use crate::device::{HEARS_AT_ONCE, buffer, failed, scoped};
use crate::params::Params;
use crate::pipelines::{Pipeline, Pipelines};
use crate::recipe::{Content, Dispatch, Pass, Recipe};
use crate::shader::Shader;
use crate::{Choice, Operand, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An operation, ready to be bound to operands.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) choice: Choice,
    label: String,
    passes: Vec<CompiledPass>,
    /// What the passes hand on.
    temporaries: Vec<wgpu::Buffer>,
    /// Set if the device has not refused it.
    accepted: AtomicBool,
}

/// A pass of it.
#[derive(Debug)]
struct CompiledPass {
    pass: Pass,
    pipeline: Arc<Pipeline>,
    /// One [`Params`] for each dispatch, `stride` bytes apart. Never written again, so
    /// that any number of recordings may use it.
    uniforms: wgpu::Buffer,
    stride: u64,
    workspace: Option<wgpu::Buffer>,
}

const PARAMS_BYTES: u64 = size_of::<Params>() as u64;

impl Prepared {
    pub(super) fn new(pipelines: &Pipelines, recipe: Recipe) -> Result<Prepared> {
        let device = pipelines.device();
        let label = recipe.passes.first().map(|pass| pass.shader.label()).unwrap_or_default();
        let temporary = |_| storage(device, "allocating a temporary", recipe.temporary, &label);
        let temporaries = (0..recipe.temporaries).map(temporary).collect::<Result<_>>()?;
        let choice = recipe.choice;
        let passes = recipe.passes.into_iter().map(|pass| CompiledPass::new(pipelines, pass));
        let passes = passes.collect::<Result<_>>()?;
        let accepted = AtomicBool::new(HEARS_AT_ONCE);
        Ok(Prepared { choice, passes, label, temporaries, accepted })
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.accepted.load(Ordering::Relaxed)
    }

    pub(super) fn accept(&self) {
        self.accepted.store(true, Ordering::Relaxed);
    }

    /// Returns the shaders that its pipelines are compiled from.
    pub(super) fn shaders(&self) -> impl Iterator<Item = &Shader> {
        self.passes.iter().map(|compiled| &compiled.pass.shader)
    }

    /// Returns the passes on checked operands.
    ///
    /// # Errors
    ///
    /// [`Error::Gpu`](crate::Error::Gpu) where an operand is destroyed, or belongs to another device.
    pub(super) fn bind(&self, device: &wgpu::Device, operands: &[Operand<'_>]) -> Result<BoundOperation> {
        scoped(device, "binding operands", || self.bound(device, operands))
    }

    fn bound(&self, device: &wgpu::Device, operands: &[Operand<'_>]) -> BoundOperation {
        let passes = self.passes.iter().map(|compiled| {
            let group = |(index, dispatch)| (self.group(device, compiled, (index, dispatch), operands), dispatch.grid);
            let dispatches = (0..).zip(&compiled.pass.dispatches).map(group).collect();
            BoundPass { pipeline: compiled.pipeline.pipeline.clone(), dispatches }
        });
        BoundOperation { choice: self.choice, label: self.label.as_str().into(), passes: passes.collect() }
    }

    /// Returns the bind group of a dispatch, which comes with its number.
    fn group(
        &self,
        device: &wgpu::Device,
        compiled: &CompiledPass,
        (index, dispatch): (u64, &Dispatch),
        operands: &[Operand<'_>],
    ) -> wgpu::BindGroup {
        let entry = |&(binding, content): &(u32, Content)| {
            let (buffer, start) = match content {
                Content::Operand(number) => (operands[number].buffer, operands[number].offset),
                Content::Temporary(number) => (&self.temporaries[number], 0),
                Content::Workspace => (compiled.workspace.as_ref()?, 0),
                Content::Uniform => (&compiled.uniforms, index * compiled.stride),
            };
            let range = compiled.pass.range(dispatch, binding);
            let size = wgpu::BufferSize::new(range.end - range.start);
            let resource = wgpu::BufferBinding { buffer, offset: start + range.start, size };
            Some(wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::Buffer(resource) })
        };
        device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("lrn"),
            layout: &compiled.pipeline.layout,
            entries: &compiled.pass.bindings.iter().filter_map(entry).collect::<Vec<_>>(),
        })
    }
}

impl CompiledPass {
    fn new(pipelines: &Pipelines, pass: Pass) -> Result<CompiledPass> {
        let device = pipelines.device();
        let label = pass.shader.label();
        let stride = PARAMS_BYTES.next_multiple_of(device.limits().min_uniform_buffer_offset_alignment.into());
        let workspace = Some(pass.workspace).filter(|&bytes| bytes > 0);
        Ok(CompiledPass {
            pipeline: pipelines.get(&pass)?,
            uniforms: uniforms(device, &pass, stride, &label)?,
            stride,
            workspace: workspace.map(|bytes| storage(device, "allocating a workspace", bytes, &label)).transpose()?,
            pass,
        })
    }
}

/// Returns the uniforms of all dispatches, `stride` bytes apart.
fn uniforms(device: &wgpu::Device, pass: &Pass, stride: u64, label: &str) -> Result<wgpu::Buffer> {
    const DOING: &str = "writing uniforms";
    let descriptor = wgpu::BufferDescriptor {
        label: Some(label),
        size: pass.dispatches.len() as u64 * stride,
        usage: wgpu::BufferUsages::UNIFORM,
        mapped_at_creation: true,
    };
    let uniforms = buffer(device, DOING, &descriptor)?;
    scoped(device, DOING, || write(&uniforms, pass, stride))?.map_err(|error| failed(DOING, error))?;
    Ok(uniforms)
}

/// Fills a buffer that is mapped since its creation.
fn write(uniforms: &wgpu::Buffer, pass: &Pass, stride: u64) -> std::result::Result<(), wgpu::MapRangeError> {
    let mut bytes = uniforms.get_mapped_range_mut(..)?;
    for (number, dispatch) in pass.dispatches.iter().enumerate() {
        let place = number * stride as usize;
        let params = bytemuck::bytes_of(&dispatch.params);
        bytes.slice(place..place + params.len()).copy_from_slice(params);
    }
    drop(bytes);
    uniforms.unmap();
    Ok(())
}

fn storage(device: &wgpu::Device, doing: &'static str, size: u64, label: &str) -> Result<wgpu::Buffer> {
    let usage = wgpu::BufferUsages::STORAGE;
    let label = Some(label);
    buffer(device, doing, &wgpu::BufferDescriptor { label, size, usage, mapped_at_creation: false })
}
