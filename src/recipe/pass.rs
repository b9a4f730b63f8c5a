//! What a recipe consists of.

use crate::binding::{OUTPUT, PARTIAL, S, TOTALS, UNIFORM, WORKSPACE};
use crate::params::Params;
use crate::shader::Shader;
use std::ops::Range;

/// Names what a binding holds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// An operand, by its number in [`Operation::operands`](crate::Operation::operands).
    Operand(usize),
    /// A temporary, by its number.
    Temporary(usize),
    /// The workspace of the pass.
    Workspace,
    /// The uniform of the dispatch.
    Uniform,
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
    /// What is bound to each number; the uniform is the last.
    pub bindings: Vec<(u32, Content)>,
    /// Bytes of device memory for the sums of *ring*, where they are too many for private memory; usually 0.
    pub workspace: u64,
    /// The dispatches; none for an empty tensor.
    pub dispatches: Vec<Dispatch>,
}

impl Pass {
    /// Returns the bytes that a dispatch binds to a number, from the start of what that holds.
    pub fn range(&self, dispatch: &Dispatch, number: u32) -> Range<u64> {
        match number {
            UNIFORM => 0..size_of::<Params>() as u64,
            WORKSPACE => 0..self.workspace,
            PARTIAL | S => dispatch.sums.clone(),
            TOTALS => dispatch.totals.clone(),
            OUTPUT => dispatch.output.clone(),
            _ => dispatch.input.clone(), // X or DY
        }
    }

    /// Returns how many workgroups run, in all dispatches.
    pub fn workgroups(&self) -> u64 {
        self.dispatches.iter().map(Dispatch::workgroups).sum()
    }
}
