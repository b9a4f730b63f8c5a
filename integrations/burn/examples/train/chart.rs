//! Draws the losses of the steps and the validation accuracies of the epochs.

use crate::Done;
use crate::model::Norm;
use crate::report::Run;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::register_font;
use std::path::Path;

const FONT: &str = "DejaVu Sans";
const SIZE: (u32, u32) = (1600, 700);
const GREY: RGBColor = RGBColor(95, 99, 106);
const GRID: RGBColor = RGBColor(225, 227, 231);
// A curve shows a moving average, in which a step weighs this much.
const WEIGHT: f64 = 0.08;

type Area<'b> = DrawingArea<BitMapBackend<'b>, Shift>;
type Chart<'a, 'b, Y> = ChartContext<'a, BitMapBackend<'b>, Cartesian2d<RangedCoordf64, Y>>;

/// Draws a PNG.
pub fn draw(runs: &[Run], path: &Path) -> Done {
    register_font(FONT, FontStyle::Normal, dejavu::sans::regular()).map_err(|_| "the font cannot be read")?;
    let canvas = BitMapBackend::new(path, SIZE).into_drawing_area();
    canvas.fill(&WHITE)?;
    let (left, right) = canvas.split_horizontally(SIZE.0 * 58 / 100);
    losses(runs, &left)?;
    accuracies(runs, &right)?;
    Ok(canvas.present()?)
}

/// Returns a colour, and a width that shows a curve under another.
fn style(norm: Norm) -> ShapeStyle {
    match norm {
        Norm::Ours => RGBColor(24, 95, 175).stroke_width(2),
        Norm::Burn => RGBColor(250, 170, 90).stroke_width(7),
        Norm::None => RGBColor(130, 136, 145).stroke_width(3),
    }
}

fn label(norm: Norm) -> &'static str {
    match norm {
        Norm::Ours => "wgpu_lrn_burn::LocalResponseNorm",
        Norm::Burn => "burn::nn::LocalResponseNorm",
        Norm::None => "no normalization",
    }
}

/// Returns the runs in the order in which they are drawn: thin curves lie on thick ones.
fn drawn(runs: &[Run]) -> impl Iterator<Item = &Run> {
    let order = [Norm::None, Norm::Burn, Norm::Ours];
    order.into_iter().filter_map(|norm| runs.iter().find(|run| run.norm == norm))
}

fn losses(runs: &[Run], area: &Area<'_>) -> Done {
    let steps = runs.iter().map(|run| run.record.losses.len()).max().unwrap_or(1);
    let curves = || drawn(runs).map(|run| (run.norm, averages(&run.record.losses)));
    let low = curves().flat_map(|(_, losses)| losses).fold(1.0, f64::min);
    let heights = (low * 0.8..3.0).log_scale();
    let title = "Training loss, a moving average";
    let mut chart = plane(area, [title, "step"], steps, heights, &|y| format!("{y:.2}"))?;
    for (norm, losses) in curves() {
        let points = losses.into_iter().enumerate().map(|(step, loss)| (step as f64 + 1.0, loss));
        chart
            .draw_series(LineSeries::new(points, style(norm)))?
            .label(label(norm))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 40, y)], style(norm)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .legend_area_size(60)
        .margin(20)
        .label_font((FONT, 22).into_font().color(&GREY))
        .background_style(WHITE)
        .draw()?;
    Ok(())
}

fn accuracies(runs: &[Run], area: &Area<'_>) -> Done {
    let epochs = runs.iter().map(|run| run.record.epochs.len()).max().unwrap_or(1);
    let scores = runs.iter().flat_map(|run| &run.record.epochs).map(|epoch| epoch.valid.accuracy);
    let low = (scores.fold(90.0, f64::min) / 10.0).floor() * 10.0;
    let titles = ["Validation accuracy, %", "epoch"];
    let mut chart = plane(area, titles, epochs, low..100.0, &|y| format!("{y:.0}"))?;
    for run in drawn(runs) {
        let epochs = run.record.epochs.iter().enumerate();
        let points = epochs.map(|(at, epoch)| (at as f64 + 1.0, epoch.valid.accuracy));
        chart.draw_series(LineSeries::new(points, style(run.norm)).point_size(6))?;
    }
    Ok(())
}

/// Draws a title and axes. The horizontal one counts from 0.
fn plane<'a, 'b, Y>(
    area: &Area<'b>,
    [title, x]: [&str; 2],
    count: usize,
    heights: Y,
    format: &dyn Fn(&f64) -> String,
) -> Done<Chart<'a, 'b, Y::CoordDescType>>
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut chart = ChartBuilder::on(area)
        .margin(30)
        .caption(title, (FONT, 30))
        .set_label_area_size(LabelAreaPosition::Left, 80)
        .set_label_area_size(LabelAreaPosition::Bottom, 70)
        .build_cartesian_2d(0.0..count as f64, heights)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GREY)
        .label_style((FONT, 22).into_font().color(&GREY))
        .x_desc(x)
        .x_labels(count.min(10) + 1)
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(format)
        .draw()?;
    Ok(chart)
}

/// Returns moving averages, which begin with the first loss.
fn averages(losses: &[f64]) -> Vec<f64> {
    let mut average = losses.first().copied().unwrap_or(1.0);
    let next = |loss: &f64| {
        average += WEIGHT * (loss - average);
        average
    };
    losses.iter().map(next).collect()
}
