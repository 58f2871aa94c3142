//! What stands at links: where there is room for it and nothing is covered; at a link without that a number, and below the drawing what
//! would stand there.

use super::diagram::Drawn;
use super::ink::{self, Ink, LINE, SMALL};
use super::route::{Route, Taken};
use super::{MARGIN, words};
use crate::analysis::Answer;
use crate::analysis::figure::Unit;

/// From one line of the list to the next.
const ROW: f64 = 16.0;
/// Between the two columns of the list.
const GAP: f64 = 24.0;
/// Between what is said of a link.
const AND: &str = " · ";
/// Between a label and what stands beside it.
const BESIDE: f64 = 3.0;

/// What labels take up that are cut into lines of at most `most`: the width of the widest, and the most lines of one.
pub(super) fn size(drawn: &Drawn<'_>, unit: &Unit, most: f64) -> (f64, usize) {
    let labels: Vec<Vec<String>> = drawn.links.iter().map(|link| few(&Drawn::label(link, unit), most)).collect();
    let wide = labels.iter().flatten().map(|line| words::width(line, SMALL)).fold(0.0, f64::max);
    (wide.min(most) + 2.0 * BESIDE, labels.iter().map(Vec::len).max().unwrap_or_default())
}

/// Writes the labels of links, each with its way and thickness, the most important first and none wider than `most`, or than what its link
/// spans; answers how far down the drawing comes then.
pub(super) fn write(
    ink: &mut Ink,
    (drawn, unit, answer): (&Drawn<'_>, &Unit, &Answer),
    ways: &[(Route, f64)],
    mut taken: Taken,
    most: f64,
) -> f64 {
    let (mut listed, mut numbered) = (Vec::new(), 0);
    for (link, way) in drawn.links.iter().zip(ways) {
        let label = Drawn::label(link, unit);
        let forms = forms(&label, most.max(way.0.span() - 2.0 * MARGIN));
        if label.is_empty() || forms.iter().any(|lines| stand(ink, lines, way, &mut taken)) {
            continue;
        }
        let number = format!("[{}]", numbered + 1);
        let number = if stand(ink, std::slice::from_ref(&number), way, &mut taken) {
            numbered += 1;
            &number
        } else {
            "[·]"
        };
        listed.push(format!("{number} {label}: {}", drawn.between(link, answer)));
    }
    list(ink, &listed, taken.room())
}

/// A label in few lines, and in one for each thing that it says.
fn forms(label: &str, most: f64) -> [Vec<String>; 2] {
    let each = label.split(AND).map(str::to_owned).collect();
    [few(label, most), each].map(|lines: Vec<String>| lines.iter().map(|line| words::fit(line, SMALL, most)).collect())
}

/// A label in as few lines as there can be, where none is cut but between two things that it says.
fn few(label: &str, most: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in label.split(AND) {
        match lines.last_mut() {
            Some(line) if words::width(line, SMALL) + words::width(AND, SMALL) + words::width(part, SMALL) <= most => {
                line.push_str(AND);
                line.push_str(part);
            }
            _ => lines.push(part.to_owned()),
        }
    }
    lines
}

/// Writes a label if there is room for it at its link; answers whether.
fn stand(ink: &mut Ink, lines: &[String], (route, thick): &(Route, f64), taken: &mut Taken) -> bool {
    let wide = lines.iter().map(|line| words::width(line, SMALL)).fold(0.0, f64::max);
    let more = LINE * (lines.len() as f64 - 1.0);
    let place = taken.place(route, (wide + 2.0 * BESIDE, ink::high(SMALL) + more), *thick);
    if let Some((x, y)) = place {
        let mut base = ink::base(y - more / 2.0, SMALL);
        for line in lines {
            ink.text((x, base), "small over", "middle", line);
            base += LINE;
        }
    }
    place.is_some()
}

/// Below everything, in two columns where that cuts nothing.
fn list(ink: &mut Ink, lines: &[String], (width, low): (f64, f64)) -> f64 {
    if lines.is_empty() {
        return low;
    }
    ink.text((MARGIN, low + ROW), "small", "start", "What there is no room for at the links:");
    let (whole, half) = (width - 2.0 * MARGIN, (width - 2.0 * MARGIN - GAP) / 2.0);
    let cut = lines.iter().any(|line| words::width(line, SMALL) > half);
    let (columns, wide) = if cut { (1, whole) } else { (2, half) };
    for (at, line) in lines.iter().enumerate() {
        let (x, row) = (MARGIN + (at % columns) as f64 * (wide + GAP), at / columns + 2);
        ink.fitted((x, low + ROW * row as f64), "small", "start", line, (SMALL, wide));
    }
    low + ROW * (lines.len().div_ceil(columns) + 1) as f64 + 6.0
}
