//! Pictures of answers, for those who would rather look: an SVG document of what an answer says, and of nothing else.
//!
//! A picture is a function of the answer, which is filtered, masked and marked already, of the figure that the analysis makes of its result,
//! and of the ontology. It names nobody whom the answer does not name, and as the answer does; it is marked as the answer is; what it does
//! not show of it, it says. Pure, deterministic to the byte, and bounded whatever the answer holds.

mod diagram;
mod ink;
mod labels;
mod layers;
mod matrix;
mod network;
mod route;
mod sankey;
mod scale;
mod timeline;
mod words;

use std::collections::BTreeSet;

use svg::node::Node as _;

use crate::analysis::Answer;
use crate::analysis::figure::{Figure, Form, Shape, Tone};
use crate::model::Ontology;
use ink::{BODY, BOLD, Ink, SMALL, STYLE, element, holding, px};

/// How wide a picture is at least, in pixels.
const WIDTH: f64 = 1_200.0;
/// What stays free at both sides.
const MARGIN: f64 = 32.0;
/// How high the banners with the marking are.
const BANNER: f64 = 26.0;
/// The most panels of a picture.
const MOST_PANELS: usize = 12;
/// The most notes of a figure that a picture has.
const MOST_NOTES: usize = 12;
/// The most letters of one of them.
const LONGEST_NOTE: usize = 300;
/// The name of the arrow heads.
const HEAD: &str = "head";

/// A piece of a picture, drawn from the top left.
struct Part {
    drawing: Ink,
    size: (f64, f64),
    notes: Vec<String>,
}

/// Draws the figure of an answer to the analysis of this name.
pub fn draw(name: &str, figure: &Figure, answer: &Answer, ontology: &Ontology) -> String {
    let shown = &figure.panels[..figure.panels.len().min(MOST_PANELS)];
    let mut notes = told(&figure.notes);
    if figure.panels.len() > shown.len() {
        notes.push(format!("Only {} of {} panels are drawn.", shown.len(), figure.panels.len()));
    }
    let mut panels = Vec::new();
    for panel in shown {
        let mut part = match &panel.shape {
            Shape::Sankey(diagram) => sankey::draw(diagram, answer, ontology, WIDTH),
            Shape::Network(diagram) => network::draw(diagram, answer, ontology, WIDTH),
            Shape::Timeline(timeline) => timeline::draw(timeline, WIDTH),
            Shape::Matrix(matrix) => matrix::draw(matrix, answer, WIDTH),
        };
        notes.append(&mut part.notes);
        panels.push((words::said(answer, &panel.title), part));
    }
    notes.dedup();
    notes.extend(words::left_out(answer));
    let width = panels.iter().map(|(_, part)| part.size.0).fold(WIDTH, f64::max);
    let mut page = Page { width, y: 0.0, svg: svg::Document::new() };
    let about = words::said(answer, &figure.about);
    page.begin(&words::title(name), &about, &notes.join(" "));
    page.banner(answer);
    page.head(&words::title(name), &about, &words::frame(answer));
    page.legend(figure);
    if panels.is_empty() {
        page.nothing();
    }
    for (title, part) in panels {
        page.panel(&title, part);
    }
    page.notes(&notes);
    page.banner(answer);
    page.end()
}

/// The notes of a figure, as many and as much of each as can be read, and what is missing of them.
fn told(notes: &[String]) -> Vec<String> {
    let mut cut = 0;
    let short = |note: &String| match note.char_indices().nth(LONGEST_NOTE) {
        Some((end, _)) => {
            cut += 1;
            format!("{}…", words::clean(&note[..end]))
        }
        None => words::clean(note),
    };
    let mut told: Vec<String> = notes.iter().take(MOST_NOTES).map(short).collect();
    if cut > 0 {
        told.push(format!(
            "The answer itself has the rest of {}.",
            words::count(cut, "note that is cut", "notes that are cut")
        ));
    }
    if notes.len() > MOST_NOTES {
        let more = words::count((notes.len() - MOST_NOTES) as u64, "more note", "more notes");
        told.push(format!("The answer itself has {more}."));
    }
    told
}

/// A page as it grows downwards.
struct Page {
    width: f64,
    y: f64,
    svg: svg::Document,
}

impl Page {
    /// What programs read out to those who do not see, and what all shapes share.
    fn begin(&mut self, title: &str, about: &str, notes: &str) {
        self.svg.assign("role", "img");
        self.svg.assign("aria-labelledby", "title about");
        self.svg.assign("lang", "en");
        for (name, id, text) in [("title", "title", title), ("desc", "about", &format!("{about} {notes}"))] {
            let mut told = holding(name, text);
            told.assign("id", id);
            self.svg.append(told);
        }
        self.svg.append(svg::node::element::Style::new(STYLE));
        let mut marker = element(
            "marker",
            &[
                ("id", HEAD),
                ("viewBox", "0 0 8 8"),
                ("refX", "2"),
                ("refY", "4"),
                ("markerWidth", "9"),
                ("markerHeight", "9"),
            ],
        );
        marker.assign("orient", "auto");
        marker.assign("markerUnits", "userSpaceOnUse");
        marker.append(element("path", &[("d", "M 0 0 L 8 4 L 0 8 z"), ("class", "head")]));
        let mut definitions = element("defs", &[]);
        definitions.append(marker);
        self.svg.append(definitions);
        self.svg.append(element("rect", &[("width", "100%"), ("height", "100%"), ("class", "ground")]));
    }

    fn put(&mut self, ink: Ink, high: f64) {
        self.svg.append(ink.at(self.y));
        self.y += high;
    }

    /// The marking, as documents have it above and below.
    fn banner(&mut self, answer: &Answer) {
        let lines = words::lines(&words::marking(&answer.marking), BOLD, self.width - 2.0 * MARGIN);
        let high = BANNER + 17.0 * (lines.len() as f64 - 1.0);
        let mut ink = Ink::new();
        ink.rectangle((0.0, 0.0), (self.width, high), "banner", None);
        for (at, line) in lines.iter().enumerate() {
            ink.text((self.width / 2.0, 18.0 + 17.0 * at as f64), "banner-text", "middle", line);
        }
        self.put(ink, high);
    }

    fn head(&mut self, title: &str, about: &str, frame: &str) {
        let mut ink = Ink::new();
        ink.text((MARGIN, 38.0), "title", "start", title);
        let high = self.written(&mut ink, 62.0, "about", about);
        let high = self.written(&mut ink, high + 2.0, "small", frame);
        self.put(ink, high + 4.0);
    }

    /// Text in lines from a base line on; answers where the next would be.
    fn written(&self, ink: &mut Ink, from: f64, class: &str, text: &str) -> f64 {
        let mut y = from;
        let size = if class == "panel" { BOLD } else { BODY };
        for line in words::lines(text, size, self.width - 2.0 * MARGIN).iter().filter(|line| !line.is_empty()) {
            ink.text((MARGIN, y), class, "start", line);
            y += 18.0;
        }
        y
    }

    /// What the tones and forms that occur stand for.
    fn legend(&mut self, figure: &Figure) {
        let mut signs: BTreeSet<(u8, &str)> = BTreeSet::new();
        let mut used = BTreeSet::new();
        let mut named: Vec<(&str, &str)> = Vec::new();
        for panel in &figure.panels {
            match &panel.shape {
                Shape::Sankey(diagram) | Shape::Network(diagram) => {
                    used.extend(diagram.places.iter().map(|place| place.tone));
                    used.extend(diagram.links.iter().map(|link| link.tone));
                }
                Shape::Timeline(timeline) => timeline.series.iter().for_each(|series| {
                    let sign = match series.form {
                        Form::Steps => (2, series.name),
                        Form::Up => (0, series.name),
                        Form::Down => (1, series.name),
                    };
                    signs.insert(sign);
                }),
                Shape::Matrix(_) => {}
            }
        }
        named.extend(signs.iter().map(|(form, name)| (["first", "key", "steps"][usize::from(*form)], *name)));
        let told = figure.legend.iter().filter(|(tone, _)| *tone == Tone::Plain || used.contains(tone));
        named.extend(told.map(|(tone, name)| (ink::node(*tone), *name)));
        if named.is_empty() {
            return;
        }
        let mut ink = Ink::new();
        let (mut x, mut y) = (MARGIN, 0.0);
        for (sign, name) in named {
            let wide = 22.0 + words::width(name, SMALL);
            if x > MARGIN && x + wide > self.width - MARGIN {
                (x, y) = (MARGIN, y + 18.0);
            }
            match sign {
                "steps" => ink.line((x, y + 7.0), (x + 16.0, y + 7.0), "steps"),
                sign => ink.rectangle((x, y + 1.0), (14.0, 12.0), sign, None),
            }
            ink.text((x + 22.0, y + 12.0), "small", "start", name);
            x += wide + 24.0;
        }
        self.put(ink, y + 26.0);
    }

    fn nothing(&mut self) {
        let mut ink = Ink::new();
        ink.text((MARGIN, 40.0), "panel", "start", "Nothing was found within what you may see.");
        self.put(ink, 70.0);
    }

    fn panel(&mut self, title: &str, part: Part) {
        if !title.is_empty() {
            let mut ink = Ink::new();
            ink.line((MARGIN, 2.0), (self.width - MARGIN, 2.0), "line");
            let high = self.written(&mut ink, 22.0, "panel", title);
            self.put(ink, high - 8.0);
        }
        self.put(part.drawing, part.size.1 + 10.0);
    }

    fn notes(&mut self, notes: &[String]) {
        let mut ink = Ink::new();
        ink.line((MARGIN, 4.0), (self.width - MARGIN, 4.0), "line");
        let high = notes.iter().fold(22.0, |y, note| self.written(&mut ink, y, "small", note));
        self.put(ink, high);
    }

    fn end(mut self) -> String {
        let (width, height) = (px(self.width), px(self.y));
        self.svg.assign("viewBox", format!("0 0 {width} {height}"));
        self.svg.assign("width", width);
        self.svg.assign("height", height);
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", self.svg)
    }
}
