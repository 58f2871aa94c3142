//! Bands from left to right, each as thick as what it carries (Sankey 1898).

use super::diagram::{Drawn, Joined};
use super::ink::{self, BODY, Ink, LINE, SMALL};
use super::layers::Layers;
use super::route::{Route, Taken};
use super::{MARGIN, Part, labels};
use crate::analysis::Answer;
use crate::analysis::figure::Diagram;
use crate::model::Ontology;

/// How wide a node is.
const NODE: f64 = 16.0;
/// The least from one column to the next.
const COLUMN: f64 = 226.0;
/// The place for text right of the last column.
const TAIL: f64 = 216.0;
/// How thick a band is at most, and all of a column.
const THICKEST: (f64, f64) = (72.0, 360.0);
/// What can still be seen.
const THINNEST: f64 = 2.0;
/// Between bands that run back.
const LANE: f64 = 14.0;
/// How far what runs back swings out, besides its own thickness.
const SWING: f64 = 34.0;

pub(super) fn draw(diagram: &Diagram, answer: &Answer, ontology: &Ontology, width: f64) -> Part {
    let drawn = Drawn::new(diagram, answer, ontology);
    let layers = Layers::new(drawn.nodes.len(), drawn.columns(), &drawn.ends());
    let thick = thickness(&drawn, &layers);
    let (incoming, outgoing) = (passing(&drawn, &thick, false), passing(&drawn, &thick, true));
    let mut heights: Vec<f64> = incoming.iter().zip(&outgoing).map(|(a, b)| a.max(*b).max(THINNEST)).collect();
    heights.resize(layers.column.len(), 0.0);
    for (via, thick) in layers.via.iter().zip(&thick) {
        via.iter().for_each(|bend| heights[*bend] = *thick);
    }
    let head = LINE * drawn.lines(answer) as f64 + 10.0;
    let (mut middle, bottom) = layers.place(&heights, head);
    middle.iter_mut().for_each(|place| *place += head);
    // What runs back swings out at both sides.
    let back = thick.iter().zip(&layers.back).filter(|(_, back)| **back).map(|(thick, _)| *thick).fold(0.0, f64::max);
    let left = MARGIN + if back > 0.0 { SWING + 1.5 * back } else { 0.0 };
    let columns = layers.order.len().max(1) as f64;
    let tail = TAIL.max(left);
    let step = ((width - left - tail - NODE) / (columns - 1.0).max(1.0)).max(COLUMN);
    let width = width.max(left + step * (columns - 1.0) + NODE + tail);
    let scene = Scene { drawn: &drawn, layers: &layers, thick: &thick, middle, heights, left, step };
    let mut ink = Ink::new();
    let (routes, low) = scene.routes(head + bottom);
    let ways: Vec<(Route, f64)> = routes.into_iter().zip(thick.iter().copied()).collect();
    for (link, (route, thick)) in drawn.links.iter().zip(&ways) {
        ink.way(route, "band", link.tone, *thick, &drawn.told(link, &diagram.unit, answer));
    }
    let mut taken = Taken::new((width, low + 10.0));
    scene.nodes(&mut ink, answer, &mut taken);
    let low = labels::write(&mut ink, (&drawn, &diagram.unit, answer), &ways, taken, step);
    Part { drawing: ink, size: (width, low), notes: drawn.notes }
}

struct Scene<'d> {
    drawn: &'d Drawn<'d>,
    layers: &'d Layers,
    thick: &'d [f64],
    /// By vertex.
    middle: Vec<f64>,
    heights: Vec<f64>,
    /// Where the first column stands, and how far the next ones are.
    left: f64,
    step: f64,
}

/// By link: how thick it is.
fn thickness(drawn: &Drawn<'_>, layers: &Layers) -> Vec<f64> {
    let much: Vec<f64> = drawn.links.iter().map(|link| link.much.unwrap_or(0).max(0) as f64).collect();
    let (incoming, outgoing) = (passing(drawn, &much, false), passing(drawn, &much, true));
    let most = much.iter().copied().fold(0.0, f64::max);
    let high = |column: &Vec<usize>| -> f64 {
        let nodes = column.iter().filter(|vertex| **vertex < drawn.nodes.len());
        nodes.map(|node| incoming[*node].max(outgoing[*node])).sum()
    };
    let highest = layers.order.iter().map(high).fold(0.0, f64::max);
    let scale = if most > 0.0 { (THICKEST.0 / most).min(THICKEST.1 / highest) } else { 0.0 };
    much.iter().map(|much| (much * scale).max(THINNEST)).collect()
}

/// By node: what comes in, or goes out.
fn passing(drawn: &Drawn<'_>, much: &[f64], out: bool) -> Vec<f64> {
    let mut sums = vec![0.0; drawn.nodes.len()];
    for (link, much) in drawn.links.iter().zip(much) {
        sums[if out { link.ends.0 } else { link.ends.1 }] += much;
    }
    sums
}

impl Scene<'_> {
    fn x(&self, vertex: usize) -> f64 {
        self.left + self.layers.column[vertex] as f64 * self.step
    }

    /// By link: its middle where it leaves and where it arrives. Links of a node lie in the order of where they lead; what runs back
    /// lies below.
    fn ports(&self) -> Vec<(f64, f64)> {
        let mut ports = vec![(0.0, 0.0); self.drawn.links.len()];
        for (node, out) in (0..self.drawn.nodes.len()).flat_map(|node| [(node, true), (node, false)]) {
            let own = |link: &Joined| if out { link.ends.0 } else { link.ends.1 };
            let beyond = |at: usize| {
                let (link, via) = (&self.drawn.links[at], &self.layers.via[at]);
                let bend = if out { via.first() } else { via.last() };
                self.middle[*bend.unwrap_or(if out { &link.ends.1 } else { &link.ends.0 })]
            };
            let mut links: Vec<usize> = (0..ports.len()).filter(|at| own(&self.drawn.links[*at]) == node).collect();
            let back = |at: usize| self.layers.back[at];
            links.sort_by(|a, b| back(*a).cmp(&back(*b)).then(beyond(*a).total_cmp(&beyond(*b))));
            let mut at = self.middle[node] - links.iter().map(|link| self.thick[*link]).sum::<f64>() / 2.0;
            for link in links {
                let port = if out { &mut ports[link].0 } else { &mut ports[link].1 };
                *port = at + self.thick[link] / 2.0;
                at += self.thick[link];
            }
        }
        ports
    }

    /// The ways of the links, and how far down they come.
    fn routes(&self, bottom: f64) -> (Vec<Route>, f64) {
        let (mut low, mut routes) = (bottom, Vec::new());
        for (at, (leaves, arrives)) in self.ports().into_iter().enumerate() {
            let (link, thick) = (&self.drawn.links[at], self.thick[at]);
            let (from, to) = ((self.x(link.ends.0) + NODE, leaves), (self.x(link.ends.1), arrives));
            if self.layers.back[at] {
                low += thick + LANE;
                routes.push(Route::back(from, to, low - thick / 2.0, SWING + thick / 2.0));
            } else {
                let bends = self.layers.via[at].iter().map(|bend| (self.x(*bend) + NODE / 2.0, self.middle[*bend]));
                let points: Vec<(f64, f64)> = [from].into_iter().chain(bends).chain([to]).collect();
                routes.push(Route::onward(&points));
            }
        }
        (routes, low)
    }

    /// The nodes, each with its text above it.
    fn nodes(&self, ink: &mut Ink, answer: &Answer, taken: &mut Taken) {
        let last = self.layers.order.len().saturating_sub(1);
        for (at, node) in self.drawn.nodes.iter().enumerate() {
            let (x, top) = (self.x(at), self.middle[at] - self.heights[at] / 2.0);
            ink.rectangle((x, top), (NODE, self.heights[at]), ink::node(node.tone), Some(&node.told(answer)));
            taken.take((x, top), (NODE, self.heights[at]));
            let most =
                if self.layers.column[at] == last { taken.room().0 - x - MARGIN / 2.0 } else { self.step - NODE };
            let lines = node.lines(answer);
            for (row, line) in lines.iter().enumerate() {
                let (class, size) = if row == 0 { ("over", BODY) } else { ("small over", SMALL) };
                let at = (x, top - 5.0 - LINE * (lines.len() - 1 - row) as f64);
                let line = ink.fitted(at, class, "start", line, (size, most));
                let (corner, size) = ink::extent(at, &line, size);
                taken.take(corner, size);
            }
        }
    }
}
