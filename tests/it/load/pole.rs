//! The POLE sample through its mapping, against the counts that its Neo4j export came with. Skipped aloud where the public data
//! are not there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use linchpin::model::{EvaluationTable, Ontology, Subject, Vocabulary};
use linchpin::service::load::{Input, Mapping};

use super::Yard;

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
async fn the_sample_has_its_known_counts() {
    let Some(folder) = shared("pole") else { return };
    let expected = std::fs::read_to_string(folder.join("expected.json")).expect("expected.json");
    let expected: serde_json::Value = serde_json::from_str(&expected).expect("JSON");
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
    // Every relationship joins kinds that the overlay allows.
    for known in &all {
        if let Subject::Relationship { source, target, .. } = &known.claim.subject {
            let ontology = &yard.state.vocabulary().ontology;
            assert!(ontology.may_join(&known.claim.kind, &kinds[source], &kinds[target]), "{:?}", known.claim);
        }
    }
}
