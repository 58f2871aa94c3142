//! What pictures are drawn with: elements of SVG, and the one style sheet that they share.
//!
//! Everything that a caller's data says goes in as text or as an attribute, which the library escapes; classes and names of elements are
//! ours alone.

use svg::node::element::Element;
use svg::node::{Node as _, Text};

use super::route::Route;
use super::words;
use crate::analysis::figure::Tone;

/// Letters of captions, in pixels.
pub(super) const BODY: f64 = 13.0;
/// Letters of what stands beside them.
pub(super) const SMALL: f64 = 11.0;
/// What bold letters of the size of captions take up.
pub(super) const BOLD: f64 = 1.2 * BODY;
/// From one line of text to the next.
pub(super) const LINE: f64 = 14.0;
/// How far letters come above and below the line that they stand on, as a part of their size.
const REACH: (f64, f64) = (0.96, 0.24);

/// Colours that people who see red and green alike can tell apart (Okabe & Ito 2008), darker on white and lighter on black so that text
/// has a contrast of 4.5 at least. Concrete values in both: programs that know no `@media` show the light ones.
pub(super) const STYLE: &str = "
svg { background: #ffffff; }
text { font-family: 'DejaVu Sans', Verdana, 'Noto Sans', 'Segoe UI', Arial, sans-serif; font-size: 13px; fill: #1b1f24; }
.ground { fill: #ffffff; }
.banner { fill: #1b1f24; }
.banner-text { fill: #ffffff; font-weight: bold; }
.title { font-size: 21px; font-weight: bold; }
.panel { font-weight: bold; }
.small { font-size: 11px; fill: #4a525c; }
.over { paint-order: stroke; stroke: #ffffff; stroke-width: 3.5px; stroke-linejoin: round; }
.line { stroke: #c6ccd3; stroke-width: 1; fill: none; }
.axis { stroke: #6b747e; stroke-width: 1; fill: none; }
.silent { fill: #e3e6ea; }
.plain { fill: #5c6a79; } .first { fill: #0060a0; } .last { fill: #00704f; } .key { fill: #b34500; }
.node { stroke: #ffffff; stroke-width: 1; }
.node.key { stroke: #1b1f24; stroke-width: 2; stroke-dasharray: 4 2; }
path.band, path.arrow, path.steps { fill: none; }
.band { stroke: #8fa1b3; stroke-opacity: 0.55; }
.band.key { stroke: #d55e00; stroke-opacity: 0.6; }
.band.first { stroke: #0072b2; } .band.last { stroke: #009e73; }
.arrow { stroke: #6b7a8a; }
.arrow.key { stroke: #b34500; stroke-dasharray: 7 3; }
.arrow.first { stroke: #0060a0; } .arrow.last { stroke: #00704f; }
.head { fill: #6b7a8a; }
.steps { stroke: #1b1f24; stroke-width: 1.8; }
.cell { fill: #b9d3ea; }
@media (prefers-color-scheme: dark) {
svg { background: #12161b; }
text { fill: #f0f3f6; }
.ground { fill: #12161b; }
.banner { fill: #f0f3f6; }
.banner-text { fill: #12161b; }
.small { fill: #b7c0ca; }
.over { stroke: #12161b; }
.line { stroke: #3a434d; }
.axis { stroke: #98a3ae; }
.silent { fill: #2a323b; }
.plain { fill: #9aa8b6; } .first { fill: #66b8f0; } .last { fill: #3ecfa5; } .key { fill: #ffa052; }
.node { stroke: #12161b; }
.node.key { stroke: #f0f3f6; }
.band { stroke: #7388a0; stroke-opacity: 0.6; }
.band.key { stroke: #f58231; } .band.first { stroke: #3d9be0; } .band.last { stroke: #2fb58d; }
.arrow { stroke: #a7b4c1; }
.arrow.key { stroke: #ffa052; } .arrow.first { stroke: #66b8f0; } .arrow.last { stroke: #3ecfa5; }
.head { fill: #a7b4c1; }
.steps { stroke: #f0f3f6; }
.cell { fill: #2d5273; }
}
";

/// A number as it is written: to a tenth of a pixel.
pub(super) fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// An element with attributes.
pub(super) fn element(name: &str, attributes: &[(&str, &str)]) -> Element {
    let mut element = Element::new(name);
    for (name, value) in attributes {
        element.assign(*name, *value);
    }
    element
}

/// The class of a tone.
pub(super) const fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::First => "first",
        Tone::Last => "last",
        Tone::Key => "key",
    }
}

/// The class of what stands for an entity.
pub(super) const fn node(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "node plain",
        Tone::First => "node first",
        Tone::Last => "node last",
        Tone::Key => "node key",
    }
}

/// An element that only holds text, such as `title`.
pub(super) fn holding(name: &str, text: &str) -> Element {
    let mut element = Element::new(name);
    element.append(Text::new(text));
    element
}

/// How high a line of letters of this size is.
pub(super) const fn high(size: f64) -> f64 {
    (REACH.0 + REACH.1) * size
}

/// What a text takes up that begins on this base line: its top left and its size.
pub(super) fn extent((x, y): (f64, f64), text: &str, size: f64) -> ((f64, f64), (f64, f64)) {
    ((x, y - REACH.0 * size), (words::width(text, size), high(size)))
}

/// The base line of letters of this size whose middle is there.
pub(super) const fn base(middle: f64, size: f64) -> f64 {
    middle + (REACH.0 - REACH.1) / 2.0 * size
}

/// What is being drawn.
#[derive(Debug)]
pub(super) struct Ink {
    group: Element,
}

impl Ink {
    pub(super) fn new() -> Self {
        Self { group: Element::new("g") }
    }

    /// Everything, moved down by so much.
    pub(super) fn at(mut self, y: f64) -> Element {
        self.group.assign("transform", format!("translate(0 {})", px(y)));
        self.group
    }

    pub(super) fn add(&mut self, element: Element) {
        self.group.append(element);
    }

    /// A text whose base line begins (`start`), lies in the middle of (`middle`) or ends (`end`) there.
    pub(super) fn text(&mut self, (x, y): (f64, f64), class: &str, anchor: &str, text: &str) {
        self.told((x, y), class, anchor, text, None);
    }

    /// The same, at most so wide; the whole is told where one points at it. Answers what is shown.
    pub(super) fn fitted(
        &mut self,
        at: (f64, f64),
        class: &str,
        anchor: &str,
        text: &str,
        (size, most): (f64, f64),
    ) -> String {
        let shown = words::fit(text, size, most);
        self.told(at, class, anchor, &shown, Some(text).filter(|text| **text != *shown));
        shown
    }

    /// A link: `kind` is the class of all such.
    pub(super) fn way(&mut self, route: &Route, kind: &str, tone: Tone, thick: f64, told: &str) {
        let (class, thick) = (format!("{kind} {}", class(tone)), px(thick));
        let mut path = element("path", &[("d", &route.path()), ("class", &class), ("stroke-width", &thick)]);
        if kind == "arrow" {
            path.assign("marker-end", "url(#head)");
        }
        path.append(tip(told));
        self.add(path);
    }

    fn told(&mut self, (x, y): (f64, f64), class: &str, anchor: &str, text: &str, whole: Option<&str>) {
        let (x, y) = (px(x), px(y));
        let mut element = element("text", &[("x", &x), ("y", &y), ("class", class), ("text-anchor", anchor)]);
        element.append(Text::new(text));
        if let Some(whole) = whole {
            element.append(tip(whole));
        }
        self.add(element);
    }

    pub(super) fn rectangle(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), class: &str, told: Option<&str>) {
        let (x, y, w, h) = (px(x), px(y), px(w.max(0.0)), px(h.max(0.0)));
        let mut shape = element("rect", &[("x", &x), ("y", &y), ("width", &w), ("height", &h), ("class", class)]);
        if let Some(told) = told {
            shape.append(tip(told));
        }
        self.add(shape);
    }

    pub(super) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), class: &str) {
        let (x1, y1, x2, y2) = (px(x1), px(y1), px(x2), px(y2));
        self.add(element("line", &[("x1", &x1), ("y1", &y1), ("x2", &x2), ("y2", &y2), ("class", class)]));
    }
}

/// The longest text that is told where one points at something, in letters.
const LONGEST_TIP: usize = 600;

/// What is told where one points at something.
pub(super) fn tip(text: &str) -> Element {
    let text: String = match text.chars().count() > LONGEST_TIP {
        true => text.chars().take(LONGEST_TIP).chain(['…']).collect(),
        false => text.to_owned(),
    };
    holding("title", &text)
}
