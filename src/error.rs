//! Everything that can be refused, and why.

use crate::{Choice, Convention, Dtype, Kernel, Operation};
use thiserror::Error;

/// Tells why a call failed. A refused call changes nothing.
///
/// Each variant carries what was given and what was needed.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A parameter of the layer is outside its range.
    #[error("{name} is {}, but must be {expected}", number(*given))]
    Parameter {
        /// The parameter, as its convention spells it.
        name: &'static str,
        /// The value that was given.
        given: f64,
        /// The range that is accepted, in words.
        expected: &'static str,
    },
    /// A framework that knows only odd windows was given an even one.
    #[error("{convention} knows only odd sizes, but the size is {given}; use {} or {}", given - 1, given + 1)]
    EvenSize {
        /// The framework.
        convention: Convention,
        /// The even size that was given.
        given: u32,
    },
    /// A convention that has no default window was given none.
    #[error("{convention} has no default window size; set size, radius or window")]
    NoWindow {
        /// The framework.
        convention: Convention,
    },
    /// A name is unknown.
    #[error("unknown {kind} {given:?}: expected {}", alternatives(known))]
    UnknownName {
        /// What was named: a convention, a kernel.
        kind: &'static str,
        /// The name that was given.
        given: String,
        /// The names that are known.
        known: Vec<&'static str>,
    },
    /// No available choice is as the tuning gives it.
    #[error(
        "{wanted:?} cannot compute {} on this device; available: {}",
        in_place.map_or("this layer".to_owned(), |operation| format!("{operation} of this layer in place")),
        listed(available)
    )]
    Unavailable {
        /// What the tuning gives, as text.
        wanted: String,
        /// The operation, where its result was to take the place of an input.
        in_place: Option<Operation>,
        /// The choices that can compute it.
        available: Vec<Choice>,
    },
    /// A tuning has two lines for an operation.
    #[error("{operation} has two lines in the tuning; leave one")]
    RepeatedOperation {
        /// The operation.
        operation: Operation,
    },
    /// The axis does not exist in the tensor.
    #[error("axis {axis} is outside a tensor of rank {rank}; {}", axes_of(*rank))]
    Axis {
        /// The axis that was given; negative values count from the end.
        axis: isize,
        /// The number of dimensions of the tensor.
        rank: usize,
    },
    /// An axis was given twice.
    #[error("axis {axis} means a dimension that another axis means too; name each once")]
    RepeatedAxis {
        /// The axis that was given again.
        axis: isize,
    },
    /// No axis was given.
    #[error("no axis or window is given; give at least one")]
    NoAxis,
    /// The layer does not have one window for each axis.
    #[error("windows are given for {windows} axes, but axes are {axes}; give one window for each axis")]
    Windows {
        /// The windows of the layer.
        windows: usize,
        /// The axes of the shape, or those that [`LrnBuilder::axes`](crate::LrnBuilder::axes) names.
        axes: usize,
    },
    /// A framework whose windows have one axis was given several.
    #[error("{convention} has windows along one axis only; use caffe, onednn, openvino or formula")]
    OneAxis {
        /// The framework.
        convention: Convention,
    },
    /// The channels cannot be split into equal groups.
    #[error("{channels} channels cannot be split into {groups} equal groups; use a divisor of {channels}")]
    Groups {
        /// The channels of the tensor.
        channels: u64,
        /// The number of groups that was asked for.
        groups: u64,
    },
    /// The tensor has more bytes than 64 bits can count.
    #[error("the shape {dims:?} has more bytes than 64 bits can count; make it smaller")]
    ShapeOverflow {
        /// The dimensions that were given.
        dims: Vec<usize>,
    },
    /// An axis, or several that windows hold whole, is longer than the kernels can count.
    #[error("an axis of {channels} elements is longer than the {most} that the kernels count; make it shorter")]
    AxisLength {
        /// The elements of the axis.
        channels: u64,
        /// The most that there may be.
        most: u64,
    },
    /// A host slice does not hold the tensor.
    #[error("{operand} holds {given} elements, but the shape has {expected}; pass all of them")]
    Length {
        /// The operand: x, y, dy, dx or s.
        operand: &'static str,
        /// The elements of the slice.
        given: u64,
        /// The elements of the tensor.
        expected: u64,
    },
    /// A host slice has elements of another type than the tensor.
    #[error("{operand} has elements of type {given}, but the shape is of {expected}; use Shape::with_dtype")]
    Dtype {
        /// The operand: x, y, dy, dx or s.
        operand: &'static str,
        /// The type of the slice.
        given: Dtype,
        /// The type of the tensor.
        expected: Dtype,
    },
    /// The device was opened without a feature.
    #[error("{needed_for} needs a device with {feature}: open it with that feature, if the adapter has it")]
    Feature {
        /// The feature's name in `wgpu::Features`.
        feature: &'static str,
        /// What needs it.
        needed_for: &'static str,
    },
    /// An operation was given too few or too many operands.
    #[error("{operation} takes {} operands ({}), but was given {given}", expected.len(), expected.join(", "))]
    Operands {
        /// The operation.
        operation: Operation,
        /// The number of operands that were given.
        given: usize,
        /// The names of those it takes.
        expected: &'static [&'static str],
    },
    /// A buffer operand does not hold exactly the tensor.
    #[error("{operand} spans {given} bytes, but the tensor has {expected}; pass a slice of exactly that size")]
    BufferSize {
        /// The operand: x, y, dy, dx or s.
        operand: &'static str,
        /// The bytes of the operand.
        given: u64,
        /// The bytes of the tensor.
        expected: u64,
    },
    /// A buffer operand reaches beyond the end of its buffer.
    #[error("{operand} ends at byte {end}, but its buffer has {size} bytes; reduce its offset or size")]
    BufferRange {
        /// The operand: x, y, dy, dx or s.
        operand: &'static str,
        /// One past the operand's last byte (saturated at 2⁶⁴ − 1).
        end: u64,
        /// The bytes of the buffer.
        size: u64,
    },
    /// A buffer operand starts at an offset that the device cannot bind.
    #[error("{operand} starts at byte {given}, but this device binds at multiples of {alignment}; move it to one")]
    BufferAlignment {
        /// The operand: x, y, dy, dx or s.
        operand: &'static str,
        /// The offset in bytes.
        given: u64,
        /// The device's `min_storage_buffer_offset_alignment`.
        alignment: u64,
    },
    /// A buffer ends with elements that no copy reaches, since devices copy whole words of 4 bytes.
    #[error("the buffer has {given} bytes, but only whole words of 4 bytes are copied; create it with {expected}")]
    BufferWords {
        /// The bytes of the buffer.
        given: u64,
        /// The bytes that end with a word.
        expected: u64,
    },
    /// A buffer was created without the usage that a kernel needs.
    #[error("the buffer of {operand} has usage {}; create it with {} too", usages(*given), usages(*expected))]
    BufferUsage {
        /// The operand: x, y, dy, dx or s.
        operand: &'static str,
        /// The usages of the buffer.
        given: wgpu::BufferUsages,
        /// The usage that is missing.
        expected: wgpu::BufferUsages,
    },
    /// Two operands share bytes of one buffer.
    #[error(
        "{first} and {second} overlap in one buffer; give them disjoint ranges (only x and y, or dy and dx, may be one)"
    )]
    Overlap {
        /// One operand.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// A limit of the device is too small, however the tensor is cut.
    #[error(
        "this needs {needed} of {limit}, but the device grants {granted}; request the device with \
         the adapter's limits, or make the tensor smaller"
    )]
    Limit {
        /// The limit's name in `wgpu::Limits`.
        limit: &'static str,
        /// What the call needs.
        needed: u64,
        /// What the device grants.
        granted: u64,
    },
    /// A kernel needs more for a workgroup than it takes on any device.
    #[error(
        "{kernel} would need {needed} of {limit}, but takes {most} at most on any device; leave the \
         kernel to the rule, or give input and result buffers of their own"
    )]
    Capacity {
        /// The kernel.
        kernel: Kernel,
        /// The limit's name in `wgpu::Limits`.
        limit: &'static str,
        /// What the call needs.
        needed: u64,
        /// What the kernel takes.
        most: u64,
    },
    /// No adapter fits the request.
    #[error("no GPU adapter {wanted}; found: {found}")]
    NoAdapter {
        /// What was asked for.
        wanted: String,
        /// The adapters there are, or `none`.
        found: String,
    },
    /// The device is lost: it was destroyed, removed, reset, or stopped for taking too long. wgpu tells the reason to
    /// the callback of the device's owner.
    #[error("the device was lost before or while {doing}; open a new one")]
    DeviceLost {
        /// What was being done.
        doing: &'static str,
    },
    /// The device ran out of memory, or the host had none for a vector of the tensor's length.
    #[error("out of memory while {doing}{}; free some, or make the tensor smaller", in_bytes(*bytes))]
    OutOfMemory {
        /// What was being done.
        doing: &'static str,
        /// The bytes that were asked for, where they are known.
        bytes: Option<u64>,
    },
    /// A chunk of a streamed tensor does not fit the memory budget.
    #[error("streaming this tensor takes a memory budget of {needed} bytes, but it is {given}; raise it")]
    MemoryBudget {
        /// The bytes that were given.
        given: u64,
        /// The fewest bytes.
        needed: u64,
    },
    /// Reading or writing a streamed operand failed.
    #[error("the stream of {operand} failed: {message}")]
    Stream {
        /// The operand: x, y, dy, dx or s.
        operand: &'static str,
        /// The message of its reader or writer.
        message: String,
    },
    /// The caller ended a streamed operation.
    #[error("cancelled")]
    Cancelled,
    /// A streamed operation stopped before its end.
    #[error("stopped after {written} of the {bytes} bytes of the result: {cause}")]
    Incomplete {
        /// The bytes that were written.
        written: u64,
        /// The bytes of the result.
        bytes: u64,
        /// The error that stopped it.
        #[source]
        cause: Box<Error>,
    },
    /// The driver or the device failed.
    #[error("the GPU failed while {doing}: {message}")]
    Gpu {
        /// What was being done.
        doing: &'static str,
        /// The message of wgpu or the driver.
        message: String,
    },
}

impl Error {
    /// Returns the name of the variant, as other languages name errors.
    ///
    /// ```
    /// assert_eq!(wgpu_lrn::Error::NoAxis.name(), "NoAxis");
    /// ```
    pub fn name(&self) -> &'static str {
        macro_rules! name {
            ($($Variant:ident)*) => {
                match self {
                    $(Self::$Variant { .. } => stringify!($Variant),)*
                }
            };
        }
        name! {
            Parameter EvenSize NoWindow UnknownName Unavailable RepeatedOperation Axis RepeatedAxis NoAxis
            Windows OneAxis Groups ShapeOverflow AxisLength Length Dtype Feature Operands BufferSize
            BufferRange BufferAlignment BufferWords BufferUsage Overlap Limit Capacity NoAdapter DeviceLost
            OutOfMemory MemoryBudget Stream Cancelled Incomplete Gpu
        }
    }
}

/// A result whose error is [`enum@Error`], unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

fn listed(choices: &[Choice]) -> String {
    choices.iter().map(Choice::to_string).collect::<Vec<_>>().join(", ")
}

/// Returns a number, with an exponent where it is long.
fn number(v: f64) -> String {
    if v == 0.0 || (1e-5..1e15).contains(&v.abs()) { v.to_string() } else { format!("{v:e}") }
}

fn axes_of(rank: usize) -> String {
    match rank as i64 {
        0 => "it has none, give it dimensions".to_owned(),
        rank => format!("use {} to {}", -rank, rank - 1),
    }
}

fn usages(usages: wgpu::BufferUsages) -> String {
    usages.iter_names().map(|(name, _)| name).collect::<Vec<_>>().join(" | ")
}

fn in_bytes(bytes: Option<u64>) -> String {
    bytes.map_or(String::new(), |bytes| format!(" ({bytes} bytes)"))
}

/// Returns the error of a name that is none of those known.
pub(crate) fn unknown(kind: &'static str, given: &str, known: impl Iterator<Item = &'static str>) -> Error {
    Error::UnknownName { kind, given: given.to_owned(), known: known.collect() }
}

/// Lists names as "a, b or c".
fn alternatives(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        [only] => (*only).to_owned(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}
