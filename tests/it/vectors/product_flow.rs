//! Goods along their routes, against running sums, every way walked and linear programmes.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use linchpin::analysis::{AnalysisError, Finding};
use linchpin::graph::text::claims;
use linchpin::model::Subject;
use serde_json::{Value, json};

use super::{dressed, vectors, words};
use crate::graph::{anyone, ask, drawn, snapshot};

fn flow(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "product-flow", body, None).unwrap()
}

/// A quantity on the wire in thousandths.
fn thousandths(value: &Value) -> i64 {
    let much = value.as_f64().unwrap() * 1_000.0;
    assert!((much - much.round()).abs() < 1e-6, "{value}");
    much.round() as i64
}

fn text(case: &Value) -> String {
    let line = |row: &Value| {
        let word = |at: usize| row[at].as_str().unwrap();
        let much = row[3].as_f64().unwrap() / 1_000.0;
        format!("{} -{} {} @{} ={much}kg-> {}\n", word(1), word(0), word(5), row[4], word(2))
    };
    case["rows"].as_array().unwrap().iter().map(line).collect()
}

fn same(found: &Value, expected: &Value, names: &[(&str, &str)]) {
    for (told, wanted) in names {
        assert_eq!(thousandths(&found[told]), expected[wanted].as_i64().unwrap(), "{told}: {found} {expected}");
    }
}

/// Whether the passages of a cut are `many` and come to so much.
fn check_cut(cut: &Value, case: &Value, many: Option<u64>) {
    let listed = words(&cut["relationships"]);
    let rows = case["rows"].as_array().unwrap();
    let much: i64 =
        rows.iter().filter(|row| listed.contains(&row[0].as_str().unwrap())).map(|row| row[3].as_i64().unwrap()).sum();
    assert_eq!((thousandths(&cut["quantity"]), cut["passages"].as_u64().unwrap()), (much, listed.len() as u64));
    assert!(many.is_none_or(|many| many == listed.len() as u64), "{cut}");
}

/// The greatest flow once some passages are gone and some entities closed.
fn rest(case: &Value, body: &Value, gone: &[&str], closed: &[&str]) -> i64 {
    if case["sources"] == json!([]) || case["sinks"] == json!([]) {
        return 0;
    }
    let mut left = case.clone();
    left["rows"].as_array_mut().unwrap().retain(|row| {
        let is = |at: usize, names: &[&str]| names.contains(&row[at].as_str().unwrap());
        !is(0, gone) && !is(1, closed) && !is(2, closed)
    });
    // Whoever is named must be there.
    let ends = ["sources", "sinks"].map(|name| words(&case[name]).join("\n")).join("\n");
    let mut body = body.clone();
    (body["sources"], body["sinks"]) = (case["sources"].clone(), case["sinks"].clone());
    thousandths(&flow(&format!("{ends}\n{}", text(&left)), &body).result["value"])
}

#[test]
fn what_passes_is_as_running_sums_ways_and_linear_programmes_say() {
    let vectors = vectors("product_flow");
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 240);
    let (mut stages, mut stand_ins) = (0, 0);
    for (number, case) in cases.iter().enumerate() {
        let mut body = json!({"temporal": case["temporal"], "same_instant": case["chain"], "stages": 200});
        if case["named"] == true {
            (body["sources"], body["sinks"]) = (case["sources"].clone(), case["sinks"].clone());
        }
        let result = flow(&text(case), &body).result;
        let place = format!("case {number}: {case}");
        assert_eq!(
            (&result["unit"], &result["sources"], &result["sinks"]),
            (&json!("kg"), &case["sources"], &case["sinks"]),
            "{place}"
        );
        let entities = result["entities"].as_array().unwrap();
        assert_eq!(entities.len(), case["stocks"].as_object().unwrap().len(), "{place}");
        let mut totals = [0; 3];
        for entity in entities {
            let expected = &case["stocks"][entity["entity"].as_str().unwrap()];
            let names = ["in", "out", "lost", "made", "held"].map(|name| (name, name));
            same(entity, expected, &names);
            let of = |name: &str| expected[name].as_i64().unwrap();
            assert_eq!(thousandths(&entity["through"]), (of("out") - of("made")).max(0));
            totals = [totals[0] + of("made"), totals[1] + of("held"), totals[2] + of("lost")];
        }
        let through: Vec<i64> = entities.iter().map(|entity| thousandths(&entity["through"])).collect();
        assert!(through.is_sorted_by(|one, other| one >= other));
        assert_eq!(["entered", "ended", "lost"].map(|name| thousandths(&result["totals"][name])), totals, "{place}");
        assert_eq!(totals[0], totals[1] + totals[2]);
        let edge = |edge: &Value| {
            let instant = |name: &str| crate::support::instant(edge[name].as_str().unwrap()).micros() / 1_000_000;
            json!([
                edge["from"],
                edge["to"],
                thousandths(&edge["quantity"]),
                edge["passages"],
                instant("first"),
                instant("last")
            ])
        };
        let edges: Value = result["edges"].as_array().unwrap().iter().map(edge).collect();
        assert_eq!(edges, case["edges"], "{place}");
        for loss in result["losses"].as_array().unwrap() {
            let (arrived, much) = (
                case["losses"][loss["relationship"].as_str().unwrap()].as_i64().unwrap(),
                thousandths(&loss["quantity"]),
            );
            assert_eq!(thousandths(&loss["arrived"]), arrived, "{place}");
            let share = (much <= arrived).then_some(much as f64 / arrived as f64);
            assert_eq!(loss.get("share").map(|share| share.as_f64().unwrap()), share);
        }
        assert_eq!(result["losses"].as_array().unwrap().len(), case["losses"].as_object().unwrap().len());
        check_flow(case, &body, &result, &place);
        let expected = case["stages"].as_array().unwrap();
        let found = result["stages"].as_array().unwrap();
        assert_eq!(found.len(), expected.len(), "{place}");
        for (stage, expected) in found.iter().zip(expected) {
            assert_eq!([&stage["entity"], &stage["stage"]], [&expected["entity"], &expected["stage"]], "{place}");
            same(stage, expected, &[("carried", "carried"), ("remaining", "remaining")]);
            let one = |one: &Value| json!([one["entity"], thousandths(&one["carried"])]);
            let substitutes: Value = stage["substitutes"].as_array().unwrap().iter().map(one).collect();
            assert_eq!(substitutes, expected["substitutes"], "{place}");
            stages += 1;
            stand_ins += substitutes.as_array().unwrap().len();
        }
    }
    assert!(stages > 200 && stand_ins > 100, "{stages} stages, {stand_ins} stand-ins");
}

fn check_flow(case: &Value, body: &Value, result: &Value, place: &str) {
    let value = case["value"].as_i64().unwrap();
    assert_eq!(thousandths(&result["value"]), value, "{place}");
    let ways = result["ways"].as_array().unwrap();
    assert_eq!(ways.iter().map(|way| thousandths(&way["quantity"])).sum::<i64>(), value);
    for way in ways {
        let (entities, steps) = (words(&way["entities"]), words(&way["relationships"]));
        for (at, step) in steps.iter().enumerate() {
            let rows = case["rows"].as_array().unwrap();
            let row = rows.iter().find(|row| row[0] == *step).unwrap();
            assert_eq!((&row[1], &row[2]), (&json!(entities[at]), &json!(entities[at + 1])));
        }
    }
    assert_eq!(thousandths(&result["cut"]["quantity"]), value, "{place}");
    check_cut(&result["cut"], case, None);
    check_cut(&result["cut_by_count"], case, case["fewest"].as_u64());
    for cut in ["cut", "cut_by_count"] {
        assert_eq!(rest(case, body, &words(&result[cut]["relationships"]), &[]), 0, "{place}");
    }
    let by_entities = &result["cut_by_entities"];
    assert_eq!(by_entities.is_null(), case["fewest_entities"].is_null(), "{place}");
    if !by_entities.is_null() {
        let closed = words(&by_entities["entities"]);
        let (told, least) = (by_entities["count"].as_u64().unwrap(), case["fewest_entities"].as_u64().unwrap());
        assert!(
            closed.len() as u64 == told && told >= least && (by_entities["exact"] != true || told == least),
            "{place}"
        );
        assert_eq!(rest(case, body, &[], &closed), 0, "{place}");
    }
}

/// A warehouse takes in 10 and sends 7 on, while 3 are seized there; another passes 4 on the same way. A third makes pills of grams.
const WORKED: &str = "port -a Ships @1 =10kg-> store\nport -b Ships @1 =4kg-> barn\nstore -c Seized @2 =3kg-> sz\n\
    store -d Ships @3 =7kg-> town\nbarn -e Ships @3 =4kg-> town\ntown -f Supplies @4 =9kg-> kitchen\nkitchen -g Supplies @6 =5000pill-> corner";

#[test]
fn an_example_worked_by_hand() {
    let found = flow(WORKED, &json!({"unit": "kg"}));
    let result = &found.result;
    assert_eq!(result["totals"], json!({"passages": 6, "entered": 14.0, "ended": 11.0, "lost": 3.0}));
    let store = json!({"entity": "store", "in": 10.0, "out": 7.0, "through": 7.0, "lost": 3.0, "held": 0.0, "made": 0.0, "passages": 3});
    let town = json!({"entity": "town", "in": 11.0, "out": 9.0, "through": 9.0, "lost": 0.0, "held": 2.0, "made": 0.0, "passages": 3});
    assert_eq!((&result["entities"][0], &result["entities"][1]), (&town, &store));
    let loss = &result["losses"][0];
    assert_eq!((&loss["entity"], &loss["arrived"], &loss["share"]), (&json!("sz"), &json!(10.0), &json!(0.3)));
    assert_eq!((&result["sources"], &result["sinks"]), (&json!(["port"]), &json!(["kitchen"])));
    assert_eq!((&result["value"], &result["cut"]["relationships"]), (&json!(9.0), &json!(["f"])));
    let stages = result["stages"].as_array().unwrap();
    let told: Vec<_> =
        stages.iter().map(|stage| json!([stage["entity"], stage["stage"], stage["remaining"]])).collect();
    assert_eq!(told, [json!(["town", 2, 0.0]), json!(["store", 1, 4.0]), json!(["barn", 1, 7.0])]);
    assert_eq!(stages[1]["substitutes"], json!([{"entity": "barn", "carried": 4.0}]));
    assert_eq!(stages[2]["substitutes"], json!([{"entity": "store", "carried": 7.0}]));
    assert_eq!(result["cut_by_entities"], json!({"count": 1, "entities": ["town"], "exact": true}));
    assert_eq!(result["other_units"], json!([{"unit": "pill", "quantity": 5000.0, "passages": 1}]));
    let changed = json!([{"entity": "kitchen", "in": [{"unit": "kg", "quantity": 9.0, "passages": 1}],
        "out": [{"unit": "pill", "quantity": 5000.0, "passages": 1}]}]);
    assert_eq!(result["transformations"], changed);
    let Err(AnalysisError::Faults(faults)) = ask(&drawn(WORKED), &anyone(), "product-flow", &json!({}), None) else {
        panic!("two units have no sum")
    };
    assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/unit", "several-units"));
    assert!(faults[0].detail.contains("kg, pill"), "{}", faults[0].detail);
}

/// A laboratory takes in resin and acid and gives out powder, some of it under another name as well; of one parcel nothing is stated.
const MADE: &str = "field -a Ships @1 =10kg-> lab\nshop -b Ships @2 =6kg-> lab\nlab -c Ships @3 =4kg-> town\n\
    lab -d Ships @4 =1kg-> town\nlab -e Seized @5 =2kg-> sz\nlab -f Ships @6 =3kg-> town\ntown -g Ships @7 =5kg-> city";

#[test]
fn what_is_stated_tells_product_apart() {
    let mut claims = claims(MADE).unwrap();
    for claim in &mut claims {
        let Subject::Relationship { id, .. } = &claim.claim.subject else { continue };
        let stated = match id.as_str() {
            "a" => vec!["resin"],
            "b" => vec!["acid"],
            "c" | "e" | "g" => vec!["powder"],
            "f" => vec!["powder", "flour", "flour"],
            _ => continue,
        };
        let stated = stated.into_iter().map(str::to_owned).collect();
        claim.claim.properties = [("commodity".to_owned(), stated)].into_iter().collect();
    }
    let ask = |body: Value| ask(&snapshot(&claims), &anyone(), "product-flow", &body, None);
    let result = ask(json!({"split_by": "commodity"})).unwrap().result;
    let part = |values: &[&str], quantity: f64, passages: u64, lost: f64| json!({"values": values, "quantity": quantity, "passages": passages, "lost": lost});
    let parts = [
        part(&["powder"], 11.0, 3, 2.0),
        part(&["resin"], 10.0, 1, 0.0),
        part(&["acid"], 6.0, 1, 0.0),
        part(&["flour", "powder"], 3.0, 1, 0.0),
        part(&[], 1.0, 1, 0.0),
    ];
    assert_eq!(result["parts"], json!(parts));
    let kind = |values: &[&str], quantity: f64, passages: u64| json!({"unit": "kg", "values": values, "quantity": quantity, "passages": passages});
    let lab = json!({"entity": "lab", "in": [kind(&["acid"], 6.0, 1), kind(&["resin"], 10.0, 1)],
        "out": [kind(&[], 1.0, 1), kind(&["flour", "powder"], 3.0, 1), kind(&["powder"], 6.0, 2)]});
    assert_eq!(result["transformations"], json!([lab]), "what comes to the town and stays may be anything");
    assert_eq!(result["other_units"], json!([]));
    let powder = json!({"split_by": "commodity", "frame": {"relationship_properties": {"commodity": ["powder"]}}});
    let powder = ask(powder).unwrap().result;
    assert_eq!(powder["parts"], json!([parts[0], parts[3]]));
    assert_eq!(powder["value"], 5.0, "from the laboratory on, the seizure aside");
    let whole = ask(json!({})).unwrap().result;
    assert_eq!((whole.get("parts"), &whole["transformations"]), (None, &json!([])));
    for unknown in ["name", "Commodity"] {
        let Err(AnalysisError::Faults(faults)) = ask(json!({"split_by": unknown})) else { panic!("{unknown}") };
        assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/split_by", "unknown-property"));
    }
}

#[test]
fn what_cannot_be_used_and_what_is_cut_is_told() {
    let text = "a -p Ships @1 =5kg-> b\nb -q Ships @2 =4kg-> c\na -r Ships =1kg-> c\na -s Ships @3-> c\nb -t Ships @3 =1kg-> b";
    let found = flow(text, &json!({}));
    let left = &found.left_out;
    assert_eq!((left.without_time, left.without_quantity, left.without_amount, left.self_loops), (1, 1, 0, 1));
    assert_eq!(found.result["value"], 4.0);
    // A hub is told of, and not passed through.
    let hub = flow(text, &json!({"frame": {"hubs": {"max_degree": 1}}}));
    assert_eq!((&hub.result["value"], &hub.result["entities"][0]["entity"]), (&json!(0.0), &json!("b")));
    assert_eq!(hub.left_out.hubs.len(), 3);
    let poor = flow(text, &json!({"frame": {"limits": {"max_visited": 2}}}));
    assert_eq!((&poor.result["entities"], poor.truncated.is_some()), (&json!([]), true));
    let short = flow(text, &json!({"frame": {"limits": {"max_results": 1}}}));
    assert_eq!((short.result["entities"].as_array().unwrap().len(), short.truncated.is_some()), (1, true));
    // Nothing waits backwards: the second passage is over before the first arrives.
    let late = flow("a -p Ships @2 =5kg-> b\nb -q Ships @1 =4kg-> c", &json!({}));
    assert_eq!((&late.result["value"], &late.result["totals"]["entered"]), (&json!(0.0), &json!(9.0)));
    let timeless = flow("a -p Ships @2 =5kg-> b\nb -q Ships @1 =4kg-> c", &json!({"temporal": false}));
    assert_eq!((&timeless.result["value"], &timeless.result["totals"]["entered"]), (&json!(4.0), &json!(5.0)));
}

#[test]
fn protected_people_stand_in_ways_alone() {
    let text = "a -p Supplies @1 =5kg-> v\nv -q Supplies @2 =4kg-> c\na -r Supplies @1 =1kg-> w\nw -s Supplies @2 =1kg-> c\nv -t Seized @3 =1kg-> z";
    let found =
        ask(&snapshot(&dressed(text, &json!({}), &["v"])), &anyone(), "product-flow", &json!({}), None).unwrap();
    let mut result = found.result;
    assert_eq!((&result["value"], &result["ways"][0]["entities"]), (&json!(5.0), &json!(["a", "v", "c"])));
    result["ways"] = Value::Null;
    assert!(!result.to_string().contains("\"v\""), "{result}");
    assert_eq!((&result["losses"], &result["cut"]["withheld"]), (&json!([]), &json!(1)));
    assert_eq!((result["edges"].as_array().unwrap().len(), found.left_out.protected), (2, 1));
    assert_eq!(result["totals"]["lost"], 1.0);
}

#[test]
fn stages_count_the_passages_of_ways_in_time() {
    // By the short way product is at `a` too late for the passage to `b`.
    let text = "s -p1 Ships @1 =1kg-> c\nc -p2 Ships @2 =1kg-> a\na -p3 Ships @3 =1kg-> b\nb -p4 Ships @4 =1kg-> z\n\
        s -p5 Ships @5 =1kg-> a\na -p6 Ships @6 =1kg-> z";
    let stages = |body: Value| {
        let result = flow(text, &body).result;
        let stage = |of: &str| {
            let stages = result["stages"].as_array().unwrap();
            stages.iter().find(|stage| stage["entity"] == of).unwrap()["stage"].as_u64().unwrap()
        };
        ["a", "b", "c"].map(stage)
    };
    assert_eq!(stages(json!({})), [1, 3, 1]);
    assert_eq!(stages(json!({"same_instant": true})), [1, 3, 1]);
    assert_eq!(stages(json!({"temporal": false})), [1, 2, 1]);
}

#[test]
fn only_the_unit_asked_for_must_have_a_sum() {
    use std::fmt::Write;
    let mut text = "a -k Ships @1 =2kg-> b\n".to_owned();
    for number in 0..10 {
        writeln!(text, "a -p{number} Ships @1 =1000000000pill-> b").unwrap();
    }
    let found = flow(&text, &json!({"unit": "kg"})).result;
    assert_eq!((&found["value"], &found["other_units"]), (&json!(2.0), &json!([{"unit": "pill", "passages": 10}])));
    let refused = ask(&drawn(&text), &anyone(), "product-flow", &json!({"unit": "pill"}), None);
    let Err(AnalysisError::Faults(faults)) = refused else { panic!("that is too much") };
    assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/frame", "too-much"));
}

#[test]
fn all_unknown_entities_are_told() {
    let asked = json!({"unit": "kg", "sources": ["nobody", "port", "nowhere"]});
    let Err(AnalysisError::Faults(faults)) = ask(&drawn(WORKED), &anyone(), "product-flow", &asked, None) else {
        panic!("two are unknown")
    };
    let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(pointers, ["/sources/0", "/sources/2"]);
}

#[test]
fn a_unit_has_the_form_of_one() {
    for name in ["product-flow", "counter-flow"] {
        let read = |unit: &str| linchpin::analysis::analysis(name).unwrap().parse(json!({"unit": unit}));
        for unit in ["", "Kg", "7", "kg!", "кг", &"a".repeat(33)] {
            let faults = read(unit).err().unwrap();
            assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/unit", "invalid-value"), "{name}: {unit}");
        }
        assert!(read("kg_2").is_ok() && read(&"a".repeat(32)).is_ok());
    }
}
