//! A load passes the gate and leaves its entries; what it tells at its end; how it is taken back.

use std::io::Cursor;

use linchpin::access::{AuditLog, Denied, Phase};
use linchpin::service::ServiceError;
use linchpin::service::load::LineStatus::{Checked, Gone, Recorded, Refused};
use linchpin::service::load::{Input, LoadRequest, Source};

use super::{LOADER, Yard, caller, payment, person, statuses};

fn nothing(yard: &Yard) -> Source {
    Source::ndjson(Vec::new(), &yard.limits)
}

#[tokio::test]
async fn only_a_loader_of_the_dataset_loads() {
    let yard = Yard::new();
    for (who, dataset) in [
        ("rada@rs-fiu", super::DATASET),
        ("loader@al-police", super::DATASET),
        (LOADER, "al-police-data"),
        (LOADER, "ghost"),
    ] {
        for dry_run in [false, true] {
            let request = LoadRequest { dataset: dataset.to_owned(), dry_run, ..yard.request() };
            let begun = yard.state.begin_load(&caller(who), request).await;
            let denied = matches!(begun, Err(ServiceError::Denied(Denied::Role(_) | Denied::Dataset(_))));
            assert!(denied, "{who} {dataset} {dry_run}");
        }
    }
    assert!(yard.everything().await.is_empty());
    assert!(yard.audit.all().iter().all(|entry| entry.phase == Phase::Refused));
}

#[tokio::test]
async fn every_batch_has_its_intent_and_its_outcome() {
    let mut yard = Yard::new();
    yard.limits.batch = 2;
    let text: Vec<String> = (0..5).map(|at| person("", &format!("p-{at}"), "N")).collect();
    yard.load(text.join("\n")).await;
    let entries = yard.audit.all();
    let count = |phase| entries.iter().filter(|entry| entry.phase == phase).count();
    // The beginning, three batches, the end.
    assert_eq!((count(Phase::Intent), count(Phase::Outcome)), (5, 5));
    assert!(yard.audit.open_intents().await.expect("the log").is_empty());
    assert!(entries.iter().all(|entry| entry.subject.as_str() == LOADER && entry.operation == "create_load"));
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let yard = Yard::new();
    let text = [person("k", "p-1", "A"), person("k", "p-1", "B"), person("", "p-2", "C"), "{".to_owned()].join("\n");
    let source = Source::ndjson(vec![Input::body(Cursor::new(text))], &yard.limits);
    let request = LoadRequest { dry_run: true, ..yard.request() };
    let (results, finished) = yard.run(request, source).await.expect("admitted");
    assert_eq!(statuses(&results), [(1, Checked), (2, Refused), (3, Checked), (4, Refused)]);
    assert!(finished.end.complete && finished.end.dry_run);
    assert!(yard.audit.all().is_empty());
    assert!(yard.everything().await.is_empty());
}

#[tokio::test]
async fn without_the_audit_log_there_is_no_load() {
    let yard = Yard::new();
    let load = yard.state.begin_load(&caller(LOADER), yard.request()).await.expect("admitted");
    yard.audit.close();
    let source = Source::ndjson(vec![Input::body(Cursor::new(person("", "p-1", "A")))], &yard.limits);
    let (sender, mut events) = tokio::sync::mpsc::channel(8);
    let finished = load.run(source, sender).await;
    assert_eq!(finished.end.code, Some("audit-unavailable"));
    let first = events.recv().await;
    assert!(matches!(first, Some(linchpin::service::load::LoadEvent::End(_))), "no result leaves: {first:?}");
    assert!(yard.everything().await.is_empty());
    assert!(yard.state.begin_load(&caller(LOADER), yard.request()).await.is_err());
}

#[tokio::test]
async fn a_dataset_whose_domain_has_no_secret() {
    let mut directory = crate::support::Town::usual().directory();
    let dataset = directory.datasets.get_mut(super::DATASET).expect("the usual dataset");
    dataset.key_domain = Some("balkan".to_owned());
    let folder = tempfile::tempdir().expect("a folder");
    let vocabulary = std::sync::Arc::new(linchpin::model::Vocabulary::builtin());
    let store = linchpin::store::embedded::EmbeddedStore::open(&folder.path().join("s"), vocabulary.clone());
    let yard = Yard::over(std::sync::Arc::new(store.expect("a store")), vocabulary, directory);
    let begun = yard.run(yard.request(), nothing(&yard)).await;
    assert!(matches!(begun, Err(ServiceError::Conflict { code: "unknown-key-domain", .. })));
    let keys = linchpin::service::load::KeyDomains::new([1; 32]).with_shared("balkan", [9; 32]);
    let request = LoadRequest { keys: std::sync::Arc::new(keys), ..yard.request() };
    assert!(yard.run(request, nothing(&yard)).await.is_ok());
}

#[tokio::test]
async fn ends_that_the_agency_cannot_see_are_listed() {
    let mut yard = Yard::new();
    yard.limits.dangling = 3;
    let mut lines = vec![person("", "p-1", "A"), person("", "p-2", "B").replace("restricted", "secret")];
    // One sound relationship, and four with one dangling end or two: absent, or above the agency's baseline.
    lines.push(payment("t-0", "p-1", "p-1", ""));
    lines.push(payment("t-1", "p-1", "p-2", ""));
    lines.push(payment("t-2", "ghost-1", "ghost-2", ""));
    lines.push(payment("t-3", "p-1", "ghost-3", ""));
    lines.push(payment("t-4", "ghost-4", "p-1", ""));
    let (results, finished) = yard.load(lines.join("\n")).await;
    assert!(results.iter().all(|result| result.status == Recorded), "a load takes what dangles");
    let listed: Vec<_> =
        finished.end.dangling.iter().map(|end| (end.relationship.as_str(), end.entity.as_str())).collect();
    assert_eq!(listed, [("t-1", "p-2"), ("t-2", "ghost-1"), ("t-2", "ghost-2")]);
    assert_eq!(finished.end.dangling_more, 2);
    let logged = yard.audit.all().into_iter().last().expect("the end's outcome").ids;
    assert_eq!((logged.relationships.len(), logged.entities.len()), (3, 3), "what is told is logged");
}

#[tokio::test]
async fn a_load_is_withdrawn() {
    let yard = Yard::new();
    let text = [person("k-1", "p-1", "A"), person("", "p-2", "B"), payment("t", "p-1", "ghost", "")].join("\n");
    let (_, first) = yard.load(person("k-0", "p-0", "Z")).await;
    let (_, finished) = yard.load(text.clone()).await;
    let load = finished.end.load;
    for who in ["rada@rs-fiu", "loader@al-police"] {
        assert!(yard.state.withdraw_load(&caller(who), &load).await.is_err(), "{who}");
    }
    assert!(matches!(yard.state.withdraw_load(&caller(LOADER), "ghost").await, Err(ServiceError::NotFound)));
    let withdrawn = yard.state.withdraw_load(&caller(LOADER), &load).await.expect("withdrawn").into_inner();
    assert_eq!(withdrawn.withdrawn, 3);
    assert!(yard.audit.open_intents().await.expect("the log").is_empty());
    let open: Vec<_> = yard.everything().await.into_iter().filter(|known| known.recorded.to.is_none()).collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].claim.provenance.load.as_deref(), Some(first.end.load.as_str()));
    // It does not come back, and withdrawing again finds nothing.
    let (results, _) = yard.load(text).await;
    assert_eq!(statuses(&results), [(1, Gone), (2, Gone), (3, Gone)]);
    let again = yard.state.withdraw_load(&caller(LOADER), &load).await.expect("withdrawn").into_inner();
    assert_eq!(again.withdrawn, 0);
}
