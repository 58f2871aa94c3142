//! Room: no two texts of a picture overlap and none leaves the canvas, whatever it is of.
//!
//! Texts are measured here as DejaVu Sans draws them, which is the first and about the widest of the faces that the style sheet names; the
//! pictures themselves are laid out by estimates, which know nothing of these numbers.

use linchpin::analysis::figure::{Band, Event};
use linchpin::graph::Random;

use super::*;

/// The letters that the random texts are of.
const LETTERS: &str = concat!(
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~",
    "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюяђћљњџЂЋЉЊЏ",
    "→←·…−№",
);

/// By letter: how far it moves on in DejaVu Sans, in thousandths of its size.
#[rustfmt::skip]
const REGULAR: [u16; 175] = [
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337,
    337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732,
    684, 989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635,
    635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838, 684, 686, 686, 610, 781, 632, 1077, 641, 748, 748, 710, 752, 863,
    752, 787, 752, 603, 698, 611, 609, 861, 685, 776, 686, 1069, 1094, 833, 882, 686, 698, 1080, 695, 613, 617, 589, 525, 691, 615, 901, 532,
    650, 650, 604, 639, 754, 654, 612, 654, 635, 550, 583, 592, 855, 592, 681, 591, 915, 942, 707, 790, 589, 549, 842, 602, 625, 652, 902,
    898, 654, 786, 786, 1094, 1045, 752, 838, 838, 318, 1000, 838, 1040,
];

/// The same in DejaVu Sans Bold.
#[rustfmt::skip]
const BOLD: [u16; 175] = [
    348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696, 696, 696, 696, 696, 696, 696, 696, 400,
    400, 838, 838, 838, 580, 1000, 774, 762, 734, 830, 683, 683, 821, 837, 372, 372, 775, 637, 995, 837, 850, 733, 850, 770, 720, 682, 812,
    774, 1103, 771, 724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716, 712, 343, 343, 665, 343, 1042, 712, 687, 716,
    716, 493, 595, 478, 712, 652, 924, 645, 652, 582, 712, 365, 712, 838, 774, 762, 762, 637, 891, 683, 1224, 710, 837, 837, 817, 831, 995,
    837, 850, 837, 733, 734, 682, 771, 992, 771, 928, 808, 1235, 1326, 939, 1036, 762, 734, 1174, 770, 675, 698, 633, 522, 808, 678, 995,
    581, 701, 701, 679, 732, 817, 691, 687, 691, 716, 593, 580, 652, 992, 645, 741, 687, 1062, 1105, 751, 904, 632, 593, 972, 642, 714, 734,
    991, 956, 691, 878, 878, 1154, 1130, 837, 838, 838, 380, 1000, 838, 1203,
];

/// A text as it stands on the page.
#[derive(Debug)]
struct Text {
    words: String,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

fn number(text: &str) -> f64 {
    text.parse().unwrap()
}

/// How wide a text is, and of what size its letters are.
fn measured(words: &str, class: &str) -> (f64, f64) {
    let size = match class {
        "title" => 21.0,
        class if class.starts_with("small") => 11.0,
        _ => 13.0,
    };
    let face = if ["title", "panel", "banner-text"].contains(&class) { &BOLD } else { &REGULAR };
    let wide = |letter: char| {
        let place = LETTERS.chars().position(|known| known == letter);
        f64::from(face[place.unwrap_or_else(|| panic!("{letter:?} in {words}"))])
    };
    (words.chars().map(wide).sum::<f64>() * size / 1_000.0, size)
}

/// All that is written, and how large the canvas is.
fn written(svg: &str) -> (Vec<Text>, (f64, f64)) {
    let document = Document::parse(svg).unwrap();
    let mut texts = Vec::new();
    for node in document.descendants().filter(|node| node.tag_name().name() == "text") {
        let down = |group: roxmltree::Node<'_, '_>| {
            let moved = group.attribute("transform")?.strip_prefix("translate(0 ")?;
            Some(number(moved.strip_suffix(')').unwrap()))
        };
        let words = node.text().unwrap_or_default().trim().to_owned();
        let (x, y) = (number(node.attribute("x").unwrap()), number(node.attribute("y").unwrap()));
        let y = y + node.ancestors().filter_map(down).sum::<f64>();
        let (wide, size) = measured(&words, node.attribute("class").unwrap());
        let left = match node.attribute("text-anchor").unwrap() {
            "start" => x,
            "middle" => x - wide / 2.0,
            _ => x - wide,
        };
        // From the top of a capital with an accent down to that of a letter with a tail.
        texts.push(Text { words, left, right: left + wide, top: y - 0.95 * size, bottom: y + 0.24 * size });
    }
    let root = document.root_element();
    (texts, (number(root.attribute("width").unwrap()), number(root.attribute("height").unwrap())))
}

/// Places on the page are written to a tenth of a pixel.
const ROUNDED: f64 = 0.15;

/// What overlaps, and what is not wholly on the canvas.
fn faults(svg: &str) -> Vec<String> {
    let (texts, (width, height)) = written(svg);
    let mut faults = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        let out = text.left < 0.0 || text.right > width || text.top < 0.0 || text.bottom > height;
        faults.extend(out.then(|| format!("off the canvas of {width} × {height}: {text:?}")));
        for other in &texts[at + 1..] {
            let wide = text.right.min(other.right) - text.left.max(other.left);
            let high = text.bottom.min(other.bottom) - text.top.max(other.top);
            faults.extend((wide > ROUNDED && high > ROUNDED).then(|| format!("overlap: {text:?} {other:?}")));
        }
    }
    faults
}

/// What random figures are made of.
struct Made(Random);

impl Made {
    fn below(&mut self, bound: usize) -> usize {
        self.0.below(u32::try_from(bound).unwrap()) as usize
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    /// A text of at most so many letters: of capitals, of digits, of anything, or of one letter alone, since those of one kind are the
    /// widest and the narrowest.
    fn text(&mut self, most: usize) -> String {
        let letters: Vec<char> = LETTERS.chars().collect();
        let kinds = [(0, 175), (33, 26), (65, 26), (95, 32), (16, 10), (1 + self.below(174), 1)];
        let (from, many) = kinds[self.below(kinds.len())];
        let length = 1 + self.below(most);
        let letter = |made: &mut Self| if made.one_in(8) { ' ' } else { letters[from + made.below(many)] };
        (0..length).map(|_| letter(self)).collect()
    }

    fn amount(&mut self) -> i128 {
        let most = 10_f64.powi(1 + i32::try_from(self.below(9)).unwrap());
        1 + (self.0.fraction() * most) as i128
    }

    fn instant(&mut self) -> Instant {
        let days = [3, 90, 4_000][self.below(3)];
        Instant::from_micros((19_000 * 24 + self.below(days * 24) as i64) * 3_600_000_000).unwrap()
    }

    fn tone(&mut self) -> Tone {
        [Tone::Plain, Tone::First, Tone::Last, Tone::Key][self.below(4)]
    }

    fn diagram(&mut self, ids: &[String]) -> Diagram {
        // Ways onward, as flows mostly are; or anything.
        let (mixed, bare) = (self.one_in(3), self.one_in(4));
        let mut links = Vec::new();
        for at in 0..=self.below(90) {
            let (from, to) = (self.below(ids.len()), self.below(ids.len()));
            let (from, to) = if mixed { (from, to) } else { (from.min(to), from.max(to)) };
            let much = if bare { Much::Nothing } else { Much::Is(self.amount()) };
            let label = if self.one_in(3) { self.text(30) } else { String::new() };
            if from != to {
                links.push(Link { label, tone: self.tone(), ..link(&format!("t-{at}"), (&ids[from], &ids[to]), much) });
            }
        }
        let (columns, given) = (1 + self.below(7), self.one_in(3));
        let place = |id: &String| Place {
            entity: entity(id),
            column: given.then(|| u32::try_from(self.below(columns)).unwrap()),
            tone: self.tone(),
            label: if self.one_in(2) { self.text(40) } else { String::new() },
        };
        Diagram { unit: euros(), layer: None, places: ids.iter().map(place).collect(), links }
    }

    fn timeline(&mut self) -> Timeline {
        let series = [Form::Up, Form::Down, Form::Steps].map(|form| {
            let mut points: Vec<(Instant, i128)> =
                (0..self.below(14)).map(|_| (self.instant(), self.amount())).collect();
            points.sort_unstable();
            Series { name: "a series", form, points }
        });
        let mut bands = Vec::new();
        for _ in 0..self.below(5) {
            let (a, b) = (self.instant(), self.instant());
            bands.push(Band { from: a.min(b), to: a.max(b), label: self.text(60) });
        }
        let event = |made: &mut Self| Event { at: made.instant(), much: made.amount(), label: made.text(90) };
        let events = (0..self.below(9)).map(|_| event(self)).collect();
        Timeline { unit: euros(), span: None, series: series.to_vec(), bands, events }
    }

    fn matrix(&mut self, ids: &[String]) -> Matrix {
        let columns: Vec<(String, Unit)> = (0..=self.below(12)).map(|_| (self.text(40), euros())).collect();
        let rows = ids.iter().map(|id| vec![(&entity(id)).into()]).collect();
        let mut cell = || if self.one_in(3) { None } else { Some(self.amount() * self.amount()) };
        let cells = ids.iter().map(|_| columns.iter().map(|_| cell()).collect()).collect();
        Matrix { rows, columns, cells }
    }

    fn panel(&mut self, ids: &[String]) -> Panel {
        let title = if self.one_in(4) { Vec::new() } else { vec![self.text(300).into(), (&entity(&ids[0])).into()] };
        let shape = match self.below(6) {
            0 => Shape::Timeline(self.timeline()),
            1 => Shape::Matrix(self.matrix(ids)),
            2 | 3 => Shape::Network(self.diagram(ids)),
            _ => Shape::Sankey(self.diagram(ids)),
        };
        Panel { title, shape }
    }

    /// A figure, and an answer that says what its entities are called.
    fn figure(&mut self) -> (Figure, Answer) {
        let ids: Vec<String> = (0..2 + self.below(38)).map(|at| format!("entity-{at}")).collect();
        let mut answer = answer(ids.iter().map(|id| read_entity(id, &self.text(70), false)).collect(), Vec::new());
        let agency = |at: usize| AgencyId::new(format!("agency-of-a-long-name-{at}")).unwrap();
        answer.marking.originators = (0..self.below(30)).map(agency).collect();
        let panels = (0..=self.below(3)).map(|_| self.panel(&ids)).collect();
        let legend = vec![
            (Tone::First, "where it begins, in some more words than are needed"),
            (Tone::Last, "where it ends, likewise"),
            (
                Tone::Key,
                "what all of it goes through, the narrowest of it and the cheapest that could be taken out of it",
            ),
            (Tone::Plain, "all others that are there besides and of which nothing is to be said"),
        ];
        let notes = (0..self.below(5)).map(|_| self.text(280)).collect();
        (Figure { about: vec![self.text(400).into()], panels, legend, notes }, answer)
    }
}

#[test]
fn no_text_covers_another_or_leaves_the_canvas() {
    let mut shown = 0;
    for seed in 0..150 {
        let (figure, answer) = Made(Random::new(seed, 0)).figure();
        let svg = drawn(&figure, &answer);
        let faults = faults(&svg);
        assert!(faults.is_empty(), "{} faults with seed {seed}, the first: {}", faults.len(), faults[0]);
        shown += written(&svg).0.len();
    }
    assert!(shown > 10_000, "{shown} texts are few");
}

#[test]
fn what_stands_at_a_link_is_written_somewhere() {
    // Payments from each of seven to each of eight, in a narrow column: there is not room for all at their bands.
    let mut ends: Vec<(String, String)> =
        [("r-0", "b"), ("b", "c"), ("c", "d"), ("d", "e")].map(|(from, to)| (from.to_owned(), to.to_owned())).to_vec();
    ends.extend((0..56).map(|at| (format!("l-{}", at / 8), format!("r-{}", at % 8))));
    let pay = |(at, (from, to)): (usize, &(String, String))| {
        link(&format!("t-{at}"), (from, to), Much::Is(1_000_000_000_000 + at as i128))
    };
    let links: Vec<Link> = ends.iter().enumerate().map(pay).collect();
    let network = Shape::Network(Diagram { unit: euros(), layer: None, places: Vec::new(), links: links.clone() });
    for shape in [sankey(links.clone()), network] {
        let svg = drawn(&figure(vec![shape]), &answer(Vec::new(), Vec::new()));
        assert_eq!(faults(&svg), Vec::<String>::new());
        let (texts, _) = written(&svg);
        let many = |wanted: &str| texts.iter().filter(|text| text.words == wanted).count();
        let mut listed = 0;
        for link in &links {
            let (Much::Is(much), Some((from, to))) = (link.much, &link.ends) else { panic!("{link:?}") };
            let amount = euros().told(much);
            let whole = format!("] {amount}: {from} → {to}");
            let lines: Vec<&Text> = texts.iter().filter(|text| text.words.ends_with(&whole)).collect();
            assert_eq!(many(&amount) + lines.len(), 1, "{amount}");
            for line in &lines {
                let number = line.words.split(' ').next().unwrap();
                assert!(number == "[·]" || many(number) == 1, "{number} is not at its link");
            }
            listed += lines.len();
        }
        assert!(listed > 0 && listed < links.len(), "{listed}");
    }
}
