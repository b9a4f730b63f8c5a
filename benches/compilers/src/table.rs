//! What is printed.

use crate::budget::{Expected, GPUS};
use crate::report::{Report, Row, Target};
use std::fmt::Display;
use terminal::{Failure, say};

/// A table for each target and layer, and what to expect.
pub fn print(report: &Report) -> Result<(), Failure> {
    for target in &report.targets {
        let mut layers = target.rows.chunk_by(|a, b| a.case.layer == b.case.layer);
        layers.try_for_each(|rows| print_layer(target, rows))?;
    }
    print_budgets()?;
    print_expected(&report.expected)
}

fn print_layer(target: &Target, rows: &[Row]) -> Result<(), Failure> {
    let heads = ["slots", "listed", "latency", "loads", "registers", "waves", "spills", "private"];
    say(format!("{}: {}", target.name, rows[0].case.layer))?;
    say(line("choice", &heads))?;
    rows.iter().try_for_each(|row| say(figures(row)))?;
    say("")
}

fn figures(row: &Row) -> String {
    let figures = &row.figures;
    let numbers = [
        format!("{:.1}", figures.slots),
        format!("{:.1}", figures.listed),
        figures.latency.map_or("–".to_owned(), |cycles| format!("{cycles:.0}")),
        figures.loads.to_string(),
        figures.registers.to_string(),
        figures.waves.to_string(),
        figures.spills.to_string(),
        figures.private.to_string(),
    ];
    line(&format!("{} {}{}", row.case.choice, row.case.operation, row.case.part()), &numbers)
}

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
    say(
        "To expect: % of a copy's speed, by the fastest choice, if nothing but memory and issue counts",
    )?;
    let gpus: Vec<_> = expected.chunk_by(|a, b| a.gpu == b.gpu).collect();
    say(line("", &gpus.iter().map(|all| all[0].gpu).collect::<Vec<_>>()))?;
    say(line(
        "by the code for",
        &gpus.iter().map(|all| all[0].target.as_str()).collect::<Vec<_>>(),
    ))?;
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
