//! Loading again: the same lines change nothing, other content supersedes, and a load that was cut off can be resumed.

use linchpin::access::AuditLog;
use linchpin::service::ServiceError;
use linchpin::service::load::LineStatus::{Recorded, Refused, Superseded, Unchanged};
use linchpin::service::load::{Input, LoadRequest, Source};
use tokio::sync::mpsc;

use super::{LOADER, Yard, caller, person, refusals, statuses};

#[tokio::test]
async fn the_same_lines_again_change_nothing() {
    let yard = Yard::new();
    let text = [person("k-1", "p-1", "A"), person("", "p-2", "B"), person("", "p-2", "B")].join("\n");
    let (first, _) = yard.load(text.clone()).await;
    assert_eq!(statuses(&first), [(1, Recorded), (2, Recorded), (3, Unchanged)]);
    assert_eq!(first[1].id, first[2].id);
    let before = yard.everything().await;
    let (second, _) = yard.load(text).await;
    assert_eq!(statuses(&second), [(1, Unchanged), (2, Unchanged), (3, Unchanged)]);
    assert_eq!(
        first.iter().map(|line| line.id).collect::<Vec<_>>(),
        second.iter().map(|line| line.id).collect::<Vec<_>>()
    );
    assert_eq!(before, yard.everything().await);
}

#[tokio::test]
async fn other_content_under_a_key_supersedes() {
    let yard = Yard::new();
    let (first, _) = yard.load(person("k-1", "p-1", "A")).await;
    let (second, _) = yard.load(person("k-1", "p-1", "B")).await;
    assert_eq!(statuses(&second), [(1, Superseded)]);
    assert_eq!(second[0].previous, first[0].id);
    let open: Vec<_> = yard.everything().await.into_iter().filter(|known| known.recorded.to.is_none()).collect();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].claim.properties["name"], ["B"]);
}

/// Within a batch and across batches, and the same when the load is run again.
#[tokio::test]
async fn a_key_that_comes_twice_in_one_load() {
    for batch in [1, 2, 100] {
        let mut yard = Yard::new();
        yard.limits.batch = batch;
        let lines = [
            person("k-1", "p-1", "A"),
            person("k-2", "p-2", "B"),
            person("k-1", "p-1", "A"),
            person("k-1", "p-1", "Other"),
            person("k-1", "p-1", "A"),
        ];
        let (first, finished) = yard.load(lines.join("\n")).await;
        assert_eq!(
            statuses(&first),
            [(1, Recorded), (2, Recorded), (3, Unchanged), (4, Refused), (5, Unchanged)],
            "batches of {batch}"
        );
        assert_eq!(refusals(&first), [(4, "duplicate-key")]);
        assert_eq!(finished.end.counts.refused, 1);
        let before = yard.everything().await;
        let (second, _) = yard.load(lines.join("\n")).await;
        assert_eq!(refusals(&second), [(4, "duplicate-key")], "the same answer when it is run again");
        assert!(second.iter().filter(|line| line.line != 4).all(|line| line.status == Unchanged));
        assert_eq!(before, yard.everything().await);
    }
}

#[tokio::test]
async fn a_refused_line_leaves_its_key_free() {
    let yard = Yard::new();
    let bad = person("k-1", "p-1", "A").replace("Person", "Ghost");
    let (results, _) = yard.load([bad, person("k-1", "p-1", "A")].join("\n")).await;
    assert_eq!(statuses(&results), [(1, Refused), (2, Recorded)]);
}

fn many(count: usize) -> String {
    (0..count).map(|at| person(&format!("k-{at}"), &format!("p-{at}"), &format!("N {at}")) + "\n").collect()
}

/// Killed between batches and run again under its id: the same content as one that was not killed.
#[tokio::test]
async fn a_load_that_was_cut_off_is_resumed() {
    let text = many(95);
    let mut whole = Yard::new();
    whole.limits.batch = 10;
    whole.load(text.clone()).await;
    let expected = whole.content().await;
    assert_eq!(expected.len(), 95);
    for cut in [1, 4, 9] {
        let (mut yard, folder) = Yard::failing_after(cut);
        yard.limits.batch = 10;
        let (results, finished) = yard.load(text.clone()).await;
        assert!(!finished.end.complete);
        assert_eq!(finished.end.code, Some("unavailable"));
        assert_eq!(results.len(), 10 * cut, "only what is settled is told");
        drop(yard);
        let mut again = Yard::in_folder(folder.path());
        again.limits.batch = 10;
        let request = LoadRequest { resume: Some(finished.end.load.clone()), ..again.request() };
        let source = Source::ndjson(vec![Input::body(std::io::Cursor::new(text.clone()))], &again.limits);
        let (results, resumed) = again.run(request, source).await.expect("it can be resumed");
        assert!(resumed.end.complete);
        assert_eq!(resumed.end.load, finished.end.load);
        assert_eq!(results.iter().filter(|line| line.status == Unchanged).count(), 10 * cut);
        assert_eq!(again.content().await, expected);
        // It has ended now.
        let request = LoadRequest { resume: Some(finished.end.load), ..again.request() };
        let source = Source::ndjson(Vec::new(), &again.limits);
        assert!(matches!(again.run(request, source).await, Err(ServiceError::Conflict { code: "load-finished", .. })));
    }
}

#[tokio::test]
async fn a_load_that_nobody_began_cannot_be_resumed() {
    let yard = Yard::new();
    let request = LoadRequest { resume: Some("ghost".to_owned()), ..yard.request() };
    let source = Source::ndjson(Vec::new(), &yard.limits);
    assert!(matches!(yard.run(request, source).await, Err(ServiceError::NotFound)));
    assert!(yard.audit.open_intents().await.expect("the log").is_empty());
}

#[tokio::test]
async fn whoever_receives_the_results_leaves() {
    let mut yard = Yard::new();
    yard.limits.batch = 10;
    let load = yard.state.begin_load(&caller(LOADER), yard.request()).await.expect("admitted");
    let id = load.id().to_owned();
    let source = Source::ndjson(vec![Input::body(std::io::Cursor::new(many(500)))], &yard.limits);
    let (sender, mut events) = mpsc::channel(1);
    let task = tokio::spawn(load.run(source, sender));
    assert!(events.recv().await.is_some());
    drop(events);
    let finished = task.await.expect("no panic");
    assert_eq!(finished.end.code, Some("receiver-left"));
    assert!(yard.audit.open_intents().await.expect("the log").is_empty(), "every batch has its outcome");
    let written = yard.everything().await.len();
    assert!((10..500).contains(&written), "{written}");
    let request = LoadRequest { resume: Some(id), ..yard.request() };
    let source = Source::ndjson(vec![Input::body(std::io::Cursor::new(many(500)))], &yard.limits);
    let (_, resumed) = yard.run(request, source).await.expect("it can be resumed");
    assert!(resumed.end.complete);
    assert_eq!(yard.everything().await.len(), 500);
}
