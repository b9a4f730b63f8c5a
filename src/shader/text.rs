//! The text of a file of shaders, as it is compiled in: without its lines of comments, which a package for browsers would
//! carry along.

/// The code of a file in `shaders/`.
macro_rules! wgsl {
    ($file:literal) => {{
        const TEXT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders/", $file));
        const CODE: [u8; $crate::shader::text::length_of_code(TEXT)] =
            $crate::shader::text::code(TEXT);
        const WGSL: &str = match std::str::from_utf8(&CODE) {
            Ok(code) => code,
            Err(_) => TEXT, // never: whole lines were left out
        };
        WGSL
    }};
}
pub(crate) use wgsl;

pub(crate) const fn length_of_code(text: &str) -> usize {
    let (mut line, mut length) = (0, 0);
    while line < text.len() {
        let end = end_of_line(text, line);
        if !is_comment(text, line) {
            length += end - line;
        }
        line = end;
    }
    length
}

pub(crate) const fn code<const LENGTH: usize>(text: &str) -> [u8; LENGTH] {
    let mut code = [0; LENGTH];
    let (mut line, mut length) = (0, 0);
    while line < text.len() {
        let end = end_of_line(text, line);
        let mut at = if is_comment(text, line) { end } else { line };
        while at < end {
            code[length] = text.as_bytes()[at];
            (at, length) = (at + 1, length + 1);
        }
        line = end;
    }
    code
}

/// Where the line after this one begins.
const fn end_of_line(text: &str, mut at: usize) -> usize {
    while at < text.len() && text.as_bytes()[at] != b'\n' {
        at += 1;
    }
    if at < text.len() { at + 1 } else { at }
}

/// Whether a comment is all that a line has from here on.
const fn is_comment(text: &str, mut at: usize) -> bool {
    let bytes = text.as_bytes();
    while at < bytes.len() && bytes[at] == b' ' {
        at += 1;
    }
    at + 1 < bytes.len() && bytes[at] == b'/' && bytes[at + 1] == b'/'
}
