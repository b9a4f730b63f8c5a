//! The WGSL text of a shader: its files, with its values in the places of those of the example.

use super::unroll::unrolled;
use super::{Power, Shader, hides_roots};
use crate::Operation;
use crate::kernel::Loads;
use crate::precision::Arithmetic;
use crate::stage::Stage;

impl Shader {
    /// Returns the files, which can be read as they are.
    pub fn files(&self) -> Vec<&'static str> {
        let kernel = self.choice.kernel.design();
        let stage = if kernel.has_stages() { stage(self.stage, self.operation) } else { Vec::new() };
        [
            &[wgsl!("interface.wgsl"), self.types(), wgsl!("params.wgsl"), wgsl!("lrn.wgsl"), self.operands()][..],
            &self.storage.files(self.dtype, self.choice.width),
            arithmetic(self.arithmetic),
            self.powers(),
            &stage,
            kernel.files(self.memory),
        ]
        .concat()
    }

    /// Returns the whole source.
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

    /// Returns the values of what the files declare with those of an example, by their names.
    pub fn values(&self) -> Vec<(&'static str, String)> {
        let mut values = vec![
            ("NORMALIZED", (self.operation != Operation::SquareSums).to_string()),
            ("POWER", self.power.constant().to_owned()),
            ("RELU", self.relu.to_string()),
            ("HAS_EPILOGUE", self.has_epilogue.to_string()),
            ("READS_OUTPUT", self.reads_output.to_string()),
        ];
        if self.arithmetic == Arithmetic::Single {
            values.push(("CORRECTED", self.corrects_roots().to_string()));
        }
        values.extend(self.elements());
        values.extend(self.constants.iter().map(|(name, value)| (*name, format!("{value}u"))));
        values
    }

    /// Returns `true` if powers have a low part. Those that are not made of roots need theirs.
    fn corrects_roots(&self) -> bool {
        self.power == Power::General || !hides_roots(self.dtype, self.operation, self.reads_output)
    }

    /// Returns the direction of the elements that are loaded at once.
    pub(super) fn loads(&self) -> Loads {
        self.choice.kernel.design().loads(self.choice.width)
    }

    fn types(&self) -> &'static str {
        match self.loads() {
            Loads::Pixels => wgsl!("elements/pixels.wgsl"),
            Loads::Channels | Loads::Columns => wgsl!("elements/packets.wgsl"),
        }
    }

    /// Returns the files that compute b^−β. What is made of roots needs none.
    fn powers(&self) -> &'static [&'static str] {
        match (self.power, self.arithmetic) {
            (Power::General, Arithmetic::Single) => &[BITS, wgsl!("power/single.wgsl")],
            (Power::General, Arithmetic::Pair) => &[BITS, wgsl!("power/pair.wgsl")],
            (Power::General, Arithmetic::Double) => &[wgsl_of_f64!("power/double.wgsl")],
            _ => &[wgsl!("power/zero.wgsl")],
        }
    }

    fn operands(&self) -> &'static str {
        match (self.in_place, self.operation) {
            (true, Operation::Forward) => wgsl!("operands/y_for_x.wgsl"),
            (true, Operation::Backward) => wgsl!("operands/dx_for_dy.wgsl"),
            _ => wgsl!("operands/separate.wgsl"),
        }
    }
}

/// Returns the keyword and the name of a line that declares a constant or the name of a type.
fn declared(line: &str) -> Option<(&str, &str)> {
    let (keyword, rest) = line.split_once(' ')?;
    let (name, _) = rest.split_once(" = ")?;
    ["const", "alias"].contains(&keyword).then_some((keyword, name))
}

/// Returns the files of an arithmetic: sums, and roots.
fn arithmetic(arithmetic: Arithmetic) -> &'static [&'static str] {
    match arithmetic {
        Arithmetic::Single => &[SCALAR, wgsl!("arithmetic/single.wgsl")],
        Arithmetic::Pair => &[wgsl!("arithmetic/pair.wgsl")],
        Arithmetic::Double => &[SCALAR, wgsl_of_f64!("arithmetic/double.wgsl")],
    }
}

const SCALAR: &str = wgsl!("arithmetic/scalar.wgsl");
const BITS: &str = wgsl!("power/bits.wgsl");

/// Returns the files of a stage: what is summed, and what is made of a sum.
fn stage(stage: Stage, operation: Operation) -> Vec<&'static str> {
    let summand = match stage {
        Stage::Only | Stage::Squares => wgsl!("stage/square.wgsl"),
        Stage::Terms | Stage::OnlyTerms => wgsl!("stage/term.wgsl"),
        Stage::Sums | Stage::Last => wgsl!("stage/partial.wgsl"),
    };
    let finish = match (stage, operation) {
        (Stage::Squares | Stage::Terms | Stage::Sums, _) => wgsl!("stage/total.wgsl"),
        (_, Operation::SquareSums) => wgsl!("stage/square_sums.wgsl"),
        // At once, backward has an entry point of its own.
        (_, Operation::Forward) | (Stage::Only, Operation::Backward) => wgsl!("stage/forward.wgsl"),
        (Stage::Last | Stage::OnlyTerms, Operation::Backward) => wgsl!("stage/backward.wgsl"),
    };
    vec![wgsl!("stage/temporaries.wgsl"), summand, finish]
}
