//! The README's table of frameworks says what the library does.

use wgpu_lrn::{Convention, Lrn};

/// Returns the cells of a constructor's row: p and q, a, and the defaults.
fn row(constructor: &str) -> [&'static str; 3] {
    let readme = include_str!("../README.md");
    let label = format!("| `Lrn::{constructor}`");
    let line = readme.lines().find(|line| line.starts_with(&label)).unwrap();
    let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
    cells[1..].try_into().unwrap()
}

/// Returns the window that a row describes, for a size.
fn window(description: &str, n: u32) -> (u32, u32) {
    let side = |text: &str| match text {
        "⌊n/2⌋" => n / 2,
        "⌊(n−1)/2⌋" | "(n−1)/2" => (n - 1) / 2,
        "r" => (n - 1) / 2,
        unknown => panic!("{unknown}"),
    };
    match description.strip_suffix(" both") {
        Some(both) => (side(both), side(both)),
        None => description.split_once(", ").map(|(p, q)| (side(p), side(q))).unwrap(),
    }
}

fn number(text: &str) -> f64 {
    match text {
        "½" => 0.5,
        "¾" => 0.75,
        "1/8192" => 1.0 / 8192.0,
        number => number.parse().unwrap(),
    }
}

#[test]
fn the_table_of_frameworks() {
    for &convention in Convention::ALL {
        if convention == Convention::Formula {
            continue;
        }
        let [sides, a, defaults] = row(convention.name());
        let [size, alpha, beta, k] = defaults.split(", ").collect::<Vec<_>>().try_into().unwrap();
        let size = match size.strip_prefix("r = ") {
            Some(radius) => Some(2 * radius.parse::<u32>().unwrap() + 1),
            None => size.parse().ok(),
        };
        let builder = convention.builder();
        assert_eq!(builder.clone().build().is_ok(), size.is_some(), "{convention:?}");
        for n in [3, 4, 5, 8, 11].into_iter().chain(size) {
            let given = if Some(n) == size { builder.clone() } else { builder.clone().size(n) };
            let Ok(lrn) = given.build() else {
                assert!(n % 2 == 0, "{convention:?} {n}");
                continue;
            };
            let divisor = if a == "alpha/n" { f64::from(n) } else { 1.0 };
            let (p, q) = window(sides, n);
            let listed = Lrn::new(p, q, number(alpha) / divisor, number(beta), number(k));
            assert_eq!(Ok(lrn), listed, "{convention:?} {n}");
        }
    }
}

/// The figures of the errors stand in the notes on accuracy, where they were measured.
#[test]
fn the_errors_are_those_of_the_notes() {
    let (readme, notes) = (include_str!("../README.md"), include_str!("../docs/accuracy.md"));
    let rows = readme.lines().filter(|line| line.starts_with("| `Precision::"));
    let figures = rows.map(|line| line.trim_matches('|').split_once('|').unwrap().1.trim());
    let figures: Vec<_> = figures.collect();
    assert_eq!(figures.len(), 3);
    for figures in figures {
        assert!(notes.contains(&format!("| {figures} |")), "{figures}");
    }
}
