//! Reading: nothing that the rule hides, in the promised order, and everything once.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use linchpin::access::{Guard, Permit, visible};
use linchpin::model::{Assertion, KindName, RetractionReason, Revision, Subject, Window};
use linchpin::store::{
    Batch, Change, Ends, GraphStore, Incident, Mode, Operation, Outcome, Search, Side, TriplePage, Wanted,
};
use uuid::Uuid;

use super::{Harness, entity_id, id, relationship_id};
use crate::support::{ClaimBuilder, Gatehouse, Town, assert_all, atomic, day, entity, instant, link};

fn person(name: &str) -> ClaimBuilder {
    entity(name, "Person")
}

fn tie(id: &str, source: &str, target: &str) -> ClaimBuilder {
    link(id, "Associate", source, target)
}

async fn write(store: &dyn GraphStore, gate: &Gatehouse, claims: impl IntoIterator<Item = ClaimBuilder>) {
    let batch = Batch { ends: Ends::Deferred, ..assert_all(gate.now(), claims) };
    store.apply(&gate.write("ana@al-police").await, batch).await.expect("written");
}

async fn numbers(store: &dyn GraphStore, permit: &Permit, wanted: Wanted<'_>, at: Option<Revision>) -> Vec<u128> {
    let claims = store.claims(permit, wanted, at).await.expect("answers");
    claims.iter().map(|claim| claim.id.as_u128()).collect()
}

async fn page(
    store: &dyn GraphStore,
    permit: &Permit,
    entity: &str,
    incident: &Incident,
    after: Option<(&str, &str, &str)>,
    limit: usize,
) -> Vec<Assertion> {
    let after = after.map(|(id, source, target)| (relationship_id(id), entity_id(source), entity_id(target)));
    let after = after.as_ref().map(|(id, source, target)| (id, source, target));
    let page = TriplePage { after, limit };
    store.incident(permit, &entity_id(entity), incident, None, page).await.expect("answers")
}

fn triples(claims: &[Assertion]) -> Vec<String> {
    let mut names: Vec<String> = claims
        .iter()
        .map(|claim| match &claim.claim.subject {
            Subject::Relationship { id, source, target } => format!("{id} {source} {target}"),
            Subject::Entity(id) => panic!("{id} is no relationship"),
        })
        .collect();
    names.dedup();
    names
}

/// Each marking for each person, in each kind of read.
pub(super) async fn every_read_is_filtered_by_marking(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let markings = [
        "CLEAR",
        "GREEN",
        "AMBER",
        "AMBER case:case-12",
        "AMBER case:case-13",
        "AMBER_STRICT",
        "RED",
        "RED to:rada@rs-fiu",
        "RED to:mira@mk-police case:case-12",
        "GREEN restricted",
        "GREEN confidential",
        "GREEN secret",
        "GREEN case:case-12",
        "AMBER_STRICT confidential",
        "AMBER secret case:case-12 case:case-13",
    ];
    let base = [person("hub"), person("end")].into_iter().zip(1_000..).map(|(claim, id)| claim.under(id));
    let writer = gate.write("ana@al-police").await;
    store.apply(&writer, atomic(gate.now(), base)).await.expect("written");
    let mut expected = Vec::new();
    for (number, words) in (1..).zip(markings) {
        let (name, marking) = (format!("p-{number:02}"), format!("al-police {words}"));
        let claims = [
            person(&name).with("name", "Same Name").marked(&marking).under(2 * number),
            tie(&format!("r-{number:02}"), "hub", "end").marked(&marking).under(2 * number + 1),
        ];
        store.apply(&writer, atomic(gate.now(), claims)).await.expect("written");
        expected.push((number, crate::support::marking(&marking)));
    }
    for reader in ["ana@al-police", "ben@al-police", "rada@rs-fiu", "radovan@rs-fiu", "mira@mk-police"] {
        let permit = gate.read(reader).await;
        let asserted_by = &writer.permit().identity().subject;
        let sees = |marking| {
            let guard = Guard { marking, asserted_by, retain_until: None, withdrawn: false };
            visible(permit.clearance(), permit.today(), &guard)
        };
        let seen: Vec<u128> = expected.iter().filter(|(_, marking)| sees(marking)).map(|(number, _)| *number).collect();
        let entities: Vec<_> = expected.iter().map(|(number, _)| entity_id(&format!("p-{number:02}"))).collect();
        let links: Vec<_> = expected.iter().map(|(number, _)| relationship_id(&format!("r-{number:02}"))).collect();
        let all: Vec<_> = (0..40).map(id).collect();
        let even: Vec<u128> = seen.iter().map(|number| 2 * number).collect();
        let odd: Vec<u128> = seen.iter().map(|number| 2 * number + 1).collect();
        assert_eq!(numbers(store, &permit, Wanted::Entities(&entities), None).await, even, "{reader}");
        assert_eq!(numbers(store, &permit, Wanted::Relationships(&links), None).await, odd, "{reader}");
        let between = Wanted::Between(&entity_id("hub"), &entity_id("end"));
        assert_eq!(numbers(store, &permit, between, None).await, odd, "{reader}");
        let both: BTreeSet<u128> = even.iter().chain(&odd).copied().collect();
        let by_id = numbers(store, &permit, Wanted::Assertions(&all), None).await;
        assert_eq!(by_id, both.into_iter().collect::<Vec<_>>(), "{reader}");
        let around = page(store, &permit, "hub", &Incident::default(), None, 99).await;
        assert_eq!(around.iter().map(|claim| claim.id.as_u128()).collect::<Vec<_>>(), odd, "{reader}");
        let search = Search { words: vec!["same".to_owned()], ..Search::default() };
        let hits = store.search(&permit, &search, None, None, 99).await.expect("answers");
        assert_eq!(hits.len(), seen.len(), "{reader}");
    }
}

/// Also of its ends: on that day a relationship goes with them.
pub(super) async fn from_its_retain_day_on_nobody_sees_a_claim(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let claims = [person("p-1").retain_until("2026-03-02"), person("p-2"), tie("r-1", "p-1", "p-2")];
    write(store, &gate, claims).await;
    let all = [id(1), id(2), id(3)];
    for (now, seen) in [("2026-03-01T23:59:59Z", &[1, 2, 3][..]), ("2026-03-02T00:00:00Z", &[2][..])] {
        gate.clock.set(now);
        let permit = gate.read("ana@al-police").await;
        assert_eq!(numbers(store, &permit, Wanted::Assertions(&all), None).await, seen, "{now}");
        assert_eq!(numbers(store, &permit, Wanted::Assertions(&all), Some(Revision(1))).await, seen, "{now}");
    }
}

pub(super) async fn a_relationship_needs_both_ends(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let claims = [
        person("p-1"),
        person("p-2").marked("al-police AMBER_STRICT"),
        tie("r-1", "p-1", "p-2"),
        tie("r-2", "p-2", "p-1"),
        tie("r-3", "p-1", "nobody"),
    ];
    write(store, &gate, claims).await;
    let (own, other) = (gate.read("ana@al-police").await, gate.read("mira@mk-police").await);
    let ids = [relationship_id("r-1"), relationship_id("r-2"), relationship_id("r-3")];
    assert_eq!(numbers(store, &own, Wanted::Relationships(&ids), None).await, [3, 4]);
    assert_eq!(numbers(store, &other, Wanted::Relationships(&ids), None).await, [0_u128; 0]);
    let claims = [id(3), id(4), id(5)];
    assert_eq!(numbers(store, &own, Wanted::Assertions(&claims), None).await, [3, 4]);
    assert_eq!(numbers(store, &other, Wanted::Assertions(&claims), None).await, [0_u128; 0]);
    assert_eq!(page(store, &other, "p-1", &Incident::default(), None, 9).await, []);
    assert_eq!(page(store, &other, "p-2", &Incident::default(), None, 9).await, [], "what is hidden has no neighbours");
}

/// "Recorded at that revision" holds for the ends too.
pub(super) async fn a_relationship_needs_its_ends_at_that_moment(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    let deferred = |operations: Vec<Operation>| Batch { ends: Ends::Deferred, ..atomic(gate.now(), operations) };
    let close = Operation::Retract { id: id(2), reason: RetractionReason::Superseded };
    for operations in
        [vec![person("p-1").under(1), tie("r-1", "p-1", "p-2").under(9)], vec![person("p-2").under(2)], vec![close]]
    {
        store.apply(&permit, deferred(operations)).await.expect("written");
    }
    let read = gate.read("mira@mk-police").await;
    let ids = [relationship_id("r-1")];
    for (at, seen) in [(Some(1), &[][..]), (Some(2), &[9][..]), (Some(3), &[][..]), (None, &[][..])] {
        let at = at.map(Revision);
        assert_eq!(numbers(store, &read, Wanted::Relationships(&ids), at).await, seen, "at {at:?}");
        assert_eq!(numbers(store, &read, Wanted::Assertions(&[id(9)]), at).await, seen, "at {at:?}");
    }
}

/// Whole relationships, each once, in order, also when new ones come in between.
pub(super) async fn pages_are_stable_and_whole(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let mut claims = vec![person("hub"), person("a"), person("b"), person("c")];
    for (name, source, target) in [
        ("r-5", "hub", "a"),
        ("r-5", "a", "hub"),
        ("r-5", "hub", "b"),
        ("r-1", "hub", "a"),
        ("r-1", "hub", "a"),
        ("r-3", "hub", "hub"),
        ("r-10", "b", "hub"),
        ("r-7", "c", "b"),
        ("r-9", "c", "hub"),
        ("r-5", "hub", "a"),
    ] {
        claims.push(tie(name, source, target));
    }
    write(store, &gate, claims).await;
    let permit = gate.read("mira@mk-police").await;
    let order = ["r-1 hub a", "r-10 b hub", "r-3 hub hub", "r-5 a hub", "r-5 hub a", "r-5 hub b", "r-9 c hub"];
    let whole = page(store, &permit, "hub", &Incident::default(), None, 99).await;
    assert_eq!(triples(&whole), order);
    assert_eq!(whole.len(), 9, "each claim once, a loop too");
    let mut paged: Vec<Assertion> = Vec::new();
    for (number, expected) in (100..).zip(order) {
        let last = triples(&paged).last().cloned();
        let after = last.as_ref().map(|name| {
            let parts: Vec<&str> = name.split(' ').collect();
            (parts[0], parts[1], parts[2])
        });
        let next = page(store, &permit, "hub", &Incident::default(), after, 1).await;
        assert_eq!(triples(&next), [expected]);
        paged.extend(next);
        // Something new before the cursor.
        let early = atomic(gate.now(), [tie("r-0", "hub", "a").under(number)]);
        store.apply(&gate.write("ana@al-police").await, early).await.expect("written");
    }
    assert_eq!(paged, whole);
    assert_eq!(page(store, &permit, "hub", &Incident::default(), Some(("r-9", "c", "hub")), 9).await, []);
    assert_eq!(page(store, &permit, "hub", &Incident::default(), None, 0).await, []);
}

pub(super) async fn incident_claims_are_filtered(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let claims = [
        person("p"),
        person("q"),
        tie("r-1", "p", "q").during("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"),
        tie("r-2", "q", "p").at("2024-02-01T00:00:00Z"),
        tie("r-3", "p", "q"),
        link("r-4", "Family", "p", "q").during("2024-03-01T00:00:00Z", ""),
        tie("r-4", "p", "q").during("", "2024-01-15T00:00:00Z"),
    ];
    write(store, &gate, claims).await;
    let permit = gate.read("mira@mk-police").await;
    let told = async |incident: Incident| {
        let claims = page(store, &permit, "p", &incident, None, 99).await;
        claims.iter().map(|claim| claim.id.as_u128()).collect::<Vec<_>>()
    };
    let window = |from: &str, to: &str| {
        let end = |text: &str| (!text.is_empty()).then(|| instant(text));
        Incident { window: Some(Window { from: end(from), to: end(to) }), ..Incident::default() }
    };
    let only = |side| Incident { direction: Some(side), ..Incident::default() };
    assert_eq!(told(only(Side::Source)).await, [3, 5, 6, 7]);
    assert_eq!(told(only(Side::Target)).await, [4]);
    assert_eq!(told(window("2024-02-01T00:00:00Z", "2024-02-02T00:00:00Z")).await, [4, 5], "half-open at both ends");
    assert_eq!(told(window("2024-01-31T00:00:00Z", "2024-02-01T00:00:00Z")).await, [3, 5]);
    assert_eq!(told(window("", "2024-01-02T00:00:00Z")).await, [3, 5, 7]);
    let family = Incident { kinds: vec![KindName::new("Family").expect("a kind")], ..Incident::default() };
    assert_eq!(told(family).await, [6, 7], "the whole relationship, for the fold to decide");
}

/// Neither hidden relationships nor hidden ends take a place.
pub(super) async fn hidden_rows_do_not_shorten_a_page(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let mut claims = vec![person("hub"), person("open"), person("covert").marked("al-police AMBER_STRICT")];
    for n in 0..30 {
        let marking = if n % 3 == 0 { "al-police AMBER_STRICT" } else { "al-police GREEN" };
        let end = if n % 3 == 1 { "covert" } else { "open" };
        claims.push(tie(&format!("r-{n:02}"), "hub", end).marked(marking));
    }
    write(store, &gate, claims).await;
    let permit = gate.read("mira@mk-police").await;
    let first = page(store, &permit, "hub", &Incident::default(), None, 5).await;
    let order = ["r-02 hub open", "r-05 hub open", "r-08 hub open", "r-11 hub open", "r-14 hub open"];
    assert_eq!(triples(&first), order);
}

pub(super) async fn claims_between_two_come_either_way_round(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let claims = [
        person("p"),
        person("q"),
        person("s"),
        tie("r-1", "p", "q"),
        tie("r-2", "q", "p"),
        tie("r-3", "p", "p"),
        tie("r-4", "p", "s"),
        tie("r-1", "q", "s"),
    ];
    write(store, &gate, claims).await;
    let permit = gate.read("mira@mk-police").await;
    let (p, q) = (entity_id("p"), entity_id("q"));
    assert_eq!(numbers(store, &permit, Wanted::Between(&p, &q), None).await, [4, 5]);
    assert_eq!(numbers(store, &permit, Wanted::Between(&q, &p), None).await, [4, 5]);
    assert_eq!(numbers(store, &permit, Wanted::Between(&p, &p), None).await, [6]);
}

pub(super) async fn stamps_answer_for_instants_and_writes(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let mut writes = Vec::new();
    for number in 1..=3 {
        let permit = gate.write("ana@al-police").await;
        let batch = atomic(gate.now(), [person("p").under(number)]);
        store.apply(&permit, batch).await.expect("written");
        writes.push((permit.write(), gate.now()));
        gate.clock.advance_seconds(10);
    }
    for (revision, (write, at)) in (1..).zip(&writes) {
        let stamp = store.stamp_of(*write).await.expect("answers").expect("committed");
        assert_eq!((stamp.revision, stamp.at), (Revision(revision), *at));
        let commit = linchpin::store::Commit { write: *write, at: *at };
        assert_eq!(store.commit(stamp.revision).await.expect("answers"), Some(commit));
        assert_eq!(store.stamp_at(*at).await.expect("answers"), Some(stamp));
        let later = linchpin::model::Instant::from_micros(at.micros() + 9_999_999).expect("in the calendar");
        assert_eq!(store.stamp_at(later).await.expect("answers"), Some(stamp));
    }
    let early = instant("2026-03-01T11:59:59Z");
    assert_eq!(store.stamp_at(early).await.expect("answers"), None);
    assert_eq!(store.stamp_of(Uuid::from_u128(99)).await.expect("answers"), None);
    for absent in [0, 4] {
        assert_eq!(store.commit(Revision(absent)).await.expect("answers"), None);
    }
    assert_eq!(store.latest().await.expect("answers").revision, Revision(3));
    store.ready().await.expect("ready");
}

async fn changes(store: &dyn GraphStore, since: u64) -> (Vec<Assertion>, Vec<u128>, Revision) {
    let (mut claims, mut erased) = (Vec::new(), Vec::new());
    let mut row = |change| {
        match change {
            Change::Claim(claim) => claims.push(*claim),
            Change::Erased(id) => erased.push(id.as_u128()),
        }
        ControlFlow::Continue(())
    };
    let revision = store.changes(Revision(since), &mut row).await.expect("answers");
    claims.sort_by_key(|claim: &Assertion| claim.id);
    (claims, erased, revision)
}

/// As the claims stand now: written, closed, withdrawn; hidden or not.
pub(super) async fn changes_tell_everything_once(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let claims = [person("p"), person("q").marked("al-police RED"), tie("r", "p", "nobody"), person("s")];
    write(store, &gate, claims).await;
    let permit = gate.write("ana@al-police").await;
    let retract = |number, reason| Operation::Retract { id: id(number), reason };
    for operations in [
        vec![retract(1, RetractionReason::Superseded), person("p").under(5)],
        vec![retract(4, RetractionReason::Withdrawn)],
        vec![retract(1, RetractionReason::Withdrawn)],
    ] {
        store.apply(&permit, atomic(gate.now(), operations)).await.expect("written");
    }
    for (since, told) in [(0, &[1, 2, 3, 4, 5][..]), (1, &[1, 4, 5]), (2, &[1, 4]), (3, &[1]), (4, &[]), (9, &[])] {
        let (claims, erased, revision) = changes(store, since).await;
        let ids: Vec<u128> = claims.iter().map(|claim| claim.id.as_u128()).collect();
        assert_eq!((&ids[..], &erased[..], revision), (told, &[][..], Revision(4)), "since {since}");
        for claim in claims.iter().filter(|claim| [1, 4].contains(&claim.id.as_u128())) {
            assert!(claim.recorded.is_withdrawn());
        }
    }
    let own = gate.read("ana@al-police").await;
    let by_id = store.claims(&own, Wanted::Assertions(&[id(1), id(2), id(4), id(5)]), None).await.expect("answers");
    let (mut told, ..) = changes(store, 0).await;
    told.retain(|claim| claim.id != id(3));
    assert_eq!(told, by_id, "changes agree with reads");
}

pub(super) async fn a_follower_may_stop_early(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let claims = (0..9_000).map(|n| person(&format!("p-{n}")));
    write(store, &gate, claims).await;
    let mut told = 0;
    let mut row = |_| {
        told += 1;
        if told == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    assert_eq!(store.changes(Revision(0), &mut row).await.expect("answers"), Revision(0));
    assert_eq!(told, 3);
    assert_eq!(changes(store, 0).await.0.len(), 9_000, "and the next one hears everything");
}

/// Erased: gone from every read, told to followers, and never loaded again.
pub(super) async fn what_is_due_is_erased(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let line = || {
        let claim = person("p-gone").with("name", "Quodlibet").loaded("al-police-data", "load-1");
        claim.retain_until("2026-03-05").line(1, 1)
    };
    let load = async || {
        let operations = vec![line()];
        let batch = Batch { operations, mode: Mode::PerItem, ends: Ends::Deferred, replay: None, now: gate.now() };
        store.apply(&gate.load("loader@al-police").await, batch).await.expect("per item").outcomes.remove(0)
    };
    let Outcome::Recorded(erased) = load().await else { panic!("not recorded") };
    let more = [person("p-kept").retain_until("2026-03-06").under(7), tie("r-1", "p-gone", "p-kept").under(8)];
    store.apply(&gate.write("ana@al-police").await, atomic(gate.now(), more)).await.expect("written");
    let sweep = async |today: &str, write: u128| {
        store.erase_due(day(today), Uuid::from_u128(write), gate.now()).await.expect("swept")
    };
    assert_eq!(sweep("2026-03-04", 1).await, 0);
    assert_eq!(store.latest().await.expect("answers").revision, Revision(2), "nothing due, no revision");
    assert_eq!(sweep("2026-03-05", 2).await, 1);
    assert_eq!(store.stamp_of(Uuid::from_u128(2)).await.expect("answers").expect("made").revision, Revision(3));
    assert_eq!(sweep("2026-03-05", 3).await, 0, "once");
    let (claims, gone, revision) = changes(store, 2).await;
    assert_eq!((claims, gone, revision), (vec![], vec![erased.as_u128()], Revision(3)));
    let (claims, gone, _) = changes(store, 0).await;
    assert_eq!((claims.len(), gone), (2, vec![erased.as_u128()]));
    // Even to a clock that stands before the day.
    let permit = gate.read("ana@al-police").await;
    for at in [None, Some(Revision(1)), Some(Revision(2))] {
        assert_eq!(numbers(store, &permit, Wanted::Entities(&[entity_id("p-gone")]), at).await, [0_u128; 0]);
        assert_eq!(numbers(store, &permit, Wanted::Assertions(&[erased, id(8)]), at).await, [0_u128; 0]);
        let search = Search { words: vec!["quodlibet".to_owned()], ..Search::default() };
        assert_eq!(store.search(&permit, &search, at, None, 9).await.expect("answers"), []);
    }
    assert_eq!(load().await, Outcome::Gone(erased));
    let again = Operation::Retract { id: erased, reason: RetractionReason::Withdrawn };
    let refused = store.apply(&gate.write("ana@al-police").await, atomic(gate.now(), [again])).await;
    assert_eq!(super::refusals(refused), [(0, "not-found")]);
}

/// So that looking back never unmasks a person who is protected now.
pub(super) async fn protective_claims_come_though_looked_back(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    write(store, &gate, [person("p")]).await;
    let permit = gate.write("ana@al-police").await;
    let protect = atomic(gate.now(), [person("p").with("role", "victim").under(2), person("p").under(3)]);
    store.apply(&permit, protect).await.expect("written");
    let read = gate.read("mira@mk-police").await;
    assert_eq!(numbers(store, &read, Wanted::Entities(&[entity_id("p")]), Some(Revision(1))).await, [1, 2]);
    let lift = Operation::Retract { id: id(2), reason: RetractionReason::Superseded };
    store.apply(&permit, atomic(gate.now(), [lift])).await.expect("closed");
    assert_eq!(numbers(store, &read, Wanted::Entities(&[entity_id("p")]), Some(Revision(1))).await, [1]);
    assert_eq!(numbers(store, &read, Wanted::Entities(&[entity_id("p")]), Some(Revision(2))).await, [1, 2, 3]);
}
