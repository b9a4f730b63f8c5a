//! What is printed.

use crate::failure::Failure;
use crate::output::say;
use crate::report::{Report, Row, Target};

/// A table for each target and layer.
pub fn print(report: &Report) -> Result<(), Failure> {
    for target in &report.targets {
        let layers = target.rows.chunk_by(|a, b| layer(a) == layer(b));
        layers.into_iter().try_for_each(|rows| print_layer(target, rows))?;
    }
    Ok(())
}

fn layer(row: &Row) -> [&str; 3] {
    [row.shape, row.layout, row.dtype]
}

fn print_layer(target: &Target, rows: &[Row]) -> Result<(), Failure> {
    say(format!("{}: {}", target.name, layer(&rows[0]).join(", ")))?;
    say(format!(
        "  {:26}{:12}{:>7}{:>7}{:>7}{:>8}{:>7}{:>6}{:>6}{:>7}{:>8}{:>7}",
        "choice",
        "pass",
        "slots",
        "of all",
        "est.",
        "latency",
        "loads",
        "regs",
        "waves",
        "spills",
        "scratch",
        "shared"
    ))?;
    rows.iter().try_for_each(|row| say(line(row)))?;
    say("")
}

fn line(row: &Row) -> String {
    let part = match row.part {
        (1, 1) => String::new(),
        (part, parts) => format!(" {part}/{parts}"),
    };
    format!(
        "  {:26}{:12}{:>7.1}{:>7.1}{:>7}{:>8}{:>7}{:>6}{:>6}{:>7}{:>8}{:>7}",
        row.kernel.clone() + &part,
        row.pass,
        row.cost.slots,
        row.cost.slots_of_all,
        row.estimate.map_or("–".to_owned(), |slots| format!("{slots:.1}")),
        row.latency.map_or("–".to_owned(), |cycles| format!("{cycles:.0}")),
        row.loads_under_way,
        row.registers,
        row.waves,
        row.spills,
        row.scratch,
        row.shared,
    )
}
