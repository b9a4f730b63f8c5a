//! What may be chosen freely, since every choice keeps the same promise: kernel, width and segments.

use crate::axis::axes;
use crate::error::unknown;
use crate::kernel::Problem;
use crate::names::names;
use crate::precision::Arithmetic;
use crate::{Dtype, Error, Kernel, Lrn, Operation, Result, Shape};

names! {
    /// Into how many segments *column*, *ring* and *plane* cut an axis, beside what their rule says. More segments keep
    /// more bytes under way, but load more of what their ends depend on twice.
    #[derive(Default)]
    "segments" Segments {
        /// Half as many, for memory that is slow or answers soon.
        Half = "half",
        /// As many as the rule says.
        #[default]
        Usual = "usual",
        /// Twice as many.
        Double = "double",
        /// Four times as many, for memory that is fast or answers late.
        Quadruple = "quadruple",
    }
}

impl Segments {
    /// What a device begins with. wgpu tells nothing of memory but whether the device shares that of the CPU, which is
    /// then several times slower than a card's.
    pub(crate) fn of(device: &wgpu::Device) -> Segments {
        match device.adapter_info().device_type {
            wgpu::DeviceType::IntegratedGpu => Segments::Half,
            _ => Segments::Usual,
        }
    }

    /// What the text of a choice ends with.
    fn suffix(self) -> String {
        match self {
            Segments::Usual => String::new(),
            other => format!(" {}", other.name()),
        }
    }

    /// So many times the number.
    pub(crate) fn times(self, number: u64) -> u64 {
        match self {
            Segments::Half => number / 2,
            Segments::Usual => number,
            Segments::Double => number.saturating_mul(2),
            Segments::Quadruple => number.saturating_mul(4),
        }
    }
}

/// One way to compute a layer. Its text form is, for example, `column 2`, or `column 2 double` where the number of segments
/// is not the usual one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Choice {
    /// The kernel.
    pub kernel: Kernel,
    /// Neighbouring elements that an invocation loads at once: 1 or 2 pixels, for *row* 4 channels, or
    /// for *plane* 4 columns.
    pub width: u32,
    /// Into how many segments it cuts an axis. Kernels without segments take no notice.
    pub segments: Segments,
}

impl Choice {
    /// Returns the choice of a kernel and a width, with the usual segments.
    pub const fn new(kernel: Kernel, width: u32) -> Choice {
        Choice { kernel, width, segments: Segments::Usual }
    }

    /// The choices for a layer on a device with these features, the preferred first, with the usual segments.
    pub fn available(lrn: &Lrn, shape: &Shape, features: wgpu::Features) -> Vec<Choice> {
        let Ok(axes) = axes(lrn, shape) else { return Vec::new() };
        let dtype = shape.dtype();
        if !computes(dtype, features) {
            return Vec::new();
        }
        let arithmetic = Arithmetic::of(lrn.precision(), dtype);
        let problem = Problem { axes: &axes, dtype, arithmetic };
        let of_kernel = |kernel: Kernel| {
            kernel.design().widths(&problem).iter().map(move |&width| Choice::new(kernel, width))
        };
        Kernel::for_problem(&problem).into_iter().flat_map(of_kernel).collect()
    }

    /// Whether it computes an operation with one operand as both an input and the result: forward with
    /// x as y, backward with dy as dx.
    pub fn computes_in_place(&self, operation: Operation) -> bool {
        self.kernel.computes_in_place(operation)
    }
}

/// Whether a device with these features has numbers of that type.
fn computes(dtype: Dtype, features: wgpu::Features) -> bool {
    dtype != Dtype::F64 || features.contains(wgpu::Features::SHADER_F64)
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}{}", self.kernel.name(), self.width, self.segments.suffix())
    }
}

/// Reads the text form. Which widths there are depends on the layer.
impl std::str::FromStr for Choice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Choice> {
        let (kernel, rest) = text.split_once(' ').unwrap_or((text, ""));
        let (width, segments) = rest.split_once(' ').unwrap_or((rest, Segments::Usual.name()));
        let parsed =
            width.parse().map_err(|_| unknown("width", width, ["1", "2", "4"].into_iter()));
        Ok(Choice {
            kernel: Kernel::from_name(kernel)?,
            width: parsed?,
            segments: Segments::from_name(segments)?,
        })
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
    /// The number of segments.
    pub segments: Option<Segments>,
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

    /// Forces a number of segments, or with `None` leaves it to the rule, which also looks at the device.
    pub fn segments(mut self, segments: impl Into<Option<Segments>>) -> Self {
        self.segments = segments.into();
        self
    }

    /// The preferred available choice that has what is forced.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] where there is none.
    pub fn choose(&self, lrn: &Lrn, shape: &Shape, features: wgpu::Features) -> Result<Choice> {
        Ok(self.admitted(lrn, shape, features, None)?[0])
    }

    /// The available choices that have what is forced, the preferred first; with an operation, those that compute it
    /// in place. One at least.
    pub(crate) fn admitted(
        &self,
        lrn: &Lrn,
        shape: &Shape,
        features: wgpu::Features,
        in_place: Option<Operation>,
    ) -> Result<Vec<Choice>> {
        axes(lrn, shape)?;
        if !computes(shape.dtype(), features) {
            return Err(Error::Feature { feature: "SHADER_F64", needed_for: "a tensor of f64" });
        }
        let mut available = Choice::available(lrn, shape, features);
        available.retain(|choice| in_place.is_none_or(|of| choice.computes_in_place(of)));
        let segments = self.segments.unwrap_or_default();
        let admitted = available.iter().filter(|choice| self.admits(choice));
        let admitted: Vec<_> = admitted.map(|&choice| Choice { segments, ..choice }).collect();
        if !admitted.is_empty() {
            return Ok(admitted);
        }
        let place = in_place.map_or(String::new(), |of| format!(" for {} in place", of.name()));
        Err(Error::Unavailable {
            wanted: format!("{self}{place}"),
            available: available.iter().map(Choice::to_string).collect::<Vec<_>>().join(", "),
        })
    }

    fn admits(&self, choice: &Choice) -> bool {
        self.kernel.is_none_or(|kernel| kernel == choice.kernel)
            && self.width.is_none_or(|width| width == choice.width)
    }
}

impl From<Choice> for Options {
    fn from(choice: Choice) -> Options {
        let Choice { kernel, width, segments } = choice;
        Options { kernel: Some(kernel), width: Some(width), segments: Some(segments) }
    }
}

/// As [`Choice`], with `any` for what is left open.
impl std::fmt::Display for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kernel = self.kernel.map_or("any", Kernel::name);
        let width = self.width.map_or("any".to_owned(), |width| width.to_string());
        let segments = self.segments.unwrap_or_default().suffix();
        write!(f, "{kernel} {width}{segments}")
    }
}
