//! Loading: line by line, again and again, and back out.

use linchpin::access::Clearance;
use linchpin::model::{AssertionId, RetractionReason, Revision, SubjectName};
use linchpin::store::{Applied, Batch, Ends, GraphStore, LoadRecord, Mode, Operation, Outcome, StoreError, Wanted};

use super::{Harness, code, entity_id, id, refusals, relationship_id};
use crate::support::{ClaimBuilder, Gatehouse, Town, atomic, entity, link};

const DATASET: &str = "al-police-data";

fn person(name: &str) -> ClaimBuilder {
    entity(name, "Person").loaded(DATASET, "load-1")
}

async fn load(store: &dyn GraphStore, gate: &Gatehouse, lines: impl IntoIterator<Item = Operation>) -> Applied {
    let operations = lines.into_iter().collect();
    let batch = Batch { operations, mode: Mode::PerItem, ends: Ends::Deferred, replay: None, now: gate.now() };
    store.apply(&gate.load("loader@al-police").await, batch).await.expect("per item, nothing is refused as a whole")
}

fn words(applied: &Applied) -> Vec<&'static str> {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Recorded(_) => "recorded",
        Outcome::Unchanged(_) => "unchanged",
        Outcome::Superseded { .. } => "superseded",
        Outcome::Gone(_) => "gone",
        Outcome::Retracted(_) => "retracted",
        Outcome::Refused(refusal) => code(&refusal.fault),
    };
    applied.outcomes.iter().map(word).collect()
}

fn ids(applied: &Applied) -> Vec<AssertionId> {
    applied.outcomes.iter().filter_map(Outcome::assertion).collect()
}

pub(super) async fn a_line_loaded_again_is_nothing_new(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let lines = || [person("p-1").line(1, 1), person("p-2").line(2, 1), person("p-1").line(1, 1)];
    let first = load(store, &gate, lines()).await;
    assert_eq!(words(&first), ["recorded", "recorded", "unchanged"]);
    let again = load(store, &gate, lines()).await;
    assert_eq!(words(&again), ["unchanged", "unchanged", "unchanged"]);
    assert_eq!((again.revision, ids(&again)), (Revision(1), ids(&first)));
    assert_eq!(ids(&first)[0], ids(&first)[2]);
}

/// Each content comes after the one before it, so that the same content twice over is two claims.
pub(super) async fn other_content_supersedes(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let mut seen: Vec<AssertionId> = Vec::new();
    for (content, word) in [(1, "recorded"), (2, "superseded"), (1, "superseded"), (1, "unchanged")] {
        let applied = load(store, &gate, [person("p-1").with("name", &format!("n{content}")).line(1, content)]).await;
        assert_eq!(words(&applied), [word]);
        if let Outcome::Superseded { id, previous } = &applied.outcomes[0] {
            assert_eq!(Some(previous), seen.last());
            assert!(!seen.contains(id), "a content that comes back is another claim");
        }
        seen.extend(ids(&applied));
    }
    let read = gate.read("ana@al-police").await;
    for (at, content) in [(Some(1), "n1"), (Some(2), "n2"), (Some(3), "n1"), (None, "n1")] {
        let at = at.map(Revision);
        let claims = store.claims(&read, Wanted::Entities(&[entity_id("p-1")]), at).await.expect("answers");
        let names: Vec<_> = claims.iter().map(|claim| claim.claim.properties["name"][0].as_str()).collect();
        assert_eq!(names, [content], "at {at:?}");
    }
    // Closed by hand as superseded, the source has still said it: the same content is nothing new, other content is.
    let by_hand = Operation::Retract { id: seen[2], reason: RetractionReason::Superseded };
    let permit = gate.write("ana@al-police").await;
    store.apply(&permit, atomic(gate.now(), [by_hand])).await.expect("closed");
    assert_eq!(words(&load(store, &gate, [person("p-1").line(1, 1)]).await), ["unchanged"]);
    assert_eq!(words(&load(store, &gate, [person("p-1").line(1, 9)]).await), ["superseded"]);
}

pub(super) async fn what_was_withdrawn_never_comes_back(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let first = load(store, &gate, [person("p-1").line(1, 1)]).await;
    let withdraw = Operation::Retract { id: ids(&first)[0], reason: RetractionReason::Withdrawn };
    let permit = gate.write("ana@al-police").await;
    store.apply(&permit, atomic(gate.now(), [withdraw])).await.expect("withdrawn");
    for content in [1, 2] {
        let again = load(store, &gate, [person("p-1").line(1, content)]).await;
        assert_eq!((words(&again), ids(&again), again.revision), (vec!["gone"], ids(&first), Revision(2)));
    }
}

pub(super) async fn a_source_key_is_used_once_in_a_batch(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let lines = || [person("p-1").line(1, 1), person("p-2").line(1, 2), person("p-3").line(3, 1)];
    let first = load(store, &gate, lines()).await;
    assert_eq!(words(&first), ["recorded", "duplicate-key", "recorded"]);
    let again = load(store, &gate, lines()).await;
    assert_eq!(words(&again), ["unchanged", "duplicate-key", "unchanged"]);
}

/// A load's permit covers claims of its dataset, to write and to take back.
pub(super) async fn a_load_writes_into_its_dataset_alone(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let other = entity("p-1", "Person").loaded("other-data", "load-1").line(1, 1);
    let none = entity("p-1", "Person").line(2, 1);
    assert_eq!(words(&load(store, &gate, [other, none]).await), ["wrong-dataset", "wrong-dataset"]);
    let by_hand = atomic(gate.now(), [entity("p-1", "Person").under(1)]);
    store.apply(&gate.write("ana@al-police").await, by_hand).await.expect("written");
    let withdraw = Operation::Retract { id: id(1), reason: RetractionReason::Withdrawn };
    assert_eq!(words(&load(store, &gate, [withdraw]).await), ["not-found"]);
}

pub(super) async fn a_load_is_recorded_listed_and_taken_back(harness: &mut impl Harness) {
    let gate = Town::usual().gatehouse();
    let store = harness.store();
    let lines = [person("p-1").line(1, 1), person("p-2").line(2, 1), link_line("r-1", "p-1", "nobody", 3)];
    let loaded = ids(&load(store, &gate, lines).await);
    let secret = person("p-9").marked("al-police secret").line(9, 1);
    load(store, &gate, [secret]).await;
    let permit = gate.load("loader@al-police").await;
    let record = |name: &str, finished| LoadRecord {
        id: name.to_owned(),
        dataset: DATASET.to_owned(),
        originator: permit.permit().clearance().agency.clone(),
        subject: permit.permit().clearance().subject.clone(),
        started: gate.now(),
        finished,
        lines: 3,
        recorded: 3,
        unchanged: 0,
        refused: 0,
    };
    store.record_load(&permit, &record("load-1", None)).await.expect("kept");
    let done = record("load-1", Some(gate.now()));
    store.record_load(&permit, &done).await.expect("replaced");
    gate.clock.advance_seconds(60);
    store.record_load(&permit, &record("load-2", None)).await.expect("kept");
    let foreign = store.record_load(&gate.load("loader@rs-fiu").await, &done).await;
    assert_eq!(refusals::<()>(foreign.map_err(|error: StoreError| error)), [(0, "not-originator")]);
    harness.reopen().await;
    let store = harness.store();
    let mut records = store.loads(permit.permit()).await.expect("answers");
    assert_eq!(records.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(), ["load-2", "load-1"]);
    assert_eq!(records.pop(), Some(done));
    assert_eq!(store.loads(&gate.read("rada@rs-fiu").await).await.expect("answers"), []);
    // All that the loader may see of it, dangling lines too, in pages.
    let mut open = Vec::new();
    while let page = store.load_claims(permit.permit(), "load-1", open.last().copied(), 2).await.expect("answers")
        && !page.is_empty()
    {
        open.extend(page);
    }
    let sorted = |mut ids: Vec<AssertionId>| {
        ids.sort_unstable();
        ids
    };
    assert_eq!(sorted(open.clone()), sorted(loaded));
    let other = gate.load("loader@rs-fiu").await;
    assert_eq!(store.load_claims(other.permit(), "load-1", None, 9).await.expect("answers"), []);
    let back = open.iter().map(|id| Operation::Retract { id: *id, reason: RetractionReason::Withdrawn });
    assert_eq!(words(&load(store, &gate, back).await), ["retracted"; 3]);
    assert_eq!(store.load_claims(permit.permit(), "load-1", None, 9).await.expect("answers"), []);
}

fn link_line(name: &str, source: &str, target: &str, key: u8) -> Operation {
    link(name, "Associate", source, target).loaded(DATASET, "load-1").line(key, 1)
}

/// By what the agency's baseline clearance sees, whatever the loader or others see.
pub(super) async fn dangling_ends_are_told(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let hidden = atomic(gate.now(), [entity("p-rs", "Person").marked("rs-fiu AMBER_STRICT").under(1)]);
    store.apply(&gate.write("rada@rs-fiu").await, hidden).await.expect("written");
    let lines = [
        person("p-1").line(1, 1),
        person("p-high").marked("al-police confidential").line(2, 1),
        link_line("r-1", "p-1", "p-1", 3),
        link_line("r-3", "nobody", "p-rs", 4),
        link_line("r-2", "p-1", "p-high", 5),
    ];
    load(store, &gate, lines).await;
    let permit = gate.load("loader@al-police").await;
    let subject = SubjectName::new("anybody").expect("a subject");
    let agency = &permit.permit().clearance().agency;
    let baseline: Clearance = gate.directory.baseline(agency, subject, gate.now()).expect("an agency");
    let told = |after: Option<&'static str>, limit| {
        let (permit, baseline) = (&permit, &baseline);
        async move {
            let after = after.map(relationship_id);
            store.dangling(permit, "load-1", baseline, after.as_ref(), limit).await.expect("answers")
        }
    };
    let pair = |id: &str, end: &str| (relationship_id(id), entity_id(end));
    assert_eq!(told(None, 9).await, [pair("r-2", "p-high"), pair("r-3", "nobody"), pair("r-3", "p-rs")]);
    assert_eq!(told(None, 1).await, [pair("r-2", "p-high")]);
    assert_eq!(told(Some("r-2"), 9).await, [pair("r-3", "nobody"), pair("r-3", "p-rs")]);
}
