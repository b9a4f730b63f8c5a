//! The copy that times are compared with.

use wgpu::util::DeviceExt;
use wgpu_lrn::{Gpu, Operation, Shape, wgpu};

/// A way to copy: invocations of a workgroup, and f32 that each moves at once.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub invocations: u32,
    pub width: u32,
}

/// Which is fastest differs between devices.
pub const WAYS: [Way; 4] = [
    Way { invocations: 256, width: 4 },
    Way { invocations: 64, width: 4 },
    Way { invocations: 256, width: 1 },
    Way { invocations: 64, width: 1 },
];

impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "copy {} {}", self.invocations, self.width)
    }
}

/// A pass, ready to be recorded.
pub struct Pass {
    pipeline: wgpu::ComputePipeline,
    group: Option<wgpu::BindGroup>,
    grid: [u32; 2],
}

impl Pass {
    pub fn record_in(&self, pass: &mut wgpu::ComputePass<'_>) {
        pass.set_pipeline(&self.pipeline);
        if let Some(group) = &self.group {
            pass.set_bind_group(0, group, &[]);
        }
        pass.dispatch_workgroups(self.grid[0], self.grid[1], 1);
    }
}

/// Whether a tensor can be copied so: as a whole in one binding, without a rest.
pub fn fits(gpu: &Gpu, way: Way, shape: &Shape) -> bool {
    let limits = gpu.device().limits();
    shape.elements().is_multiple_of(way.width.into())
        && shape.bytes() <= limits.max_storage_buffer_binding_size
}

/// Moves the bytes of an operation on its operands.
pub fn copy(gpu: &Gpu, way: Way, operation: Operation, buffers: &[wgpu::Buffer]) -> Pass {
    let values = (buffers[0].size() / 4 / u64::from(way.width)) as u32;
    let groups = values.div_ceil(way.invocations);
    let rows = groups.div_ceil(gpu.device().limits().max_compute_workgroups_per_dimension);
    let grid = [groups.div_ceil(rows), rows];
    let (entry, bindings) = match operation {
        Operation::SquareSums | Operation::Forward => ("copy_one", &[1, 3][..]),
        Operation::Backward => ("copy_two", &[1, 2, 3][..]),
    };
    let pipeline = pipeline(gpu, way, entry);
    let size = gpu.device().create_buffer_init(&wgpu::util::BufferInitDescriptor {
        label: Some("copy"),
        contents: bytemuck::cast_slice(&[values, grid[0], 0, 0]),
        usage: wgpu::BufferUsages::UNIFORM,
    });
    let bound = bindings.iter().copied().zip(buffers).chain([(0, &size)]);
    let entries: Vec<_> = bound
        .map(|(binding, buffer)| wgpu::BindGroupEntry {
            binding,
            resource: buffer.as_entire_binding(),
        })
        .collect();
    let group = gpu.device().create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some("copy"),
        layout: &pipeline.get_bind_group_layout(0),
        entries: &entries,
    });
    Pass { pipeline, group: Some(group), grid }
}

/// Does nothing, in so many workgroups of 64 invocations: what a dispatch costs by itself.
pub fn empty(gpu: &Gpu, grid: [u32; 2]) -> Pass {
    let way = Way { invocations: 64, width: 1 };
    Pass { pipeline: pipeline(gpu, way, "empty"), group: None, grid }
}

fn pipeline(gpu: &Gpu, way: Way, entry: &str) -> wgpu::ComputePipeline {
    let module = gpu.device().create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("copy"),
        source: wgpu::ShaderSource::Wgsl(source(way).into()),
    });
    gpu.device().create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some("copy"),
        layout: None,
        module: &module,
        entry_point: Some(entry),
        compilation_options: Default::default(),
        cache: None,
    })
}

/// The whole WGSL source.
pub fn source(way: Way) -> String {
    let stored = if way.width == 1 { "f32".to_owned() } else { format!("vec{}<f32>", way.width) };
    let prelude = format!("alias Stored = {stored};\nconst INVOCATIONS = {}u;\n", way.invocations);
    prelude + include_str!("../../shaders/copy.wgsl")
}
