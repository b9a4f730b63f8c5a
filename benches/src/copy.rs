//! The copy that times are compared with.

use std::ops::Range;
use wgpu::util::DeviceExt;
use wgpu_lrn::{Gpu, Operation, Shape, wgpu};

/// A way to copy: invocations of a workgroup, and words of 4 bytes that each moves at once.
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
    dispatches: Vec<(Option<wgpu::BindGroup>, [u32; 2])>,
}

impl Pass {
    pub fn record_in(&self, pass: &mut wgpu::ComputePass<'_>) {
        pass.set_pipeline(&self.pipeline);
        for (group, [x, y]) in &self.dispatches {
            if let Some(group) = group {
                pass.set_bind_group(0, group, &[]);
            }
            pass.dispatch_workgroups(*x, *y, 1);
        }
    }
}

impl Way {
    /// Returns the bytes that an invocation moves.
    fn bytes(self) -> u64 {
        4 * u64::from(self.width)
    }
}

/// Returns `true` if a tensor can be copied so without a rest.
pub fn fits(way: Way, shape: &Shape) -> bool {
    shape.operand_bytes().is_multiple_of(way.bytes())
}

/// Moves the bytes of an operation on its operands, in pieces of what can be bound at once.
pub fn copy(gpu: &Gpu, way: Way, operation: Operation, buffers: &[wgpu::Buffer]) -> Pass {
    let (entry, bindings) = match operation {
        Operation::SquareSums | Operation::Forward => ("copy_one", &[1, 3][..]),
        Operation::Backward => ("copy_two", &[1, 2, 3][..]),
    };
    let pipeline = pipeline(gpu, way, entry);
    let limits = gpu.device().limits();
    let at_once = limits.max_storage_buffer_binding_size / 256 * 256;
    let size = buffers[0].size();
    let piece = |start: u64| {
        let bytes = start..size.min(start + at_once);
        let (chunk, grid) = chunk(gpu, way, bytes.end - bytes.start);
        let bound = bindings.iter().copied().zip(buffers);
        let mut entries: Vec<_> = bound.map(|(binding, buffer)| entry_of(binding, buffer, &bytes)).collect();
        entries.push(wgpu::BindGroupEntry { binding: 0, resource: chunk.as_entire_binding() });
        let group = gpu.device().create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("copy"),
            layout: &pipeline.get_bind_group_layout(0),
            entries: &entries,
        });
        (Some(group), grid)
    };
    let dispatches = (0..size.div_ceil(at_once)).map(|i| piece(i * at_once)).collect();
    Pass { pipeline, dispatches }
}

/// Returns the uniform and the grid for so many bytes.
fn chunk(gpu: &Gpu, way: Way, bytes: u64) -> (wgpu::Buffer, [u32; 2]) {
    let values = (bytes / way.bytes()) as u32;
    let groups = values.div_ceil(way.invocations);
    let rows = groups.div_ceil(gpu.device().limits().max_compute_workgroups_per_dimension);
    let grid = [groups.div_ceil(rows), rows];
    let uniform = gpu.device().create_buffer_init(&wgpu::util::BufferInitDescriptor {
        label: Some("copy"),
        contents: bytemuck::cast_slice(&[values, grid[0], 0, 0]),
        usage: wgpu::BufferUsages::UNIFORM,
    });
    (uniform, grid)
}

fn entry_of<'a>(binding: u32, buffer: &'a wgpu::Buffer, bytes: &Range<u64>) -> wgpu::BindGroupEntry<'a> {
    let size = wgpu::BufferSize::new(bytes.end - bytes.start);
    let resource = wgpu::BufferBinding { buffer, offset: bytes.start, size };
    wgpu::BindGroupEntry { binding, resource: wgpu::BindingResource::Buffer(resource) }
}

/// Creates a pass that does nothing, in so many workgroups of 64 invocations: what a dispatch costs by itself.
pub fn empty(gpu: &Gpu, grid: [u32; 2]) -> Pass {
    let way = Way { invocations: 64, width: 1 };
    Pass { pipeline: pipeline(gpu, way, "empty"), dispatches: vec![(None, grid)] }
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

/// Returns the whole WGSL source.
pub fn source(way: Way) -> String {
    let stored = if way.width == 1 { "u32".to_owned() } else { format!("vec{}<u32>", way.width) };
    let prelude = format!("alias Stored = {stored};\nconst INVOCATIONS = {}u;\n", way.invocations);
    prelude + include_str!("copy.wgsl")
}
