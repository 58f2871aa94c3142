//! What ways in time, cycles and trees look like, by hand.

use serde_json::Value;

use super::*;
use crate::graph::{anyone, ask_drawn};

/// The figure of an answer about a text graph.
fn asked(graph: &str, name: &str, body: &Value) -> Figure {
    ask_drawn(&crate::graph::drawn(graph), &anyone(), name, body, None).unwrap().1.unwrap()
}

fn network(panel: &Panel) -> &Diagram {
    let Shape::Network(diagram) = &panel.shape else { panic!("{panel:?}") };
    diagram
}

/// Of each link: its relationship, its tone and what is said of it.
fn links(diagram: &Diagram) -> Vec<(&str, Tone, &str)> {
    diagram.links.iter().map(|link| (link.relationship.id.as_str(), link.tone, link.label.as_str())).collect()
}

/// Of each place: its entity, its column, its tone and what is said of it.
fn places(diagram: &Diagram) -> Vec<(&str, Option<u32>, Tone, &str)> {
    let told = diagram.places.iter();
    told.map(|place| (place.entity.as_str(), place.column, place.tone, place.label.as_str())).collect()
}

/// A sentence with the ids of what it names.
fn words(words: &[Words]) -> String {
    let piece = |piece: &Words| match piece {
        Words::Text(text) => text.clone(),
        Words::Entity(id) => id.to_string(),
    };
    words.iter().map(piece).collect()
}

#[test]
fn each_step_in_time_says_when_it_is_taken() {
    let graph = "a -t1 @3600 500EUR-> b
        b -t2 @7200 400EUR-> c
        b -t3 @7320 Call-> d
        d -t4 @..9000-> e";
    let figure = asked(graph, "temporal-paths", &json!({"source": "a"}));
    let diagram = network(&figure.panels[0]);
    // One step is on the way to all four, and is drawn once; the last waits for the one before.
    let expected = [
        ("t1", Tone::Key, "5.00 EUR · 1970-01-01 01:00"),
        ("t2", Tone::Plain, "4.00 EUR · 1970-01-01 02:00"),
        ("t3", Tone::Plain, "1970-01-01 02:02"),
        ("t4", Tone::Plain, "1970-01-01 02:02"),
    ];
    assert_eq!(links(diagram), expected);
    assert_eq!(places(diagram), [("a", None, Tone::First, "")]);
    let told = words(&figure.about);
    assert!(told.contains("those that arrive first, from a: 4."), "{told}");

    let body = json!({"source": "a", "target": "e", "objective": "fewest_hops", "max_dwell_seconds": 4_000});
    let figure = asked(graph, "temporal-paths", &body);
    assert_eq!(places(network(&figure.panels[0])), [("a", None, Tone::First, ""), ("e", None, Tone::Last, "")]);
    assert!(words(&figure.about).contains("of the fewest steps, from a to e: 1."), "{:?}", figure.about);
    assert!(figure.notes.iter().any(|note| note.contains("meet an entity twice")), "{:?}", figure.notes);

    // What was there since ever can have been taken at any time.
    let figure = asked("a -t1 @..9-> b", "temporal-paths", &json!({"source": "a", "target": "b"}));
    assert_eq!(links(network(&figure.panels[0])), [("t1", Tone::Key, "no bound in time")]);
    let none = asked("a -t1-> b", "temporal-paths", &json!({"source": "a", "target": "b"}));
    assert_eq!((none.panels.len(), words(&none.about).ends_with(": 0.")), (0, true));
}

#[test]
fn steps_at_other_times_between_the_same_two_stand_apart() {
    let labels = ["2024-01-01", "2024-02-01", "2024-02-01"];
    let links = labels
        .iter()
        .enumerate()
        .map(|(at, label)| Link { label: (*label).to_owned(), ..link(&format!("t-{at}"), ("a", "b"), Much::Nothing) });
    let diagram = Diagram { unit: Unit::Count, layer: None, places: Vec::new(), links: links.collect() };
    let svg = drawn(&figure(vec![Shape::Network(diagram)]), &answer(Vec::new(), Vec::new()));
    let texts = texts(&svg);
    assert!(texts.contains(&"2024-01-01".to_owned()) && texts.contains(&"2024-02-01 · in 2".to_owned()), "{texts:?}");
}

#[test]
fn a_cycle_runs_to_the_right_and_back() {
    let graph = "c -t3 @7200 300EUR-> a
        b -t2 @3720 400EUR-> c
        a -t1 @3600 500EUR-> b";
    let figure = asked(graph, "cycles", &json!({"entity": "c", "temporal": true, "within_seconds": 172_800}));
    let panel = &figure.panels[0];
    assert_eq!(words(&panel.title), "1. 3 steps, 1970-01-01 01:00 to 1970-01-01 02:00, the smallest 3.00 EUR");
    let expected = [
        ("t1", Tone::Plain, "5.00 EUR · 1970-01-01 01:00"),
        ("t2", Tone::Plain, "4.00 EUR · 1970-01-01 01:02"),
        ("t3", Tone::Key, "3.00 EUR · 1970-01-01 02:00"),
    ];
    assert_eq!(links(network(panel)), expected);
    let expected = [("a", Some(0), Tone::First, ""), ("b", Some(1), Tone::Plain, ""), ("c", Some(2), Tone::Plain, "")];
    assert_eq!(places(network(panel)), expected);
    assert!(words(&figure.about).ends_with("through c, each step after the one before, all within 2 days: 1."));

    for (seconds, told) in [(3_600, "3600 seconds"), (7_200, "2 hours"), (180_000, "some 2 days")] {
        let figure = asked(graph, "cycles", &json!({"entity": "c", "temporal": true, "within_seconds": seconds}));
        assert!(words(&figure.about).ends_with(&format!(", all within {told}: 1.")), "{:?}", figure.about);
    }

    // Without times: by what it names first, and nothing is said of when.
    let figure = asked(graph, "cycles", &json!({"entities": ["a", "b", "c"]}));
    assert_eq!(links(network(&figure.panels[0]))[0], ("t1", Tone::Plain, "5.00 EUR"));
    assert_eq!(words(&figure.panels[0].title), "1. 3 steps, the smallest 3.00 EUR");
    assert!(words(&figure.about).ends_with("among a, b, c: 1."));
}

#[test]
fn many_cycles_are_counted() {
    let pairs: Vec<String> = (1..=8).flat_map(|at| [format!("a -> b{at}"), format!("b{at} -> a")]).collect();
    let figure = asked(&pairs.join("\n"), "cycles", &json!({"entity": "a"}));
    assert_eq!(figure.panels.len(), 6);
    assert!(figure.notes.contains(&"The first 6 of 8 are drawn.".to_owned()), "{:?}", figure.notes);
    assert!(words(&figure.about).ends_with(", through a: 8."));
    let none = asked("a -> b", "cycles", &json!({"entity": "a"}));
    assert_eq!((none.panels.len(), words(&none.about).ends_with(": 0.")), (0, true));
}

#[test]
fn a_tree_tells_what_it_adds_from_what_it_joins() {
    // By way of x three relationships join a, b and c; without it four do, over y and z.
    let graph = "a -r1- x
        b -r2- x
        c -r3- x
        a -r4- y
        y -r5- b
        y -r6- z
        z -r7- c";
    let body = |entities: &[&str]| json!({"entities": entities});
    let figure = asked(graph, "connect", &body(&["c", "a", "b"]));
    assert_eq!(words(&figure.about), "The smallest tree that joins c, a, b: 3 relationships. No tree costs less.");
    let diagram = network(&figure.panels[0]);
    let expected = [
        ("a", None, Tone::First, ""),
        ("b", None, Tone::First, ""),
        ("c", None, Tone::First, ""),
        ("x", None, Tone::Key, "without it: 4"),
    ];
    assert_eq!(places(diagram), expected);
    assert_eq!(links(diagram), [("r1", Tone::Plain, ""), ("r2", Tone::Plain, ""), ("r3", Tone::Plain, "")]);
    assert!(figure.notes.is_empty(), "{:?}", figure.notes);

    let figure = asked(graph, "connect", &json!({"entities": ["a", "b", "c"], "alternatives": 0}));
    assert_eq!(places(network(&figure.panels[0]))[3], ("x", None, Tone::Key, ""));
    assert!(figure.notes[0].contains("0 of the 1"), "{:?}", figure.notes);

    let figure = asked("a -r1- x\nb -r2- x", "connect", &body(&["a", "b"]));
    assert_eq!(places(network(&figure.panels[0]))[2], ("x", None, Tone::Key, "without it: no tree"));

    let figure = asked("a -r1- b\nc -r2- d", "connect", &body(&["a", "b", "c"]));
    let told = "The smallest tree that joins a, b, c: there is none. What can be joined is: a, b; c.";
    assert_eq!((figure.panels.len(), words(&figure.about).as_str()), (0, told));
}
