//! Loops over constants, written out.
//!
//! Arrays become registers only where no loop is left, and compilers differ in which they unroll.

use crate::wgsl::MARK;

/// Returns the text with each loop `for (var i = 0u; i < NAME; i++) { … }` that is marked `// unroll` written out,
/// where NAME is one of some constants. The loop ends with a brace, after which its line may have but the mark. A loop
/// that is marked and is not like that stays, with its mark.
pub(super) fn unrolled(text: &str, constants: &[(&str, u32)]) -> String {
    let mut result = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(head) = line.split_once(MARK).and_then(|(code, _)| Head::of(code, constants)) else {
            result.extend([line, "\n"]);
            continue;
        };
        let mut body = head.rest.to_owned();
        let mut depth = depth(&body);
        while depth >= 0 {
            let Some(line) = lines.next() else { break };
            depth += self::depth(line);
            body.extend(["\n", line]);
        }
        let body = body.trim_end().strip_suffix('}').unwrap_or(&body);
        let declares = body.contains("let ") || body.contains("var ");
        for turn in head.start..head.end {
            let turn = substituted(body, head.variable, &format!("{turn}u"));
            let turn = unrolled(&turn, constants);
            // What a turn declares is its own.
            result += &if declares { format!("{{\n{turn}}}\n") } else { turn };
        }
    }
    result
}

/// The head of a loop.
struct Head<'a> {
    variable: &'a str,
    start: u32,
    end: u32,
    /// What follows its brace.
    rest: &'a str,
}

impl Head<'_> {
    fn of<'a>(code: &'a str, constants: &[(&str, u32)]) -> Option<Head<'a>> {
        let (variable, rest) = code.trim().strip_prefix("for (var ")?.split_once(" = ")?;
        let (start, rest) = rest.split_once("u; ")?;
        let (_, rest) = rest.split_once(" < ")?;
        let (end, rest) = rest.split_once("; ")?;
        let (_, rest) = rest.split_once('{')?;
        let (_, end) = constants.iter().find(|(name, _)| *name == end)?;
        Some(Head { variable, start: start.parse().ok()?, end: *end, rest })
    }
}

/// Returns how many more braces open than close.
fn depth(code: &str) -> i32 {
    let count = |brace| code.matches(brace).count() as i32;
    count('{') - count('}')
}

/// Returns the text with a variable replaced.
fn substituted(text: &str, variable: &str, value: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut result = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        result += if word == variable { value } else { word };
        let length = after.find(is_word).unwrap_or(after.len());
        let (between, after) = after.split_at(length);
        result += between;
        rest = after;
    }
    result
}
