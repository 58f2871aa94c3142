//! Communities against the best of all partitions of small graphs, and against the best that is known of larger ones.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeSet;

use linchpin::analysis::Finding;
use linchpin::graph::algo::{Leiden, Partition, QualityFunction, connected, leiden, quality};
use linchpin::graph::{Budget, Projection, Random};
use linchpin::model::{Classification, Tlp};
use serde_json::{Value, json};

use super::{dressed, graph, near, vectors};
use crate::graph::{anyone, ask, drawn, snapshot};
use crate::load::pole::shared;

fn found(text: &str, body: &Value) -> Finding<Value> {
    ask(&drawn(text), &anyone(), "communities", body, None).unwrap()
}

#[test]
fn communities_are_the_best_of_all_partitions() {
    let vectors = vectors("communities");
    let tolerance = vectors["tolerance"].as_f64().unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    assert!(cases.len() >= 200);
    let (mut unique, mut missed) = (0, 0);
    for (number, case) in cases.iter().enumerate() {
        let (text, direction) = graph(case, number);
        let mut body = case["params"].clone();
        body["frame"] = json!({"direction": direction});
        let found = found(&text, &body).result;
        let (quality, best) = (found["quality"].as_f64().unwrap(), case["quality"].as_f64().unwrap());
        assert!(quality <= best + tolerance, "case {number}: {found}");
        if quality < best - tolerance {
            missed += 1;
            continue;
        }
        let Some(expected) = case["communities"].as_array() else { continue };
        unique += 1;
        let rows = found["communities"].as_array().unwrap();
        assert_eq!(rows.len(), expected.len(), "case {number}: {found}");
        for (row, expected) in rows.iter().zip(expected) {
            let members: Value =
                row["members"].as_array().unwrap().iter().map(|member| member["entity"].clone()).collect();
            assert_eq!(members, expected[0], "case {number}: {found}");
            for (field, expected) in
                ["inside", "boundary", "density", "conductance"].iter().zip(&expected.as_array().unwrap()[1..])
            {
                assert!(
                    near(&row[*field], expected, tolerance),
                    "case {number}: {field} {} for {expected}",
                    row[*field]
                );
            }
        }
    }
    // It is no exact method: now and then every run ends where no move and no merger helps.
    assert!(unique > 100 && missed <= cases.len() / 100, "{unique}, {missed}");
}

#[test]
fn the_best_modularity_that_is_known_is_reached() {
    for known in vectors("communities")["known"].as_array().unwrap() {
        let edges = known["edges"].as_array().unwrap();
        let text: String = edges.iter().map(|edge| format!("n{} -={}kg- n{}\n", edge[0], edge[2], edge[1])).collect();
        for (weights, field) in [("none", "modularity"), ("quantity", "weighted")] {
            let found = found(&text, &json!({"weights": weights})).result;
            assert!(
                near(&json!((found["quality"].as_f64().unwrap() * 1e5).round() / 1e5), &known[field], 1e-12),
                "{}: {found}",
                known["name"]
            );
            if known["name"] == "karate" {
                assert_eq!(found["count"], 4);
            }
        }
    }
}

#[test]
fn the_best_modularity_of_newmans_graphs_is_reached() {
    let Some(folder) = shared("newman") else { return };
    for (name, best) in [("dolphins", 0.52852), ("polbooks", 0.52724), ("football", 0.60457)] {
        let text = std::fs::read_to_string(folder.join(format!("{name}.edges"))).unwrap();
        let edges: String = text.lines().map(|line| format!("n{}\n", line.trim().replace(' ', " -- n"))).collect();
        let found = found(&edges, &json!({})).result;
        assert!(found["quality"].as_f64().unwrap() > best - 5e-6, "{name}: {}", found["restarts"]);
    }
}

/// A random graph of groups that are tied more closely inside.
fn planted(nodes: u32, group: u32, seed: u64) -> Projection {
    let mut random = Random::new(seed, 0);
    let mut pairs = Vec::new();
    for from in 0..nodes {
        for _ in 0..5 {
            let near = from / group * group + random.below(group);
            pairs.push((from, near.min(nodes - 1), 1.0));
        }
        pairs.push((from, random.below(nodes), f64::from(1 + random.below(3)) * 0.3));
    }
    Projection::from_pairs(nodes as usize, false, &pairs)
}

#[test]
fn a_seed_gives_one_partition_on_any_number_of_threads() {
    // Large enough to be moved in batches.
    let graph = planted(40_000, 50, 3);
    let wanted = Leiden { quality: QualityFunction::Modularity, resolution: 1.0, iterations: 2, seed: 7 };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| leiden(&graph, &wanted, &Budget::unlimited().watch()).unwrap())
    };
    let alone = on(1);
    assert_eq!(alone, on(3));
    let other = leiden(&graph, &Leiden { seed: 8, ..wanted }, &Budget::unlimited().watch()).unwrap();
    assert_ne!(alone.partition, other.partition);
    // Each community hangs together, each level lies within the next, and what was planted is beaten.
    assert!(!alone.levels.is_empty());
    let watch = Budget::unlimited().watch();
    assert_eq!(connected(graph.out(), &alone.partition, &watch).unwrap(), alone.partition);
    for (fine, coarse) in alone.levels.iter().zip(alone.levels.iter().skip(1).chain([&alone.partition])) {
        let pairs: BTreeSet<(u32, u32)> = fine.of.iter().copied().zip(coarse.of.iter().copied()).collect();
        assert_eq!(pairs.len(), fine.len());
    }
    let labels: Vec<u32> = (0..40_000).map(|node| node / 50).collect();
    let told = quality(&graph, &Partition::from_labels(&labels), QualityFunction::Modularity, 1.0, &watch).unwrap();
    assert!(alone.quality > told, "{} after {told}", alone.quality);
    let own = quality(&graph, &alone.partition, QualityFunction::Modularity, 1.0, &watch).unwrap();
    assert_eq!(own, alone.quality);
}

#[test]
fn a_long_run_can_be_stopped() {
    let graph = planted(40_000, 50, 3);
    let wanted = Leiden { quality: QualityFunction::Modularity, resolution: 1.0, iterations: 2, seed: 7 };
    let stop = linchpin::graph::Stop::default();
    stop.cancel();
    let budget = Budget::new(u64::MAX, stop);
    assert_eq!(leiden(&graph, &wanted, &budget.watch()), Err(linchpin::graph::Halt::Cancelled));
}

#[test]
fn restarts_tell_how_sure_a_community_is() {
    // Two cliques, and one between them that belongs to either.
    let text = "a1 -- a2\na1 -- a3\na1 -- a4\na2 -- a3\na2 -- a4\na3 -- a4\nb1 -- b2\nb1 -- b3\nb1 -- b4\nb2 -- b3\nb2 -- b4\nb3 -- b4\nm -- a1\nm -- b1";
    let found = found(text, &json!({"restarts": 40})).result;
    assert_eq!(
        (&found["restarts"]["runs"], &found["restarts"]["hits"]),
        (&json!(40), &json!(40)),
        "both ways are as good"
    );
    let stability: Vec<(String, f64)> = found["communities"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|community| {
            community["members"]
                .as_array()
                .unwrap()
                .iter()
                .map(|member| (member["entity"].as_str().unwrap().to_owned(), member["stability"].as_f64().unwrap()))
                .collect::<Vec<_>>()
        })
        .collect();
    let of = |id: &str| stability.iter().find(|(entity, _)| entity == id).unwrap().1;
    // Where `m` goes with the a's, a1 is with 5 of 5, else with 4 of 5.
    assert!(of("m") < of("a1") && of("a1") < 1.0 && of("m") > 0.0, "{stability:?}");
    assert_eq!(of("a1"), of("a2"));
    let bridge = &found["bridges"][0];
    assert_eq!((&bridge["between"], &bridge["pairs"]), (&json!([1, 2]), &json!(1)));
    assert!(["r13", "r14"].contains(&bridge["relationships"][0].as_str().unwrap()), "{bridge}");
}

#[test]
fn labels_spread_to_whoever_hangs_together() {
    // The labels of two triangles, a tie between them; `l` and `r` take each other's label for ever and hang together all the same.
    let text = "a -- b\nb -- c\nc -- a\nd -- e\ne -- f\nf -- d\nc -- d\nl -- r";
    let found = found(text, &json!({"method": "label_propagation"})).result;
    let members: Vec<usize> =
        found["communities"].as_array().unwrap().iter().map(|one| one["members"].as_array().unwrap().len()).collect();
    assert_eq!((members, &found["restarts"]["runs"]), (vec![3, 3, 1, 1], &json!(1)));
}

#[test]
fn a_split_entity_is_in_two_communities() {
    let text = "a1 -- a2\na1 -- a3\na2 -- a3\nb1 -- b2\nb1 -- b3\nb2 -- b3\nm -- a1\nm -- a2\nm -- b1\nm -- b2";
    let found = found(text, &json!({"method": "ego_splitting"})).result;
    let members: Vec<Vec<&str>> = found["communities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|community| {
            community["members"].as_array().unwrap().iter().map(|member| member["entity"].as_str().unwrap()).collect()
        })
        .collect();
    assert_eq!(members, [["a1", "a2", "a3", "m"], ["b1", "b2", "b3", "m"]]);
    assert_eq!(found["bridges"], json!([]), "what lies within a community joins no two");
}

#[test]
fn protected_members_are_counted_and_not_named() {
    let text = "a -t1- b\nb -t2- v\nv -t3- a\nv -t4- c\nc -t5- d\nd -t6- e\ne -t7- c";
    let found = ask(&snapshot(&dressed(text, &json!({}), &["v"])), &anyone(), "communities", &json!({}), None).unwrap();
    let communities = found.result["communities"].as_array().unwrap();
    assert_eq!(communities.iter().map(|one| one["size"].as_u64().unwrap()).collect::<Vec<_>>(), [3, 3]);
    assert_eq!(communities.iter().map(|one| one["protected"].as_u64().unwrap()).sum::<u64>(), 1);
    assert_eq!(found.left_out.protected, 1);
    assert_eq!(
        (&found.result["bridges"][0]["pairs"], &found.result["bridges"][0]["relationships"]),
        (&json!(1), &json!([]))
    );
    assert!(!found.result.to_string().contains("\"v\""));
}

#[test]
fn the_marking_is_that_of_all_that_is_seen() {
    let mut claims = linchpin::graph::text::claims("a -t1- b\nb -t2- c\nc -t2- c\nd -t3- a").unwrap();
    let mut mark = |id: &str, level: Classification, tlp: Tlp, agency: &str| {
        let claim = claims.iter_mut().find(|claim| format!("{:?}", claim.claim.subject).contains(id)).unwrap();
        (claim.claim.marking.classification, claim.claim.marking.tlp) = (level, tlp);
        claim.claim.marking.originator = linchpin::model::AgencyId::new(agency).unwrap();
    };
    mark("t2", Classification::Restricted, Tlp::Green, "mk-police");
    // Hidden from the caller, and so is all that hangs on it.
    mark("t3", Classification::Secret, Tlp::AmberStrict, "rs-police");
    let year = json!({"every": {"from": "2023-01-01T00:00:00Z", "to": "2024-01-01T00:00:00Z", "days": 365}});
    for (name, body) in [
        ("communities", json!({"members": 0, "bridges": 0})),
        ("components", json!({"kind": "weak"})),
        ("centrality", json!({"measure": "degree", "top": 1})),
        ("key-players", json!({"objective": "fragmentation", "size": 1})),
        ("roles", json!({"top": 1})),
        ("timeline", year),
    ] {
        let found = ask(&snapshot(&claims), &anyone(), name, &body, None).unwrap();
        let marking = &found.evidence.marking;
        assert_eq!((marking.classification, marking.tlp), (Classification::Restricted, Tlp::Green), "{name}");
        let originators: Vec<&str> = marking.originators.iter().map(linchpin::model::AgencyId::as_str).collect();
        assert_eq!(originators, ["mk-police", "rs-fiu"], "{name}");
    }
}

#[test]
fn what_is_cut_is_told() {
    let text = "a -- b\nb -- c\nc -- a\nd -- e\ne -- f\nf -- d";
    for (body, listed, truncated) in [
        (json!({}), 6, false),
        (json!({"members": 2}), 4, false),
        (json!({"frame": {"limits": {"max_results": 4}}}), 4, true),
        (json!({"frame": {"limits": {"max_results": 6}}}), 6, false),
    ] {
        let found = found(text, &body);
        let communities = found.result["communities"].as_array().unwrap();
        let count: usize = communities.iter().map(|one| one["members"].as_array().unwrap().len()).sum();
        assert_eq!(
            (count, found.truncated.is_some(), &found.result["count"]),
            (listed, truncated, &json!(2)),
            "{body}"
        );
    }
    for (body, pointer) in [
        (json!({"resolution": 0.0}), "/resolution"),
        (json!({"restarts": 0}), "/restarts"),
        (json!({"seed": 1_u64 << 53}), "/seed"),
        (json!({"weighting": {"kinds": {"Nothing": 1.0}}}), "/weighting/kinds/Nothing"),
        (json!({"weighting": {"kinds": {"Call": -1.0}}}), "/weighting/kinds/Call"),
        (json!({"weighting": {"kinds": {"Call": 1.0}, "layers": {"money": 1.0}}}), "/weighting/layers"),
    ] {
        match ask(&drawn(text), &anyone(), "communities", &body, None) {
            Err(linchpin::analysis::AnalysisError::Faults(faults)) => assert_eq!(faults[0].pointer, pointer),
            other => panic!("{other:?}"),
        }
    }
}
