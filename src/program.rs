//! The shader text of a kernel, with its constants in front.

use crate::recipe::tile::Tile;
use crate::{Kernel, Lrn, Operation};
use std::fmt::Write;

/// The uniform, the bindings and the formula, shared by the kernels.
const LRN: &str = include_str!("../shaders/lrn.wgsl");

/// The arithmetic of sums that keep their rounding errors.
const SUM: &str = include_str!("../shaders/sum.wgsl");

/// A shader: its file, its entry point and the constants it is compiled with.
///
/// Equal programs compile to the same pipeline, whatever the shape they were made for.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct Program {
    /// The file of `shaders/`.
    pub kernel: Kernel,
    /// The entry point.
    pub operation: Operation,
    /// How b^β is computed.
    pub power: Power,
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
    pub fn of(beta: f32) -> Power {
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

/// Where a kernel keeps the values of its window; the number counts sums of two f32.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Scratch {
    /// Private to each invocation: registers, where the compiler can.
    Private(u64),
    /// Shared by a workgroup.
    Workgroup(u64),
    /// A buffer of the plan, with that many values for each workgroup.
    Workspace(u64),
}

impl Scratch {
    /// The declaration of `scratch`; of `slot`, which finds a value's place in it; and of `barrier`,
    /// which makes it visible to the workgroup.
    fn declaration(self, kernel: Kernel) -> String {
        let in_workspace = matches!(self, Scratch::Workspace(_));
        let (variable, place, barrier) = match self {
            Scratch::Private(n) => {
                (format!("var<private> scratch: array<Sum, {n}>;"), "i".into(), "")
            }
            Scratch::Workgroup(n) => (
                format!("var<workgroup> scratch: array<Sum, {n}>;"),
                "i".into(),
                "workgroupBarrier();",
            ),
            Scratch::Workspace(n) => (
                "@group(0) @binding(4) var<storage, read_write> scratch: array<Sum>;".into(),
                match kernel {
                    Kernel::Pixel => format!("group * {n}u + i"),
                    Kernel::Column => format!("(group * {n}u + i) * INVOCATIONS + lane"),
                },
                "storageBarrier();",
            ),
        };
        format!(
            "{variable}\nfn slot(i: u32) -> u32 {{ return {place}; }}\n\
             fn barrier() {{ {barrier} }}\n\
             const IN_WORKSPACE = {in_workspace};\n"
        )
    }
}

impl Program {
    pub(crate) fn new(
        kernel: Kernel,
        operation: Operation,
        lrn: &Lrn,
        (look_behind, look_ahead): (u64, u64),
        tile: &Tile,
    ) -> Program {
        let mut constants = vec![
            ("INVOCATIONS", tile.invocations),
            ("LOOK_BEHIND", look_behind),
            ("LOOK_AHEAD", look_ahead),
        ];
        if kernel == Kernel::Pixel {
            constants.extend([("PIXELS", tile.pixels), ("SPAN", tile.span), ("BLOCK", tile.block)]);
        }
        let scratch = match kernel {
            _ if tile.in_workspace => Scratch::Workspace,
            Kernel::Column => Scratch::Private,
            Kernel::Pixel => Scratch::Workgroup,
        };
        Program {
            kernel,
            operation,
            power: match operation {
                Operation::SquareSums => Power::Zero, // none is computed
                _ => Power::of(lrn.beta()),
            },
            scratch: scratch(tile.slots),
            constants: constants.into_iter().map(|(name, value)| (name, value as u32)).collect(),
        }
    }

    /// The whole WGSL source: constants, `shaders/sum.wgsl`, `shaders/lrn.wgsl`, then the
    /// kernel's file.
    pub fn source(&self) -> String {
        let kernel = match self.kernel {
            Kernel::Pixel => include_str!("../shaders/pixel.wgsl"),
            Kernel::Column => include_str!("../shaders/column.wgsl"),
        };
        [self.prelude().as_str(), SUM, LRN, kernel].join("\n")
    }

    /// The label that wgpu's errors and profilers show.
    pub fn label(&self) -> String {
        format!("lrn {} {}", self.operation.name(), self.kernel.name())
    }

    fn prelude(&self) -> String {
        let mut text = format!("const POWER = {};\n", self.power.constant());
        for (name, value) in &self.constants {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "const {name} = {value}u;");
        }
        text + &self.scratch.declaration(self.kernel)
    }
}
