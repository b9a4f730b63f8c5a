//! The WGSL text of a shader: its files, with its values in the places of those of the example.

use super::unroll::unrolled;
use super::{LIFT, Power, Shader};
use crate::Operation;
use crate::precision::Arithmetic;
use crate::stage::Stage;

impl Shader {
    /// The files, which can be read as they are.
    pub fn files(&self) -> Vec<&'static str> {
        let kernel = self.choice.kernel.design();
        let stage =
            if kernel.has_stages() { stage(self.stage, self.operation) } else { Vec::new() };
        [
            &[
                include_str!("../../shaders/interface.wgsl"),
                self.types(),
                include_str!("../../shaders/params.wgsl"),
                include_str!("../../shaders/lrn.wgsl"),
                self.operands(),
            ][..],
            &self.storage.files(self.dtype, self.choice.width),
            arithmetic(self.arithmetic),
            self.powers(),
            &stage,
            kernel.files(self.memory),
        ]
        .concat()
    }

    /// The whole source.
    pub fn source(&self) -> String {
        let values = self.values();
        let value = |name: &str| values.iter().find(|(known, _)| *known == name);
        let mut text = self.storage.enable().to_owned();
        for line in self.files().iter().flat_map(|file| file.lines()) {
            match declared(line).and_then(|(keyword, name)| Some((keyword, value(name)?))) {
                Some((keyword, (name, value))) => text += &format!("{keyword} {name} = {value};\n"),
                None => text.extend([line, "\n"]),
            }
        }
        unrolled(&text, &self.constants)
    }

    /// The values of what the files declare with those of an example, by their names.
    pub fn values(&self) -> Vec<(&'static str, String)> {
        let mut values = vec![
            ("NORMALIZED", (self.operation != Operation::SquareSums).to_string()),
            ("POWER", self.power.constant().to_owned()),
            ("LIFT", format!("{LIFT:?}")),
            ("RELU", self.relu.to_string()),
            ("HAS_EPILOGUE", self.has_epilogue.to_string()),
            ("READS_OUTPUT", self.reads_output.to_string()),
        ];
        values.extend(self.elements());
        values.extend(self.constants.iter().map(|(name, value)| (*name, format!("{value}u"))));
        values
    }

    fn types(&self) -> &'static str {
        if self.choice.kernel.design().loads_channels() {
            include_str!("../../shaders/elements/packets.wgsl")
        } else {
            include_str!("../../shaders/elements/pixels.wgsl")
        }
    }

    /// Those of b^−β. What is made of roots needs none.
    fn powers(&self) -> &'static [&'static str] {
        match (self.power, self.arithmetic) {
            (Power::General, Arithmetic::Single) => {
                &[BITS, include_str!("../../shaders/power/single.wgsl")]
            }
            (Power::General, Arithmetic::Pair) => {
                &[BITS, include_str!("../../shaders/power/pair.wgsl")]
            }
            (Power::General, Arithmetic::Double) => {
                &[include_str!("../../shaders/power/double.wgsl")]
            }
            _ => &[include_str!("../../shaders/power/zero.wgsl")],
        }
    }

    fn operands(&self) -> &'static str {
        match (self.in_place, self.operation) {
            (true, Operation::Forward) => include_str!("../../shaders/operands/y_for_x.wgsl"),
            (true, Operation::Backward) => include_str!("../../shaders/operands/dx_for_dy.wgsl"),
            _ => include_str!("../../shaders/operands/separate.wgsl"),
        }
    }
}

/// Keyword and name of a line that declares a constant or the name of a type.
fn declared(line: &str) -> Option<(&str, &str)> {
    let (keyword, rest) = line.split_once(' ')?;
    let (name, _) = rest.split_once(" = ")?;
    ["const", "alias"].contains(&keyword).then_some((keyword, name))
}

/// The files of an arithmetic: sums, and roots.
fn arithmetic(arithmetic: Arithmetic) -> &'static [&'static str] {
    match arithmetic {
        Arithmetic::Single => &[ONE, include_str!("../../shaders/arithmetic/single.wgsl")],
        Arithmetic::Pair => &[include_str!("../../shaders/arithmetic/pair.wgsl")],
        Arithmetic::Double => &[ONE, include_str!("../../shaders/arithmetic/double.wgsl")],
    }
}

const ONE: &str = include_str!("../../shaders/arithmetic/one.wgsl");
const BITS: &str = include_str!("../../shaders/power/bits.wgsl");

/// The files of a stage: what is summed, and what is made of a sum.
fn stage(stage: Stage, operation: Operation) -> Vec<&'static str> {
    let summand = match stage {
        Stage::Only | Stage::Squares => include_str!("../../shaders/stage/square.wgsl"),
        Stage::Terms | Stage::OnlyTerms => include_str!("../../shaders/stage/term.wgsl"),
        Stage::Sums | Stage::Last => include_str!("../../shaders/stage/partial.wgsl"),
    };
    let finish = match (stage, operation) {
        (Stage::Squares | Stage::Terms | Stage::Sums, _) => {
            include_str!("../../shaders/stage/total.wgsl")
        }
        (_, Operation::SquareSums) => include_str!("../../shaders/stage/square_sums.wgsl"),
        // At once, backward has an entry point of its own.
        (_, Operation::Forward) | (Stage::Only, Operation::Backward) => {
            include_str!("../../shaders/stage/forward.wgsl")
        }
        (Stage::Last | Stage::OnlyTerms, Operation::Backward) => {
            include_str!("../../shaders/stage/backward.wgsl")
        }
    };
    vec![include_str!("../../shaders/stage/sums.wgsl"), summand, finish]
}
