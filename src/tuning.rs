//! The fastest choice for each operation of a layer on a device.

use crate::{Choice, Error, Operation, Result};

/// A choice for each operation. Its text form has a line for each, for example
/// `forward column 2`.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wgpu_lrn::{Gpu, Lrn, Plan, Shape, Tuning, block_on};
///
/// let (gpu, lrn) = (block_on(Gpu::open())?, Lrn::caffe().build()?);
/// let shape = Shape::nchw(32, 96, 55, 55)?;
/// std::fs::write("lrn.tuning", block_on(gpu.tune(&lrn, &shape))?.to_string())?;
///
/// let tuning: Tuning = std::fs::read_to_string("lrn.tuning")?.parse()?;
/// let plan = Plan::with_tuning(&gpu, &lrn, &shape, &tuning)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Tuning {
    choices: [Choice; 3],
}

/// As their numbers order them.
const OPERATIONS: [Operation; 3] = [Operation::SquareSums, Operation::Forward, Operation::Backward];

impl Tuning {
    /// The same with another choice for an operation.
    pub(crate) fn with(mut self, operation: Operation, choice: Choice) -> Tuning {
        self.choices[operation as usize] = choice;
        self
    }

    /// From the choice for each operation.
    pub fn new(choice: impl FnMut(Operation) -> Choice) -> Tuning {
        Tuning { choices: OPERATIONS.map(choice) }
    }

    /// The choice for an operation.
    pub fn choice(&self, operation: Operation) -> Choice {
        self.choices[operation as usize]
    }
}

/// One choice for all operations.
impl From<Choice> for Tuning {
    fn from(choice: Choice) -> Tuning {
        Tuning { choices: [choice; 3] }
    }
}

impl std::fmt::Display for Tuning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut lines = Operation::ALL.iter();
        lines.try_for_each(|&operation| {
            writeln!(f, "{} {}", operation.name(), self.choice(operation))
        })
    }
}

/// Reads the text form.
impl std::str::FromStr for Tuning {
    type Err = Error;

    fn from_str(text: &str) -> Result<Tuning> {
        let [square_sums, forward, backward] = OPERATIONS.map(|operation| {
            let name = operation.name();
            let mut lines = text.lines().map(str::trim);
            let choice = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            let missing = || Error::Tuning { operation: name, given: text.to_owned() };
            choice.ok_or_else(missing)?.parse()
        });
        Ok(Tuning { choices: [square_sums?, forward?, backward?] })
    }
}
