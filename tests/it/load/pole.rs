//! The POLE sample through its mapping, against the counts that its Neo4j export came with. Skipped aloud where the public data
//! are not there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use linchpin::model::{Assertion, EvaluationTable, Ontology, Subject, Vocabulary};
use linchpin::service::load::{Input, Mapping};
use serde_json::{Value, json};

use super::{Yard, caller};

/// Public data that lie beside the checkout, or nothing and a loud word.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = here.ancestors().skip(1).map(|above| above.join("shared/data").join(name)).find(|path| path.exists());
    if found.is_none() {
        eprintln!("SKIPPED: there is no shared/data/{name} beside this checkout");
    }
    found
}

pub(crate) fn mapping_file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("seed/mappings/pole").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) fn vocabulary() -> Vocabulary {
    let ontology = Ontology::with_overlays(&[("ontology.toml", &mapping_file("ontology.toml"))]);
    Vocabulary { ontology: ontology.expect("a sound overlay"), evaluations: EvaluationTable::builtin() }
}

pub(crate) fn inputs(folder: &Path) -> Vec<Input> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
    paths.sort();
    let open = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
        Input::file(name, std::fs::File::open(path).expect("the file can be read"))
    };
    paths.iter().map(open).collect()
}

/// `KNOWS_LW` is the kind `KnowsLw`.
fn camel_case(label: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(1);
        format!("{first}{}", rest.to_lowercase())
    };
    label.split('_').map(word).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_has_its_known_counts_and_paths() {
    let Some(folder) = shared("pole") else { return };
    let expected = std::fs::read_to_string(folder.join("expected.json")).expect("expected.json");
    let expected: Value = serde_json::from_str(&expected).expect("JSON");
    let yard = Yard::with(vocabulary());
    let mapping = Mapping::parse(&mapping_file("mapping.toml")).expect("a mapping");
    let source = mapping.open(inputs(&folder), yard.state.vocabulary(), &yard.limits).expect("a sound mapping");
    let (results, finished) = yard.run(yard.request(), source).await.expect("admitted");
    let refused: Vec<_> = results.iter().filter(|result| result.code.is_some()).take(5).collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(finished.end.counts.recorded, 61_521 + 105_840);
    assert_eq!((finished.end.dangling.len(), finished.end.dangling_more), (0, 0));
    assert!(finished.end.left_out.is_empty());

    let (mut entities, mut relationships) = (BTreeMap::new(), BTreeMap::new());
    let mut crimes: BTreeMap<String, u64> = BTreeMap::new();
    let mut kinds = BTreeMap::new();
    let all = yard.everything().await;
    for known in &all {
        match &known.claim.subject {
            Subject::Entity(id) => {
                *entities.entry(known.claim.kind.to_string()).or_insert(0_u64) += 1;
                kinds.insert(id.clone(), known.claim.kind.clone());
            }
            Subject::Relationship { .. } => {
                *relationships.entry(known.claim.kind.to_string()).or_insert(0_u64) += 1;
            }
        }
        if known.claim.kind.as_str() == "Crime" {
            let kind = known.claim.properties.get("crimeType").map_or("", |kinds| &kinds[0]);
            *crimes.entry(kind.to_owned()).or_default() += 1;
        }
    }
    let counts = |name: &str, as_kind: fn(&str) -> String| -> BTreeMap<String, u64> {
        let counts = expected[name].as_object().expect("counts by label");
        counts.iter().map(|(label, count)| (as_kind(label), count.as_u64().expect("a count"))).collect()
    };
    assert_eq!(entities, counts("node_counts", str::to_owned));
    assert_eq!(relationships, counts("rel_counts", camel_case));
    let expected_crimes: BTreeMap<String, u64> =
        serde_json::from_value::<Vec<(String, u64)>>(expected["crime_totals"].clone())
            .expect("totals")
            .into_iter()
            .collect();
    assert_eq!(crimes, expected_crimes);
    finds_the_known_paths(&yard, &all, &expected).await;
    finds_what_hangs_together(&yard, &all, &expected["knows"]).await;
    // Every relationship joins kinds that the overlay allows.
    for known in &all {
        if let Subject::Relationship { source, target, .. } = &known.claim.subject {
            let ontology = &yard.state.vocabulary().ontology;
            assert!(ontology.may_join(&known.claim.kind, &kinds[source], &kinds[target]), "{:?}", known.claim);
        }
    }
}

/// The id of a person who is told by name and number.
fn person(all: &[Assertion], label: &Value) -> String {
    let (_, number) = label.as_str().and_then(|label| label.rsplit_once(' ')).expect("a name and a number");
    let named = |known: &&Assertion| known.claim.properties.values().flatten().any(|value| value == number);
    match all.iter().find(named).map(|known| &known.claim.subject) {
        Some(Subject::Entity(id)) => id.to_string(),
        other => panic!("{label}: {other:?}"),
    }
}

/// Components, triangles and clustering of who knows whom, isolates among them.
async fn finds_what_hangs_together(yard: &Yard, all: &[Assertion], expected: &Value) {
    let ask = async |kind: &str| {
        let frame = json!({"relationship_kinds": ["Knows"], "entity_kinds": ["Person"]});
        let body = json!({"kind": kind, "frame": frame});
        yard.state
            .run_analysis(&caller("ana@al-police"), "components", body)
            .await
            .expect("answers")
            .into_inner()
            .result
    };
    let weak = ask("weak").await;
    assert_eq!((&weak["entities"], &weak["pairs"]), (&expected["nodes"], &expected["edges"]));
    assert_eq!((&weak["total"], &weak["components"][0]["size"]), (&expected["components"], &expected["largest"]));
    let triangles = ask("triangles").await;
    assert_eq!(triangles["total"], expected["triangles"]);
    let (mean, known) = (&triangles["summary"]["mean_clustering"], &expected["avg_clustering"]);
    assert!((mean.as_f64().expect("a number") - known.as_f64().expect("a number")).abs() < 1e-12, "{mean}");
    let rows = triangles["clustering"].as_array().expect("rows");
    for top in expected["top_triangles"].as_array().expect("people") {
        let id = person(all, &top[0]);
        assert_eq!(rows.iter().find(|row| row["entity"] == id).map(|row| &row["triangles"]), Some(&top[1]), "{top}");
    }
    assert_eq!(rows[0]["triangles"], expected["top_triangles"][0][1]);
}

/// The shortest paths between people that the sample's guide tells, asked as an analyst of the loader's agency.
async fn finds_the_known_paths(yard: &Yard, all: &[Assertion], expected: &Value) {
    let hops = async |source: &Value, target: &Value, k: u64, kinds: Value| -> Vec<u64> {
        let frame = json!({"relationship_kinds": kinds});
        let body = json!({"source": person(all, source), "target": person(all, target), "k": k, "frame": frame});
        let answer =
            yard.state.run_analysis(&caller("ana@al-police"), "k-shortest-paths", body).await.expect("answers");
        let paths = answer.into_inner().result["paths"].clone();
        paths.as_array().expect("paths").iter().map(|path| path["hops"].as_u64().expect("a number")).collect()
    };
    for found in expected["larive_allshortest"].as_array().expect("pairs") {
        let (count, length) =
            (found["node_paths"].as_u64().expect("a count"), found["length"].as_u64().expect("a length"));
        let kinds = json!(["Knows", "KnowsLw", "KnowsSn", "KnowsPhone", "FamilyRel"]);
        let lengths = hops(&found["a"], &found["b"], count + 1, kinds).await;
        assert_eq!(lengths.iter().filter(|hops| **hops == length).count() as u64, count, "{found}: {lengths:?}");
        assert!(lengths.iter().all(|hops| *hops >= length), "{found}: {lengths:?}");
    }
    for pair in expected["vulnerable_paths"].as_array().expect("pairs") {
        assert_eq!(json!(hops(&pair[0], &pair[1], 1, json!(["Knows"])).await), json!([pair[2]]), "{pair}");
    }
}
