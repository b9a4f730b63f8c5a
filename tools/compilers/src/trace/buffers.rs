//! What a rewritten shader is bound to.

use super::Record;
use std::fmt::Display;
use terminal::Failure;
use wgpu_lrn::internals::{Params, Pass};
use wgpu_lrn::wgpu;
use wgpu_lrn::wgpu::util::DeviceExt;

/// The binding of the records.
pub(super) const TRACE: u32 = 15;

/// The binding of the uniform, as in `shaders/params.wgsl`.
const UNIFORM: u32 = 0;

/// Bytes of an operand. What it holds decides no address, and wgpu keeps all accesses inside.
const OPERAND: u64 = 256;

/// Bytes of all records, at most.
const MOST_BYTES: u64 = 128 << 20;

/// Bytes of the count before the records.
const HEAD: usize = size_of::<u32>();

pub(super) struct Buffers {
    /// All that is bound, by binding.
    bound: Vec<(u32, wgpu::Buffer)>,
    /// The records, to be read.
    copy: wgpu::Buffer,
}

impl Buffers {
    /// Creates the buffers of a pass, with room for so many records.
    pub(super) fn new(device: &wgpu::Device, pass: &Pass, params: &Params, room: usize) -> Buffers {
        use wgpu::BufferUsages as Usage;
        let bytes = (HEAD + room * size_of::<Record>()) as u64;
        let mut bound =
            vec![(UNIFORM, uniform(device, params)), (TRACE, buffer(device, bytes, Usage::STORAGE | Usage::COPY_SRC))];
        let storage = pass.bindings.iter().filter(|&&(at, _)| at != UNIFORM);
        bound.extend(storage.map(|&(at, _)| (at, buffer(device, OPERAND, Usage::STORAGE))));
        Buffers { bound, copy: buffer(device, bytes, Usage::COPY_DST | Usage::MAP_READ) }
    }

    /// Returns a group of them all, for a pipeline with the layout that `layout` gives.
    pub(super) fn group(&self, device: &wgpu::Device, layout: &wgpu::BindGroupLayout) -> wgpu::BindGroup {
        let entry = |&(binding, ref buffer)| wgpu::BindGroupEntry {
            binding,
            resource: wgpu::Buffer::as_entire_binding(buffer),
        };
        let entries: Vec<_> = self.bound.iter().map(entry).collect();
        let descriptor = wgpu::BindGroupDescriptor { label: None, layout, entries: &entries };
        device.create_bind_group(&descriptor)
    }

    /// Copies the records to where they are read.
    pub(super) fn copy(&self, encoder: &mut wgpu::CommandEncoder) {
        let records = self.bound.iter().find(|(binding, _)| *binding == TRACE);
        if let Some((_, records)) = records {
            encoder.copy_buffer_to_buffer(records, 0, &self.copy, 0, self.copy.size());
        }
    }
}

/// Returns the layout of all of them, whether the shader uses them or not.
pub(super) fn layout(device: &wgpu::Device, pass: &Pass) -> wgpu::BindGroupLayout {
    let entry = |binding| wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty: match binding {
                UNIFORM => wgpu::BufferBindingType::Uniform,
                _ => wgpu::BufferBindingType::Storage { read_only: false },
            },
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    };
    let bindings = pass.bindings.iter().map(|&(at, _)| at);
    let entries: Vec<_> = bindings.chain([TRACE]).map(entry).collect();
    let descriptor = wgpu::BindGroupLayoutDescriptor { label: Some("trace"), entries: &entries };
    device.create_bind_group_layout(&descriptor)
}

/// Returns the records that a buffer holds.
pub(super) fn most_records(device: &wgpu::Device) -> usize {
    let limits = device.limits();
    let bytes = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
    (bytes.min(MOST_BYTES) as usize - HEAD) / size_of::<Record>()
}

/// Returns how many records were made, and those for which there was room.
pub(super) fn read(device: &wgpu::Device, buffers: &Buffers) -> Result<(usize, Vec<Record>), Failure> {
    buffers.copy.map_async(wgpu::MapMode::Read, .., |_| {});
    device.poll(wgpu::PollType::wait_indefinitely()).map_err(refused)?;
    let bytes = buffers.copy.get_mapped_range(..).map_err(refused)?;
    let (head, records) = bytes.split_at(HEAD);
    let count = bytemuck::pod_read_unaligned::<u32>(head) as usize;
    let records = records.chunks_exact(size_of::<Record>()).take(count);
    Ok((count, records.map(bytemuck::pod_read_unaligned).collect()))
}

fn uniform(device: &wgpu::Device, params: &Params) -> wgpu::Buffer {
    device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
        label: Some("trace"),
        contents: bytemuck::bytes_of(params),
        usage: wgpu::BufferUsages::UNIFORM,
    })
}

fn buffer(device: &wgpu::Device, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    let label = Some("trace");
    device.create_buffer(&wgpu::BufferDescriptor { label, size, usage, mapped_at_creation: false })
}

fn refused(error: impl Display) -> Failure {
    Failure::Refused(format!("reading the records: {error}"))
}
