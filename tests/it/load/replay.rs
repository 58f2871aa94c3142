//! Loading again: the same lines change nothing, other content supersedes, and a load that was cut off can be resumed.

use linchpin::service::load::LineStatus::{Recorded, Refused, Superseded, Unchanged};

use super::{Yard, person, refusals, statuses};

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
