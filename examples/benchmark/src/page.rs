//! The page: measurements as plots and tables, in one file.

use crate::chart::{self, Bars, Line};
use crate::expected::Expectations;
use crate::table::duration;
use benches::networks::Layout;
use benches::report::{Adapter, Measurement, Report};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use terminal::{Failure, write_whole};
use wgpu_lrn::{Dtype, Precision};

const STYLE: &str = "
body { font: 16px/1.5 system-ui, sans-serif; color: #202124; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.7rem } h2 { font-size: 1.25rem; margin-top: 2.5rem } svg { width: 100%; height: auto }
table { border-collapse: collapse; font-size: .85rem; width: 100% }
th, td { text-align: left; padding: .15rem .6rem .15rem 0; border-bottom: 1px solid #e1e4e8 }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums }
.legend span { margin-right: 1.2rem; white-space: nowrap } .legend i { display: inline-block; width: .8rem; height: .8rem; border-radius: .15rem; margin-right: .35rem }
details { margin: .5rem 0 } p.note { color: #5f6368 }
@media (prefers-color-scheme: dark) { svg { background: #fff; border-radius: .3rem } body { background: #1b1c1e; color: #e8eaed } }
";

/// What fast and exact mean. The library's notes on accuracy have the figures.
const PRECISIONS: &str = "Results of f32 are fast unless a name says that they are exact. Fast computes in one f32, and \
    errs by a few ulp with ordinary inputs. Exact keeps sums in two f32, and errs by less than one. The library's \
    notes on accuracy (docs/accuracy.md) have what was measured, and how.";

/// Writes the page.
pub fn write(report: &Report, expect: &Expectations, path: &Path) -> Result<(), Failure> {
    let page = page(report, expect).map_err(|error| Failure::file(path, error))?.into_string();
    write_whole(path, |file| file.write_all(page.as_bytes()))
}

type Drawn<T = Markup> = Result<T, Box<dyn std::error::Error>>;

fn page(report: &Report, expect: &Expectations) -> Drawn {
    let mut fractions = Vec::new();
    for layout in Layout::ALL.map(Layout::name) {
        for pass in ["forward", "backward"] {
            fractions.push(fraction_of_copy(report, layout, pass)?);
        }
    }
    let mut sweeps = Vec::new();
    for numbers in Dtype::ALL.iter().copied().flat_map(Numbers::of) {
        for layout in Layout::ALL.map(Layout::name) {
            let mut add = |name, x_title, x: fn(&Measurement) -> f64| -> Drawn<()> {
                sweeps.push(sweep(report, name, layout, numbers, x_title, x)?);
                Ok(())
            };
            add("sweep_batch", "images", |m| m.dims[0] as f64)?;
            add("sweep_window", "channels in the window", window)?;
            add("sweep_channels", "channels", channels)?;
            add("sweep_pixels", "pixels", pixels)?;
        }
    }
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Local Response Normalization: measurements" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Local Response Normalization: measurements" }
                p {
                    "LRN moves bytes: forward reads x and writes y, backward reads x and dy and writes dx. "
                    "So a kernel is as good as the share of the speed of a copy of the same bytes that it reaches; "
                    "1 is a copy. The fastest choice of each device is shown; all are in the tables."
                }
                p { (PRECISIONS) }
                (adapters(report))
                @for section in &fractions { (section) }
                @for section in &sweeps { (section) }
                (expect.section())
                h2 { "Everything measured" }
                @for adapter in &report.adapters { (measurements(adapter)) }
            }
        }
    })
}

fn adapters(report: &Report) -> Markup {
    html! {
        table {
            tr { th { "device" } th { "backend" } th { "driver" } th { "wgpu" } th { "timer" } th.n { "best copy, GB/s" } th.n { "driver's copy" } }
            @for adapter in &report.adapters {
                tr {
                    td { (adapter.name) } td { (adapter.backend) } td { (adapter.driver) }
                    td { (adapter.wgpu) } td { (adapter.timer) } td.n { (format!("{:.1}", adapter.copy_gbps)) }
                    td.n { (adapter.copy_buffer_gbps.map_or("–".to_owned(), |gbps| format!("{gbps:.1}"))) }
                }
            }
        }
    }
}

fn label(adapter: &Adapter) -> String {
    format!("{} ({})", adapter.name, adapter.backend)
}

/// Returns the name of a series: the device, and what ran on it unless it is ours.
fn series_name(adapter: &Adapter, measurement: &Measurement) -> String {
    match measurement.fastest {
        true => label(adapter),
        false => format!("{}, {}", measurement.kernel, label(adapter)),
    }
}

/// The dtype and the precision of a measurement.
#[derive(Clone, Copy, PartialEq)]
struct Numbers<'a> {
    dtype: &'a str,
    precision: &'a str,
}

impl Numbers<'_> {
    /// Returns the precisions of a dtype.
    fn of(dtype: Dtype) -> impl Iterator<Item = Numbers<'static>> {
        let precisions = Precision::of(dtype).iter();
        precisions.map(move |p| Numbers { dtype: dtype.name(), precision: p.name() })
    }

    /// Returns a name that tells the dtype unless it is f32, and the precision unless it is fast.
    fn named(self, name: &str) -> String {
        let dtype = Some(self.dtype).filter(|&dtype| dtype != "f32");
        let precision = Some(self.precision).filter(|&precision| precision != "fast");
        [Some(name), dtype, precision].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Draws bars for the networks, at every batch, dtype and precision.
fn fraction_of_copy(report: &Report, layout: &str, pass: &str) -> Drawn {
    let mut categories = Vec::new();
    let mut series: BTreeMap<String, BTreeMap<String, f64>> = BTreeMap::new();
    for (adapter, m) in best(report, pass).filter(|(_, m)| m.layout == layout && !is_sweep(m)) {
        let category = numbers(m).named(&m.shape);
        if !categories.contains(&category) {
            categories.push(category.clone());
        }
        let values = series.entry(series_name(adapter, m)).or_default();
        values.insert(category, m.fraction_of_copy);
    }
    if categories.is_empty() {
        return Ok(html! {});
    }
    let bars: Vec<_> = series
        .into_iter()
        .map(|(name, values)| Bars {
            name,
            values: categories.iter().map(|category| values.get(category).copied()).collect(),
        })
        .collect();
    let names: Vec<_> = bars.iter().map(|bars| bars.name.clone()).collect();
    let title = format!("{}, {}: share of the speed of a copy", capital(pass), spaced(layout));
    Ok(section(&title, &names, chart::bars(&categories, &bars)?))
}

/// Returns a line for each pass and device, and for the copies.
fn sweep(
    report: &Report,
    name: &str,
    layout: &str,
    of: Numbers<'_>,
    x_title: &str,
    x: impl Fn(&Measurement) -> f64,
) -> Drawn {
    let mut lines: Vec<Line> = Vec::new();
    let wanted = |m: &Measurement| m.shape == name && m.layout == layout && numbers(m) == of;
    for pass in ["forward", "backward"] {
        for (adapter, m) in best(report, pass).filter(|(_, m)| wanted(m)) {
            add(&mut lines, format!("{pass}, {}", series_name(adapter, m)), (x(m), m.seconds * 1e3));
        }
        for adapter in &report.adapters {
            let of_copy = |m: &&Measurement| m.fastest && m.pass == pass && wanted(m);
            for m in adapter.measurements.iter().filter(of_copy) {
                let copy = m.seconds * m.fraction_of_copy * 1e3;
                add(&mut lines, format!("copy of {pass}, {}", label(adapter)), (x(m), copy));
            }
        }
    }
    if lines.is_empty() {
        return Ok(html! {});
    }
    let names: Vec<_> = lines.iter().map(|line| line.name.clone()).collect();
    let against = format!("Time against {}, {}", name.trim_start_matches("sweep_"), spaced(layout));
    let mut markup = section(&of.named(&against), &names, chart::lines(x_title, "milliseconds", &lines)?);
    markup.0 += &grid(x_title, &lines).0;
    Ok(markup)
}

fn add(lines: &mut Vec<Line>, name: String, point: (f64, f64)) {
    match lines.iter_mut().find(|line| line.name == name) {
        Some(line) => line.points.push(point),
        None => lines.push(Line { name, points: vec![point] }),
    }
}

/// Returns the numbers of a plot.
fn grid(x_title: &str, lines: &[Line]) -> Markup {
    let columns: Vec<f64> = lines[0].points.iter().map(|point| point.0).collect();
    html! {
        details {
            summary { "numbers, in milliseconds" }
            table {
                tr { th { (x_title) } @for x in &columns { th.n { (x) } } }
                @for line in lines {
                    tr { td { (line.name) } @for point in &line.points { td.n { (format!("{:.3}", point.1)) } } }
                }
            }
        }
    }
}

fn section(title: &str, names: &[String], svg: String) -> Markup {
    html! {
        h2 { (title) }
        p.legend {
            @for (number, name) in names.iter().enumerate() {
                span { i style={ "background:" (chart::css_colour(number)) } {} (name) }
            }
        }
        (PreEscaped(svg))
    }
}

/// Returns the best measurement of each device for a pass.
fn best<'a>(report: &'a Report, pass: &'a str) -> impl Iterator<Item = (&'a Adapter, &'a Measurement)> {
    let all = report.adapters.iter().flat_map(|a| a.measurements.iter().map(move |m| (a, m)));
    all.filter(move |(_, m)| m.pass == pass && m.is_best())
}

fn numbers(measurement: &Measurement) -> Numbers<'_> {
    Numbers { dtype: &measurement.dtype, precision: &measurement.precision }
}

fn is_sweep(measurement: &Measurement) -> bool {
    measurement.shape.starts_with("sweep_")
}

fn channels(measurement: &Measurement) -> f64 {
    let is_last = measurement.layout == Layout::ChannelsLast.name();
    measurement.dims[if is_last { 3 } else { 1 }] as f64
}

/// Returns the number of channels in the window.
fn window(measurement: &Measurement) -> f64 {
    measurement.window.map_or(1.0, |[p, q]| f64::from(p) + 1.0 + f64::from(q))
}

fn pixels(measurement: &Measurement) -> f64 {
    (measurement.dims[2] * measurement.dims[3]) as f64
}

fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn measurements(adapter: &Adapter) -> Markup {
    html! {
        details {
            summary { (label(adapter)) }
            table {
                tr {
                    th { "shape" } th { "dtype" } th { "precision" } th { "dimensions" } th { "layout" } th { "pass" } th { "kernel" }
                    th.n { "time" } th.n { "spread" } th.n { "GB/s" } th.n { "of copy" } th {}
                }
                @for m in &adapter.measurements {
                    tr {
                        td { (m.shape) } td { (m.dtype) } td { (m.precision) } td { (format!("{:?}", m.dims)) }
                        td { (m.layout) } td { (m.pass) } td { (m.kernel) }
                        td.n { (duration(m.seconds)) } td.n { (format!("{:.0} %", m.spread * 100.0)) }
                        td.n { (format!("{:.2}", m.gbps)) } td.n { (format!("{:.2}", m.fraction_of_copy)) }
                        td { @if m.rule { "rule " } @if m.fastest { "fastest" } }
                    }
                }
            }
        }
    }
}
