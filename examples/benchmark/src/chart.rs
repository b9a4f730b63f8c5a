//! Plots, as SVG.

use plotters::prelude::*;
use plotters::style::{RGBColor, register_font};
use std::error::Error;
use std::sync::Once;

type Drawn<T = ()> = Result<T, Box<dyn Error>>;

/// A name, and a value for each category, where there is one.
pub struct Bars {
    pub name: String,
    pub values: Vec<Option<f64>>,
}

/// A name, and points from left to right.
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// Colours that people with colour blindness tell apart (Okabe and Ito).
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(230, 159, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(213, 94, 0),
    RGBColor(86, 180, 233),
    RGBColor(90, 90, 90),
];
const INK: RGBColor = RGBColor(60, 64, 67);
const GRID: RGBColor = RGBColor(225, 228, 232);
const FONT: &str = "sans-serif";
const WIDTH: u32 = 960;
const TEXT: u32 = 14;

fn colour(series: usize) -> RGBColor {
    COLOURS[series % COLOURS.len()]
}

/// Registers the font by which the sizes of texts are estimated; the page shows its reader's own.
fn fonts() {
    static ONCE: Once = Once::new();
    // It is the file's own fault if it is no font: then the drawing tells.
    ONCE.call_once(|| drop(register_font(FONT, FontStyle::Normal, dejavu::sans::regular())));
}

/// Draws horizontal bars, grouped by category, of values about 1.
pub fn bars(categories: &[String], series: &[Bars]) -> Drawn<String> {
    fonts();
    let rows = categories.len() * (series.len() + 1);
    let height = 90 + 16 * rows as u32;
    let most = series.iter().flat_map(|s| s.values.iter().flatten()).fold(1.0, |a: f64, &b| a.max(b));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .set_label_area_size(LabelAreaPosition::Left, 210)
            .set_label_area_size(LabelAreaPosition::Bottom, 36)
            .build_cartesian_2d(0.0..most * 1.06, rows as f64..0.0)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(GRID)
            .label_style((FONT, TEXT).into_font().color(&INK))
            .x_label_formatter(&|x| format!("{x:.1}"))
            .draw()?;
        for (group, category) in categories.iter().enumerate() {
            let top = group as f64 * (series.len() + 1) as f64 + 0.5;
            let place = chart.backend_coord(&(0.0, top + series.len() as f64 / 2.0));
            let style = (FONT, TEXT).into_font().color(&INK).pos(right_middle());
            area.draw(&Text::new(category.clone(), (place.0 - 8, place.1), style))?;
            for (number, bars) in series.iter().enumerate() {
                let Some(value) = bars.values[group] else { continue };
                let y = top + number as f64;
                let bar = Rectangle::new([(0.0, y + 0.08), (value, y + 0.92)], colour(number).filled());
                chart.draw_series([bar])?;
                let end = chart.backend_coord(&(value, y + 0.5));
                let style = (FONT, TEXT - 3).into_font().color(&INK).pos(left_middle());
                area.draw(&Text::new(format!("{value:.2}"), (end.0 + 4, end.1), style))?;
            }
        }
        let whole = [(1.0, 0.0), (1.0, rows as f64)];
        chart.draw_series([PathElement::new(whole, INK.stroke_width(1))])?;
        area.present()?;
    }
    Ok(svg)
}

/// Draws lines on logarithmic axes.
pub fn lines(x_title: &str, y_title: &str, series: &[Line]) -> Drawn<String> {
    fonts();
    let points = || series.iter().flat_map(|line| line.points.iter().copied());
    let (x, y) = (range(points().map(|p| p.0), 1.15), range(points().map(|p| p.1), 1.5));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, 420)).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .set_label_area_size(LabelAreaPosition::Left, 90)
            .set_label_area_size(LabelAreaPosition::Bottom, 48)
            .build_cartesian_2d((x.0..x.1).log_scale().base(2.0), (y.0..y.1).log_scale().base(2.0))?;
        chart
            .configure_mesh()
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(GRID)
            .label_style((FONT, TEXT).into_font().color(&INK))
            .axis_desc_style((FONT, TEXT).into_font().color(&INK))
            .x_label_formatter(&|x| format!("{x}"))
            .y_label_formatter(&|y| format!("{y}"))
            .x_desc(x_title)
            .y_desc(y_title)
            .draw()?;
        for (number, line) in series.iter().enumerate() {
            let colour = colour(number);
            chart.draw_series(LineSeries::new(line.points.iter().copied(), colour.stroke_width(2)))?;
            let dot = |&point| Circle::new(point, 3, colour.filled());
            chart.draw_series(line.points.iter().map(dot))?;
        }
        area.present()?;
    }
    Ok(svg)
}

/// Returns the colour of a series, for a legend.
pub fn css_colour(series: usize) -> String {
    let RGBColor(r, g, b) = colour(series);
    format!("rgb({r},{g},{b})")
}

/// Returns the least and the largest value, with a margin by a factor.
fn range(values: impl Iterator<Item = f64>, margin: f64) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, 0.0f64), |(l, h), v| (l.min(v), h.max(v)));
    (low / margin, high * margin)
}

use plotters::style::text_anchor::{HPos, Pos, VPos};

fn right_middle() -> Pos {
    Pos::new(HPos::Right, VPos::Center)
}

fn left_middle() -> Pos {
    Pos::new(HPos::Left, VPos::Center)
}
