//! Full-text search: what matches, in which order, and what never may.

use linchpin::access::Permit;
use linchpin::model::{KindName, RetractionReason, Revision, tokens};
use linchpin::store::{GraphStore, Hit, MatchClass, Operation, Search};

use super::{Harness, entity_id, id};
use crate::support::{ClaimBuilder, Town, assert_all, atomic, entity};

use MatchClass::{Exact, Prefix, Words};

fn person(id: &str, name: &str) -> ClaimBuilder {
    entity(id, "Person").with("name", name)
}

fn text(text: &str) -> Search {
    Search { words: tokens(text), ..Search::default() }
}

async fn hits(store: &dyn GraphStore, permit: &Permit, search: &Search) -> Vec<(MatchClass, String)> {
    let hits = store.search(permit, search, None, None, 100).await.expect("answers");
    hits.into_iter().map(|hit| (hit.class, hit.id.as_str().to_owned())).collect()
}

fn found<const N: usize>(hits: [(MatchClass, &str); N]) -> Vec<(MatchClass, String)> {
    hits.into_iter().map(|(class, id)| (class, id.to_owned())).collect()
}

pub(super) async fn classes_then_ids(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let claims = [
        person("p-5", "Ana Marku"),
        person("p-4", "Ana Markuvic"),
        person("p-3", "Marku Ana"),
        person("p-2", "Ana Marku"),
        person("p-1", "Anabela Marku"),
    ];
    store.apply(&gate.write("ana@al-police").await, assert_all(gate.now(), claims)).await.expect("written");
    let permit = gate.read("ana@al-police").await;
    let both = found([(Exact, "p-2"), (Exact, "p-5"), (Words, "p-3"), (Prefix, "p-4")]);
    assert_eq!(hits(store, &permit, &text("Ana Marku")).await, both);
    assert_eq!(
        hits(store, &permit, &text("marku  ANA")).await,
        found([(Exact, "p-3"), (Words, "p-2"), (Words, "p-5"), (Prefix, "p-1")])
    );
    assert_eq!(
        hits(store, &permit, &text("ana mar")).await,
        found([(Prefix, "p-2"), (Prefix, "p-3"), (Prefix, "p-4"), (Prefix, "p-5")])
    );
    assert_eq!(hits(store, &permit, &text("nobody")).await, []);
    let all = found([(Words, "p-1"), (Words, "p-2"), (Words, "p-3"), (Words, "p-4"), (Words, "p-5")]);
    assert_eq!(hits(store, &permit, &Search::default()).await, all);
    // What the language of the database makes of signs is nobody's business here.
    for signs in ["\" OR 1", "name:ana*", "ana AND marku NOT", "^ $", "*", "'); DROP"] {
        hits(store, &permit, &Search { words: vec![signs.to_owned()], ..Search::default() }).await;
    }
}

/// All words, in values of one claim or of several, but of one entity.
pub(super) async fn words_may_stand_in_several_values(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let claims = [
        person("p-1", "Ana").with("alias", "Zeza"),
        person("p-2", "Ana"),
        person("p-2", "Marku Zeza"),
        person("p-3", "Zeza"),
    ];
    store.apply(&gate.write("ana@al-police").await, assert_all(gate.now(), claims)).await.expect("written");
    let permit = gate.read("ana@al-police").await;
    assert_eq!(hits(store, &permit, &text("ana zeza")).await, found([(Words, "p-1"), (Words, "p-2")]));
}

pub(super) async fn hidden_values_do_not_match(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let claims = [
        person("p-1", "Open"),
        entity("p-1", "Person").with("alias", "Covert").marked("al-police AMBER_STRICT"),
        person("p-2", "Covert").marked("al-police AMBER_STRICT"),
        person("p-3", "Over").retain_until("2026-03-01"),
    ];
    store.apply(&gate.write("ana@al-police").await, assert_all(gate.now(), claims)).await.expect("written");
    let (own, other) = (gate.read("ana@al-police").await, gate.read("mira@mk-police").await);
    assert_eq!(hits(store, &own, &text("covert")).await, found([(Exact, "p-1"), (Exact, "p-2")]));
    assert_eq!(hits(store, &other, &text("covert")).await, []);
    assert_eq!(hits(store, &other, &text("open covert")).await, []);
    assert_eq!(hits(store, &other, &text("open")).await, found([(Exact, "p-1")]));
    assert_eq!(hits(store, &other, &Search::default()).await, found([(Words, "p-1")]));
    assert_eq!(hits(store, &own, &text("over")).await, [], "its retain day has come");
}

pub(super) async fn kinds_and_properties_narrow_it(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let claims = [
        person("p-1", "Delta").with("country", "al"),
        person("p-2", "Delta").with("country", "rs").with("country", "mk"),
        entity("c-1", "Company").with("name", "Delta").with("country", "al"),
        entity("c-2", "Company").with("name", "Delta").marked("al-police AMBER_STRICT"),
        person("c-2", "Delta"),
    ];
    store.apply(&gate.write("ana@al-police").await, assert_all(gate.now(), claims)).await.expect("written");
    let permit = gate.read("mira@mk-police").await;
    let kinds = |names: &[&str]| names.iter().map(|name| KindName::new(name).expect("a kind")).collect::<Vec<_>>();
    let country = |values: &[&str]| vec![("country".to_owned(), values.iter().map(|v| (*v).to_owned()).collect())];
    let delta = text("delta");
    let of = async |search: Search| hits(store, &permit, &search).await;
    assert_eq!(of(Search { kinds: kinds(&["Company"]), ..delta.clone() }).await, found([(Exact, "c-1")]));
    let legal = Search { kinds: kinds(&["LegalEntity"]), ..delta.clone() };
    let all = found([(Exact, "c-1"), (Exact, "c-2"), (Exact, "p-1"), (Exact, "p-2")]);
    assert_eq!(of(legal).await, all, "a kind takes those below it along");
    let in_albania = Search { properties: country(&["al", "xk"]), ..delta.clone() };
    assert_eq!(of(in_albania).await, found([(Exact, "c-1"), (Exact, "p-1")]));
    let both = Search { properties: [country(&["mk"]), country(&["rs"])].concat(), ..Search::default() };
    assert_eq!(of(both).await, found([(Words, "p-2")]));
}

/// Decided by the caller's own visible claims, at the moment asked about or now.
pub(super) async fn a_protected_name_does_not_match(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    let claims = [
        person("p-1", "Zana Hidden").with("status", "missing").with("country", "al"),
        person("p-2", "Zana Open"),
        entity("c-1", "Company").with("name", "Zana"),
    ];
    store.apply(&permit, assert_all(gate.now(), claims)).await.expect("written");
    let protect = entity("p-1", "Person").with("role", "victim").under(9);
    store.apply(&permit, atomic(gate.now(), [protect])).await.expect("written");
    let (other, guardian) = (gate.read("mira@mk-police").await, gate.read("gita@al-police").await);
    let others = found([(Exact, "c-1"), (Words, "p-2")]);
    let everyone = found([(Exact, "c-1"), (Words, "p-1"), (Words, "p-2")]);
    assert_eq!(hits(store, &other, &text("zana")).await, others);
    assert_eq!(hits(store, &guardian, &text("zana")).await, everyone);
    assert_eq!(hits(store, &other, &text("zana hidden")).await, []);
    let named =
        |value: &str| Search { properties: vec![("name".to_owned(), vec![value.to_owned()])], ..Search::default() };
    assert_eq!(hits(store, &other, &named("Zana Hidden")).await, [], "nor by the property itself");
    assert_eq!(hits(store, &guardian, &named("Zana Hidden")).await, found([(Words, "p-1")]));
    let abroad = Search { properties: vec![("country".to_owned(), vec!["al".to_owned()])], ..Search::default() };
    assert_eq!(hits(store, &other, &abroad).await, found([(Words, "p-1")]), "what identifies nobody is found");
    // Before anyone knew that the person needs protection the name stood open; looking back does not open it again.
    let then = store.search(&other, &text("zana hidden"), Some(Revision(1)), None, 9).await.expect("answers");
    assert_eq!(then, []);
    // One who does not see the protective claim sees no protected person.
    let strict = Operation::Retract { id: id(9), reason: RetractionReason::Withdrawn };
    store.apply(&permit, atomic(gate.now(), [strict])).await.expect("withdrawn");
    assert_eq!(hits(store, &other, &text("zana hidden")).await, found([(Exact, "p-1")]));
}

pub(super) async fn pages_go_on_after_a_hit(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let claims = (0..30).map(|n| {
        // Hidden ones in between must not shorten a page.
        let marking = if n % 3 == 0 { "al-police AMBER_STRICT" } else { "al-police GREEN" };
        person(&format!("p-{n:02}"), if n % 2 == 0 { "Beta" } else { "Beta Gamma" }).marked(marking)
    });
    store.apply(&gate.write("ana@al-police").await, assert_all(gate.now(), claims)).await.expect("written");
    let permit = gate.read("mira@mk-police").await;
    for search in [text("beta"), Search::default()] {
        let whole = store.search(&permit, &search, None, None, 100).await.expect("answers");
        assert_eq!(whole.len(), 20);
        let mut paged: Vec<Hit> = Vec::new();
        while paged.len() < whole.len() {
            let page = store.search(&permit, &search, None, paged.last(), 7).await.expect("answers");
            assert_eq!(page.len(), 7.min(whole.len() - paged.len()));
            paged.extend(page);
        }
        assert_eq!(paged, whole);
        assert!(whole.is_sorted());
        assert_eq!(store.search(&permit, &search, None, whole.last(), 7).await.expect("answers"), []);
    }
    let beyond = Hit { class: Prefix, id: entity_id("a") };
    assert_eq!(store.search(&permit, &Search::default(), None, Some(&beyond), 7).await.expect("answers"), []);
}

pub(super) async fn spellings_of_the_region_are_found(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let claims = [person("p-1", "Ђорђе Џафери"), person("p-2", "Đorđe Xhaferi")];
    store.apply(&gate.write("ana@al-police").await, assert_all(gate.now(), claims)).await.expect("written");
    let permit = gate.read("ana@al-police").await;
    for spelling in ["Djordje Dzaferi", "ĐORĐE XHAFERI", "Ђорђе Џафери"] {
        assert_eq!(hits(store, &permit, &text(spelling)).await, found([(Exact, "p-1"), (Exact, "p-2")]), "{spelling}");
    }
}

pub(super) async fn it_looks_back(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    store.apply(&permit, assert_all(gate.now(), [person("p-1", "Alpha")])).await.expect("written");
    let replace =
        [Operation::Retract { id: id(1), reason: RetractionReason::Superseded }, person("p-1", "Beta").under(2)];
    store.apply(&permit, atomic(gate.now(), replace)).await.expect("written");
    let read = gate.read("mira@mk-police").await;
    for (at, alpha, beta) in [(Some(Revision(1)), 1, 0), (Some(Revision(2)), 0, 1), (None, 0, 1)] {
        let count = async |word| store.search(&read, &text(word), at, None, 9).await.expect("answers").len();
        assert_eq!((count("alpha").await, count("beta").await), (alpha, beta), "at {at:?}");
    }
}
