//! The kernels through CubeCL's launch, as Burn's own kernels run: order, memory and profiling are CubeCL's.

use crate::Result;
use crate::tensor::{WGSL_TAG, operands};
use burn::backend::wgpu::CubeTensor;
use burn::cubecl::client::Client;
use burn::cubecl::ir::attributes::BufferIOAttr;
use burn::cubecl::ir::metadata::Info;
use burn::cubecl::ir::{FloatKind, UIntKind};
use burn::cubecl::prelude::*;
use burn::cubecl::server::{Handle, KernelArguments, MetadataBindingInfo};
use burn::cubecl::{CubeKernel, Device, PrecompiledSource};
use std::ops::Range;
use std::sync::Arc;
use wgpu_lrn::program::{Binding, Content, Dispatch, Pass, Program, Target};
use wgpu_lrn::{Lrn, Operation, Shape, wgpu};

/// The programs of a layer's operations.
#[derive(Clone, Debug)]
pub(crate) struct Programs(Vec<(Operation, Arc<Program>)>);

impl Programs {
    pub(crate) fn new(device: &Device, lrn: &Lrn, shape: &Shape, operations: &[Operation]) -> Result<Programs> {
        let target = target(&device.client());
        let program = |&operation: &Operation| {
            let program = Program::new(lrn, shape, operation, &target)?;
            Ok((operation, Arc::new(program)))
        };
        operations.iter().map(program).collect::<Result<_>>().map(Programs)
    }

    /// Launches the passes of an operation, and returns its result.
    pub(crate) fn run(&self, operation: Operation, x: CubeTensor, dy: Option<CubeTensor>) -> CubeTensor {
        let (result, operands) = operands(x, dy);
        match self.0.iter().find(|(known, _)| *known == operation) {
            Some((_, program)) => Launch::new(&result.client, program, operands).passes(),
            None => fail(&result),
        }
        result
    }
}

/// Returns what CubeCL tells of a device. Some of it is of the adapter, and an application may have opened the device
/// with less: so it asks for no more than wgpu's defaults where the kernels gain nothing by more.
fn target(client: &Client) -> Target {
    let properties = client.properties();
    let (memory, hardware) = (&properties.memory, &properties.hardware);
    let defaults = wgpu::Limits::default();
    let limits = wgpu::Limits {
        max_buffer_size: memory.max_page_size,
        max_storage_buffer_binding_size: memory.max_page_size,
        max_storage_buffers_per_shader_stage: hardware.max_bindings + 1, // CubeCL keeps one for itself
        max_compute_workgroup_storage_size: hardware.max_shared_memory_size as u32,
        max_compute_invocations_per_workgroup: defaults
            .max_compute_invocations_per_workgroup
            .min(hardware.max_units_per_cube),
        max_compute_workgroup_size_x: defaults.max_compute_workgroup_size_x.min(hardware.max_cube_dim.0),
        max_compute_workgroups_per_dimension: defaults
            .max_compute_workgroups_per_dimension
            .min(hardware.max_cube_count.0),
        ..defaults
    };
    Target { features: features(properties), limits, ..Default::default() }
}

fn features(properties: &DeviceProperties) -> wgpu::Features {
    let has = |kind, feature| {
        let has = properties.supports_type(ElemType::Float(kind));
        if has { feature } else { wgpu::Features::empty() }
    };
    has(FloatKind::F16, wgpu::Features::SHADER_F16) | has(FloatKind::F64, wgpu::Features::SHADER_F64)
}

/// One launch of a program.
struct Launch<'a> {
    client: &'a Client,
    program: &'a Arc<Program>,
    operands: Vec<Handle>,
    temporaries: Vec<Handle>,
}

impl<'a> Launch<'a> {
    fn new(client: &'a Client, program: &'a Arc<Program>, operands: Vec<Handle>) -> Launch<'a> {
        let temporaries = program.temporaries().map(|bytes| client.empty(bytes as usize)).collect();
        Launch { client, program, operands, temporaries }
    }

    fn passes(&self) {
        for (number, pass) in self.program.passes().enumerate() {
            self.pass(number, pass.renumbered());
        }
    }

    fn pass(&self, number: usize, pass: Pass<'_>) {
        let bytes = pass.workspace() as usize;
        let workspace = (bytes > 0).then(|| self.client.empty(bytes));
        let bindings = pass.bindings();
        for dispatch in pass.dispatches() {
            let [x, y] = dispatch.workgroups;
            let kernel = Box::new(Kernel::new(self.program, number, &pass));
            let arguments = self.arguments(&bindings, &dispatch, workspace.as_ref());
            self.client.launch(kernel, CubeCount::Static(x, y, 1), arguments);
        }
    }

    /// Returns the buffers in the order of their bindings, and the uniform, which CubeCL binds after them.
    fn arguments(&self, bindings: &[Binding], dispatch: &Dispatch<'_>, workspace: Option<&Handle>) -> KernelArguments {
        let info = MetadataBindingInfo::custom(words(dispatch.uniform));
        let arguments = KernelArguments::new().with_info(info);
        bindings.iter().zip(&dispatch.ranges).fold(arguments, |arguments, (binding, bytes)| {
            let held = match binding.content {
                Content::Operand(number) => self.operands.get(number),
                Content::Temporary(number) => self.temporaries.get(number),
                Content::Workspace => workspace,
                _ => None,
            };
            let part = held.map(|held| part(held.clone(), bytes).binding());
            part.into_iter().fold(arguments, |arguments, part| arguments.with_buffer_io(part, io(binding)))
        })
    }
}

/// Narrows a handle to some of its bytes. The last word of 16-bit elements may reach beyond the tensor, where CubeCL
/// binds whole words too.
fn part(handle: Handle, bytes: &Range<u64>) -> Handle {
    let behind = handle.size_in_used().saturating_sub(bytes.end);
    handle.offset_start(bytes.start).offset_end(behind)
}

/// Returns what a failed launch leaves unwritten. A workspace is written before it is read.
fn io(binding: &Binding) -> BufferIOAttr {
    if binding.is_written { BufferIOAttr::WriteOnly } else { BufferIOAttr::ReadOnly }
}

/// Returns the uniform as CubeCL takes it.
fn words(bytes: &[u8]) -> Vec<u64> {
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
    bytes.chunks(8).map(word).collect()
}

/// The shader of a pass, of which CubeCL asks the text only to compile it.
struct Kernel {
    program: Arc<Program>,
    pass: usize,
    id: KernelId,
    size: CubeDim,
}

impl Kernel {
    fn new(program: &Arc<Program>, number: usize, pass: &Pass<'_>) -> Kernel {
        let size = CubeDim::new_1d(pass.workgroup_size());
        let id = KernelId::new::<Kernel>().cube_dim(size.0).info(pass.key());
        Kernel { program: program.clone(), pass: number, id, size }
    }
}

impl KernelMetadata for Kernel {
    fn name(&self) -> &'static str {
        "wgpu-lrn"
    }

    fn id(&self) -> KernelId {
        self.id.clone()
    }

    fn address_type(&self) -> ElemType {
        UIntKind::U32.into()
    }
}

impl CubeKernel for Kernel {
    fn define(&self) -> KernelDefinition {
        definition(self.size)
    }

    fn source(&self) -> Option<PrecompiledSource> {
        let pass = self.program.passes().nth(self.pass)?.renumbered();
        Some(PrecompiledSource { source: pass.wgsl(), entrypoint_name: pass.entry_point().to_owned(), lang: WGSL_TAG })
    }
}

/// Leaves a result failed, as CubeCL leaves those of its own failed launches: whoever reads it gets an error.
pub(crate) fn fail(result: &CubeTensor) {
    let written = result.handle.clone().binding();
    let arguments = KernelArguments::new().with_buffer_io(written, BufferIOAttr::WriteOnly);
    result.client.launch(Box::new(Refused), CubeCount::Static(1, 1, 1), arguments);
}

/// A kernel that no compiler takes.
struct Refused;

impl KernelMetadata for Refused {
    fn name(&self) -> &'static str {
        "wgpu-lrn, which did not run: the log says why"
    }

    fn id(&self) -> KernelId {
        KernelId::new::<Refused>()
    }

    fn address_type(&self) -> ElemType {
        UIntKind::U32.into()
    }
}

impl CubeKernel for Refused {
    fn define(&self) -> KernelDefinition {
        definition(CubeDim::new_single())
    }

    fn source(&self) -> Option<PrecompiledSource> {
        let (source, entrypoint_name) = Default::default();
        Some(PrecompiledSource { source, entrypoint_name, lang: "no" })
    }
}

/// Returns a kernel's frame, without a body in CubeCL's language.
fn definition(size: CubeDim) -> KernelDefinition {
    let settings = KernelSettings::new(size.0, ExecutionMode::Checked, AddressType::U32);
    KernelDefinition { body: Scope::root(settings.clone()), settings, info: Info::default() }
}
