//! A layer on a device: pipelines and uniforms, ready to be recorded.

use crate::scope::scoped;
use crate::{Dispatch, Error, Kernel, Lrn, Operand, Operation, Recipe, Result, Shape};
use std::sync::{Arc, OnceLock};
use wgpu::util::DeviceExt;

/// Choices that a plan makes by itself unless told.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// The kernel; `None` lets [`Kernel::pick`] choose.
    pub kernel: Option<Kernel>,
}

impl Options {
    /// Forces a kernel, or with `None` leaves the choice to [`Kernel::pick`].
    pub fn kernel(mut self, kernel: impl Into<Option<Kernel>>) -> Self {
        self.kernel = kernel.into();
        self
    }
}

/// One layer on one shape on one device.
///
/// A plan only records: into the caller's encoder, on the caller's buffers. It holds no queue and
/// waits for nothing. Its pipelines are compiled when an operation is first recorded, or by
/// [`Plan::prepare`]. Clones share everything.
#[derive(Clone, Debug)]
pub struct Plan {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    device: wgpu::Device,
    lrn: Lrn,
    shape: Shape,
    recipes: [Recipe; 3],
    pipelines: [OnceLock<Result<Pipeline>>; 3],
}

/// What an operation needs on the device.
#[derive(Debug)]
struct Pipeline {
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

impl Plan {
    /// Plans a layer for a shape; compiles nothing yet.
    ///
    /// # Errors
    ///
    /// [`Error::Limit`] where the device's limits fit no cut of the tensor.
    pub fn new(device: &wgpu::Device, lrn: &Lrn, shape: &Shape) -> Result<Plan> {
        Self::with_options(device, lrn, shape, Options::default())
    }

    /// Plans with choices made by the caller.
    ///
    /// # Errors
    ///
    /// As [`Plan::new`].
    pub fn with_options(
        device: &wgpu::Device,
        lrn: &Lrn,
        shape: &Shape,
        options: Options,
    ) -> Result<Plan> {
        let limits = device.limits();
        let recipe = |operation| Recipe::new(lrn, shape, operation, options.kernel, &limits);
        let [square_sums, forward, backward] = Operation::ALL.map(recipe);
        Ok(Plan {
            inner: Arc::new(Inner {
                device: device.clone(),
                lrn: *lrn,
                shape: *shape,
                recipes: [square_sums?, forward?, backward?],
                pipelines: Default::default(),
            }),
        })
    }

    /// Records s = [`Operation::SquareSums`] of x. Both span the shape's bytes.
    ///
    /// # Errors
    ///
    /// Where an operand has the wrong size, range, alignment or usage, where two overlap, and where
    /// the driver refuses the pipeline. A refused call records nothing.
    pub fn square_sums<'a>(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        x: impl Into<Operand<'a>>,
        s: impl Into<Operand<'a>>,
    ) -> Result<()> {
        self.record(encoder, Operation::SquareSums, &[x.into(), s.into()])
    }

    /// Records y = [`Operation::Forward`] of x. Both span the shape's bytes.
    ///
    /// # Errors
    ///
    /// As [`Plan::square_sums`].
    pub fn forward<'a>(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        x: impl Into<Operand<'a>>,
        y: impl Into<Operand<'a>>,
    ) -> Result<()> {
        self.record(encoder, Operation::Forward, &[x.into(), y.into()])
    }

    /// Records dx = [`Operation::Backward`] of x and dy. All span the shape's bytes.
    ///
    /// # Errors
    ///
    /// As [`Plan::square_sums`].
    pub fn backward<'a>(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        x: impl Into<Operand<'a>>,
        dy: impl Into<Operand<'a>>,
        dx: impl Into<Operand<'a>>,
    ) -> Result<()> {
        let operands = [x.into(), dy.into(), dx.into()];
        self.record(encoder, Operation::Backward, &operands)
    }

    /// Records an operation, named by a value, as one compute pass. The operands come in the order
    /// of [`Operation::operands`].
    ///
    /// # Errors
    ///
    /// As [`Plan::square_sums`]; also [`Error::Operands`] where their number is wrong.
    pub fn record(
        &self,
        encoder: &mut wgpu::CommandEncoder,
        operation: Operation,
        operands: &[Operand<'_>],
    ) -> Result<()> {
        self.check(operation, operands)?;
        if self.inner.shape.is_empty() {
            return Ok(());
        }
        let pipeline = self.pipeline(operation)?;
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: Some(&self.recipe(operation).program.label()),
            timestamp_writes: None,
        });
        self.dispatch(&mut pass, pipeline, operation, operands);
        Ok(())
    }

    /// Records an operation into a compute pass of the caller, as [`Plan::record`] does into an
    /// encoder.
    ///
    /// # Errors
    ///
    /// As [`Plan::record`].
    pub fn record_in(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        operation: Operation,
        operands: &[Operand<'_>],
    ) -> Result<()> {
        self.check(operation, operands)?;
        if self.inner.shape.is_empty() {
            return Ok(());
        }
        let pipeline = self.pipeline(operation)?;
        self.dispatch(pass, pipeline, operation, operands);
        Ok(())
    }

    /// Compiles the pipeline of an operation now, rather than when it is first recorded.
    ///
    /// # Errors
    ///
    /// [`Error::Gpu`] where the driver refuses the pipeline (native only: a browser compiles later).
    pub fn prepare(&self, operation: Operation) -> Result<()> {
        self.pipeline(operation).map(|_| ())
    }

    /// The device.
    pub fn device(&self) -> &wgpu::Device {
        &self.inner.device
    }

    /// The layer.
    pub fn lrn(&self) -> &Lrn {
        &self.inner.lrn
    }

    /// The shape.
    pub fn shape(&self) -> &Shape {
        &self.inner.shape
    }

    /// The kernel that computes this plan's operations.
    pub fn kernel(&self) -> Kernel {
        self.recipe(Operation::Forward).program.kernel
    }

    /// What is decided for an operation.
    pub fn recipe(&self, operation: Operation) -> &Recipe {
        &self.inner.recipes[operation as usize]
    }

    /// Refuses operands before anything reaches wgpu.
    fn check(&self, operation: Operation, operands: &[Operand<'_>]) -> Result<()> {
        let names = operation.operands();
        operation.check_count(operands.len())?;
        let limits = self.inner.device.limits();
        let alignment = u64::from(limits.min_storage_buffer_offset_alignment);
        for (operand, name) in operands.iter().zip(names) {
            operand.check(name, self.inner.shape.bytes(), alignment)?;
        }
        for (second, &name) in names.iter().enumerate() {
            let overlapping = |&first: &usize| operands[first].overlaps(&operands[second]);
            if let Some(first) = (0..second).find(overlapping) {
                let (first, second) = (names[first], name);
                return Err(Error::Overlap { first, second });
            }
        }
        Ok(())
    }

    /// Records the dispatches of an operation on checked operands.
    fn dispatch(
        &self,
        pass: &mut wgpu::ComputePass<'_>,
        pipeline: &Pipeline,
        operation: Operation,
        operands: &[Operand<'_>],
    ) {
        pass.set_pipeline(&pipeline.pipeline);
        for (index, dispatch) in self.recipe(operation).dispatches.iter().enumerate() {
            let group = self.bind(pipeline, operation, operands, index, dispatch);
            pass.set_bind_group(0, &group, &[]);
            pass.dispatch_workgroups(dispatch.grid[0], dispatch.grid[1], 1);
        }
    }

    fn pipeline(&self, operation: Operation) -> Result<&Pipeline> {
        self.inner.pipelines[operation as usize]
            .get_or_init(|| Pipeline::new(&self.inner.device, self.recipe(operation)))
            .as_ref()
            .map_err(Error::clone)
    }

    fn bind(
        &self,
        pipeline: &Pipeline,
        operation: Operation,
        operands: &[Operand<'_>],
        index: usize,
        dispatch: &Dispatch,
    ) -> wgpu::BindGroup {
        let result = operands.len() - 1;
        let operands = operands.iter().enumerate().map(|(at, operand)| {
            let bytes = if at == result { &dispatch.output } else { &dispatch.input };
            let size = bytes.end - bytes.start;
            (operand.buffer, operand.offset + bytes.start, size)
        });
        let uniform = (&pipeline.uniforms, index as u64 * pipeline.stride, CHUNK_BYTES);
        let workspace = pipeline.workspace.as_ref();
        let workspace = workspace.map(|buffer| (WORKSPACE, (buffer, 0, buffer.size())));
        let bindings = bindings(operation).iter().copied();
        let entries: Vec<_> = std::iter::once((UNIFORM, uniform))
            .chain(bindings.zip(operands))
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
        self.inner.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("lrn"),
            layout: &pipeline.layout,
            entries: &entries,
        })
    }
}

const CHUNK_BYTES: u64 = size_of::<crate::Chunk>() as u64;

impl Pipeline {
    fn new(device: &wgpu::Device, recipe: &Recipe) -> Result<Pipeline> {
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
            }
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
