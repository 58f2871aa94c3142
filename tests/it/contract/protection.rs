//! Protection at the moment of writing: no claim on a protected person reaches readers who do not see the protection.

use linchpin::model::RetractionReason;
use linchpin::store::{Batch, Mode, Operation, Outcome};

use super::{Harness, id, refusals};
use crate::support::{ClaimBuilder, Gatehouse, Town, atomic, entity};

const NONE: [usize; 0] = [];
const LESS: &str = "protection-less-visible";

fn person(marking: &str) -> ClaimBuilder {
    entity("p-1", "Person").marked(marking)
}

fn victim(marking: &str) -> ClaimBuilder {
    person(marking).with("role", "victim")
}

/// Writes as ana; answers the places of what was refused for want of protection.
async fn write(
    harness: &impl Harness,
    gate: &Gatehouse,
    operations: impl IntoIterator<Item = Operation>,
) -> Vec<usize> {
    let batch = atomic(gate.now(), operations);
    match harness.store().apply(&gate.write("ana@al-police").await, batch).await {
        Ok(_) => Vec::new(),
        refused => refusals(refused).into_iter().map(|(index, code)| (index, assert_eq!(code, LESS)).0).collect(),
    }
}

pub(super) async fn must_be_as_visible_as_the_other_claims(harness: &mut impl Harness) {
    let gate = Town::usual().gatehouse();
    assert_eq!(write(harness, &gate, [person("al-police AMBER case:case-12").under(1)]).await, NONE);
    for narrower in [
        "al-police AMBER_STRICT case:case-12",
        "al-police AMBER restricted case:case-12",
        "al-police AMBER case:case-13",
        "al-police RED",
    ] {
        assert_eq!(write(harness, &gate, [victim(narrower).under(2)]).await, [0], "{narrower}");
    }
    assert_eq!(write(harness, &gate, [victim("al-police AMBER case:case-12 case:case-13").under(2)]).await, NONE);
}

/// The other way round, and by a later line of one batch.
pub(super) async fn must_cover_what_comes_later(harness: &mut impl Harness) {
    let gate = Town::usual().gatehouse();
    assert_eq!(
        write(harness, &gate, [victim("al-police AMBER").under(1), person("al-police GREEN").under(2)]).await,
        [1]
    );
    assert_eq!(
        write(harness, &gate, [person("al-police GREEN").under(1), victim("al-police AMBER").under(2)]).await,
        [1]
    );
    assert_eq!(write(harness, &gate, [victim("al-police AMBER").under(1)]).await, NONE);
    assert_eq!(write(harness, &gate, [person("al-police GREEN").under(2)]).await, [0]);
    assert_eq!(write(harness, &gate, [person("al-police AMBER_STRICT").under(2)]).await, NONE);
    // Per item the rest goes through.
    let operations = vec![person("al-police GREEN").under(3), person("al-police AMBER").under(4)];
    let batch = Batch { mode: Mode::PerItem, ..atomic(gate.now(), operations) };
    let applied = harness.store().apply(&gate.write("ana@al-police").await, batch).await.expect("per item");
    assert!(matches!(&applied.outcomes[0], Outcome::Refused(refusal) if refusal.fault.code == LESS));
    assert_eq!(applied.outcomes[1], Outcome::Recorded(id(4)));
}

pub(super) async fn must_last_as_long(harness: &mut impl Harness) {
    let gate = Town::usual().gatehouse();
    let until = |claim: ClaimBuilder, day: &str| claim.retain_until(day);
    assert_eq!(write(harness, &gate, [until(person("al-police GREEN"), "2030-01-01").under(1)]).await, NONE);
    assert_eq!(write(harness, &gate, [until(victim("al-police GREEN"), "2029-12-31").under(2)]).await, [0]);
    assert_eq!(write(harness, &gate, [until(victim("al-police GREEN"), "2030-01-01").under(2)]).await, NONE);
    assert_eq!(write(harness, &gate, [person("al-police GREEN").under(3)]).await, [0]);
}

/// The bare `protected` claim that every member may see makes room for a reason that few may.
pub(super) async fn a_bare_claim_covers_a_narrower_one(harness: &mut impl Harness) {
    let gate = Town::usual().gatehouse();
    let bare = person("al-police CLEAR").with("role", "protected");
    assert_eq!(write(harness, &gate, [person("al-police GREEN").under(1)]).await, NONE);
    assert_eq!(write(harness, &gate, [victim("al-police AMBER_STRICT").under(2)]).await, [0]);
    assert_eq!(write(harness, &gate, [bare.under(3), victim("al-police AMBER_STRICT").under(2)]).await, NONE);
}

/// What the same batch closes no longer counts.
pub(super) async fn may_be_narrowed_when_the_rest_is(harness: &mut impl Harness) {
    let gate = Town::usual().gatehouse();
    assert_eq!(write(harness, &gate, [person("al-police GREEN").under(1)]).await, NONE);
    let narrow = |reason| {
        [
            victim("al-police AMBER").under(2),
            Operation::Retract { id: id(1), reason },
            person("al-police AMBER").under(3),
        ]
    };
    assert_eq!(write(harness, &gate, narrow(RetractionReason::Withdrawn)).await, NONE);
}

/// Claims of other agencies, and those that the writer cannot see, decide nothing: a refusal would tell of them.
pub(super) async fn is_judged_by_what_the_writer_sees(harness: &mut impl Harness) {
    let gate = Town::usual().gatehouse();
    let foreign = atomic(gate.now(), [victim("rs-fiu AMBER_STRICT").under(1)]);
    harness.store().apply(&gate.write("rada@rs-fiu").await, foreign).await.expect("written");
    assert_eq!(write(harness, &gate, [victim("al-police confidential").under(2)]).await, NONE);
    let low = atomic(gate.now(), [person("al-police GREEN").under(3)]);
    harness.store().apply(&gate.write("ben@al-police").await, low).await.expect("ben sees no protection");
}
