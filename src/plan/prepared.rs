//! An operation, ready to be bound to operands: its recipe, its pipelines, and the buffers that are its own.

use super::Bound;
use super::bound::BoundPass;
use crate::binding::{UNIFORM, WORKSPACE};
use crate::params::Params;
use crate::pipelines::{Pipeline, Pipelines};
use crate::recipe::{Dispatch, Pass, Recipe, Source};
use crate::scope::scoped;
use crate::{Operand, Result};
use std::ops::Range;
use std::sync::Arc;
use wgpu::util::DeviceExt;

/// An operation, ready to be bound to operands.
#[derive(Debug)]
pub(super) struct Prepared {
    label: String,
    passes: Vec<PreparedPass>,
    /// What the passes hand on.
    temporaries: Vec<wgpu::Buffer>,
}

/// A pass of it.
#[derive(Debug)]
struct PreparedPass {
    pass: Pass,
    pipeline: Arc<Pipeline>,
    /// One [`Params`] for each dispatch, `stride` bytes apart. Never written again, so
    /// that any number of recordings may use it.
    uniforms: wgpu::Buffer,
    stride: u64,
    workspace: Option<wgpu::Buffer>,
}

const PARAMS_BYTES: u64 = size_of::<Params>() as u64;

/// A part of a buffer, and its binding.
type Part<'a> = (u32, &'a wgpu::Buffer, Range<u64>);

impl Prepared {
    pub(super) fn new(pipelines: &Pipelines, recipe: Recipe) -> Result<Prepared> {
        let device = pipelines.device();
        let label = recipe.passes.first().map(|pass| pass.shader.label()).unwrap_or_default();
        let temporary = |_| storage(device, recipe.temporary, &label);
        let temporaries = (0..recipe.temporaries).map(temporary).collect::<Result<_>>()?;
        let passes = recipe.passes.into_iter().map(|pass| PreparedPass::new(pipelines, pass));
        Ok(Prepared { passes: passes.collect::<Result<_>>()?, label, temporaries })
    }

    /// The passes on checked operands.
    pub(super) fn bind(&self, device: &wgpu::Device, operands: &[Operand<'_>]) -> Bound {
        let passes = self.passes.iter().map(|prepared| {
            let PreparedPass { pass, pipeline, .. } = prepared;
            let group = |(index, dispatch): (usize, &Dispatch)| {
                let parts = pass.sources.iter().map(|&(binding, source)| {
                    let (buffer, bytes) = self.part(source, dispatch, operands);
                    (binding, buffer, bytes)
                });
                (prepared.group(device, index as u64, parts), dispatch.grid)
            };
            let dispatches = pass.dispatches.iter().enumerate().map(group).collect();
            BoundPass { pipeline: pipeline.pipeline.clone(), dispatches }
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

impl PreparedPass {
    fn new(pipelines: &Pipelines, pass: Pass) -> Result<PreparedPass> {
        let device = pipelines.device();
        let label = pass.shader.label();
        let stride = PARAMS_BYTES
            .next_multiple_of(device.limits().min_uniform_buffer_offset_alignment.into());
        let uniforms = wgpu::util::BufferInitDescriptor {
            label: Some(&label),
            contents: &uniforms(&pass, stride as usize),
            usage: wgpu::BufferUsages::UNIFORM,
        };
        let workspace = Some(pass.workspace).filter(|&bytes| bytes > 0);
        Ok(PreparedPass {
            pipeline: pipelines.get(&pass)?,
            uniforms: scoped(device, "writing uniforms", || device.create_buffer_init(&uniforms))?,
            stride,
            workspace: workspace.map(|bytes| storage(device, bytes, &label)).transpose()?,
            pass,
        })
    }

    /// The bind group of a dispatch, by its number.
    fn group<'a>(
        &'a self,
        device: &wgpu::Device,
        dispatch: u64,
        parts: impl Iterator<Item = Part<'a>>,
    ) -> wgpu::BindGroup {
        let start = dispatch * self.stride;
        let uniform = (UNIFORM, &self.uniforms, start..start + PARAMS_BYTES);
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
            layout: &self.pipeline.layout,
            entries: &entries,
        })
    }
}

/// The uniforms of all dispatches, `stride` bytes apart.
fn uniforms(pass: &Pass, stride: usize) -> Vec<u8> {
    let mut bytes = vec![0; pass.dispatches.len() * stride];
    for (place, dispatch) in bytes.chunks_exact_mut(stride).zip(&pass.dispatches) {
        let params = bytemuck::bytes_of(&dispatch.params);
        place[..params.len()].copy_from_slice(params);
    }
    bytes
}

fn storage(device: &wgpu::Device, size: u64, label: &str) -> Result<wgpu::Buffer> {
    scoped(device, "creating a temporary", || {
        device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size,
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        })
    })
}
