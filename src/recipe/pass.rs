//! What a recipe consists of.

use crate::binding::WORKSPACE;
use crate::params::Params;
use crate::shader::Shader;
use std::ops::Range;

/// What a binding of a pass holds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Source {
    /// x, or dy: an input, by its number.
    Input(usize),
    /// The result.
    Result,
    /// The sums of an earlier pass, by the number of the temporary.
    Sums(usize),
    /// The sums that the pass writes.
    Totals(usize),
}

/// One dispatch: what is bound, what the shader is told, how many workgroups run.
#[derive(Clone, Debug, PartialEq)]
pub struct Dispatch {
    /// Bytes of x (and dy) that are bound, from the start of the operand.
    pub input: Range<u64>,
    /// Bytes of the result that are bound, from the start of the operand.
    pub output: Range<u64>,
    /// Bytes of temporaries that are bound for reading.
    pub sums: Range<u64>,
    /// Bytes of a temporary that are bound for writing.
    pub totals: Range<u64>,
    /// The uniform.
    pub params: Params,
    /// Workgroups in x and y.
    pub grid: [u32; 2],
}

impl Dispatch {
    /// Returns the bytes that are bound of a source.
    pub fn bytes(&self, source: Source) -> &Range<u64> {
        match source {
            Source::Input(_) => &self.input,
            Source::Result => &self.output,
            Source::Sums(_) => &self.sums,
            Source::Totals(_) => &self.totals,
        }
    }

    /// Returns how many workgroups run.
    pub fn workgroups(&self) -> u64 {
        u64::from(self.grid[0]) * u64::from(self.grid[1])
    }
}

/// Dispatches of one shader.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Pass {
    /// The shader: the kernel, the operation and their constants.
    pub shader: Shader,
    /// What its bindings hold.
    pub sources: Vec<(u32, Source)>,
    /// Bytes of device memory for the sums of *ring*, where they are too many for private memory; usually 0.
    pub workspace: u64,
    /// The dispatches; none for an empty tensor.
    pub dispatches: Vec<Dispatch>,
}

impl Pass {
    /// Returns the numbers of the storage buffers that it binds: of its sources, and of a workspace.
    pub fn storage_bindings(&self) -> impl Iterator<Item = u32> {
        let workspace = (self.workspace > 0).then_some(WORKSPACE);
        self.sources.iter().map(|&(number, _)| number).chain(workspace)
    }

    /// Returns how many workgroups run, in all dispatches.
    pub fn workgroups(&self) -> u64 {
        self.dispatches.iter().map(Dispatch::workgroups).sum()
    }
}
