//! Arrows from left to right.

use svg::node::Node as _;

use super::diagram::Drawn;
use super::ink::{self, BODY, Ink, LINE, SMALL, element, px, tip};
use super::layers::Layers;
use super::route::{Route, Taken};
use super::{MARGIN, Part, labels, words};
use crate::analysis::Answer;
use crate::analysis::figure::{Diagram, Tone};
use crate::model::Ontology;

/// How large a node is.
const RADIUS: f64 = 9.0;
/// The least from one column to the next.
const COLUMN: f64 = 236.0;
/// Between nodes, besides their text.
const GAP: f64 = 14.0;
/// What a link takes up that passes a column.
const PASSING: f64 = 16.0;
/// Between lanes in which links run back.
const LANE: f64 = 20.0;
/// The length of an arrow's head.
const HEAD: f64 = 5.0;

pub(super) fn draw(diagram: &Diagram, answer: &Answer, ontology: &Ontology, width: f64) -> Part {
    let drawn = Drawn::new(diagram, answer, ontology);
    let layers = Layers::new(drawn.nodes.len(), drawn.columns(), &drawn.ends());
    let high = 2.0 * RADIUS + LINE * drawn.lines(answer) as f64 + 6.0;
    let mut heights = vec![high; drawn.nodes.len()];
    heights.resize(layers.column.len(), PASSING);
    let (mut middle, bottom) = layers.place(&heights, GAP);
    let (wide, lines) = labels::size(&drawn, &diagram.unit, COLUMN);
    let columns = layers.order.len().max(1) as f64;
    let edge = MARGIN + COLUMN / 2.0;
    let step = ((width - 2.0 * edge) / (columns - 1.0).max(1.0)).max(COLUMN).max(wide + 2.0 * (RADIUS + HEAD));
    let width = width.max(2.0 * edge + step * (columns - 1.0));
    // What runs back does so above everything, and above the labels of the uppermost links; circles stand in the upper part of what a
    // node takes up.
    let head =
        10.0 + LANE * layers.back.iter().filter(|back| **back).count() as f64 + LINE * lines.saturating_sub(1) as f64;
    middle.iter_mut().for_each(|place| *place += head);
    middle[..drawn.nodes.len()].iter_mut().for_each(|place| *place += RADIUS + 4.0 - high / 2.0);
    let at = |vertex: usize| (edge + layers.column[vertex] as f64 * step, middle[vertex]);
    let ways: Vec<(Route, f64)> = routes(&drawn, &layers, at).into_iter().map(|route| (route, 0.0)).collect();
    let mut ink = Ink::new();
    for (link, (route, _)) in drawn.links.iter().zip(&ways) {
        let thick = if link.tone == Tone::Key { 2.6 } else { 1.6 };
        ink.way(route, "arrow", link.tone, thick, &drawn.told(link, &diagram.unit, answer));
    }
    let mut taken = Taken::new((width, head + bottom + 10.0));
    for (number, node) in drawn.nodes.iter().enumerate() {
        let (x, y) = at(number);
        let (cx, cy, r) = (px(x), px(y), px(RADIUS));
        let mut circle = element("circle", &[("cx", &cx), ("cy", &cy), ("r", &r), ("class", ink::node(node.tone))]);
        circle.append(tip(&node.told(answer)));
        ink.add(circle);
        taken.take((x - RADIUS, y - RADIUS), (2.0 * RADIUS, 2.0 * RADIUS));
        for (row, line) in node.lines(answer).iter().enumerate() {
            let (class, size) = if row == 0 { ("over", BODY) } else { ("small over", SMALL) };
            let under = y + RADIUS + 15.0 + LINE * row as f64;
            let line = ink.fitted((x, under), class, "middle", line, (size, step.min(COLUMN) - 10.0));
            let (corner, size) = ink::extent((x - words::width(&line, size) / 2.0, under), &line, size);
            taken.take(corner, size);
        }
    }
    let low = labels::write(&mut ink, (&drawn, &diagram.unit, answer), &ways, taken, COLUMN);
    Part { drawing: ink, size: (width, low), notes: drawn.notes }
}

/// The ways of the links; those between the same two beside each other, as far as nothing else stands there.
fn routes(drawn: &Drawn<'_>, layers: &Layers, at: impl Fn(usize) -> (f64, f64)) -> Vec<Route> {
    let (mut routes, mut lane) = (Vec::new(), 0.0);
    for (number, link) in drawn.links.iter().enumerate() {
        let beside = drawn.links[..number].iter().filter(|other| other.ends == link.ends).count().min(5) as f64 * 12.0;
        let (from, to) = (at(link.ends.0), at(link.ends.1));
        let (from, to) = ((from.0 + RADIUS, from.1 + beside), (to.0 - RADIUS - HEAD, to.1 + beside));
        routes.push(if layers.back[number] {
            lane += LANE;
            Route::back(from, to, 10.0 + lane - LANE / 2.0, 26.0 + lane / 2.0)
        } else {
            let bends = layers.via[number].iter().map(|bend| at(*bend));
            Route::onward(&[from].into_iter().chain(bends).chain([to]).collect::<Vec<_>>())
        });
    }
    routes
}
