//! The table on the terminal.

use benches::report::{Measurement, is_copy};
use terminal::{Failure, say};
use wgpu_lrn::wgpu::AdapterInfo;

/// Prints the adapter, and the names of the columns.
pub fn head(info: &AdapterInfo) -> Result<(), Failure> {
    say(format_args!("{} ({})", info.name, info.backend))?;
    say(format_args!(
        "{:30} {:5} {:9} {:11} {:14} {:10} {:>11} {:>8} {:>8}",
        "shape", "dtype", "precision", "pass", "layout", "kernel", "time", "GB/s", "of copy"
    ))
}

/// Prints the preferred choice, the fastest one, and the best copy.
pub fn rows(measurements: &[Measurement]) -> Result<(), Failure> {
    let copies = measurements.iter().filter(|m| is_copy(&m.kernel));
    let copy = copies.min_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let ours = measurements.iter().filter(|m| m.rule || m.fastest);
    ours.chain(copy).try_for_each(|measurement| say(row(measurement)))
}

fn row(m: &Measurement) -> String {
    let remark = match (m.rule, m.fastest) {
        (true, true) => "  rule, fastest",
        (true, false) => "  rule",
        (false, true) => "  fastest",
        (false, false) => "",
    };
    format!(
        "{:30} {:5} {:9} {:11} {:14} {:10} {:>11} {:>8.2} {:>8.2}{remark}",
        m.shape,
        m.dtype,
        m.precision,
        m.pass,
        m.layout,
        m.kernel,
        duration(m.seconds),
        m.gbps,
        m.fraction_of_copy
    )
}

/// Formats a duration with a fitting unit.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.2} us", s * 1e6),
        s if s < 1.0 => format!("{:.3} ms", s * 1e3),
        s => format!("{s:.3} s"),
    }
}
