//! The demo's picture: feature maps before and after LRN, and the channels of one pixel.

mod chart;

use conv1::{FAMILIES, FAMILY, FILTER, Filter, MAP, PHOTO, PIXELS, STRIDE};
use image::imageops::thumbnail;
use image::{ExtendedColorType, ImageEncoder, RgbImage};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{RGBColor, register_font};
use std::error::Error;

/// What the picture shows.
pub struct Scene<'a> {
    pub photo: &'a RgbImage,
    pub bank: &'a [Filter],
    /// The rows of feature maps; the chart shows the first three.
    pub rows: [Row<'a>; 4],
    /// The feature maps to show, one of each family.
    pub channels: [usize; FAMILIES.len()],
    /// The pixel whose channels are plotted.
    pub pixel: usize,
}

/// A row of feature maps.
pub struct Row<'a> {
    pub name: &'a str,
    pub remark: String,
    /// The feature maps of all channels.
    pub maps: &'a [f32],
    /// The feature maps whose largest value is the brightest colour.
    pub scale: &'a [f32],
    pub ramp: Ramp,
}

/// Colours for values.
#[derive(Clone, Copy)]
pub enum Ramp {
    /// From 0: black, purple, orange, pale yellow.
    Heat,
    /// Blue below 0, red above.
    Signed,
}

type Canvas<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
type Drawn<T = ()> = Result<T, Box<dyn Error>>;

/// The size of the picture. It is drawn twice as large and averaged down, for smooth edges.
const SIZE: (u32, u32) = (1600, 1430);
const OVERSAMPLING: u32 = 2;

const TITLE: &str = "What Local Response Normalization does";
const SUBTITLE: &str = "A photo through 96 filters and ReLU, then LRN across channels: n = 5, β = ¾, k = 1";
const NOTES: [&str; 14] = [
    "Each response is divided by",
    "(k + α/n · Σ x²)^β, a sum over",
    "the 5 channels about it.",
    "",
    "Strong responses shrink, and",
    "with them their neighbours;",
    "weak ones among weak ones stay.",
    "",
    "Rows 1 and 2 share a scale,",
    "row 3 is brightened to its own.",
    "",
    "Gradient of ½‖y‖²: red where a",
    "stronger response raises the",
    "output, blue where it lowers it.",
];

// Places and sizes are in drawn pixels from here on.
const FONT: &str = "DejaVu Sans";
const INK: RGBColor = RGBColor(32, 33, 36);
const FAINT: RGBColor = RGBColor(95, 99, 106);
const MARK: RGBColor = RGBColor(255, 214, 0);

const LEFT: i32 = 70;
const TOP: i32 = 380;
const HEADING: i32 = 108;
const PHOTO_ZOOM: i32 = 3;
const MAPS_LEFT: i32 = 1050;
const MAP_ZOOM: i32 = 6;
const COLUMN: i32 = 352;
const ROW: i32 = 396;
const CHART_TOP: i32 = 2040;

/// Draws the picture as a PNG.
pub fn png(scene: &Scene<'_>) -> Drawn<Vec<u8>> {
    let fonts = [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())];
    for (style, font) in fonts {
        register_font(FONT, style, font).map_err(|_| "the font cannot be read")?;
    }
    let size = (SIZE.0 * OVERSAMPLING, SIZE.1 * OVERSAMPLING);
    let mut drawn = RgbImage::new(size.0, size.1);
    draw(scene, &BitMapBackend::with_buffer(&mut drawn, size).into_drawing_area())?;
    encode(&thumbnail(&drawn, SIZE.0, SIZE.1))
}

fn encode(picture: &RgbImage) -> Drawn<Vec<u8>> {
    use image::codecs::png::{CompressionType, FilterType, PngEncoder};
    let mut bytes = Vec::new();
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive).write_image(
        picture,
        picture.width(),
        picture.height(),
        ExtendedColorType::Rgb8,
    )?;
    Ok(bytes)
}

fn draw(scene: &Scene<'_>, canvas: &Canvas<'_>) -> Drawn {
    canvas.fill(&WHITE)?;
    text(canvas, TITLE, (LEFT, 66), Style::bold(72))?;
    text(canvas, SUBTITLE, (LEFT, 170), Style::plain(42).colour(FAINT))?;
    photo(scene, canvas)?;
    for (column, &channel) in scene.channels.iter().enumerate() {
        heading(scene, canvas, column, channel)?;
    }
    for (row, maps) in scene.rows.iter().enumerate() {
        row_of_maps(scene, canvas, row, maps)?;
    }
    chart::draw(scene, canvas)?;
    Ok(canvas.present()?)
}

/// Returns the photo, a frame about what the filters see at the plotted pixel, and the notes.
fn photo(scene: &Scene<'_>, canvas: &Canvas<'_>) -> Drawn {
    let top = TOP - HEADING;
    blocks(canvas, (LEFT, top), PHOTO, PHOTO_ZOOM, |x, y| {
        let [red, green, blue] = scene.photo.get_pixel(x as u32, y as u32).0;
        RGBColor(red, green, blue)
    })?;
    let seen = |index: usize| (index * STRIDE) as i32 * PHOTO_ZOOM;
    let corner = (LEFT + seen(scene.pixel % MAP), top + seen(scene.pixel / MAP));
    frame(canvas, corner, FILTER as i32 * PHOTO_ZOOM)?;
    let below = top + PHOTO as i32 * PHOTO_ZOOM + 40;
    for (line, note) in NOTES.iter().enumerate() {
        text(canvas, note, (LEFT, below + 54 * line as i32), Style::plain(36))?;
    }
    Ok(())
}

/// Returns the filter of a channel, and its name.
fn heading(scene: &Scene<'_>, canvas: &Canvas<'_>, column: usize, channel: usize) -> Drawn {
    let (x, y) = (MAPS_LEFT + column as i32 * COLUMN, TOP - HEADING);
    let zoom = 8;
    let filter = &scene.bank[channel];
    let largest = peak(filter);
    blocks(canvas, (x, y), FILTER, zoom, |x, y| {
        let first = (y * FILTER + x) * 3;
        let byte = |colour| (127.5 + 127.5 * filter[first + colour] / largest) as u8;
        RGBColor(byte(0), byte(1), byte(2))
    })?;
    let beside = x + FILTER as i32 * zoom + 16;
    text(canvas, &format!("channel {channel}"), (beside, y), Style::bold(36))?;
    text(canvas, FAMILIES[channel / FAMILY], (beside, y + 48), Style::plain(34).colour(FAINT))
}

fn row_of_maps(scene: &Scene<'_>, canvas: &Canvas<'_>, row: usize, maps: &Row<'_>) -> Drawn {
    let y = TOP + row as i32 * ROW;
    let right = MAPS_LEFT - 30;
    text(canvas, maps.name, (right, y + 120), Style::bold(42).right())?;
    text(canvas, &maps.remark, (right, y + 174), Style::plain(36).colour(FAINT).right())?;
    for (column, &channel) in scene.channels.iter().enumerate() {
        let at = (MAPS_LEFT + column as i32 * COLUMN, y);
        let of_channel = |maps: &'_ [f32]| maps[channel * PIXELS..][..PIXELS].to_vec();
        feature_map(canvas, at, &of_channel(maps.maps), peak(&of_channel(maps.scale)), maps.ramp)?;
    }
    Ok(())
}

fn feature_map(canvas: &Canvas<'_>, at: (i32, i32), map: &[f32], brightest: f32, ramp: Ramp) -> Drawn {
    blocks(canvas, at, MAP, MAP_ZOOM, |x, y| ramp.colour(map[y * MAP + x] / brightest))?;
    let below = (at.0, at.1 + MAP as i32 * MAP_ZOOM + 8);
    text(canvas, &format!("peak {:.0}", peak(map)), below, Style::plain(34).colour(FAINT))
}

/// Returns the largest absolute value, and above zero so that one can divide by it.
fn peak(values: &[f32]) -> f32 {
    values.iter().fold(f32::MIN_POSITIVE, |peak, value| peak.max(value.abs()))
}

impl Ramp {
    /// Returns the colour of a value, of which 1 is the largest. Its root shows the weak ones too.
    fn colour(self, value: f32) -> RGBColor {
        let root = value.abs().sqrt();
        match self {
            Ramp::Heat => heat(root),
            Ramp::Signed if value < 0.0 => mix((248, 248, 248), (10, 70, 170), root),
            Ramp::Signed => mix((248, 248, 248), (185, 20, 30), root),
        }
    }
}

fn heat(value: f32) -> RGBColor {
    let stops = [(0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164)];
    let place = value.min(1.0) * (stops.len() - 1) as f32;
    let first = (place as usize).min(stops.len() - 2);
    mix(stops[first], stops[first + 1], place - first as f32)
}

fn mix(from: (u8, u8, u8), to: (u8, u8, u8), part: f32) -> RGBColor {
    let mix = |from: u8, to: u8| (f32::from(from) + (f32::from(to) - f32::from(from)) * part) as u8;
    RGBColor(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// Returns a square of `side` × `side` blocks, each of `zoom` × `zoom` drawn pixels.
fn blocks(
    canvas: &Canvas<'_>,
    at: (i32, i32),
    side: usize,
    zoom: i32,
    colour: impl Fn(usize, usize) -> RGBColor,
) -> Drawn {
    for index in 0..side * side {
        let (x, y) = (index % side, index / side);
        let corner = (at.0 + x as i32 * zoom, at.1 + y as i32 * zoom);
        let opposite = (corner.0 + zoom, corner.1 + zoom);
        canvas.draw(&Rectangle::new([corner, opposite], colour(x, y).filled()))?;
    }
    Ok(())
}

fn frame(canvas: &Canvas<'_>, at: (i32, i32), side: i32) -> Drawn {
    for (width, colour) in [(12, INK), (6, MARK)] {
        let opposite = (at.0 + side, at.1 + side);
        canvas.draw(&Rectangle::new([at, opposite], colour.stroke_width(width)))?;
    }
    Ok(())
}

/// How a text looks.
struct Style {
    size: i32,
    weight: FontStyle,
    colour: RGBColor,
    align: HPos,
}

impl Style {
    fn plain(size: i32) -> Style {
        Style { size, weight: FontStyle::Normal, colour: INK, align: HPos::Left }
    }

    fn bold(size: i32) -> Style {
        Style { weight: FontStyle::Bold, ..Self::plain(size) }
    }

    fn colour(self, colour: RGBColor) -> Style {
        Style { colour, ..self }
    }

    fn right(self) -> Style {
        Style { align: HPos::Right, ..self }
    }
}

/// Writes a text whose upper corner is at a place.
fn text(canvas: &Canvas<'_>, text: &str, at: (i32, i32), style: Style) -> Drawn {
    let font = FontDesc::new(FontFamily::Name(FONT), style.size.into(), style.weight);
    let style = font.color(&style.colour).pos(Pos::new(style.align, VPos::Top));
    Ok(canvas.draw(&Text::new(text, at, style))?)
}
