//! Time against number, as a picture: both axes in powers of ten.

use kerbrole_tests::sandbox::Result;
use plotters::prelude::*;

/// What one way took at each number.
pub(crate) struct Line {
    pub(crate) label: String,
    /// Whether it is one of ours, drawn thicker.
    pub(crate) is_ours: bool,
    /// Number and seconds.
    pub(crate) points: Vec<(f64, f64)>,
}

/// Colours of a page, those of docs/pictures.
pub(crate) struct Scheme {
    pub(crate) name: &'static str,
    page: RGBColor,
    text: RGBColor,
    faint: RGBColor,
    lines: [RGBColor; 8],
}

const fn rgb(colour: u32) -> RGBColor {
    let [_, red, green, blue] = colour.to_be_bytes();
    RGBColor(red, green, blue)
}

/// The lines by Okabe and Ito, who chose colours that everybody can tell apart, lighter or darker
/// where the page needs it.
pub(crate) const SCHEMES: [Scheme; 2] = [
    Scheme {
        name: "light",
        page: rgb(0xf6_f8_fa),
        text: rgb(0x1f_23_28),
        faint: rgb(0xd1_d9_e0),
        lines: [
            rgb(0x00_72_b2),
            rgb(0x00_9e_73),
            rgb(0x38_8b_bd),
            rgb(0xd5_5e_00),
            rgb(0x9c_6f_00),
            rgb(0xb0_4f_8a),
            rgb(0x59_63_6e),
            rgb(0x1f_23_28),
        ],
    },
    Scheme {
        name: "dark",
        page: rgb(0x15_1b_23),
        text: rgb(0xe6_ed_f3),
        faint: rgb(0x3d_44_4d),
        lines: [
            rgb(0x56_b4_e9),
            rgb(0x2f_c9_9a),
            rgb(0x9c_d3_f5),
            rgb(0xff_8b_3d),
            rgb(0xe6_b4_3c),
            rgb(0xe0_8f_c0),
            rgb(0x91_98_a1),
            rgb(0xe6_ed_f3),
        ],
    },
];

const WIDTH: u32 = 860;
const HEIGHT: u32 = 480;

/// What is written beside a line, below each other where they would meet.
const LINE_HEIGHT: i32 = 17;

/// The picture, as SVG.
///
/// # Errors
/// When there is nothing to draw.
pub(crate) fn drawn(title: &str, lines: &[Line], scheme: &Scheme) -> Result<String> {
    let mut svg = String::new();
    draw(&mut svg, title, lines, scheme).map_err(|e| format!("{title}: {e}"))?;
    Ok(svg)
}

fn draw(
    svg: &mut String,
    title: &str,
    lines: &[Line],
    scheme: &Scheme,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let points = || lines.iter().flat_map(|line| &line.points);
    let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let numbers = || points().map(|point| point.0);
    let seconds = || points().map(|point| point.1);
    let (from, to) = (least(&mut numbers()), most(&mut numbers()));
    if points().count() == 0 || from >= to {
        return Err("fewer than two numbers were measured".into());
    }
    // Whole powers of ten.
    let low = 10_f64.powf(least(&mut seconds()).log10().floor());
    let high = 10_f64.powf(most(&mut seconds()).log10().ceil().max(low.log10() + 1.0));
    let area = SVGBackend::with_string(svg, (WIDTH, HEIGHT)).into_drawing_area();
    area.fill(&scheme.page)?;
    let font = |size: i32| ("sans-serif", size).into_font().color(&scheme.text);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, font(18))
        .margin(14)
        .margin_right(270)
        .x_label_area_size(44)
        .y_label_area_size(72)
        .build_cartesian_2d((from..to).log_scale(), (low..high).log_scale())?;
    chart
        .configure_mesh()
        .bold_line_style(scheme.faint)
        .light_line_style(TRANSPARENT)
        .axis_style(scheme.text)
        .label_style(font(13))
        .axis_desc_style(font(14))
        .x_desc("principals")
        .y_desc("time")
        .x_label_formatter(&|number| crate::figures::thousands(number.round() as usize))
        .y_label_formatter(&|seconds| spoken(*seconds))
        .draw()?;
    let mut ends = Vec::new();
    for (line, colour) in lines.iter().zip(scheme.lines.iter().cycle()) {
        let width = if line.is_ours { 3 } else { 2 };
        let style = colour.stroke_width(width);
        chart.draw_series(LineSeries::new(line.points.iter().copied(), style))?;
        let dot = |&point: &(f64, f64)| Circle::new(point, 4, colour.filled());
        chart.draw_series(line.points.iter().map(dot))?;
        if let Some(last) = line.points.last() {
            ends.push((chart.backend_coord(last), colour, &line.label));
        }
    }
    // Each line's name right of the picture, as high as its end, and below that of the one above.
    ends.sort_by_key(|(end, ..)| end.1);
    let right = i32::try_from(WIDTH)? - 262;
    let room = i32::try_from(HEIGHT)? - 60;
    let mut next = 40;
    for (place, (end, colour, label)) in ends.iter().enumerate() {
        let below = i32::try_from(ends.len() - place)? * LINE_HEIGHT;
        let at = (end.1 - 8).max(next).min(room - below + LINE_HEIGHT);
        next = at + LINE_HEIGHT;
        let style = ("sans-serif", 13).into_font().color(*colour);
        area.draw(&Text::new((*label).clone(), (right, at), style))?;
    }
    area.present()?;
    Ok(())
}

/// 10 ms, 1 s, 1,000 s
fn spoken(seconds: f64) -> String {
    match seconds {
        s if s < 0.000_999 => format!("{} µs", (s * 1e6).round()),
        s if s < 0.999 => format!("{} ms", (s * 1e3).round()),
        s => format!("{} s", crate::figures::thousands(s.round() as usize)),
    }
}
