//! What may be chosen freely, since every choice keeps the same promise: kernel and width.

use crate::axis::{Axis, axes};
use crate::error::named;
use crate::{Arithmetic, Dtype, Error, Lrn, Operation, Result, Shape};

/// How the work is dealt to invocations.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kernel {
    /// `shaders/whole.wgsl`: for windows that hold the whole axis.
    Whole,
    /// `shaders/row.wgsl`: one invocation per run of contiguous channels, narrow windows in registers.
    Row,
    /// `shaders/plane.wgsl`: one workgroup per strip of columns walks their rows, narrow windows of one
    /// length along both in registers and workgroup memory.
    Plane,
    /// `shaders/column.wgsl`: one invocation per pixel walks its channels, narrow windows in
    /// registers.
    Column,
    /// `shaders/ring.wgsl`: one invocation per pixel walks its channels, wide windows in rings.
    Ring,
    /// `shaders/pixel.wgsl`: one workgroup per pixel, windows summed in workgroup memory.
    Pixel,
}

impl Kernel {
    /// Every kernel.
    pub const ALL: [Kernel; 6] =
        [Self::Whole, Self::Row, Self::Plane, Self::Column, Self::Ring, Self::Pixel];

    /// The name; also that of the shader's file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Row => "row",
            Self::Plane => "plane",
            Self::Column => "column",
            Self::Ring => "ring",
            Self::Pixel => "pixel",
        }
    }

    /// The kernel of that name.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownName`].
    pub fn from_name(name: &str) -> Result<Kernel> {
        named("kernel", name, &Self::ALL, Self::name)
    }

    /// Whether it computes windows along these axes.
    fn takes(self, axes: &[Axis], arithmetic: Arithmetic) -> bool {
        let narrow = axes.iter().all(|axis| axis.window() <= NARROW);
        let short = axes.iter().all(|axis| is_short(axis, arithmetic));
        let [axis] = axes else {
            return match self {
                Self::Pixel => short,
                Self::Column => narrow,
                Self::Ring => !narrow,
                Self::Plane => narrow && are_plane(axes),
                Self::Whole | Self::Row => false,
            };
        };
        match self {
            Self::Plane => false,
            Self::Row if arithmetic == Arithmetic::Pair => false, // too much for registers
            Self::Whole => axis.is_whole(),
            Self::Row => narrow && axis.inner == 1 && fills_packets(axis),
            Self::Column => narrow,
            Self::Ring => !narrow,
            Self::Pixel => short,
        }
    }

    /// Whether the result may take the place of an input: if no element is read after another
    /// invocation may have written it.
    fn computes_in_place(self, operation: Operation) -> bool {
        match (self, operation) {
            (_, Operation::SquareSums) | (Self::Row | Self::Plane, _) => false,
            (Self::Ring, Operation::Forward) => false, // it reads x again where windows end
            (Self::Whole | Self::Column | Self::Ring | Self::Pixel, _) => true,
        }
    }
}

/// Whether *pixel* can hold an axis in workgroup memory: as a whole, or in segments that are long beside the halos
/// of backward; as heads and tails.
fn is_short(axis: &Axis, arithmetic: Arithmetic) -> bool {
    let most = WORKGROUP / (2 * arithmetic.sum_bytes()) / WIDE_RUN * WIDE_RUN;
    axis.channels <= most || 2 * (axis.window() - 1) <= most / 2
}

/// Whether *row* finds packets: in each pixel, or in joined ones, so long that a packet with the halos of backward
/// has channels of two at most.
fn fills_packets(axis: &Axis) -> bool {
    let joined = axis.pixels_in_packets();
    let long = axis.channels >= u64::from(PACKET) + 2 * (axis.window() - 1);
    joined == 1 || (axis.outer >= joined && long)
}

/// Whether there are two axes, of which one follows the other, with windows of one length.
fn are_plane(axes: &[Axis]) -> bool {
    let [rows, columns] = axes else { return false };
    rows.is_beside(columns) && rows.window() == columns.window()
}

/// One way to compute a layer. Its text form is, for example, `column 2`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Choice {
    /// The kernel.
    pub kernel: Kernel,
    /// Neighbouring elements that an invocation loads at once: 1 or 2 pixels, or for *row* 4 channels.
    pub width: u32,
}

/// The widest window that *column* and *row* hold in registers.
pub(crate) const NARROW: u64 = 16;

/// The widest window for which *column* and *plane* have room in registers for two pixels, beside enough waves.
const PAIRED: u64 = 5;

/// The widest window for which *row* comes before *pixel*: it computes its halos again.
const ROW: u64 = 11;

/// The same where a sum takes two registers.
const ROW_OF_LARGE: u64 = 5;

/// Bytes of workgroup memory that a kernel takes: wgpu's `Limits::downlevel_defaults`.
pub(crate) const WORKGROUP: u64 = 16352;

/// Channels that *row* loads at once: a vec4.
pub(crate) const PACKET: u32 = 4;

/// The most channels of a run of *pixel* where windows are wide. It is odd: neighbouring runs then begin in different
/// banks of workgroup memory.
pub(crate) const WIDE_RUN: u64 = 9;

/// Neighbouring pixels that fill a memory transaction: 32 of 4 bytes are the 128-byte line of
/// common GPUs.
pub(crate) const COALESCED: u64 = 32;

impl Choice {
    /// The choices for a layer on a device with these features, the preferred first.
    pub fn available(lrn: &Lrn, shape: &Shape, features: wgpu::Features) -> Vec<Choice> {
        let axes = axes(lrn, shape).unwrap_or_default();
        let dtype = shape.dtype();
        if !computes(dtype, features) {
            return Vec::new();
        }
        let arithmetic = Arithmetic::of(lrn.precision(), dtype);
        let mut choices = Vec::new();
        let preferred = preferred(&axes, arithmetic).into_iter();
        for kernel in preferred.filter(|kernel| kernel.takes(&axes, arithmetic)) {
            choices.extend(
                widths(kernel, &axes, dtype, arithmetic).map(|width| Choice { kernel, width }),
            );
        }
        choices
    }

    /// Whether it computes an operation with one operand as both an input and the result: forward with
    /// x as y, backward with dy as dx.
    pub fn computes_in_place(&self, operation: Operation) -> bool {
        self.kernel.computes_in_place(operation)
    }
}

/// Kernels in the order of the rule: the special before the general; those that walk last, unless
/// neighbouring invocations read neighbouring pixels, so that loads coalesce; *row* after *pixel* where its halos are
/// long beside its runs.
fn preferred(axes: &[Axis], arithmetic: Arithmetic) -> [Kernel; 6] {
    use Kernel::*;
    let coalesced = axes.iter().all(|axis| axis.inner >= COALESCED);
    let most = if arithmetic == Arithmetic::Single { ROW } else { ROW_OF_LARGE };
    let has_short_halos = axes.iter().all(|axis| axis.window() <= most);
    match (coalesced, has_short_halos) {
        (true, _) => [Whole, Row, Plane, Column, Ring, Pixel],
        (false, true) => [Whole, Row, Plane, Pixel, Column, Ring],
        (false, false) => [Whole, Plane, Pixel, Row, Column, Ring],
    }
}

/// Whether a device with these features has numbers of that type.
fn computes(dtype: Dtype, features: wgpu::Features) -> bool {
    dtype != Dtype::F64 || features.contains(wgpu::Features::SHADER_F64)
}

/// The widths of a kernel, the preferred first. Two pixels take twice the registers: so sums that take two leave
/// it at one pixel, as wider windows prefer to; but for halves, two of which are a word.
fn widths(
    kernel: Kernel,
    axes: &[Axis],
    dtype: Dtype,
    arithmetic: Arithmetic,
) -> impl Iterator<Item = u32> {
    let even = axes.iter().all(|axis| axis.inner.is_multiple_of(2));
    let pairs = even && arithmetic == Arithmetic::Single;
    let prefers_pairs = dtype.is_half() || axes.iter().all(|axis| axis.window() <= PAIRED);
    let widths: &[u32] = match kernel {
        Kernel::Row => &[PACKET],
        Kernel::Whole if pairs => &[2, 1],
        Kernel::Plane | Kernel::Column if pairs && prefers_pairs => &[2, 1],
        Kernel::Plane | Kernel::Column if pairs => &[1, 2],
        Kernel::Whole | Kernel::Plane | Kernel::Column | Kernel::Ring | Kernel::Pixel => &[1],
    };
    widths.iter().copied()
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kernel.name(), self.width)
    }
}

/// Choices that are made for the caller unless told.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// The kernel.
    pub kernel: Option<Kernel>,
    /// The width.
    pub width: Option<u32>,
}

impl Options {
    /// Forces a kernel, or with `None` leaves the choice to the rule.
    pub fn kernel(mut self, kernel: impl Into<Option<Kernel>>) -> Self {
        self.kernel = kernel.into();
        self
    }

    /// Forces a width, or with `None` leaves the choice to the rule.
    pub fn width(mut self, width: impl Into<Option<u32>>) -> Self {
        self.width = width.into();
        self
    }

    /// The preferred available choice that has what is forced.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] where there is none.
    pub fn choose(&self, lrn: &Lrn, shape: &Shape, features: wgpu::Features) -> Result<Choice> {
        self.choose_among(lrn, shape, features, None)
    }

    /// The preferred available choice that has what is forced, and computes an operation in place.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] where there is none.
    pub fn choose_in_place(
        &self,
        lrn: &Lrn,
        shape: &Shape,
        features: wgpu::Features,
        operation: Operation,
    ) -> Result<Choice> {
        self.choose_among(lrn, shape, features, Some(operation))
    }

    fn choose_among(
        &self,
        lrn: &Lrn,
        shape: &Shape,
        features: wgpu::Features,
        in_place: Option<Operation>,
    ) -> Result<Choice> {
        axes(lrn, shape)?;
        if !computes(shape.dtype(), features) {
            return Err(Error::Feature { feature: "SHADER_F64", needed_for: "a tensor of f64" });
        }
        let mut available = Choice::available(lrn, shape, features);
        available.retain(|choice| in_place.is_none_or(|of| choice.computes_in_place(of)));
        let chosen = available.iter().find(|choice| self.admits(choice)).copied();
        let place = in_place.map_or(String::new(), |of| format!(" for {} in place", of.name()));
        chosen.ok_or_else(|| Error::Unavailable {
            wanted: format!("{self}{place}"),
            available: available.iter().map(Choice::to_string).collect::<Vec<_>>().join(", "),
        })
    }

    /// The choice, if nothing is left open.
    pub(crate) fn complete(&self) -> Option<Choice> {
        Some(Choice { kernel: self.kernel?, width: self.width? })
    }

    fn admits(&self, choice: &Choice) -> bool {
        self.kernel.is_none_or(|kernel| kernel == choice.kernel)
            && self.width.is_none_or(|width| width == choice.width)
    }
}

impl From<Choice> for Options {
    fn from(choice: Choice) -> Options {
        Options { kernel: Some(choice.kernel), width: Some(choice.width) }
    }
}

/// As [`Choice`], with `any` for what is left open.
impl std::fmt::Display for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kernel = self.kernel.map_or("any", Kernel::name);
        let width = self.width.map_or("any".to_owned(), |width| width.to_string());
        write!(f, "{kernel} {width}")
    }
}

/// The text form, in which `any` may be left out at the end.
impl std::str::FromStr for Options {
    type Err = Error;

    fn from_str(text: &str) -> Result<Options> {
        let mut words = text.split_whitespace();
        let mut word = || words.next().filter(|&word| word != "any");
        let options = Options {
            kernel: word().map(Kernel::from_name).transpose()?,
            width: word().map(|width| named("width", width, &[1, 2, 4], width_name)).transpose()?,
        };
        match words.next() {
            None => Ok(options),
            Some(rest) => named("word after the width", rest, &[], |()| "").map(|()| options),
        }
    }
}

fn width_name(width: u32) -> &'static str {
    match width {
        1 => "1",
        2 => "2",
        _ => "4",
    }
}
