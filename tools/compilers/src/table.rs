//! What is printed.

use crate::budget::GPUS;
use crate::expected::Expected;
use crate::memory::Asked;
use crate::report::{Report, Row, Target};
use std::fmt::Display;
use terminal::{Failure, say};

/// Returns a table for each target and layer, and what to expect.
pub fn print(report: &Report) -> Result<(), Failure> {
    for target in &report.targets {
        let mut layers = target.rows.chunk_by(|a, b| a.case.layer == b.case.layer);
        layers.try_for_each(|rows| print_layer(target, rows))?;
    }
    print_budgets()?;
    print_expected(&report.expected)
}

const HEADS: [&str; 15] = [
    "slots",
    "listed",
    "latency",
    "loads",
    "registers",
    "waves",
    "spills",
    "private",
    "read",
    "written",
    "missed",
    "conflicts",
    "under way",
    "moved",
    "rows",
];

fn print_layer(target: &Target, rows: &[Row]) -> Result<(), Failure> {
    say(format!("{}: {}", target.name, rows[0].case.layer))?;
    say(line("choice", &HEADS))?;
    rows.iter().try_for_each(|row| say(figures(row)))?;
    say("")
}

fn figures(row: &Row) -> String {
    let name = format!("{} {}{}", row.case.choice, row.case.operation, row.case.part());
    line(&name, &[of_code(row), of_memory(row)].concat())
}

fn of_code(row: &Row) -> Vec<String> {
    let figures = &row.figures;
    vec![
        format!("{:.1}", figures.slots),
        format!("{:.1}", figures.listed),
        figures.latency.map_or(NOTHING.to_owned(), |cycles| format!("{cycles:.0}")),
        figures.loads.to_string(),
        figures.registers.to_string(),
        figures.waves.to_string(),
        figures.spills.to_string(),
        figures.private.to_string(),
    ]
}

fn of_memory(row: &Row) -> Vec<String> {
    let Some(memory) = row.memory else { return vec![NOTHING.to_owned(); 7] };
    let (by_32, by_64) = (&memory.groups_of_32, &memory.groups_of_64);
    let both = |of: fn(&Asked) -> f64| format!("{:.2}/{:.2}", of(by_32), of(by_64));
    let or_nothing = |number: Option<f64>| number.map_or(NOTHING.to_owned(), |n| format!("{n:.2}"));
    vec![
        both(|asked| asked.read),
        both(|asked| asked.written),
        both(|asked| asked.missed),
        both(|asked| asked.conflicts),
        or_nothing(row.under_way.map(|bytes| bytes / 1024.0)),
        or_nothing(row.moved.map(|moved| moved.bytes)),
        or_nothing(row.moved.and_then(|moved| moved.rows)),
    ]
}

/// What stands where a figure is not known.
const NOTHING: &str = "–";

fn line(name: &str, columns: &[impl Display]) -> String {
    let columns: String = columns.iter().map(|column| format!("{column:>12}")).collect();
    format!("  {name:28}{columns}")
}

fn print_budgets() -> Result<(), Failure> {
    say("Budget: slots of an element while a copy moves it; half of them for f16 and bf16")?;
    say(line("", &GPUS.map(|gpu| gpu.name)))?;
    for (name, bytes) in [("f32, 8 bytes forward", 8), ("f32, 12 bytes backward", 12)] {
        say(line(name, &GPUS.map(|gpu| format!("{:.0}", gpu.budget(bytes)))))?;
    }
    say("")
}

fn print_expected(expected: &[Expected]) -> Result<(), Failure> {
    say("To expect: % of a copy's speed, by the fastest choice, by what memory moves and what is issued")?;
    let gpus: Vec<_> = expected.chunk_by(|a, b| a.gpu == b.gpu).collect();
    say(line("", &gpus.iter().map(|all| all[0].gpu).collect::<Vec<_>>()))?;
    say(line("by the code for", &gpus.iter().map(|all| all[0].target.as_str()).collect::<Vec<_>>()))?;
    let Some(first) = gpus.first() else { return Ok(()) };
    for (number, one) in first.iter().enumerate() {
        if number == 0 || first[number - 1].layer != one.layer {
            say(format!("  {}", one.layer))?;
        }
        let percent = |all: &&[Expected]| format!("{:.0}", 100.0 * all[number].fraction);
        say(line(one.operation, &gpus.iter().map(percent).collect::<Vec<_>>()))?;
    }
    Ok(())
}
