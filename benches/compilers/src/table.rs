//! What is printed.

use crate::expected::Expected;
use crate::failure::Failure;
use crate::output::say;
use crate::report::{Report, Row, Target};

/// A table for each target and layer, and what to expect.
pub fn print(report: &Report) -> Result<(), Failure> {
    for target in &report.targets {
        let layers = target.rows.chunk_by(|a, b| a.layer() == b.layer());
        layers.into_iter().try_for_each(|rows| print_layer(target, rows))?;
    }
    print_expected(&report.expected)
}

fn print_layer(target: &Target, rows: &[Row]) -> Result<(), Failure> {
    say(format!("{}: {}", target.name, rows[0].layer().join(", ")))?;
    say(aligned("choice", "pass", &HEADS.map(str::to_owned)))?;
    rows.iter().try_for_each(|row| say(line(row)))?;
    say("")
}

const HEADS: [&str; 11] = [
    "slots", "of all", "est.", "latency", "est.", "loads", "regs", "waves", "spills", "private",
    "shared",
];

fn line(row: &Row) -> String {
    let part = match row.part {
        (1, 1) => String::new(),
        (part, parts) => format!(" {part}/{parts}"),
    };
    let numbers = [
        format!("{:.1}", row.cost.slots),
        format!("{:.1}", row.cost.slots_of_all),
        row.slots_estimated.map_or("–".to_owned(), |slots| format!("{slots:.1}")),
        row.latency.map_or("–".to_owned(), |cycles| format!("{cycles:.0}")),
        row.latency_estimated.map_or("–".to_owned(), |cycles| format!("{cycles:.0}")),
        row.loads_under_way.to_string(),
        row.registers.to_string(),
        row.waves.to_string(),
        row.spills.to_string(),
        row.private.to_string(),
        row.shared.to_string(),
    ];
    aligned(&(row.kernel.clone() + &part), row.pass, &numbers)
}

fn aligned(choice: &str, pass: &str, numbers: &[String]) -> String {
    let numbers: String = numbers.iter().map(|number| format!("{number:>8}")).collect();
    format!("  {choice:22}{pass:12}{numbers}")
}

fn print_expected(expected: &[Expected]) -> Result<(), Failure> {
    say(
        "What to expect: the slots that the cheapest choice takes, of those that there are while the memory moves",
    )?;
    say("an element, and the share of the memory's speed that they leave it.")?;
    expected.chunk_by(Expected::is_beside).try_for_each(|passes| {
        let Expected { gpu, target, shape, layout, dtype, precision, .. } = &passes[0];
        let passes: Vec<_> = passes.iter().map(share).collect();
        let layer = [*shape, *layout, *dtype, *precision].join(" ");
        say(format!("  {gpu:13}{target:9}{layer:44}{}", passes.join("; ")))
    })
}

fn share(one: &Expected) -> String {
    let Expected { pass, slots, budget, share, kernel, .. } = one;
    format!("{pass} {slots:.0} of {budget:.0}, {:.0} % ({kernel})", share * 100.0)
}
