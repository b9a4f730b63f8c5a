//! Runs rewritten shaders on an adapter, whichever there is.

use super::buffers::{self, Buffers, TRACE, read};
use super::rewrite::{Rewritten, rewritten};
use super::{Record, Trace};
use std::borrow::Cow;
use terminal::Failure;
use wgpu_lrn::internals::{Pass, Shader};
use wgpu_lrn::{Gpu, block_on, wgpu};

/// An adapter that runs shaders.
pub struct Runner {
    gpu: Gpu,
}

/// Accesses of an invocation for which there is room at first.
const ACCESSES: usize = 256;

impl Runner {
    /// Returns the adapter that the environment names, or the first.
    pub fn open() -> Result<Runner, Failure> {
        Ok(Runner { gpu: block_on(Gpu::open())? })
    }

    /// Traces the first workgroups of a pass; `None` if the adapter lacks a type of the shader, or the pass does
    /// nothing.
    pub fn trace(&self, pass: &Pass, workgroups: u32) -> Result<Option<Trace>, Failure> {
        let Some(dispatch) = pass.dispatches.first() else { return Ok(None) };
        let Some(Rewritten { module, instructions }) = rewritten(&pass.shader.source()) else {
            return Err(Failure::Refused("the recorder is not in its shader".to_owned()));
        };
        let mut workgroups = workgroups.min(dispatch.grid[0]);
        let invocations = invocations(&module, &pass.shader);
        let Some(pipeline) = self.pipeline(module, pass) else { return Ok(None) };
        let most = buffers::most_records(self.gpu.device());
        let mut room = (workgroups as usize * invocations * ACCESSES).min(most);
        loop {
            let buffers = Buffers::new(self.gpu.device(), pass, &dispatch.params, room);
            let (count, records) = self.run(&pipeline, &buffers, workgroups)?;
            if count <= room {
                let workgroups = workgroups as usize;
                return Ok(Some(Trace::new(instructions, &records, workgroups, invocations)));
            } else if workgroups == 1 && room == most {
                return Err(Failure::Refused("a workgroup makes too many accesses".to_owned()));
            } else if count > most {
                // Too many for a buffer: fewer workgroups.
                workgroups = (workgroups as usize * most / count).max(1) as u32;
            }
            room = count.min(most);
        }
    }

    /// Returns the pipeline, if the device takes it.
    fn pipeline(&self, module: naga::Module, pass: &Pass) -> Option<wgpu::ComputePipeline> {
        let device = self.gpu.device();
        let layout = buffers::layout(device, pass);
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some("trace"),
            source: wgpu::ShaderSource::Naga(Cow::Owned(module)),
        });
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("trace"),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some("trace"),
            layout: Some(&layout),
            module: &module,
            entry_point: Some(pass.shader.entry()),
            compilation_options: wgpu::PipelineCompilationOptions {
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        block_on(scope.pop()).is_none().then_some(pipeline)
    }

    /// Returns the records that were made, and as many of them as there was room for.
    fn run(
        &self,
        pipeline: &wgpu::ComputePipeline,
        buffers: &Buffers,
        workgroups: u32,
    ) -> Result<(usize, Vec<Record>), Failure> {
        let device = self.gpu.device();
        let group = buffers.group(device, &pipeline.get_bind_group_layout(0));
        let mut encoder = device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, &group, &[]);
            pass.dispatch_workgroups(workgroups, 1, 1);
        }
        buffers.copy(&mut encoder);
        self.gpu.queue().submit([encoder.finish()]);
        read(device, buffers)
    }
}

/// Invocations of a workgroup.
fn invocations(module: &naga::Module, shader: &Shader) -> usize {
    let entry = module.entry_points.iter().find(|point| point.name == shader.entry());
    entry.map_or(1, |point| point.workgroup_size.iter().product::<u32>() as usize)
}

const _: () = assert!(TRACE == 15, "as in trace.wgsl");
