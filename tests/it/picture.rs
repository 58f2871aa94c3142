//! Pictures: well-formed whatever they are of, told as the answer tells, marked, bounded, and readable in light and dark.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod room;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use linchpin::analysis::figure::{
    Diagram, Figure, Form, Link, Matrix, Much, Panel, Place, Series, Shape, Timeline, Tone, Unit, Words,
};
use linchpin::analysis::{Answer, EvidenceRelationship, Frame, LeftOut, Truncated, TruncatedReason};
use linchpin::model::{
    AgencyId, Classification, Currency, DerivedMarking, Entity, EntityId, Instant, KindName, RelationshipKey, Tlp,
};
use linchpin::picture::draw;
use roxmltree::Document;
use serde_json::json;

use crate::graph::{VOCABULARY, entity};

fn key(text: &str) -> RelationshipKey {
    text.parse().unwrap()
}

fn instant(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn read_entity(id: &str, caption: &str, protected: bool) -> Entity {
    serde_json::from_value(json!({
        "id": id, "kind": "Person", "caption": caption, "properties": {}, "property_assertions": {},
        "evaluation": serde_json::to_value(reliability()).unwrap(), "marking": DerivedMarking::default(),
        "assertions": 1, "protected": protected, "masked": if protected { vec!["name"] } else { vec![] },
    }))
    .unwrap()
}

fn reliability() -> linchpin::model::Reliability {
    let claims = linchpin::graph::text::claims("a").unwrap();
    VOCABULARY.evaluations.reliability(&claims[0].claim.evaluation).unwrap()
}

fn relationship(id: &str, kind: &str, (source, target): (&str, &str)) -> (RelationshipKey, EvidenceRelationship) {
    let told = EvidenceRelationship {
        id: key(id),
        kind: KindName::new(kind).unwrap(),
        source: entity(source),
        target: entity(target),
        properties: BTreeMap::new(),
        period: None,
        amount: None,
        quantity: None,
        evaluation: reliability(),
        marking: DerivedMarking::default(),
        assertions: Vec::new(),
    };
    (key(id), told)
}

fn answer(entities: Vec<Entity>, relationships: Vec<(RelationshipKey, EvidenceRelationship)>) -> Answer {
    Answer {
        as_of: instant("2026-03-01T12:00:00Z"),
        replay: "sealed".to_owned(),
        frame: Frame::default(),
        evaluation_table: "1".to_owned(),
        marking: DerivedMarking::default(),
        truncated: None,
        left_out: None,
        result: json!({}),
        entities: entities.into_iter().map(|entity| (entity.id.clone(), entity)).collect(),
        relationships: relationships.into_iter().collect(),
    }
}

fn link(id: &str, (from, to): (&str, &str), much: Much) -> Link {
    Link {
        relationship: key(id),
        ends: Some((entity(from), entity(to))),
        much,
        label: String::new(),
        tone: Tone::Plain,
    }
}

fn euros() -> Unit {
    Unit::Money(Currency::from_code("EUR"))
}

fn sankey(links: Vec<Link>) -> Shape {
    Shape::Sankey(Diagram { unit: euros(), layer: None, places: Vec::new(), links })
}

fn figure(shapes: Vec<Shape>) -> Figure {
    let panels = shapes.into_iter().map(|shape| Panel { title: vec!["a panel".into()], shape }).collect();
    Figure { about: vec!["About ".into(), (&entity("a")).into()], panels, legend: Vec::new(), notes: Vec::new() }
}

fn drawn(figure: &Figure, answer: &Answer) -> String {
    draw("money-flow", figure, answer, &VOCABULARY.ontology)
}

/// All that is written, and told where one points.
fn texts(svg: &str) -> Vec<String> {
    let document = Document::parse(svg).unwrap();
    let told = ["text", "title", "desc"];
    let elements = document.descendants().filter(|node| told.contains(&node.tag_name().name()));
    elements.filter_map(|node| node.text().map(|text| text.trim().to_owned())).collect()
}

fn says(svg: &str, wanted: &str) -> bool {
    texts(svg).iter().any(|text| text.contains(wanted))
}

/// Only shapes and text; nothing that runs, nothing that is fetched.
fn harmless(svg: &str) {
    const KNOWN: [&str; 13] =
        ["svg", "title", "desc", "style", "defs", "marker", "g", "rect", "line", "path", "circle", "text", "tspan"];
    let document = Document::parse(svg).unwrap();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        assert!(KNOWN.contains(&node.tag_name().name()), "{:?}", node.tag_name());
        for attribute in node.attributes() {
            assert!(!attribute.name().starts_with("on") && attribute.name() != "href", "{attribute:?}");
            assert!(!attribute.value().contains("url(") || attribute.value() == "url(#head)", "{attribute:?}");
        }
    }
    assert!(!svg.contains("@import") && !svg.contains("<!"), "nothing is fetched or declared");
}

#[test]
fn hostile_captions_are_text_and_short() {
    let long = "Ж".repeat(10_000);
    let captions = [
        "</text><script>alert(1)</script>",
        "a\"b'c&d<e>",
        "x\u{202e}txt.exe\u{2066}",
        "a\u{0}\u{b}\u{1b}b\u{fffe}",
        "]]>&#0;&lt;",
        &long,
        "   ",
        "مرحبا 你好 🚔",
    ];
    let ids: Vec<String> = (0..captions.len()).map(|at| format!("e-{at}")).collect();
    let entities = ids.iter().zip(captions).map(|(id, caption)| read_entity(id, caption, false)).collect();
    let links: Vec<Link> = ids.windows(2).map(|pair| link(&pair[0], (&pair[0], &pair[1]), Much::Is(100))).collect();
    let places = |of: &[String]| -> Vec<Place> {
        of.iter().map(|id| Place { entity: entity(id), column: None, tone: Tone::Key, label: long.clone() }).collect()
    };
    let network = Diagram { unit: Unit::Count, layer: None, places: places(&ids), links: links.clone() };
    let rows: Vec<Vec<Words>> = ids.iter().map(|id| vec![(&entity(id)).into()]).collect();
    let cells = vec![vec![Some(1)]; rows.len()];
    let matrix = Matrix { rows, columns: vec![(captions[0].to_owned(), Unit::Count)], cells };
    let mut figure = figure(vec![sankey(links), Shape::Network(network), Shape::Matrix(matrix)]);
    figure.about.extend(ids.iter().map(|id| (&entity(id)).into()));
    figure.notes.push(captions[1].to_owned());
    let svg = drawn(&figure, &answer(entities, Vec::new()));
    harmless(&svg);
    assert!(says(&svg, "<script>alert(1)") && says(&svg, "a\"b'c&d<e>"), "they are shown as they are");
    assert!(!svg.contains(['\u{202e}', '\u{2066}', '\u{0}', '\u{b}', '\u{1b}', '\u{fffe}']));
    assert!(says(&svg, "x\u{fffd}txt.exe\u{fffd}") && says(&svg, "مرحبا 你好 🚔"));
    assert!(texts(&svg).iter().all(|text| text.chars().count() < 2_000), "nothing goes on for ever");
    assert!(svg.len() < 60_000, "{} bytes", svg.len());
}

#[test]
fn protected_people_are_called_as_the_answer_calls_them() {
    let entities = vec![read_entity("a", "(protected)", true), read_entity("b", "Open", false)];
    let svg = drawn(&figure(vec![sankey(vec![link("t", ("a", "b"), Much::Is(5))])]), &answer(entities, Vec::new()));
    assert!(says(&svg, "(protected)") && says(&svg, "Open"));
    // To a guardian the answer has the name, and the picture says whose it is.
    let mut guardian = read_entity("a", "Ana", true);
    guardian.masked.clear();
    let svg =
        drawn(&figure(vec![sankey(vec![link("t", ("a", "b"), Much::Is(5))])]), &answer(vec![guardian], Vec::new()));
    assert!(says(&svg, "Ana (protected)"));
    // Of whom the answer says nothing, there is the id.
    let svg = drawn(&figure(vec![sankey(vec![link("t", ("c", "d"), Much::Is(5))])]), &answer(Vec::new(), Vec::new()));
    assert!(texts(&svg).contains(&"c".to_owned()));
}

#[test]
fn what_is_too_much_to_read_is_counted() {
    // A payment each from a hundred accounts to a hundred others: 1, 2, …, 10,000 cents.
    let links = (0..10_000_i128)
        .map(|at| link(&format!("t-{at}"), (&format!("a-{}", at / 100), &format!("b-{}", at % 100)), Much::Is(at + 1)));
    let svg = drawn(&figure(vec![sankey(links.collect())]), &answer(Vec::new(), Vec::new()));
    harmless(&svg);
    assert!(svg.len() < 200_000, "{} bytes", svg.len());
    let bands = Document::parse(&svg).unwrap();
    let bands =
        bands.descendants().filter(|node| node.attribute("class").is_some_and(|class| class.starts_with("band")));
    let tip = |band: roxmltree::Node<'_, '_>| band.first_element_child()?.text().map(|text| text.trim().to_owned());
    let shown: Vec<String> = bands.filter_map(tip).collect();
    assert!(shown.len() > 20 && shown.len() <= 60, "{}", shown.len());
    // Which ones those are is read from the picture; the rest must be told of.
    let cents = |tip: &String| -> i128 {
        let amount = tip.rsplit_once(": ").unwrap().1.split(' ').next().unwrap();
        amount.replace(['.', ','], "").parse().unwrap()
    };
    let lost = (1..=10_000).sum::<i128>() - shown.iter().map(cents).sum::<i128>();
    let told = euros().told(lost);
    let many = Unit::Count.told(10_000 - shown.len() as i128);
    assert!(says(&svg, &format!("{many} links more, {told} together")), "{:?}", texts(&svg).last());

    let points: Vec<(Instant, i128)> =
        (0..5_000).map(|at| (Instant::from_micros(at * 86_400_000_000).unwrap(), i128::from(at))).collect();
    let series = vec![Series { name: "in", form: Form::Up, points }];
    let chart = Timeline { unit: euros(), span: None, series, bands: Vec::new(), events: Vec::new() };
    let svg = drawn(&figure(vec![Shape::Timeline(chart); 40]), &answer(Vec::new(), Vec::new()));
    assert!(svg.len() < 2_000_000, "{} bytes", svg.len());
    assert!(says(&svg, "the first 500 of 5000 steps") && says(&svg, "12 of 40 panels"));
}

#[test]
fn notes_are_few_and_short_and_the_rest_is_counted() {
    let mut figure = figure(Vec::new());
    figure.notes = (0..10_000).map(|at| format!("note {at} {}", "Жа ".repeat(at))).collect();
    let svg = drawn(&figure, &answer(Vec::new(), Vec::new()));
    harmless(&svg);
    assert!(svg.len() < 30_000, "{} bytes", svg.len());
    assert!(says(&svg, "note 11 ") && !says(&svg, "note 12 "));
    assert!(says(&svg, "9,988 more notes") && !says(&svg, "that are cut"));
    figure.notes = vec!["a ".repeat(200), "b ".repeat(100), "c ".repeat(50_000)];
    let svg = drawn(&figure, &answer(Vec::new(), Vec::new()));
    assert!(svg.len() < 30_000 && says(&svg, "the rest of 2 notes that are cut"), "{} bytes", svg.len());
}

#[test]
fn a_link_of_many_relationships_names_the_first() {
    let links = (0..5_000).map(|at| link(&format!("t-{at:04}"), ("a", "b"), Much::Is(1))).collect();
    let svg = drawn(&figure(vec![sankey(links)]), &answer(Vec::new(), Vec::new()));
    assert!(says(&svg, "50.00 EUR · in 5000") && says(&svg, "t-0018, t-0019 and 4980 more]"), "{:?}", texts(&svg));
    assert!(svg.len() < 20_000, "{} bytes", svg.len());
}

#[test]
fn every_amount_stands_there_and_parallel_ones_are_added() {
    let links = vec![
        link("t-1", ("a", "b"), Much::Is(22_986_100)),
        link("t-2", ("a", "b"), Much::Is(1)),
        link("t-3", ("b", "c"), Much::Is(5)),
        link("t-4", ("c", "a"), Much::Is(70_000)),
    ];
    let svg = drawn(&figure(vec![sankey(links)]), &answer(Vec::new(), Vec::new()));
    for amount in ["229,861.01 EUR · in 2", "0.05 EUR", "700.00 EUR"] {
        assert!(texts(&svg).contains(&amount.to_owned()), "{amount}");
    }
    assert!(says(&svg, "a → b: 229,861.01 EUR [t-1, t-2]"));
    assert_eq!(Unit::Money(Currency::from_code("JPY")).told(-1_234), "−1,234 JPY");
    assert_eq!(Unit::Quantity("kg".to_owned()).told(Unit::millionths(340.5)), "340.5 kg");
    assert_eq!(Unit::Quantity("persons".to_owned()).told(Unit::millionths(20.0)), "20 persons");
    assert_eq!(Unit::Probability.told(Unit::millionths(0.4721)), "0.472");
}

#[test]
fn a_link_runs_as_its_layer_runs_along_the_kind() {
    let bribe = || relationship("r", "Bribes", ("payer", "paid"));
    let link = Link { ends: None, ..link("r", ("x", "y"), Much::Nothing) };
    for (layer, wanted) in [("money", "payer → paid · Bribes"), ("information", "paid → payer · ← Bribes")] {
        let layer = serde_json::from_value(json!(layer)).unwrap();
        let diagram = Diagram { unit: euros(), layer: Some(layer), places: Vec::new(), links: vec![link.clone()] };
        let svg = drawn(&figure(vec![Shape::Network(diagram)]), &answer(Vec::new(), vec![bribe()]));
        assert!(says(&svg, &format!("{wanted} [r]")), "{:?}", texts(&svg));
    }
}

#[test]
fn a_step_against_its_relationship_says_so() {
    let known = || vec![relationship("r", "Bribes", ("payer", "paid")), relationship("s", "Associate", ("x", "y"))];
    let links = vec![link("r", ("paid", "payer"), Much::Nothing), link("s", ("y", "x"), Much::Nothing)];
    let diagram = Diagram { unit: Unit::Count, layer: None, places: Vec::new(), links };
    let svg = drawn(&figure(vec![Shape::Network(diagram)]), &answer(Vec::new(), known()));
    assert!(texts(&svg).contains(&"← Bribes".to_owned()) && says(&svg, "the other way"));
    assert!(texts(&svg).contains(&"Associate".to_owned()), "which has no direction");
}

#[test]
fn nothing_found_is_said() {
    let svg = drawn(&figure(Vec::new()), &answer(Vec::new(), Vec::new()));
    harmless(&svg);
    assert!(says(&svg, "Nothing was found"));
}

#[test]
fn it_is_marked_and_says_what_is_missing() {
    let mut answer = answer(Vec::new(), Vec::new());
    answer.marking.classification = Classification::Confidential;
    answer.marking.tlp = Tlp::AmberStrict;
    answer.marking.originators = ["rs-fiu", "al-police"].map(|agency| AgencyId::new(agency).unwrap()).into();
    answer.truncated = Some(Truncated::by(TruncatedReason::MaxResults));
    answer.left_out = Some(LeftOut {
        without_time: 1,
        without_amount: 2,
        without_quantity: 3,
        without_rate: 4,
        self_loops: 5,
        protected: 6,
        hubs: vec![entity("hub-1")],
    });
    let stated = json!({"commodity": ["cannabis", "cocaine"], "offence": ["Ж".repeat(10_000)]});
    answer.frame = serde_json::from_value(json!({"relationship_properties": stated})).unwrap();
    let svg = drawn(&figure(Vec::new()), &answer);
    assert!(svg.len() < 10_000, "long words are cut");
    let banner = "CONFIDENTIAL · TLP:AMBER+STRICT · originators: al-police, rs-fiu";
    assert_eq!(texts(&svg).iter().filter(|text| *text == banner).count(), 2, "above and below");
    for told in [
        "max_results",
        "1 relationship without a time",
        "2 relationships without an amount",
        "3 relationships without a quantity",
        "4 relationships in a currency without a rate",
        "5 relationships of an entity with itself",
        "6 protected people",
        "hub-1",
        "2026-03-01 12:00 UTC",
        "Of commodity: cannabis, cocaine.",
        "Of offence: Ж",
    ] {
        assert!(says(&svg, told), "{told}");
    }
}

/// The relative luminance of a colour (WCAG 2.2).
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn it_can_be_read_in_light_and_in_dark() {
    let svg = drawn(&figure(Vec::new()), &answer(Vec::new(), Vec::new()));
    let document = Document::parse(&svg).unwrap();
    let style = document.descendants().find(|node| node.has_tag_name("style") || node.tag_name().name() == "style");
    let style = style.and_then(|style| style.text()).unwrap().to_owned();
    let (light, dark) = style.split_once("@media (prefers-color-scheme: dark)").unwrap();
    for scheme in [light, dark] {
        let of = |class: &str, property: &str| -> String {
            let rule = scheme.split('}').find(|rule| rule.split('{').next().unwrap().trim() == class);
            let rule = rule.unwrap_or_else(|| panic!("{class} in {scheme}")).split_once('{').unwrap().1;
            let value = rule.split(';').find_map(|part| part.trim().strip_prefix(&format!("{property}: ")));
            value.unwrap_or_else(|| panic!("{class} {property}")).to_owned()
        };
        let ground = of(".ground", "fill");
        for text in ["text", ".small"] {
            assert!(contrast(&of(text, "fill"), &ground) >= 4.5, "{text} on {ground}");
        }
        assert!(contrast(&of(".banner-text", "fill"), &of(".banner", "fill")) >= 4.5);
        for mark in [".plain", ".first", ".last", ".key"] {
            assert!(contrast(&of(mark, "fill"), &ground) >= 3.0, "{mark} on {ground}");
        }
        assert!(contrast(&of("text", "fill"), &of(".cell", "fill")) >= 4.5, "amounts on their bars");
    }
}

#[test]
fn the_same_answer_gives_the_same_picture() {
    let entities = || (0..30).map(|at| read_entity(&format!("e-{at}"), &format!("Caption {at}"), false)).collect();
    let links: Vec<Link> = (0..50_usize)
        .map(|at| {
            let (from, to) = (at * 7 % 30, (at * 11 + 3) % 30);
            link(&format!("t-{at}"), (&format!("e-{from}"), &format!("e-{to}")), Much::Is(at as i128 * 100 + 1))
        })
        .filter(|link| link.ends.as_ref().is_some_and(|(from, to)| from != to))
        .collect();
    let network = Shape::Network(Diagram { unit: euros(), layer: None, places: Vec::new(), links: links.clone() });
    let figure = figure(vec![sankey(links), network]);
    let once = drawn(&figure, &answer(entities(), Vec::new()));
    harmless(&once);
    assert_eq!(once, drawn(&figure, &answer(entities(), Vec::new())));
    // Nodes of one diagram stand nowhere on each other.
    let document = Document::parse(&once).unwrap();
    let circles = document.descendants().filter(|node| node.tag_name().name() == "circle");
    let places: BTreeSet<(String, String)> = circles
        .clone()
        .map(|node| (node.attribute("cx").unwrap().to_owned(), node.attribute("cy").unwrap().to_owned()))
        .collect();
    assert_eq!(places.len(), circles.count());
}

/// The ids that a figure names: entities, and relationships.
pub(crate) fn named(figure: &Figure) -> (BTreeSet<EntityId>, BTreeSet<RelationshipKey>) {
    let (mut entities, mut relationships) = (BTreeSet::new(), BTreeSet::new());
    let words = |words: &[Words]| -> Vec<EntityId> {
        let of = |words: &Words| if let Words::Entity(id) = words { Some(id.clone()) } else { None };
        words.iter().filter_map(of).collect()
    };
    entities.extend(words(&figure.about));
    for panel in &figure.panels {
        entities.extend(words(&panel.title));
        match &panel.shape {
            Shape::Sankey(diagram) | Shape::Network(diagram) => {
                entities.extend(diagram.places.iter().map(|place| place.entity.clone()));
                for link in &diagram.links {
                    relationships.insert(link.relationship.clone());
                    entities.extend(link.ends.iter().flat_map(|(from, to)| [from.clone(), to.clone()]));
                }
            }
            Shape::Matrix(matrix) => entities.extend(matrix.rows.iter().flat_map(|row| words(row))),
            Shape::Timeline(_) => {}
        }
    }
    (entities, relationships)
}
