//! The WGSL text of a shader: its files, with its constants in front.

use super::{SCALE, Shader};
use crate::{Arithmetic, Operation, Scratch, Stage};
use std::fmt::Write;
use std::ops::Range;

impl Shader {
    /// The whole source: the prelude, `shaders/lrn.wgsl`, the files of the storage, of the arithmetic, of the stage and
    /// of the kernel.
    pub fn source(&self) -> String {
        let kernel = self.choice.kernel;
        let stage =
            if kernel.has_stages() { stage(self.stage, self.operation) } else { Vec::new() };
        let formula = [include_str!("../../shaders/lrn.wgsl")];
        let texts = [
            &formula,
            &self.storage.files(self.dtype, self.choice.width)[..],
            &arithmetic(self.arithmetic),
            &stage,
            kernel.files(self.has_narrow_windows),
        ];
        self.prelude() + &self.unrolled(&texts.concat().join("\n"))
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
        text + &self.types() + &self.operands() + &scratch(self.scratch)
    }
}

/// The files of an arithmetic: sums, and powers.
fn arithmetic(arithmetic: Arithmetic) -> [&'static str; 2] {
    let (sums, power) = match arithmetic {
        Arithmetic::Single => (include_str!("../../shaders/arithmetic/single.wgsl"), POWER),
        Arithmetic::Pair => (include_str!("../../shaders/arithmetic/pair.wgsl"), POWER),
        Arithmetic::Double => (
            include_str!("../../shaders/arithmetic/double.wgsl"),
            include_str!("../../shaders/arithmetic/power64.wgsl"),
        ),
    };
    [sums, power]
}

const POWER: &str = include_str!("../../shaders/arithmetic/power.wgsl");

/// The files of a stage: what is summed, and what is made of a sum.
fn stage(stage: Stage, operation: Operation) -> Vec<&'static str> {
    let summand = match stage {
        Stage::Only | Stage::Squares => include_str!("../../shaders/stage/square.wgsl"),
        Stage::Terms => include_str!("../../shaders/stage/term.wgsl"),
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
        (Stage::Last, Operation::Backward) => include_str!("../../shaders/stage/backward.wgsl"),
    };
    vec![include_str!("../../shaders/stage/sums.wgsl"), summand, finish]
}

/// The declaration of `scratch`, and of `slot`, which finds a value's place in it.
fn scratch(scratch: Scratch) -> String {
    let (variable, place) = match scratch {
        Scratch::None => return String::new(),
        Scratch::Private(n) => (format!("var<private> scratch: array<Sum, {n}>;"), "i".into()),
        Scratch::Workspace(n) => (
            "@group(0) @binding(4) var<storage, read_write> scratch: array<Sum>;".into(),
            format!("(group * {n}u + i) * INVOCATIONS + lane"),
        ),
    };
    format!("{variable}\nfn slot(i: u32) -> u32 {{ return {place}; }}\n")
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
