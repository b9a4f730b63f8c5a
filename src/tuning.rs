//! What is chosen in advance for each operation, by measuring or by the caller.

use crate::choice::parse_width;
use crate::error::unknown;
use crate::kernel::Problem;
use crate::{Choice, Error, Kernel, Operation, Result, Segments};
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// Gives a kernel, a width and segments for each operation. Each may be left to the rule; the default leaves all.
///
/// What is given is forced: a plan returns an error where it cannot do it. [`Tuning::or_any`] makes it a preference.
///
/// The text form has a line for each operation: the kernel, the width, the segments and `or any`, as far as they are
/// given, for example `forward column 2 usual or any`. `any` leaves one open, and so does an operation without a line.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wgpu_lrn::{Gpu, Kernel, Lrn, Plan, Shape, Tuning, block_on};
///
/// let (gpu, lrn) = (block_on(Gpu::open())?, Lrn::caffe().build()?);
/// let shape = Shape::nchw(32, 96, 55, 55)?;
/// std::fs::write("lrn.tuning", block_on(gpu.tune(&lrn, &shape))?.to_string())?;
///
/// let tuning: Tuning = std::fs::read_to_string("lrn.tuning")?.parse()?;
/// let tuned = Plan::with_tuning(&gpu, &lrn, &shape, tuning)?;
/// let forced = Plan::with_tuning(&gpu, &lrn, &shape, Kernel::Pixel)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[must_use]
pub struct Tuning {
    wishes: [Wish; 3],
}

/// What is given for an operation.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
struct Wish {
    kernel: Option<Kernel>,
    width: Option<u32>,
    segments: Option<Segments>,
    or_any: bool,
}

impl Tuning {
    /// Gives a kernel for all operations, or with `None` leaves it to the rule.
    pub fn with_kernel(self, kernel: impl Into<Option<Kernel>>) -> Tuning {
        let kernel = kernel.into();
        self.map(|wish| Wish { kernel, ..wish })
    }

    /// Gives a width for all operations, or with `None` leaves it to the rule.
    pub fn with_width(self, width: impl Into<Option<u32>>) -> Tuning {
        let width = width.into();
        self.map(|wish| Wish { width, ..wish })
    }

    /// Gives a number of segments for all operations, or with `None` leaves it to the rule, which also looks at the
    /// device.
    pub fn with_segments(self, segments: impl Into<Option<Segments>>) -> Tuning {
        let segments = segments.into();
        self.map(|wish| Wish { segments, ..wish })
    }

    /// Lets a plan take another choice, by the rule, where the given one is not available, cannot compute in place, or
    /// exceeds the device's limits.
    pub fn or_any(self) -> Tuning {
        self.map(|wish| Wish { or_any: true, ..wish })
    }

    /// Takes what another tuning gives for an operation.
    pub fn with(mut self, operation: Operation, other: impl Into<Tuning>) -> Tuning {
        let at = operation as usize;
        self.wishes[at] = other.into().wishes[at];
        self
    }

    /// Returns the choices for an operation, the preferred first; in place, those that compute it so. One at least.
    pub(crate) fn admitted(&self, problem: &Problem, operation: Operation, in_place: bool) -> Result<Vec<Choice>> {
        let wish = &self.wishes[operation as usize];
        let mut available = problem.choices();
        available.retain(|choice| !in_place || choice.computes_in_place(operation));
        let (mut admitted, others): (Vec<_>, Vec<_>) =
            available.iter().copied().partition(|choice| wish.admits(choice));
        if wish.or_any {
            admitted.extend(others);
        }
        if admitted.is_empty() {
            let (wanted, in_place) = (wish.to_string(), in_place.then_some(operation));
            return Err(Error::Unavailable { wanted, in_place, available });
        }
        let segments = wish.segments.unwrap_or(problem.segments);
        admitted.iter_mut().for_each(|choice| choice.segments = segments);
        Ok(admitted)
    }

    fn map(self, change: impl FnMut(Wish) -> Wish) -> Tuning {
        Tuning { wishes: self.wishes.map(change) }
    }
}

impl Wish {
    fn admits(&self, choice: &Choice) -> bool {
        self.kernel.is_none_or(|kernel| kernel == choice.kernel) && self.width.is_none_or(|width| width == choice.width)
    }
}

/// Gives one choice for all operations.
impl From<Choice> for Tuning {
    fn from(choice: Choice) -> Tuning {
        let Choice { kernel, width, segments } = choice;
        Tuning::from(kernel).with_width(width).with_segments(segments)
    }
}

/// Gives one kernel for all operations.
impl From<Kernel> for Tuning {
    fn from(kernel: Kernel) -> Tuning {
        Tuning::default().with_kernel(kernel)
    }
}

impl Display for Tuning {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut lines = Operation::ALL.iter();
        lines.try_for_each(|&operation| writeln!(f, "{operation} {}", self.wishes[operation as usize]))
    }
}

impl FromStr for Tuning {
    type Err = Error;

    fn from_str(text: &str) -> Result<Tuning> {
        let mut wishes = [None; 3];
        for line in text.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            let Some((operation, wish)) = words.split_first() else { continue };
            let operation: Operation = operation.parse()?;
            if wishes[operation as usize].replace(Wish::parse(wish)?).is_some() {
                return Err(Error::RepeatedOperation { operation });
            }
        }
        Ok(Tuning { wishes: wishes.map(Option::unwrap_or_default) })
    }
}

/// What a text says for what is left open.
const ANY: &str = "any";

impl Display for Wish {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.kernel.map_or(ANY, Kernel::name))?;
        match self.width {
            Some(width) => write!(f, " {width}")?,
            None if self.segments.is_some() => write!(f, " {ANY}")?,
            None => (),
        }
        self.segments.map_or(Ok(()), |segments| write!(f, " {segments}"))?;
        f.write_str(if self.or_any { " or any" } else { "" })
    }
}

impl Wish {
    fn parse(words: &[&str]) -> Result<Wish> {
        let (given, or_any) = match words {
            [given @ .., "or", ANY] => (given, true),
            _ => (words, false),
        };
        let (kernel, width, segments) = match *given {
            [] if or_any => (ANY, ANY, ANY),
            [] => ("", ANY, ANY),
            [kernel] => (kernel, ANY, ANY),
            [kernel, width] => (kernel, width, ANY),
            [kernel, width, segments] => (kernel, width, segments),
            [.., more] => return Err(unknown("word", more, ["or any"].into_iter())),
        };
        Ok(Wish {
            kernel: unless_any(kernel, str::parse)?,
            width: unless_any(width, parse_width)?,
            segments: unless_any(segments, str::parse)?,
            or_any,
        })
    }
}

fn unless_any<T>(word: &str, parse: impl FnOnce(&str) -> Result<T>) -> Result<Option<T>> {
    if word == ANY {
        return Ok(None);
    }
    parse(word).map(Some).map_err(|error| match error {
        Error::UnknownName { kind, given, mut known } => {
            known.push(ANY);
            Error::UnknownName { kind, given, known }
        }
        other => other,
    })
}
