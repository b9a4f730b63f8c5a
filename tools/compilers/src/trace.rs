//! Which addresses a shader reaches: it is rewritten to write them down, and runs on any adapter.
//!
//! No address depends on what is loaded, so the operands may be shorter than the tensor: wgpu keeps accesses
//! inside them, and the records have the addresses before that.

mod address;
mod buffers;
mod rewrite;
mod runner;
#[cfg(test)]
mod tests;

pub use runner::Runner;

/// Where a variable lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Space {
    /// The memory of the device.
    Device,
    Workgroup,
}

/// A load or a store of the shader.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Instruction {
    pub space: Space,
    /// Whether it writes; an atomic operation does.
    pub writes: bool,
    /// Bytes of an invocation.
    pub bytes: u32,
    /// The number of the variable, so that addresses of different ones differ.
    pub variable: u32,
    /// The binding of the variable; or none, where it is a workgroup's.
    pub binding: Option<u32>,
    /// Bytes of the variable, if its type tells.
    pub size: u32,
}

/// An access of an invocation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Access {
    /// The number of the instruction.
    pub instruction: u32,
    /// In bytes.
    pub address: u64,
}

/// What the invocations of a workgroup did, each in its order.
pub type Workgroup = Vec<Vec<Access>>;

/// What some workgroups did.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    pub instructions: Vec<Instruction>,
    /// In the order of their numbers.
    pub workgroups: Vec<Workgroup>,
}

/// A record as `trace.wgsl` writes it: the instruction, the invocation, the address.
type Record = [u32; 3];

/// Bits of an address within its variable.
pub const ADDRESS_BITS: u32 = 32;

impl Trace {
    /// Returns the records of so many workgroups, those of an invocation in its order.
    fn new(instructions: Vec<Instruction>, records: &[Record], workgroups: usize, invocations: usize) -> Trace {
        let mut all = vec![vec![Vec::new(); invocations]; workgroups];
        for &[instruction, invocation, address] in records {
            let variable = instructions[instruction as usize].variable;
            let address = (u64::from(variable) << ADDRESS_BITS) + u64::from(address);
            let (group, index) = (invocation as usize >> 8, invocation as usize & 255);
            all[group][index].push(Access { instruction, address });
        }
        Trace { instructions, workgroups: all }
    }
}
