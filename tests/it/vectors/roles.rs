//! Roles against brute force over triads, networkx and numpy, and what is said of protected people.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::{BTreeMap, BTreeSet};

use linchpin::analysis::{AnalysisError, Finding, TruncatedReason};
use linchpin::graph::Snapshot;
use linchpin::model::{AgencyId, Assertion, AssertionId, Subject};
use serde_json::{Value, json};

use super::{graph, near, vectors, words};
use crate::graph::{anyone, ask, drawn, snapshot};

/// The claims of a text graph in which entities have these properties, or are told by these agencies, a claim each.
fn told(text: &str, properties: &BTreeMap<(&str, &str), Vec<&str>>, agencies: &Value) -> Vec<Assertion> {
    let mut claims = linchpin::graph::text::claims(text).unwrap();
    let mut more = Vec::new();
    for claim in &mut claims {
        let Subject::Entity(id) = &claim.claim.subject else { continue };
        let stated = properties.iter().filter(|((about, _), _)| *about == id.as_str());
        claim.claim.properties = stated
            .map(|((_, name), values)| ((*name).to_owned(), values.iter().map(|value| (*value).to_owned()).collect()))
            .collect();
        for (at, agency) in agencies[id.as_str()].as_array().into_iter().flatten().enumerate() {
            let agency = AgencyId::new(agency.as_str().unwrap()).unwrap();
            if at == 0 {
                claim.claim.marking.originator = agency;
            } else {
                let mut other = claim.clone();
                other.id = AssertionId::from_u128(1_000_000 + more.len() as u128);
                other.claim.marking.originator = agency;
                more.push(other);
            }
        }
    }
    claims.extend(more);
    claims
}

/// The graph of a vector, with what is stated there.
fn stated(case: &Value, number: usize) -> (Snapshot, Value) {
    let (text, direction) = graph(case, number / 2);
    let mut properties: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (id, roles) in case["roles"].as_object().unwrap() {
        properties.insert((id, "role"), words(roles));
    }
    for id in words(&case["protected"]) {
        properties.entry((id, "role")).or_default().push("victim");
    }
    let by_country = case["groups"] == "country";
    for (id, countries) in case["stated"].as_object().unwrap().iter().filter(|_| by_country) {
        properties.insert((id, "country"), words(countries));
    }
    let agencies = if by_country { &Value::Null } else { &case["stated"] };
    let direction = case["direction"].as_str().unwrap_or(direction);
    let kinds = if case["isolates"] == true { json!({"entity_kinds": ["Person"]}) } else { json!({}) };
    let mut frame = json!({"direction": direction});
    frame.as_object_mut().unwrap().extend(kinds.as_object().unwrap().clone());
    let body = json!({"groups": case["groups"], "weights": case["weights"], "top": 1000, "frame": frame});
    (snapshot(&told(&text, &properties, agencies)), body)
}

fn with(body: &Value, fields: &Value) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

fn asked(snapshot: &Snapshot, body: &Value) -> Result<Finding<Value>, AnalysisError> {
    ask(snapshot, &anyone(), "roles", body, None)
}

fn rows(found: &Finding<Value>) -> &Vec<Value> {
    found.result["entities"].as_array().unwrap()
}

fn ids(found: &Finding<Value>) -> Vec<&str> {
    rows(found).iter().map(|row| row["entity"].as_str().unwrap()).collect()
}

fn pointers<T: std::fmt::Debug>(answer: Result<T, AnalysisError>) -> Vec<(String, &'static str)> {
    let Err(AnalysisError::Faults(faults)) = answer else { panic!("{answer:?}") };
    faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
}

const KINDS: [&str; 5] = ["coordinator", "itinerant_broker", "representative", "gatekeeper", "liaison"];

#[test]
fn parts_are_those_of_brute_force() {
    let vectors = vectors("roles");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 200);
    for (number, case) in cases.iter().enumerate() {
        let (snapshot, body) = stated(case, number);
        let found = asked(&snapshot, &body).unwrap();
        let what = || format!("case {number}: {body} {}", found.result);
        let [nodes, pairs, groups, ungrouped, protected] =
            ["nodes", "pairs", "groups", "ungrouped", ""].map(|field| found.result[field].clone());
        assert_eq!(protected, Value::Null);
        let shape = json!([nodes, pairs, groups, ungrouped, found.left_out.protected]);
        assert_eq!(shape, case["shape"], "{}", what());
        assert_eq!((found.truncated, &found.result["total"]), (None, &json!(rows(&found).len())), "{}", what());
        let by_id: BTreeMap<&str, &Value> = ids(&found).into_iter().zip(rows(&found)).collect();
        let expected = case["rows"].as_array().unwrap();
        assert_eq!((by_id.len(), rows(&found).len()), (expected.len(), expected.len()), "{}", what());
        for row in expected {
            let found = by_id[row[0].as_str().unwrap()];
            assert_eq!(found["group"], row[1], "{}", what());
            let brokerage = KINDS.map(|kind| &found["brokerage"][kind]);
            assert_eq!(json!(brokerage), row[2], "{} of {}", what(), row[0]);
            let total: u64 = row[2].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum();
            assert_eq!(found["brokerage"]["total"], total);
            let fields = ["constraint", "effective_size", "efficiency", "participation", "within_z"];
            for (field, expected) in fields.iter().zip(&row.as_array().unwrap()[3..]) {
                assert!(near(&found[*field], expected, tolerance), "{field} {expected} of {}: {}", row[0], what());
            }
            assert_eq!(found["cartography"], row[8], "{} of {}", what(), row[0]);
            let roles = &case["roles"][row[0].as_str().unwrap()];
            assert_eq!(found["enterprise_roles"], if roles.is_null() { json!([]) } else { roles.clone() });
        }
        let enterprise: Value = found.result["enterprise_roles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|role| json!([role["role"], role["holders"], role["only"]]))
            .collect();
        assert_eq!(enterprise, case["enterprise"], "{}", what());
        lists(case, &snapshot, &body, &found);
    }
}

/// Whatever the order, it is by that score, then by id; what is asked for is listed in it, and no more than is asked for.
fn lists(case: &Value, snapshot: &Snapshot, body: &Value, all: &Finding<Value>) {
    for order in ["brokerage", "bridging", "participation", "within_z"] {
        let score = |row: &Value| match order {
            "brokerage" => row["brokerage"]["total"].as_f64().unwrap(),
            "bridging" => KINDS[1..].iter().map(|kind| row["brokerage"][*kind].as_f64().unwrap()).sum(),
            field => row[field].as_f64().unwrap(),
        };
        let mut expected: Vec<(f64, &str)> =
            ids(all).into_iter().zip(rows(all)).map(|(id, row)| (-score(row), id)).collect();
        expected.sort_by(|a, b| a.partial_cmp(b).unwrap());
        let expected: Vec<&str> = expected.into_iter().map(|(_, id)| id).collect();
        let named = words(&case["asked"]);
        for (fields, only) in [(json!({"top": 3}), None), (json!({"entities": named}), Some(&named))] {
            let body = with(&with(body, &fields), &json!({"order_by": order}));
            let found = asked(snapshot, &body).unwrap();
            let mut expected = expected.clone();
            expected.retain(|id| only.is_none_or(|only| only.contains(id)));
            assert_eq!(found.result["total"], json!(expected.len()), "{body}");
            expected.truncate(if only.is_none() { 3 } else { 1000 });
            assert_eq!((ids(&found), found.truncated), (expected, None), "{body}");
            assert!(rows(&found).iter().all(|row| rows(all).contains(row)), "what is listed changes no figure: {body}");
            assert_eq!(found.result["enterprise_roles"], all.result["enterprise_roles"]);
        }
    }
    for left in words(&case["left"]) {
        let refused = asked(snapshot, &with(body, &json!({"entities": [case["asked"][0], left]})));
        assert_eq!(pointers(refused), [("/entities/1".to_owned(), "not-in-graph")]);
    }
}

#[test]
fn communities_are_those_that_communities_finds() {
    let cases = vectors("roles")["cases"].as_array().unwrap().clone();
    let mut several = 0;
    for (number, case) in cases.iter().enumerate().step_by(3) {
        let (snapshot, mut body) = stated(case, number);
        body["groups"] = json!("communities");
        body["seed"] = json!(number);
        body["restarts"] = json!(3);
        let found = asked(&snapshot, &body).unwrap();
        let question =
            json!({"weights": body["weights"], "frame": body["frame"], "seed": number, "restarts": 3, "members": 1000});
        let parted = ask(&snapshot, &anyone(), "communities", &question, None).unwrap();
        assert_eq!((&found.result["groups"], &found.result["ungrouped"]), (&parted.result["count"], &json!(0)));
        let mut groups = BTreeMap::new();
        for community in parted.result["communities"].as_array().unwrap() {
            for member in community["members"].as_array().unwrap() {
                groups.insert(member["entity"].as_str().unwrap(), community["id"].to_string());
            }
        }
        assert_eq!(rows(&found).len(), groups.len());
        several += usize::from(parted.result["count"].as_u64().unwrap() > 2);
        for row in rows(&found) {
            assert_eq!(row["group"], groups[row["entity"].as_str().unwrap()], "case {number}: {row}");
        }
    }
    assert!(several > 30, "{several}");
}

#[test]
fn each_kind_of_broker_is_worked_out_by_hand() {
    // Five ways over j, of al: within al, there and back between two of rs, out of al, into al, and from rs to mk.
    for (from, to, kind) in [
        ("al", "al", "coordinator"),
        ("rs", "rs", "itinerant_broker"),
        ("al", "rs", "representative"),
        ("rs", "al", "gatekeeper"),
        ("rs", "mk", "liaison"),
    ] {
        let properties =
            [("i", from), ("j", "al"), ("k", to)].map(|(id, country)| ((id, "country"), vec![country])).into();
        let counts = |text: &str, direction: &str| {
            let body = json!({"groups": "country", "frame": {"direction": direction}, "entities": ["j"]});
            rows(&asked(&snapshot(&told(text, &properties, &Value::Null)), &body).unwrap())[0]["brokerage"].clone()
        };
        let found = counts("i -> j\nj -> k", "out");
        assert_eq!((&found[kind], &found["total"]), (&json!(1), &json!(1)), "{kind}: {found}");
        // A tie from k back to i closes nothing, one from i to k does.
        assert_eq!(counts("i -> j\nj -> k\nk -> i", "out"), found);
        assert_eq!(counts("i -> j\nj -> k\ni -> k", "out")["total"], 0);
        // Against the relationships a representative is a gatekeeper; both ways each pair counts twice.
        let turned = match kind {
            "representative" => "gatekeeper",
            "gatekeeper" => "representative",
            other => other,
        };
        assert_eq!(counts("i -> j\nj -> k", "in")[turned], 1);
        let both = counts("i -> j\nj -> k", "both");
        assert_eq!(
            (&both["total"], both[kind].as_u64().unwrap() + both[turned].as_u64().unwrap()),
            (&json!(2), if kind == turned { 4 } else { 2 })
        );
    }
    // Nobody stands between whose country, or that of the others, is not known.
    let properties = [("i", "al"), ("k", "rs")].map(|(id, country)| ((id, "country"), vec![country])).into();
    let body = json!({"groups": "country"});
    let found = asked(&snapshot(&told("i -> j\nj -> k", &properties, &Value::Null)), &body).unwrap();
    assert!(rows(&found).iter().all(|row| row["brokerage"]["total"] == 0), "{}", found.result);
    assert_eq!(found.result["ungrouped"], 1);
}

#[test]
fn a_hub_without_a_home_is_told() {
    // Of twenty members three are tied to each other by the hub alone, which has as many ties in each of four other groups.
    let mut text: String = (0..20).map(|at| format!("m{at:02}\n")).collect();
    let mut properties: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    let members: Vec<String> = (0..20).map(|at| format!("m{at:02}")).collect();
    for member in &members {
        properties.insert((member, "country"), vec!["al"]);
    }
    text.push_str("m00 -- m01\nm00 -- m02\n");
    let others: Vec<(String, &str)> = ["rs", "mk", "me", "ba"]
        .iter()
        .flat_map(|country| (0..2).map(move |at| (format!("{country}{at}"), *country)))
        .collect();
    for (other, country) in &others {
        text.push_str(&format!("m00 -- {other}\n"));
        properties.insert((other, "country"), vec![country]);
    }
    let body = json!({"groups": "country", "order_by": "within_z", "top": 2, "frame": {"entity_kinds": ["Person"]}});
    let found = asked(&snapshot(&told(&text, &properties, &Value::Null)), &body).unwrap();
    let row = &rows(&found)[0];
    assert_eq!((&row["entity"], &row["cartography"]), (&json!("m00"), &json!("kinless_hub")), "{row}");
    // Two of ten ties in each of five groups; inside, strengths of 2, 1, 1 and seventeen times 0.
    assert!(near(&row["participation"], &json!(0.8), 1e-12), "{row}");
    assert!(near(&row["within_z"], &json!(1.8 / 0.26_f64.sqrt()), 1e-12), "{row}");
}

#[test]
fn protected_people_count_and_are_not_told_of() {
    let text = "a -- j\nj -- v\nv -- b";
    let properties = [
        (("a", "country"), vec!["al"]),
        (("j", "country"), vec!["al"]),
        (("v", "country"), vec!["mk"]),
        (("v", "role"), vec!["courier", "victim"]),
        (("a", "role"), vec!["courier"]),
        (("b", "country"), vec!["rs"]),
    ];
    let claims = told(text, &properties.into(), &json!({"v": ["mk-police"]}));
    for groups in ["country", "agency", "communities"] {
        let found = asked(&snapshot(&claims), &json!({"groups": groups})).unwrap();
        assert_eq!((ids(&found).len(), &found.result["total"], &found.result["nodes"]), (3, &json!(3), &json!(4)));
        assert_eq!((found.left_out.protected, found.evidence.entities.len()), (1, 3));
        let courier = json!([{"role": "courier", "holders": 1, "only": "a"}]);
        assert_eq!(found.result["enterprise_roles"], courier, "one of them is a victim");
        let words = found.result.to_string();
        assert!(!words.contains("\"v\"") && !words.contains("\"mk\"") && !words.contains("mk-police"), "{words}");
        if groups == "country" {
            // Whom it stands between is no secret: from al to al and mk.
            let broker = &rows(&found)[0];
            assert_eq!((&broker["entity"], &broker["brokerage"]["representative"]), (&json!("j"), &json!(1)));
        }
    }
    // Named, a protected person is taken for granted and left out all the same.
    let found = asked(&snapshot(&claims), &json!({"groups": "country", "entities": ["v", "b"]})).unwrap();
    assert_eq!((ids(&found), &found.result["total"]), (vec!["b"], &json!(1)));
}

#[test]
fn what_is_cut_is_told_and_what_makes_no_sense_is_refused() {
    let text = "a -- b\nb -- c\nc -- d";
    for (body, listed, truncated) in [
        (json!({}), 4, None),
        (json!({"top": 2}), 2, None),
        (json!({"frame": {"limits": {"max_results": 3}}}), 3, Some(TruncatedReason::MaxResults)),
        (json!({"frame": {"limits": {"max_results": 4}}}), 4, None),
        (json!({"top": 3, "frame": {"limits": {"max_results": 3}}}), 3, None),
        (json!({"frame": {"limits": {"max_visited": 6}}}), 4, None),
        (json!({"frame": {"limits": {"max_visited": 5}}}), 0, Some(TruncatedReason::MaxVisited)),
    ] {
        let found = asked(&drawn(text), &body).unwrap();
        assert_eq!((rows(&found).len(), found.truncated.map(|cut| cut.reason)), (listed, truncated), "{body}");
    }
    for (body, pointer, code) in [
        (json!({"top": 0}), "/top", "out-of-range"),
        (json!({"restarts": 0}), "/restarts", "out-of-range"),
        (json!({"entities": ["nobody", "a"]}), "/entities/0", "unknown-entity"),
        (json!({"entities": ["a", "e"]}), "/entities/1", "not-in-graph"),
        (json!({"weighting": {"kinds": {"Nothing": 1.0}}}), "/weighting/kinds/Nothing", "unknown-kind"),
    ] {
        let refused = asked(&drawn(&format!("{text}\ne")), &body);
        assert_eq!(pointers(refused), [(pointer.to_owned(), code)], "{body}");
    }
}

#[test]
fn figures_do_not_depend_on_the_number_of_threads() {
    // Enough for several pieces of work.
    let text: String = (0..2_400_u64)
        .map(|at| format!("n{:03} -> n{:03}\n", at * 7 % 800, (at * at * 31 + at / 800) % 800))
        .filter(|line| line[..4] != line[8..12])
        .collect();
    let names: Vec<String> = (0..800).map(|at| format!("n{at:03}")).collect();
    let countries = ["al", "me", "mk", "rs", "ba"];
    let properties = names.iter().zip(countries.iter().cycle());
    let properties = properties.map(|(name, country)| ((name.as_str(), "country"), vec![*country])).collect();
    let snapshot = snapshot(&told(&text, &properties, &Value::Null));
    for body in
        [json!({"groups": "country", "top": 1000, "frame": {"direction": "out"}}), json!({"top": 1000, "restarts": 2})]
    {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| asked(&snapshot, &body).unwrap())
        };
        let (alone, shared) = (on(1), on(3));
        assert!(ids(&alone).into_iter().collect::<BTreeSet<_>>().len() > 700);
        assert_eq!((&alone.result, &alone.evidence), (&shared.result, &shared.evidence));
    }
}
