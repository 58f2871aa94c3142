//! Writing: atomic, replay-safe, and by the rules.

use std::sync::Arc;

use linchpin::model::{Instant, RetractionReason, Revision};
use linchpin::store::{Batch, Ends, Mode, Operation, Outcome, ReplayKey, StoreError, Wanted};

use super::{Harness, code, entity_id, id, refusals};
use crate::support::{Town, assert_all, atomic, entity, instant, link};

fn person(name: &str) -> crate::support::ClaimBuilder {
    entity(name, "Person")
}

fn retract(number: u128, reason: RetractionReason) -> Operation {
    Operation::Retract { id: id(number), reason }
}

use RetractionReason::{Superseded, Withdrawn};

/// One refused operation, and nothing of the batch is there; every refusal is told.
pub(super) async fn a_batch_is_atomic(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let batch = atomic(
        gate.now(),
        [person("p-1").under(1), retract(7, Withdrawn), link("r-1", "Associate", "p-1", "nobody").under(2)],
    );
    let refused = refusals(store.apply(&gate.write("ana@al-police").await, batch).await);
    assert_eq!(refused, [(1, "not-found"), (2, "dangling-end")]);
    assert_eq!(store.latest().await.expect("answers").revision, Revision(0));
    let permit = gate.read("ana@al-police").await;
    let claims = store.claims(&permit, Wanted::Entities(&[entity_id("p-1")]), None).await.expect("answers");
    assert_eq!(claims, []);
}

/// Per item, what is refused does not hold up the others, but what rests on it is refused too.
pub(super) async fn per_item_writes_the_others(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let mut batch = atomic(
        gate.now(),
        [
            person("p-1").under(1),
            person("p-2").marked("rs-fiu GREEN").under(2),
            link("r-1", "Associate", "p-1", "p-2").under(3),
            person("p-3").under(4),
            link("r-2", "Associate", "p-1", "p-3").under(5),
        ],
    );
    batch.mode = Mode::PerItem;
    let applied = store.apply(&gate.write("ana@al-police").await, batch).await.expect("written");
    let words: Vec<_> = applied
        .outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Recorded(_) => "recorded",
            Outcome::Refused(refusal) => code(&refusal.fault),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(words, ["recorded", "not-originator", "dangling-end", "recorded", "recorded"]);
    assert_eq!(applied.revision, Revision(1));
    let permit = gate.read("ana@al-police").await;
    let ids = [id(1), id(2), id(3), id(4), id(5)];
    let there = store.claims(&permit, Wanted::Assertions(&ids), None).await.expect("answers");
    assert_eq!(there.iter().map(|claim| claim.id).collect::<Vec<_>>(), [id(1), id(4), id(5)]);
}

/// What changes nothing makes no revision, and answers with the latest.
pub(super) async fn an_empty_batch_makes_no_revision(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let empty = store.latest().await.expect("answers");
    assert_eq!((empty.revision, empty.at.micros()), (Revision(0), 0));
    let permit = gate.write("ana@al-police").await;
    let applied = store.apply(&permit, atomic(gate.now(), [])).await.expect("nothing to refuse");
    assert_eq!((applied.revision, applied.outcomes, applied.replayed), (Revision(0), vec![], false));
    assert_eq!(store.stamp_of(permit.write()).await.expect("answers"), None);
    store.apply(&permit, assert_all(gate.now(), [person("p-1")])).await.expect("written");
    let permit = gate.write("ana@al-police").await;
    let applied = store.apply(&permit, atomic(gate.now(), [])).await.expect("nothing to refuse");
    assert_eq!((applied.revision, applied.recorded_at), (Revision(1), gate.now()));
    assert_eq!(store.latest().await.expect("answers").revision, Revision(1));
}

/// A revision's instant is the writer's clock, or just after the last one.
pub(super) async fn instants_increase_though_the_clock_goes_back(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let mut instants: Vec<Instant> = Vec::new();
    let clock = ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z", "2026-03-01T11:00:00Z", "2026-03-01T13:00:00Z"];
    for (number, now) in (1..).zip(clock) {
        let batch = atomic(instant(now), [person(&format!("p-{number}")).under(number)]);
        let applied = store.apply(&gate.write("ana@al-police").await, batch).await.expect("written");
        assert_eq!(u128::from(applied.revision.0), number);
        instants.push(applied.recorded_at);
    }
    assert!(instants.windows(2).all(|pair| pair[0] < pair[1]), "{instants:?}");
    assert_eq!((instants[0], instants[3]), (instant(clock[0]), instant(clock[3])));
    assert!(
        instants[2] < instant("2026-03-01T12:00:01Z"),
        "a clock that goes back moves the record by no more than needed"
    );
}

/// The same key and body: the same answer and nothing new, even after a restart. The same key, another body: refused.
pub(super) async fn a_key_replays_its_answer(harness: &mut impl Harness) {
    let gate = Town::usual().gatehouse();
    let key =
        |body: u8, keep_from: &str| Some(ReplayKey { key: [1; 32], body: [body; 32], keep_from: instant(keep_from) });
    let batch = |number: u128, replay| Batch { replay, ..atomic(gate.now(), [person("p-1").under(number)]) };
    let early = "2026-02-28T12:00:00Z";
    let store = harness.store();
    let first = store.apply(&gate.write("ana@al-police").await, batch(1, key(1, early))).await.expect("written");
    assert!(!first.replayed);
    harness.reopen().await;
    let store = harness.store();
    gate.clock.advance_seconds(60);
    let again = store.apply(&gate.write("ana@al-police").await, batch(2, key(1, early))).await.expect("replayed");
    assert_eq!(
        (again.revision, again.recorded_at, &again.outcomes, again.replayed),
        (first.revision, first.recorded_at, &first.outcomes, true)
    );
    let other = store.apply(&gate.write("ana@al-police").await, batch(3, key(2, early))).await;
    assert!(matches!(other, Err(StoreError::KeyReused)), "{other:?}");
    assert_eq!(store.latest().await.expect("answers").revision, Revision(1));
    // Once it is too old, the key is free.
    let late = store.apply(&gate.write("ana@al-police").await, batch(4, key(2, "2026-03-02T12:00:00Z"))).await;
    assert_eq!(late.expect("written").outcomes, [Outcome::Recorded(id(4))]);
}

/// An id is taken whether its claim is visible or not, and within the batch.
pub(super) async fn an_id_is_given_once(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let hidden = atomic(gate.now(), [person("p-1").marked("rs-fiu AMBER_STRICT").under(1)]);
    store.apply(&gate.write("rada@rs-fiu").await, hidden).await.expect("written");
    let batch = atomic(gate.now(), [person("p-1").under(1), person("p-2").under(2), person("p-3").under(2)]);
    let refused = refusals(store.apply(&gate.write("ana@al-police").await, batch).await);
    assert_eq!(refused, [(0, "duplicate-id"), (2, "duplicate-id")]);
}

/// An end that is hidden from the writer is absent, whatever exists unseen.
pub(super) async fn both_ends_must_be_visible(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let hidden = atomic(gate.now(), [person("p-1").marked("rs-fiu AMBER_STRICT").under(1)]);
    store.apply(&gate.write("rada@rs-fiu").await, hidden).await.expect("written");
    let tie = |other: &str| {
        let claims = [person("p-2").under(2), link("r-1", "Associate", "p-2", other).under(3)];
        atomic(gate.now(), claims)
    };
    let to_hidden = store.apply(&gate.write("ana@al-police").await, tie("p-1")).await;
    let to_absent = store.apply(&gate.write("ana@al-police").await, tie("p-0")).await;
    assert_eq!(format!("{to_hidden:?}"), format!("{to_absent:?}"), "hidden is absent, to the letter");
    assert_eq!(refusals(to_hidden), [(1, "dangling-end")]);
    // Whoever sees it may.
    let own = tie("p-1").operations.into_iter().map(|operation| match operation {
        Operation::Assert(mut new) => {
            new.claim.marking = crate::support::marking("rs-fiu GREEN");
            Operation::Assert(new)
        }
        other => other,
    });
    let batch = Batch { operations: own.collect(), ..tie("p-1") };
    store.apply(&gate.write("rada@rs-fiu").await, batch).await.expect("both ends are visible to rada");
}

/// In the same batch, in any order; but not when that very batch closes the end's only claim, or hides it from its writer.
pub(super) async fn ends_may_come_in_the_same_batch(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    let tie = link("r-1", "Associate", "p-1", "p-2");
    let batch = atomic(gate.now(), [tie.clone().under(1), person("p-2").under(2), person("p-1").under(3)]);
    store.apply(&permit, batch).await.expect("both ends are in the batch");
    let batch = atomic(gate.now(), [retract(2, Superseded), tie.under(4)]);
    assert_eq!(refusals(store.apply(&permit, batch).await), [(1, "dangling-end")]);
    let secret = person("p-3").marked("al-police secret").under(5);
    let batch = atomic(gate.now(), [secret, link("r-2", "Associate", "p-1", "p-3").under(6)]);
    assert_eq!(refusals(store.apply(&permit, batch).await), [(1, "dangling-end")]);
}

/// Kinds as the writer sees them, also of ends in the same batch; deferred ends are not looked at.
pub(super) async fn ends_must_be_of_allowed_kinds(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    let accounts = [entity("a-1", "BankAccount"), entity("a-2", "BankAccount"), person("p-1")];
    store.apply(&permit, assert_all(gate.now(), accounts)).await.expect("written");
    let good = atomic(gate.now(), [link("t-1", "AccountTransfer", "a-1", "a-2").under(11)]);
    store.apply(&permit, good).await.expect("from account to account");
    let bad = atomic(gate.now(), [link("t-2", "AccountTransfer", "a-1", "p-1").under(12)]);
    assert_eq!(refusals(store.apply(&permit, bad.clone()).await), [(0, "disallowed-ends")]);
    let deferred = Batch { ends: Ends::Deferred, ..bad };
    store.apply(&permit, deferred).await.expect("a load looks at ends later");
}

/// Superseded: gone now, there at an earlier revision, for everyone who could see it.
pub(super) async fn a_superseded_claim_stays_in_the_past(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    store.apply(&permit, assert_all(gate.now(), [person("p-1")])).await.expect("written");
    gate.clock.advance_seconds(60);
    let closed = store.apply(&permit, atomic(gate.now(), [retract(1, Superseded)])).await.expect("closed");
    assert_eq!((closed.revision, &closed.outcomes[..]), (Revision(2), &[Outcome::Retracted(id(1))][..]));
    let other = gate.read("mira@mk-police").await;
    let at = |at| store.claims(&other, Wanted::Entities(&[]), at);
    assert_eq!(at(None).await.expect("answers"), []);
    let ids = [entity_id("p-1")];
    let now = store.claims(&other, Wanted::Entities(&ids), None).await.expect("answers");
    assert_eq!(now, []);
    let then = store.claims(&other, Wanted::Entities(&ids), Some(Revision(1))).await.expect("answers");
    assert_eq!(then.len(), 1);
    let to = then[0].recorded.to.expect("closed");
    assert_eq!((to.revision, to.at, to.reason), (Revision(2), gate.now(), Superseded));
    let late = store.claims(&other, Wanted::Entities(&ids), Some(Revision(2))).await.expect("answers");
    assert_eq!(late, [], "the closing revision no longer holds it");
}

/// Withdrawn: from now on only the originator's agency sees it, at any revision; also when it was superseded before.
pub(super) async fn a_withdrawn_claim_is_its_originators_alone(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    store.apply(&permit, assert_all(gate.now(), [person("p-1"), person("p-2")])).await.expect("written");
    store.apply(&permit, atomic(gate.now(), [retract(2, Superseded)])).await.expect("closed");
    store.apply(&permit, atomic(gate.now(), [retract(1, Withdrawn), retract(2, Withdrawn)])).await.expect("closed");
    let (own, other) = (gate.read("ben@al-police").await, gate.read("mira@mk-police").await);
    for at in [None, Some(Revision(1)), Some(Revision(2)), Some(Revision(3))] {
        let ids = [entity_id("p-1"), entity_id("p-2")];
        let seen = store.claims(&other, Wanted::Entities(&ids), at).await.expect("answers");
        assert_eq!(seen, [], "at {at:?}");
        let by_id = store.claims(&other, Wanted::Assertions(&[id(1), id(2)]), at).await.expect("answers");
        assert_eq!(by_id, [], "at {at:?}");
    }
    let seen = store.claims(&own, Wanted::Entities(&[entity_id("p-1")]), Some(Revision(1))).await.expect("answers");
    assert_eq!(seen.len(), 1);
    assert!(seen[0].recorded.is_withdrawn());
    let both = store.claims(&own, Wanted::Assertions(&[id(1), id(2)]), None).await.expect("answers");
    let ends: Vec<_> = both.iter().map(|claim| claim.recorded.to.expect("closed").revision).collect();
    assert_eq!(ends, [Revision(3), Revision(2)], "what was superseded keeps its end");
}

/// Another agency's visible claim: refused as such. Its hidden claim, or none: not found, to the letter.
pub(super) async fn only_the_originator_retracts(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let claims = [person("p-1").marked("rs-fiu GREEN"), person("p-2").marked("rs-fiu AMBER_STRICT")];
    store.apply(&gate.write("rada@rs-fiu").await, assert_all(gate.now(), claims)).await.expect("written");
    let permit = gate.write("ana@al-police").await;
    let attempt = async |number| store.apply(&permit, atomic(gate.now(), [retract(number, Withdrawn)])).await;
    assert_eq!(refusals(attempt(1).await), [(0, "not-originator")]);
    let (hidden, absent) = (attempt(2).await, attempt(9).await);
    assert_eq!(format!("{hidden:?}"), format!("{absent:?}"));
    assert_eq!(refusals(hidden), [(0, "not-found")]);
}

/// Once; but what was superseded may still be withdrawn, once.
pub(super) async fn a_claim_is_retracted_once(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    store.apply(&permit, assert_all(gate.now(), [person("p-1")])).await.expect("written");
    let attempt = async |reasons: &[RetractionReason]| {
        let operations = reasons.iter().map(|reason| retract(1, *reason));
        store.apply(&permit, atomic(gate.now(), operations)).await
    };
    assert_eq!(refusals(attempt(&[Superseded, Superseded]).await), [(1, "already-retracted")]);
    attempt(&[Superseded]).await.expect("closed");
    assert_eq!(refusals(attempt(&[Superseded]).await), [(0, "already-retracted")]);
    attempt(&[Withdrawn]).await.expect("withdrawn");
    assert_eq!(refusals(attempt(&[Withdrawn]).await), [(0, "already-retracted")]);
}

/// Withdrawn and asserted anew under a narrower marking: others lose sight of it at every revision.
pub(super) async fn a_marking_is_raised_in_one_batch(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    store.apply(&permit, assert_all(gate.now(), [person("p-1")])).await.expect("written");
    let raise = atomic(gate.now(), [retract(1, Withdrawn), person("p-1").marked("al-police AMBER_STRICT").under(2)]);
    assert_eq!(store.apply(&permit, raise).await.expect("written").revision, Revision(2));
    let ids = [entity_id("p-1")];
    let (own, other) = (gate.read("ben@al-police").await, gate.read("mira@mk-police").await);
    for at in [None, Some(Revision(1)), Some(Revision(2))] {
        assert_eq!(store.claims(&other, Wanted::Entities(&ids), at).await.expect("answers"), []);
        let seen = store.claims(&own, Wanted::Entities(&ids), at).await.expect("answers");
        assert_eq!(seen.len(), 1, "one picture at each moment");
    }
}

/// A claim in another agency's name is refused.
pub(super) async fn the_originator_is_the_writers_agency(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let batch = assert_all(gate.now(), [person("p-1").marked("rs-fiu GREEN")]);
    let refused = refusals(store.apply(&gate.write("ana@al-police").await, batch).await);
    assert_eq!(refused, [(0, "not-originator")]);
}

/// Claims, closures and revisions are there after a restart, and counting goes on.
pub(super) async fn what_is_written_survives_reopening(harness: &mut impl Harness) {
    let gate = Town::usual().gatehouse();
    let permit = gate.write("ana@al-police").await;
    let claims = [
        person("p-1").with("name", "Арбен К.").retain_until("2033-01-01").marked("al-police AMBER case:case-12 H1 H2"),
        person("p-2")
            .evaluated("admiralty A 1")
            .marked("al-police RED to:rada@rs-fiu")
            .during("2024-01-01T00:00:00Z", ""),
        link("r-1", "Associate", "p-1", "p-2").at("2024-03-05T10:12:00Z").amount(1_250_000, "EUR"),
    ];
    harness.store().apply(&permit, assert_all(gate.now(), claims.clone())).await.expect("written");
    let read = gate.read("ana@al-police").await;
    let all = [id(1), id(2), id(3)];
    let before = harness.store().claims(&read, Wanted::Assertions(&all), None).await.expect("answers");
    harness.reopen().await;
    let store = harness.store();
    let after = store.claims(&read, Wanted::Assertions(&all), None).await.expect("answers");
    assert_eq!(before, after);
    let written: Vec<_> = claims.into_iter().map(|claim| claim.claim()).collect();
    assert_eq!(after.into_iter().map(|claim| claim.claim).collect::<Vec<_>>(), written);
    let more = atomic(gate.now(), [person("p-4").under(4)]);
    assert_eq!(store.apply(&permit, more).await.expect("written").revision, Revision(2));
}

/// A write whose asker leaves is whole or not there at all, and the next one goes through.
pub(super) async fn a_cancelled_write_leaves_nothing_open(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Town::usual().gatehouse());
    let permit = gate.write("ana@al-police").await;
    for round in 0..20_u128 {
        let claims = (0..50).map(|n| person(&format!("p-{round}-{n}")).under(1 + round * 100 + n));
        let mut write = store.apply(&permit, atomic(gate.now(), claims));
        // Polled once, so that it is under way, and dropped.
        let polled = futures::poll!(&mut write);
        drop((polled, write));
    }
    let last = atomic(gate.now(), [person("p-last").under(9_999)]);
    store.apply(&permit, last).await.expect("the way is free");
    let read = gate.read("ana@al-police").await;
    for round in 0..20_u128 {
        let ids: Vec<_> = (0..50).map(|n| id(1 + round * 100 + n)).collect();
        let there = store.claims(&read, Wanted::Assertions(&ids), None).await.expect("answers").len();
        assert!(there == 0 || there == 50, "round {round} left {there} of 50");
    }
}

/// Readers beside a writer see each batch whole.
pub(super) async fn no_reader_sees_half_a_batch(harness: &mut impl Harness) {
    let (store, gate) = (harness.store(), Arc::new(Town::usual().gatehouse()));
    let read = gate.read("ana@al-police").await;
    let ids: Vec<_> = (1..=40).map(id).collect();
    let write = async {
        for batch in 0..20_u128 {
            // Every second claim has a guard that is new to the store.
            let claims = (0..2).map(|n| {
                let marking = if n == 0 {
                    "al-police GREEN".to_owned()
                } else {
                    format!("al-police GREEN case:case-12 case:c-{batch}")
                };
                person("p-1").marked(&marking).under(1 + batch * 2 + n)
            });
            store.apply(&gate.write("ana@al-police").await, atomic(gate.now(), claims)).await.expect("written");
        }
    };
    let watch = async {
        let mut seen = 0;
        while seen < ids.len() {
            seen = store.claims(&read, Wanted::Assertions(&ids), None).await.expect("answers").len();
            assert_eq!(seen % 2, 0, "half a batch");
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(write, watch);
}
