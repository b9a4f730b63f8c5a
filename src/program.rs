//! The shader text of a kernel, with its constants in front.

mod stage;
mod storage;

use crate::recipe::tile::Tile;
use crate::recipe::{Context, SCALE, Step};
use crate::{Arithmetic, Choice, Dtype, Kernel, Operation};
pub use stage::Stage;
use std::fmt::Write;
use std::ops::Range;
pub use storage::Storage;

/// The uniform, the bindings and the formula, shared by the kernels.
const LRN: &str = include_str!("../shaders/lrn.wgsl");

/// One invocation per pixel, shared by *column* and *ring*.
const WALK: &str = include_str!("../shaders/walk.wgsl");

/// Sums of narrow windows, shared by *column*, *row* and *plane*.
const WINDOW: &str = include_str!("../shaders/window.wgsl");

/// Steps of a walk with the window in registers, shared by *column* and *plane*.
const STEP: &str = include_str!("../shaders/step.wgsl");

/// Sums of the windows of a run of channels, for *pixel*.
const NARROW: &str = include_str!("../shaders/pixel/narrow.wgsl");
const WIDE: &str = include_str!("../shaders/pixel/wide.wgsl");

/// A shader: its file, its entry point and the constants it is compiled with.
///
/// Equal programs compile to the same pipeline, whatever the shape they were made for.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Program {
    /// The file of the kernel, and how many elements are loaded at once.
    pub choice: Choice,
    /// What is computed.
    pub operation: Operation,
    /// Which part of that.
    pub stage: Stage,
    /// Whether an input is read where the result is.
    pub in_place: bool,
    /// The type of the elements.
    pub dtype: Dtype,
    /// How they lie in memory.
    pub storage: Storage,
    /// How sums are kept.
    pub arithmetic: Arithmetic,
    /// How b^β is computed.
    pub power: Power,
    /// Whether x is rectified first.
    pub relu: bool,
    /// Whether the result is scaled.
    pub scaled: bool,
    /// Whether it is added to what was there.
    pub blended: bool,
    /// Where the window is kept.
    pub scratch: Scratch,
    /// The kernel's own constants, by their names in WGSL.
    pub constants: Vec<(&'static str, u32)>,
}

/// How b^−β is computed: for the exponents of real networks, exactly but for the last rounding.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Power {
    /// β = 0: 1.
    Zero,
    /// β = ½: a corrected inverse square root.
    Half,
    /// β = ¾: that, times its square root.
    ThreeQuarters,
    /// β = 1: its square.
    One,
    /// Any other β: WGSL's `pow`.
    General,
}

impl Power {
    /// The way for an exponent.
    pub fn of(beta: f64) -> Power {
        match beta {
            0.0 => Power::Zero,
            0.5 => Power::Half,
            0.75 => Power::ThreeQuarters,
            1.0 => Power::One,
            _ => Power::General,
        }
    }

    /// The constant of `shaders/lrn.wgsl`.
    fn constant(self) -> &'static str {
        match self {
            Power::Zero => "ZERO",
            Power::Half => "HALF",
            Power::ThreeQuarters => "THREE_QUARTERS",
            Power::One => "ONE",
            Power::General => "GENERAL",
        }
    }
}

/// Where a kernel keeps the sums of its window, and how many.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Scratch {
    /// In arrays that the shader itself declares.
    None,
    /// Private to each invocation: registers, where the compiler can.
    Private(u64),
    /// A buffer of the plan, with that many values for each workgroup.
    Workspace(u64),
}

impl Scratch {
    /// The declaration of `scratch`, and of `slot`, which finds a value's place in it.
    fn declaration(self) -> String {
        let (variable, place) = match self {
            Scratch::None => return String::new(),
            Scratch::Private(n) => (format!("var<private> scratch: array<Sum, {n}>;"), "i".into()),
            Scratch::Workspace(n) => (
                "@group(0) @binding(4) var<storage, read_write> scratch: array<Sum>;".into(),
                format!("(group * {n}u + i) * INVOCATIONS + lane"),
            ),
        };
        format!("{variable}\nfn slot(i: u32) -> u32 {{ return {place}; }}\n")
    }
}

impl Program {
    pub(crate) fn new(
        context: &Context<'_>,
        step: &Step,
        storage: Storage,
        tile: &Tile,
    ) -> Program {
        let Context { lrn, shape, operation, choice, .. } = *context;
        let (stage, axis) = (step.stage, step.axis);
        let mut constants = vec![
            ("LOOK_BEHIND", axis.look_behind),
            ("LOOK_AHEAD", axis.look_ahead),
            ("WINDOW", axis.window()),
            ("HALO", axis.window() - 1),
        ];
        constants.extend(&tile.constants);
        Program {
            choice,
            operation,
            stage,
            in_place: step.in_place,
            dtype: shape.dtype(),
            storage,
            arithmetic: context.arithmetic(),
            relu: lrn.has_relu(),
            scaled: lrn.is_scaled() && stage.writes(operation),
            blended: lrn.is_blended() && stage.writes(operation),
            power: if stage.needs_powers(operation) {
                Power::of(lrn.beta())
            } else {
                Power::Zero // none is computed
            },
            scratch: tile.scratch,
            constants: constants.into_iter().map(|(name, value)| (name, value as u32)).collect(),
        }
    }

    /// The whole WGSL source: the prelude, `shaders/lrn.wgsl`, the files of the storage and of the
    /// arithmetic, those that the kernel shares with another, its own.
    pub fn source(&self) -> String {
        let arithmetic = match self.arithmetic {
            Arithmetic::Single => include_str!("../shaders/single.wgsl"),
            Arithmetic::Pair => include_str!("../shaders/pair.wgsl"),
            Arithmetic::Double => include_str!("../shaders/double.wgsl"),
        };
        let kernel = match self.choice.kernel {
            Kernel::Whole => include_str!("../shaders/whole.wgsl"),
            Kernel::Row => include_str!("../shaders/row.wgsl"),
            Kernel::Plane => include_str!("../shaders/plane.wgsl"),
            Kernel::Column => include_str!("../shaders/column.wgsl"),
            Kernel::Ring => include_str!("../shaders/ring.wgsl"),
            Kernel::Pixel => include_str!("../shaders/pixel.wgsl"),
        };
        let shared: &[_] = match self.choice.kernel {
            Kernel::Column => &[WALK, WINDOW, STEP],
            Kernel::Row => &[WINDOW],
            Kernel::Plane => &[WINDOW, STEP],
            Kernel::Ring => &[WALK],
            Kernel::Pixel if self.has_narrow_windows() => &[WINDOW, NARROW],
            Kernel::Pixel => &[WIDE],
            Kernel::Whole => &[],
        };
        let power = match self.dtype {
            Dtype::F64 => include_str!("../shaders/power64.wgsl"),
            _ => include_str!("../shaders/power.wgsl"),
        };
        let storage = self.storage.texts(self.dtype, self.choice.width);
        let stage = match self.choice.kernel {
            Kernel::Column | Kernel::Ring | Kernel::Pixel => self.stage.texts(self.operation),
            _ => Vec::new(),
        };
        let formula = [&[LRN], &storage[..], &[arithmetic, power]].concat();
        let texts = [&formula, shared, &stage, &[kernel]].concat();
        self.prelude() + &self.unrolled(&texts.join("\n"))
    }

    /// Whether windows are summed in registers.
    fn has_narrow_windows(&self) -> bool {
        self.constants.iter().any(|(name, _)| *name == "HELD")
    }

    /// The text with each loop that stands on one line and runs over a constant written out. Arrays
    /// become registers only where no loop is left, and compilers differ in which they unroll.
    fn unrolled(&self, text: &str) -> String {
        let lines = text.lines().map(|line| match self.one_line_loop(line) {
            Some((variable, range, body)) => {
                range.map(|i| substituted(body, variable, &format!("{i}u"))).collect()
            }
            None => format!("{line}\n"),
        });
        lines.collect()
    }

    /// Variable, range and body of `for (var i = 0u; i < NAME; i++) { body }`.
    fn one_line_loop<'a>(&self, line: &'a str) -> Option<(&'a str, Range<u32>, &'a str)> {
        let (variable, rest) = line.trim().strip_prefix("for (var ")?.split_once(" = ")?;
        let (start, rest) = rest.split_once("u; ")?;
        let (_, rest) = rest.split_once(" < ")?;
        let (end, rest) = rest.split_once("; ")?;
        let body = rest.split_once("{ ")?.1.strip_suffix(" }")?;
        let (_, end) = self.constants.iter().find(|(name, _)| *name == end)?;
        Some((variable, start.parse().ok()?..*end, body))
    }

    /// The name of the entry point.
    pub fn entry(&self) -> &'static str {
        match (self.stage, self.choice.kernel, self.operation) {
            (Stage::Only, Kernel::Ring, Operation::SquareSums | Operation::Forward)
            | (Stage::Only, Kernel::Pixel | Kernel::Column, Operation::SquareSums) => "windowed",
            (Stage::Only, _, operation) => operation.name(),
            _ => "windowed",
        }
    }

    /// The label that wgpu's errors and profilers show.
    pub fn label(&self) -> String {
        format!("lrn {} {} {}", self.operation.name(), self.dtype.name(), self.choice)
    }

    fn prelude(&self) -> String {
        let mut text = self.storage.enable().to_owned();
        text += &format!("const POWER = {};\n", self.power.constant());
        text += &format!("const RELU = {};\n", self.relu);
        text += &format!("const SCALED = {};\n", self.scaled);
        text += &format!("const BLENDED = {};\n", self.blended);
        text += &format!("const SCALE = {SCALE:?};\n");
        for (name, value) in &self.constants {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "const {name} = {value}u;");
        }
        text + &self.types() + &self.operands() + &self.scratch.declaration()
    }
}

/// The text with a variable replaced, as a line.
fn substituted(text: &str, variable: &str, value: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut line = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        line += if word == variable { value } else { word };
        let length = after.find(is_word).unwrap_or(after.len());
        let (between, after) = after.split_at(length);
        line += between;
        rest = after;
    }
    line + "\n"
}
