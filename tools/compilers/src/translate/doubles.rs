//! f16 in the place of f64, which MSL has not. What is compiled has f64 again: see sass.py.

/// Returns the shader with f16, and the numbers for which its literals stand: the nth for 1 + n / 1024. So do numbers
/// of no type that an f16 could not hold.
pub fn replaced(source: &str) -> (String, Vec<f64>) {
    let mut numbers = Vec::new();
    let words: String = words(source).map(|word| replaced_word(word, &mut numbers)).collect();
    (format!("enable f16;\n{words}"), numbers)
}

fn replaced_word(word: &str, numbers: &mut Vec<f64>) -> String {
    if word == "f64" {
        return "f16".to_owned();
    }
    let (digits, suffix) = word.strip_suffix("lf").map_or((word, ""), |digits| (digits, "h"));
    match digits.parse() {
        Ok(number) if suffix == "h" || is_beyond_f16(digits, number) => {
            numbers.push(number);
            format!("{}{suffix}", 1.0 + (numbers.len() - 1) as f64 / 1024.0)
        }
        _ => word.to_owned(),
    }
}

/// Returns `true` if it is a float of no type that is too large for an f16.
fn is_beyond_f16(digits: &str, number: f64) -> bool {
    digits.contains('.') && number > 65504.0
}

/// Returns the words of a shader, and what is between them.
fn words(source: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: &u8| c.is_ascii_alphanumeric() || [b'_', b'.'].contains(c);
    let parts = source.as_bytes().chunk_by(move |a, b| is_word(a) == is_word(b));
    parts.map(|part| std::str::from_utf8(part).unwrap_or_default())
}
