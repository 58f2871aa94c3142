//! The folded reads over a store: masked, keyed, paged.

use linchpin::access::Permit;
use linchpin::model::{RelationshipKey, Revision, Vocabulary};
use linchpin::store::read::Reader;
use linchpin::store::{GraphStore, Incident};

use super::{Harness, entity_id, id, relationship_id};
use crate::support::{ClaimBuilder, Gatehouse, Town, assert_all, atomic, entity, link};

fn person(name: &str) -> ClaimBuilder {
    entity(name, "Person")
}

fn transfer(id: &str, source: &str, target: &str, minor: i64, at: &str) -> ClaimBuilder {
    link(id, "AccountTransfer", source, target).amount(minor, "EUR").at(at)
}

fn key(text: &str) -> RelationshipKey {
    text.parse().expect("a key")
}

fn reader<'a>(store: &'a dyn GraphStore, vocabulary: &'a Vocabulary, permit: &'a Permit) -> Reader<'a> {
    Reader { store, vocabulary, permit, at: None }
}

async fn write(store: &dyn GraphStore, gate: &Gatehouse, claims: impl IntoIterator<Item = ClaimBuilder>) {
    store.apply(&gate.write("ana@al-police").await, assert_all(gate.now(), claims)).await.expect("written");
}

/// In the fold, in the list of claims, and in a claim fetched alone; before and after; for everyone but those who may unmask.
pub(super) async fn protected_people_are_masked_everywhere(harness: &mut impl Harness) {
    let (store, gate, vocabulary) = (harness.store(), Town::usual().gatehouse(), Vocabulary::builtin());
    write(
        store,
        &gate,
        [person("p-1").with("name", "Real Name").with("country", "al"), person("p-2").with("name", "Other")],
    )
    .await;
    let protect = atomic(gate.now(), [person("p-1").with("role", "victim").under(9)]);
    store.apply(&gate.write("ana@al-police").await, protect).await.expect("written");
    let (other, guardian) = (gate.read("mira@mk-police").await, gate.read("gita@al-police").await);
    for at in [None, Some(Revision(1)), Some(Revision(2))] {
        let masked = Reader { at, ..reader(store, &vocabulary, &other) };
        let open = Reader { at, ..reader(store, &vocabulary, &guardian) };
        let ids = [entity_id("p-2"), entity_id("nobody"), entity_id("p-1"), entity_id("p-2")];
        let entities = masked.entities(&ids).await.expect("answers");
        assert_eq!(entities.iter().map(|found| found.id.as_str()).collect::<Vec<_>>(), ["p-2", "p-1"]);
        assert_eq!((entities[0].caption.as_str(), entities[0].protected), ("Other", false));
        assert!(entities[1].protected && !entities[1].caption.contains("Real"));
        assert_eq!(entities[1].masked, ["name"]);
        assert_eq!(entities[1].properties["country"], ["al"]);
        let told = masked.entity_assertions(&entity_id("p-1")).await.expect("answers");
        let alone = masked.assertions(&[id(1), id(2)]).await.expect("answers");
        assert_eq!((&told[0], alone.len()), (&alone[0], 2));
        assert_eq!(alone[0].masked, ["name"]);
        assert!(!format!("{alone:?}{told:?}{entities:?}").contains("Real"), "at {at:?}");
        assert_eq!(alone[1].assertion.claim.properties["name"], ["Other"]);
        let entity = open.entity(&entity_id("p-1")).await.expect("answers").expect("visible");
        assert_eq!((entity.caption.as_str(), entity.protected), ("Real Name", true));
        assert!(open.assertions(&[id(1)]).await.expect("answers")[0].masked.is_empty());
    }
}

pub(super) async fn one_id_with_several_ends_has_several_keys(harness: &mut impl Harness) {
    let (store, gate, vocabulary) = (harness.store(), Town::usual().gatehouse(), Vocabulary::builtin());
    let claims = [
        person("a"),
        person("b"),
        person("c"),
        link("r", "Associate", "a", "b").evaluated("europol-4x4 C 3"),
        link("r", "Associate", "a", "c").evaluated("europol-4x4 A 1").marked("al-police AMBER_STRICT"),
    ];
    write(store, &gate, claims).await;
    let (own, other) = (gate.read("ana@al-police").await, gate.read("mira@mk-police").await);
    let all = reader(store, &vocabulary, &own);
    let found = async |name: &str| {
        let found = all.relationship(&key(name)).await.expect("answers");
        found.map(|found| (found.relationship.id.to_string(), found.relationship.target.as_str().to_owned()))
    };
    let pair = |key: &str, target: &str| Some((key.to_owned(), target.to_owned()));
    assert_eq!(found("r").await, pair("r", "c"));
    assert_eq!(found("r@a@b").await, pair("r@a@b", "b"));
    assert_eq!(found("r@a@c").await, pair("r", "c"));
    assert_eq!(found("r@b@a").await, None);
    assert_eq!(all.relationship_assertions(&key("r@a@b")).await.expect("answers").len(), 1);
    // Around `b` the id alone is not free: another triple bears it.
    let around =
        all.neighbours(&entity_id("b"), &Incident::default(), None, 9).await.expect("answers").expect("visible");
    assert_eq!(around.relationships[0].id.to_string(), "r@a@b");
    // Who does not see that triple knows this one as `r`.
    let less = reader(store, &vocabulary, &other);
    let found = less.relationship(&key("r")).await.expect("answers").expect("visible");
    assert_eq!(found.relationship.target.as_str(), "b");
    assert!(less.relationship(&key("r@a@c")).await.expect("answers").is_none());
    assert_eq!(less.relationships(&[relationship_id("r")]).await.expect("answers").len(), 1);
}

pub(super) async fn possible_duplicates_are_told(harness: &mut impl Harness) {
    let (store, gate, vocabulary) = (harness.store(), Town::usual().gatehouse(), Vocabulary::builtin());
    let account = |id: &str| entity(id, "BankAccount");
    let at = "2024-03-05T10:12:00Z";
    let claims = [
        account("a"),
        account("b"),
        account("c"),
        transfer("t-1", "a", "b", 100, at),
        transfer("t-2", "a", "b", 100, at),
        transfer("t-3", "a", "b", 101, at),
        transfer("t-4", "b", "a", 100, at),
        transfer("t-5", "a", "b", 100, "2024-03-05T10:12:01Z"),
        transfer("t-6", "a", "b", 100, at).marked("al-police AMBER_STRICT"),
        transfer("t-7", "a", "c", 100, at),
        transfer("t-8", "a", "b", 100, at).evaluated("europol-4x4 C 4"),
        transfer("t-8", "a", "c", 7, at),
    ];
    write(store, &gate, claims).await;
    for (who, duplicates) in
        [("ana@al-police", &["t-2", "t-6", "t-8@a@b"][..]), ("mira@mk-police", &["t-2", "t-8@a@b"])]
    {
        let permit = gate.read(who).await;
        let found = reader(store, &vocabulary, &permit).relationship(&key("t-1")).await.expect("answers");
        let told: Vec<String> = found.expect("visible").possible_duplicates.iter().map(ToString::to_string).collect();
        assert_eq!(told, duplicates, "{who}");
    }
}

pub(super) async fn neighbours_are_paged_and_summed_up(harness: &mut impl Harness) {
    let (store, gate, vocabulary) = (harness.store(), Town::usual().gatehouse(), Vocabulary::builtin());
    let mut claims = vec![person("hub"), person("covert").marked("al-police AMBER_STRICT")];
    for n in 0..7 {
        claims.push(person(&format!("p-{n}")).with("name", &format!("Name {n}")));
        let (kind, end) = (["Associate", "Family"][n % 2], format!("p-{n}"));
        let (source, target) = if n % 3 == 0 { (end.as_str(), "hub") } else { ("hub", end.as_str()) };
        claims.push(link(&format!("r-{n}"), kind, source, target));
        claims.push(link(&format!("s-{n}"), kind, "hub", "covert"));
    }
    write(store, &gate, claims).await;
    let permit = gate.read("mira@mk-police").await;
    let reads = reader(store, &vocabulary, &permit);
    let (mut ids, mut after, mut ends) = (Vec::new(), None, Vec::new());
    loop {
        let page = reads.neighbours(&entity_id("hub"), &Incident::default(), after.as_ref(), 3).await;
        let page = page.expect("answers").expect("visible");
        ids.extend(page.relationships.iter().map(|found| found.id.to_string()));
        ends.extend(page.entities.iter().map(|found| found.caption.clone()));
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    assert_eq!(ids, (0..7).map(|n| format!("r-{n}")).collect::<Vec<_>>());
    assert_eq!(ends, (0..7).map(|n| format!("Name {n}")).collect::<Vec<_>>());
    let summary = reads.summary(&entity_id("hub"), &Incident::default(), 100).await.expect("answers").expect("visible");
    let counts: Vec<_> = summary.0.iter().map(|count| (count.kind.as_str(), count.outgoing, count.incoming)).collect();
    assert_eq!((counts, summary.1), (vec![("Associate", 2, 2), ("Family", 2, 1)], false));
    let (counts, cut) =
        reads.summary(&entity_id("hub"), &Incident::default(), 4).await.expect("answers").expect("visible");
    assert_eq!((counts.iter().map(|count| count.outgoing + count.incoming).sum::<usize>(), cut), (4, true));
    for hidden in ["covert", "nobody"] {
        assert_eq!(reads.neighbours(&entity_id(hidden), &Incident::default(), None, 3).await.expect("answers"), None);
        assert_eq!(reads.summary(&entity_id(hidden), &Incident::default(), 3).await.expect("answers"), None);
    }
}

/// A relationship of which a lesser claim states the kind asked for is not of that kind, and its place goes to the next one.
pub(super) async fn kinds_are_those_of_the_fold(harness: &mut impl Harness) {
    let (store, gate, vocabulary) = (harness.store(), Town::usual().gatehouse(), Vocabulary::builtin());
    let mut claims = vec![person("hub"), person("p")];
    for n in 0..6 {
        claims.push(link(&format!("r-{n}"), "Family", "hub", "p").evaluated("europol-4x4 C 4"));
        let better = if n == 4 { "Family" } else { "Associate" };
        claims.push(link(&format!("r-{n}"), better, "hub", "p").evaluated("europol-4x4 A 1"));
    }
    write(store, &gate, claims).await;
    let permit = gate.read("mira@mk-police").await;
    let family = Incident { kinds: vec!["Family".parse().expect("a kind")], ..Incident::default() };
    let reads = reader(store, &vocabulary, &permit);
    let page = reads.neighbours(&entity_id("hub"), &family, None, 1).await.expect("answers").expect("visible");
    assert_eq!(page.relationships.iter().map(|found| found.id.to_string()).collect::<Vec<_>>(), ["r-4"]);
    assert_eq!(page.next, None);
    let (counts, _) = reads.summary(&entity_id("hub"), &family, 99).await.expect("answers").expect("visible");
    assert_eq!(counts.iter().map(|count| (count.kind.as_str(), count.outgoing)).collect::<Vec<_>>(), [("Family", 1)]);
}
