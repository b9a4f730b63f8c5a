//! The channels of one pixel, before and after LRN.

use super::{CHART_TOP, Canvas, Drawn, FAINT, FONT, LEFT, Scene, Style, peak, text};
use conv1::{CHANNELS, FAMILIES, FAMILY};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf32;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

type Plane = Cartesian2d<RangedCoordf32, LogCoord<f32>>;
type Chart<'a, 'b> = ChartContext<'a, BitMapBackend<'b>, Plane>;

/// The dots of the rows before, after, and after with a stronger alpha: radius and colour. Where
/// they coincide, one sees rings.
const DOTS: [(i32, RGBColor); 3] =
    [(17, RGBColor(150, 156, 165)), (12, RGBColor(24, 95, 175)), (8, RGBColor(240, 125, 20))];
const GRID: RGBColor = RGBColor(218, 221, 226);
/// The smallest activation that the logarithmic axis shows.
const FLOOR: f32 = 1.0;
const BAND: RGBColor = RGBColor(244, 245, 248);

/// Draws the chart and its legend.
pub fn draw(scene: &Scene<'_>, canvas: &Canvas<'_>) -> Drawn {
    let (width, height) = canvas.dim_in_pixel();
    let size = (width as i32 - 2 * LEFT, height as i32 - CHART_TOP - 40);
    let area = canvas.clone().shrink((LEFT, CHART_TOP), size);
    let values = [0, 1, 2].map(|row: usize| conv1::channels(scene.rows[row].maps, scene.pixel));
    legend(scene, canvas)?;
    let mut chart = plane(&area, peak(&values[0]))?;
    for channel in (0..CHANNELS).filter(|&channel| values[0][channel] >= FLOOR) {
        let place = |row: usize| (channel as f32, values[row][channel].max(FLOOR));
        let fall = PathElement::new([place(0), place(2)], GRID.stroke_width(5));
        chart.draw_series([fall])?;
    }
    for (values, (radius, colour)) in values.iter().zip(DOTS) {
        let shown = values.iter().enumerate().filter(|(_, value)| **value >= FLOOR);
        let dot = |(channel, &value)| Circle::new((channel as f32, value), radius, colour.filled());
        chart.draw_series(shown.map(dot))?;
    }
    Ok(())
}

fn legend(scene: &Scene<'_>, canvas: &Canvas<'_>) -> Drawn {
    let title = "All 96 channels of the framed pixel";
    text(canvas, title, (LEFT, CHART_TOP), Style::bold(42))?;
    let mut x = 1050;
    for (row, (radius, colour)) in scene.rows.iter().zip(DOTS) {
        canvas.draw(&Circle::new((x + 20, CHART_TOP + 12), radius, colour.filled()))?;
        let name = if row.remark.is_empty() { row.name.to_owned() } else { format!("{}, {}", row.name, row.remark) };
        text(canvas, &name, (x + 52, CHART_TOP), Style::plain(36))?;
        x += 560;
    }
    Ok(())
}

/// Returns the axes, on the bands of the families.
fn plane<'a, 'b>(area: &'a DrawingArea<BitMapBackend<'b>, Shift>, top: f32) -> Drawn<Chart<'a, 'b>> {
    let label = || (FONT, 36).into_font().color(&FAINT);
    let mut chart = ChartBuilder::on(area)
        .margin_top(120)
        .set_label_area_size(LabelAreaPosition::Left, 130)
        .set_label_area_size(LabelAreaPosition::Bottom, 110)
        .build_cartesian_2d(-1.0..CHANNELS as f32, (FLOOR..top * 3.0).log_scale())?;
    bands(&mut chart, &label().pos(Pos::new(HPos::Center, VPos::Top)))?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID.stroke_width(2))
        .axis_style(FAINT.stroke_width(2))
        .label_style(label())
        .axis_desc_style(label())
        .x_labels(13)
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(&|y| format!("{y:.0}"))
        .x_desc("channel")
        .y_desc("response")
        .draw()?;
    Ok(chart)
}

/// Returns the families by name, and a band behind every second one.
fn bands(chart: &mut Chart<'_, '_>, label: &TextStyle<'_>) -> Drawn {
    let (bottom, top) = (chart.y_range().start, chart.y_range().end);
    for (family, name) in FAMILIES.into_iter().enumerate() {
        let left = (family * FAMILY) as f32 - 0.5;
        let right = left + FAMILY as f32;
        let colour = if family % 2 == 0 { BAND } else { WHITE };
        chart.draw_series([Rectangle::new([(left, bottom), (right, top)], colour.filled())])?;
        let middle = ((left + right) / 2.0, top * 0.8);
        chart.draw_series([Text::new(name, middle, label.clone())])?;
    }
    Ok(())
}
