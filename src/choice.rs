//! What may be chosen freely, since every choice keeps the same promise: kernel, width and segments.

use crate::error::unknown;
use crate::kernel::Problem;
use crate::names::names;
use crate::{Error, Kernel, Lrn, Operation, Result, Shape};

names! {
    /// Sets how many segments *column*, *ring*, *slab* and *plane* cut an axis into, relative to the usual number. More
    /// segments keep more bytes under way, but load more of what their ends depend on twice.
    #[derive(Default)]
    "segments" Segments {
        /// Half as many, for memory that is slow or answers soon.
        Half = "half",
        /// As many segments as keep the memory of a large GPU busy.
        #[default]
        Usual = "usual",
        /// Twice as many.
        Double = "double",
        /// Four times as many, for memory that is fast or answers late.
        Quadruple = "quadruple",
    }
}

impl Segments {
    /// Returns the number that a device begins with. wgpu tells nothing of memory but whether the device shares that of
    /// the CPU, which is then several times slower than a card's.
    pub(crate) fn of(device: &wgpu::Device) -> Segments {
        match device.adapter_info().device_type {
            wgpu::DeviceType::IntegratedGpu => Segments::Half,
            _ => Segments::Usual,
        }
    }

    /// Returns so many times the number.
    pub(crate) fn times(self, number: u64) -> u64 {
        match self {
            Segments::Half => number / 2,
            Segments::Usual => number,
            Segments::Double => number.saturating_mul(2),
            Segments::Quadruple => number.saturating_mul(4),
        }
    }
}

/// Names one way to compute a layer. Its text form is, for example, `column 2`, or `column 2 double` where the number
/// of segments is not the usual one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Choice {
    /// The kernel.
    pub kernel: Kernel,
    /// Neighbouring elements that an invocation loads at once: 1 or 2 pixels, for *slab* up to 4, for *row* 4 channels,
    /// or for *plane* 4 columns.
    pub width: u32,
    /// How many segments it cuts an axis into. Kernels without segments take no notice.
    pub segments: Segments,
}

impl Choice {
    /// Returns the choice of a kernel and a width, with the usual segments.
    pub const fn new(kernel: Kernel, width: u32) -> Choice {
        Choice { kernel, width, segments: Segments::Usual }
    }

    /// Returns the choices for a layer on a device with these features, the preferred first, with the usual segments.
    /// There is at least one. A plan on an integrated GPU begins with [`Segments::Half`].
    ///
    /// # Errors
    ///
    /// [`Error::Windows`] where the layer does not have one window for each axis of the shape, and
    /// [`Error::Feature`] where the device lacks f64.
    pub fn available(lrn: &Lrn, shape: &Shape, features: wgpu::Features) -> Result<Vec<Choice>> {
        Ok(Problem::new(lrn, shape, features)?.choices())
    }

    /// Returns `true` if the kernel computes `operation` in place: forward with one operand as x and y, backward with
    /// one as dy and dx.
    pub fn computes_in_place(&self, operation: Operation) -> bool {
        operation.replaceable().is_some() && self.kernel.design().computes_in_place(operation)
    }
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kernel, self.width)?;
        if self.segments != Segments::Usual {
            write!(f, " {}", self.segments)?;
        }
        Ok(())
    }
}

/// Reads the text form. Which widths there are depends on the layer.
impl std::str::FromStr for Choice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Choice> {
        let (kernel, rest) = text.split_once(' ').unwrap_or((text, ""));
        let (width, segments) = rest.split_once(' ').unwrap_or((rest, Segments::Usual.name()));
        Ok(Choice { kernel: kernel.parse()?, width: parse_width(width)?, segments: segments.parse()? })
    }
}

pub(crate) fn parse_width(text: &str) -> Result<u32> {
    const WIDTHS: [&str; 3] = ["1", "2", "4"];
    let width = text.parse().ok().filter(|_| WIDTHS.contains(&text));
    width.ok_or_else(|| unknown("width", text, WIDTHS.into_iter()))
}
