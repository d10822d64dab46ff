//! A scatter chart as SVG text: points with names, the ones that no other point beats on both axes joined by a line.

use std::fmt::Write;

/// One point.
#[derive(Clone, PartialEq, Debug)]
pub struct Point {
    /// Shown beside it.
    pub name: String,
    /// Towards the right.
    pub x: f64,
    /// Upwards.
    pub y: f64,
}

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 500.0;
/// Room for the axes' numbers and names.
const LEFT: f64 = 110.0;
const BOTTOM: f64 = 60.0;
const MARGIN: f64 = 30.0;
/// Names closer to each other than this would overlap.
const ROOM: (f64, f64) = (170.0, 14.0);

/// Which of the points are on the front: no other point is as good on both axes and better on one, less being better. Of equal
/// points only the first is.
pub fn front(points: &[(u64, u64)]) -> Vec<bool> {
    let beats = |a: (u64, u64), b: (u64, u64)| a.0 <= b.0 && a.1 <= b.1 && a != b;
    let on_front = points
        .iter()
        .enumerate()
        .map(|(i, &p)| !points.iter().any(|&q| beats(q, p)) && !points[..i].contains(&p));
    on_front.collect()
}

/// The range of an axis: that of the values with a little room, never empty.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    if !low.is_finite() || !high.is_finite() {
        return (0.0, 1.0);
    }
    let room = match high - low {
        0.0 => high.abs().max(1.0) * 0.05,
        span => span * 0.08,
    };
    (low - room, high + room)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Round numbers inside a range, five or so.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let raw = (high - low) / 5.0;
    let unit = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|m| m * unit)
        .into_iter()
        .find(|s| *s >= raw);
    let step = step.unwrap_or(raw);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// The chart, with a title and the axes' names; `front` says which points the line joins, in ascending order of x.
pub fn scatter(title: &str, axes: (&str, &str), points: &[Point], front: &[bool]) -> String {
    let (xs, ys) = (
        range(points.iter().map(|p| p.x)),
        range(points.iter().map(|p| p.y)),
    );
    let scale = |v: f64, (low, high): (f64, f64), from: f64, to: f64| {
        from + (v - low) / (high - low) * (to - from)
    };
    let x = |v: f64| scale(v, xs, LEFT, WIDTH - MARGIN);
    let y = |v: f64| scale(v, ys, HEIGHT - BOTTOM, MARGIN + 10.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    let mut line = |text: String| {
        svg.push_str(&text);
        svg.push('\n');
    };
    let (right, bottom, top) = (WIDTH - MARGIN, HEIGHT - BOTTOM, MARGIN + 10.0);
    for tick in ticks(xs) {
        let at = x(tick);
        line(format!(
            "<path d=\"M{at:.1} {bottom:.1}V{top:.1}\" stroke=\"#e0e0e0\"/>"
        ));
        line(format!(
            "<text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{tick}</text>",
            bottom + 18.0
        ));
    }
    for tick in ticks(ys) {
        let at = y(tick);
        line(format!(
            "<path d=\"M{LEFT:.1} {at:.1}H{right:.1}\" stroke=\"#e0e0e0\"/>"
        ));
        line(format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{tick}</text>",
            LEFT - 8.0,
            at + 4.0
        ));
    }
    line(format!(
        "<path d=\"M{LEFT:.1} {top:.1}V{bottom:.1}H{right:.1}\" fill=\"none\" stroke=\"black\"/>"
    ));
    line(format!(
        "<text x=\"{:.1}\" y=\"22\" text-anchor=\"middle\" font-size=\"14\">{}</text>",
        WIDTH / 2.0,
        escape(title)
    ));
    line(format!(
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
        (LEFT + right) / 2.0,
        HEIGHT - 16.0,
        escape(axes.0)
    ));
    line(format!(
        "<text transform=\"translate(18 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
        (top + bottom) / 2.0,
        escape(axes.1)
    ));
    let mut joined: Vec<&Point> = points
        .iter()
        .zip(front)
        .filter(|(_, f)| **f)
        .map(|(p, _)| p)
        .collect();
    joined.sort_by(|a, b| a.x.total_cmp(&b.x));
    if !joined.is_empty() {
        let mut path = String::new();
        for (i, point) in joined.iter().enumerate() {
            let command = if i == 0 { 'M' } else { 'L' };
            write!(path, "{command}{:.1} {:.1}", x(point.x), y(point.y))
                .expect("writing to a string does not fail");
        }
        line(format!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"#c04000\"/>"
        ));
    }
    // Points of the front above the others, each position once, and names where there is room for them.
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by_key(|&i| front[i]);
    for &i in &order {
        let (px, py) = (x(points[i].x), y(points[i].y));
        let fill = if front[i] { "#c04000" } else { "#3060a0" };
        line(format!(
            "<circle cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"4\" fill=\"{fill}\"><title>{}</title></circle>",
            escape(&points[i].name)
        ));
    }
    // Above the point, else below it.
    let mut named: Vec<(f64, f64)> = Vec::new();
    order.sort_by_key(|&i| !front[i]);
    for &i in &order {
        let (px, py) = (x(points[i].x), y(points[i].y));
        let (anchor, dx) = match px > WIDTH * 0.6 {
            true => ("end", -7.0),
            false => ("start", 7.0),
        };
        let free = |at: &f64| {
            let apart =
                |&(nx, ny): &(f64, f64)| (px - nx).abs() > ROOM.0 || (at - ny).abs() > ROOM.1;
            named.iter().all(apart)
        };
        let Some(at) = [py - 6.0, py + 16.0].into_iter().find(free) else {
            continue;
        };
        named.push((px, at));
        line(format!(
            "<text x=\"{:.1}\" y=\"{at:.1}\" text-anchor=\"{anchor}\" font-size=\"11\">{}</text>",
            px + dx,
            escape(&points[i].name)
        ));
    }
    svg.push_str("</svg>\n");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_has_what_nothing_beats() {
        let points = [(5, 1), (3, 3), (4, 4), (1, 5), (3, 3), (6, 1)];
        let expected = [true, true, false, true, false, false];
        assert_eq!(front(&points), expected);
        assert!(front(&[]).is_empty());
    }

    #[test]
    fn every_point_is_inside_the_chart() {
        let point = |name: &str, x, y| Point {
            name: name.to_owned(),
            x,
            y,
        };
        for points in [
            vec![],
            vec![point("one", 7.0, 0.0)],
            vec![
                point("a<b", 1e9, 3.0),
                point("b", 2e9, 2.0),
                point("c", 1.5e9, 4.0),
            ],
        ] {
            let front = vec![true; points.len()];
            let svg = scatter("title & more", ("x", "y"), &points, &front);
            assert_eq!(svg.matches("<circle").count(), points.len());
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
            assert!(svg.contains("title &amp; more") && !svg.contains("a<b"));
            for part in svg.split("cx=\"").skip(1) {
                let x: f64 = part.split('"').next().unwrap().parse().unwrap();
                assert!((LEFT..=WIDTH).contains(&x), "{x}");
            }
        }
    }
}
