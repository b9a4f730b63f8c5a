//! Everything that can be refused, and why.

use thiserror::Error;

/// Why a call was refused. Nothing was changed by the refused call.
///
/// Each variant carries what was given and what was needed.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A parameter of the layer is outside its range.
    #[error("{name} is {given}, but must be {expected}")]
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
        /// The framework's name.
        convention: &'static str,
        /// The even size that was given.
        given: u32,
    },
    /// A convention that has no default window was given none.
    #[error("{convention} has no default window size; give one")]
    NoWindow {
        /// The framework's name.
        convention: &'static str,
    },
    /// A name is none of those known.
    #[error("unknown {kind} {given:?}; known are {known}")]
    UnknownName {
        /// What was named: a convention, a kernel.
        kind: &'static str,
        /// The name that was given.
        given: String,
        /// The names that are known.
        known: String,
    },
    /// No choice of kernel and width fits what was forced.
    #[error("no choice {wanted:?} for this layer on this device; available are {available}")]
    Unavailable {
        /// Kernel and width that were forced; `any` where left open.
        wanted: String,
        /// The choices there are.
        available: String,
    },
    /// A text is no tuning.
    #[error("the tuning has no line like \"{operation} column 1\": {given:?}")]
    Tuning {
        /// The operation that it does not tell.
        operation: &'static str,
        /// The text that was given.
        given: String,
    },
    /// The axis does not exist in the tensor.
    #[error("axis {axis} is outside a tensor of rank {rank}; use {} to {}", -(*rank as i64), *rank as i64 - 1)]
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
    #[error("no axis is given; name at least one to normalise along")]
    NoAxis,
    /// The layer has not one window for each axis.
    #[error("the layer has {windows} windows for {axes} axes; give one window for each axis")]
    Windows {
        /// The windows of the layer.
        windows: usize,
        /// The axes of the shape, or those that [`Spelling::axes`](crate::Spelling::axes) names.
        axes: usize,
    },
    /// A framework whose windows have one axis was given several.
    #[error(
        "{convention} knows windows along one axis only; take caffe, onednn, openvino or exact"
    )]
    OneAxis {
        /// The framework's name.
        convention: &'static str,
    },
    /// The channels cannot be split into equal groups.
    #[error("{channels} channels cannot be split into {groups} equal groups")]
    Groups {
        /// The channels of the tensor.
        channels: u64,
        /// The number of groups that was asked for.
        groups: u64,
    },
    /// The tensor has more bytes than 64 bits can count.
    #[error("the shape {dims:?} has more elements than can be addressed")]
    ShapeOverflow {
        /// The dimensions that were given.
        dims: Vec<usize>,
    },
    /// An axis, or several that windows hold whole, is longer than the kernels can count.
    #[error("an axis of {channels} elements is longer than the {most} that the kernels count")]
    AxisLength {
        /// The elements of the axis.
        channels: u64,
        /// The most that there may be.
        most: u64,
    },
    /// A host slice does not hold the tensor.
    #[error("{operand} holds {given} elements, but the shape needs {expected}")]
    Length {
        /// The operand: x, y, dy, dx or s.
        operand: &'static str,
        /// The elements of the slice.
        given: u64,
        /// The elements of the tensor.
        expected: u64,
    },
    /// A host slice has elements of another type than the tensor.
    #[error(
        "{operand} has elements of type {given}, but the shape is of {expected}; use Shape::of"
    )]
    Dtype {
        /// The operand: x, y, dy, dx or s.
        operand: &'static str,
        /// The type of the slice.
        given: &'static str,
        /// The type of the tensor.
        expected: &'static str,
    },
    /// The device was opened without a feature.
    #[error(
        "{needed_for} needs a device with {feature}: open it with that feature, if the adapter has it"
    )]
    Feature {
        /// The feature's name in `wgpu::Features`.
        feature: &'static str,
        /// What needs it.
        needed_for: &'static str,
    },
    /// An operation was given too few or too many operands.
    #[error("{operation} takes the operands {expected:?}, but was given {given}")]
    Operands {
        /// The operation.
        operation: &'static str,
        /// The number of operands that were given.
        given: usize,
        /// The names of those it takes.
        expected: &'static [&'static str],
    },
    /// A buffer operand does not hold exactly the tensor.
    #[error(
        "{operand} spans {given} bytes, but the tensor has {expected}; pass a slice of exactly that size"
    )]
    BufferSize {
        /// The operand: x, y, dy, dx or s.
        operand: &'static str,
        /// The bytes of the operand.
        given: u64,
        /// The bytes of the tensor.
        expected: u64,
    },
    /// A buffer operand reaches beyond the end of its buffer.
    #[error(
        "{operand} ends at byte {end}, but its buffer has {size} bytes; reduce its offset or size"
    )]
    BufferRange {
        /// The operand: x, y, dy, dx or s.
        operand: &'static str,
        /// One past the operand's last byte (saturated at 2⁶⁴ − 1).
        end: u64,
        /// The bytes of the buffer.
        size: u64,
    },
    /// A buffer operand starts at an offset that the device cannot bind.
    #[error("{operand} starts at byte {given}, but this device binds at multiples of {alignment}")]
    BufferAlignment {
        /// The operand: x, y, dy, dx or s.
        operand: &'static str,
        /// The offset in bytes.
        given: u64,
        /// The device's `min_storage_buffer_offset_alignment`.
        alignment: u64,
    },
    /// A buffer ends with elements that no copy reaches, since devices copy whole words of 4 bytes.
    #[error(
        "the buffer has {given} bytes, but only whole words of 4 bytes are copied; create it with {expected}"
    )]
    BufferWords {
        /// The bytes of the buffer.
        given: u64,
        /// The bytes that end with a word.
        expected: u64,
    },
    /// A buffer was created without the usage that a kernel needs.
    #[error("the buffer of {operand} has usages {given}; create it with {expected} too")]
    BufferUsage {
        /// The operand: x, y, dy, dx or s.
        operand: &'static str,
        /// The usages of the buffer.
        given: String,
        /// The usage that is missing.
        expected: &'static str,
    },
    /// Two operands share bytes of one buffer.
    #[error("{first} and {second} overlap in one buffer; give them disjoint ranges")]
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
        kernel: &'static str,
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
    /// Memory is out: the device's, or the host's for a vector as long as a tensor.
    #[error("out of memory while {doing}{}; free some, or make the tensor smaller", in_bytes(*bytes))]
    OutOfMemory {
        /// What was being done.
        doing: &'static str,
        /// The bytes that were asked for, where they are known.
        bytes: Option<u64>,
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

/// A result whose error is [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;

fn in_bytes(bytes: Option<u64>) -> String {
    bytes.map_or(String::new(), |bytes| format!(" ({bytes} bytes)"))
}

/// The error of a name that is none of those known.
pub(crate) fn unknown<'a>(
    kind: &'static str,
    given: &str,
    known: impl Iterator<Item = &'a str>,
) -> Error {
    let known = known.collect::<Vec<_>>().join(", ");
    Error::UnknownName { kind, given: given.to_owned(), known }
}
