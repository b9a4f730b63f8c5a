//! The text of a file of shaders, as it is compiled in: without its comments, which a package for browsers would carry
//! along, and for browsers without its indentation.

/// What marks a loop to be written out, which is a comment that stays.
pub(crate) const MARK: &str = "// unroll";

/// The code of a file in `shaders/`.
macro_rules! wgsl {
    ($file:literal) => {{
        const TEXT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders/", $file));
        const LENGTH: usize = $crate::wgsl::code::<{ TEXT.len() }>(TEXT).1;
        const CODE: [u8; LENGTH] = $crate::wgsl::code(TEXT).0;
        const WGSL: &str = match std::str::from_utf8(&CODE) {
            Ok(code) => code,
            Err(_) => TEXT, // never: only whole comments were left out
        };
        WGSL
    }};
}

/// The code of a file for f64. No browser has that, so a package for browsers does not carry it.
macro_rules! wgsl_of_f64 {
    ($file:literal) => {{
        const WGSL: &str = if cfg!(target_arch = "wasm32") { "" } else { wgsl!($file) };
        WGSL
    }};
}

/// Returns the code of a text without comments, and its length in bytes.
pub(crate) const fn code<const LENGTH: usize>(text: &str) -> ([u8; LENGTH], usize) {
    let (mut code, mut length) = ([0; LENGTH], 0);
    let text = text.as_bytes();
    let mut line = 0;
    while line < text.len() {
        let end = end_of_code(text, line);
        if end > line {
            let start = if cfg!(target_arch = "wasm32") { start_of_code(text, line) } else { line };
            length = append(&mut code, length, text, start, end);
            length = append(&mut code, length, b"\n", 0, 1);
        }
        line = end_of_line(text, end) + 1;
    }
    (code, length)
}

/// Writes a range of a text behind the code, and returns the new length.
const fn append(code: &mut [u8], length: usize, text: &[u8], start: usize, end: usize) -> usize {
    let mut at = start;
    while at < end {
        code[length + at - start] = text[at];
        at += 1;
    }
    length + end - start
}

/// Returns where the line ends that holds a place.
const fn end_of_line(text: &[u8], mut at: usize) -> usize {
    while at < text.len() && text[at] != b'\n' {
        at += 1;
    }
    at
}

/// Returns where the code of a line starts, behind its indentation.
const fn start_of_code(text: &[u8], mut at: usize) -> usize {
    while at < text.len() && text[at] == b' ' {
        at += 1;
    }
    at
}

/// Returns where the code of a line ends: before a comment, unless it marks a loop to unroll.
const fn end_of_code(text: &[u8], line: usize) -> usize {
    let end = end_of_line(text, line);
    let mut at = line;
    while at < end && !begins(text, at, b"//") {
        at += 1;
    }
    if begins(text, at, MARK.as_bytes()) {
        return end;
    }
    while at > line && text[at - 1] == b' ' {
        at -= 1;
    }
    at
}

const fn begins(text: &[u8], start: usize, with: &[u8]) -> bool {
    let mut at = 0;
    while at < with.len() && start + at < text.len() && text[start + at] == with[at] {
        at += 1;
    }
    at == with.len()
}
