//! Snapshots, views and kernels, and what the laws and the vectors share: random claims, callers and frames.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod central;
mod encoded;
mod key_sets;
mod projection;
pub(crate) mod random;
mod structure;
mod temporal;
mod transfers;
mod view;
mod walks;
mod yen;

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use linchpin::access::Clearance;
use linchpin::analysis::{AnalysisError, Caps, Figure, Finding, analysis};
use linchpin::graph::{Budget, Lens, Snapshot, SnapshotBuilder, Stop};
use linchpin::model::{
    AgencyId, Assertion, AssertionId, Classification, Day, EntityId, Revision, SubjectName, Vocabulary,
};
use serde_json::Value;

pub(crate) static VOCABULARY: LazyLock<Arc<Vocabulary>> = LazyLock::new(|| Arc::new(Vocabulary::builtin()));

/// The day of every question.
pub(crate) const TODAY: Day = Day::from_epoch(20_000);

/// Someone who may see whatever has no marking to speak of.
pub(crate) fn anyone() -> Clearance {
    Clearance {
        subject: SubjectName::new("ana@al-police").unwrap(),
        agency: AgencyId::new("al-police").unwrap(),
        level: Classification::Secret,
        cases: BTreeSet::new(),
        grants: BTreeSet::new(),
    }
}

/// A snapshot of these claims, all in its base.
pub(crate) fn snapshot<'a>(claims: impl IntoIterator<Item = &'a Assertion>) -> Snapshot {
    let mut builder = SnapshotBuilder::new(Arc::clone(&VOCABULARY));
    claims.into_iter().for_each(|claim| builder.claim(claim));
    builder.finish(Revision(100))
}

/// A snapshot of a text graph.
pub(crate) fn drawn(text: &str) -> Snapshot {
    snapshot(&linchpin::graph::text::claims(text).unwrap())
}

pub(crate) fn entity(id: &str) -> EntityId {
    EntityId::new(id).unwrap()
}

/// Asks a question of a snapshot as the service would: body, frame, view, budget.
pub(crate) fn ask(
    snapshot: &Snapshot,
    who: &Clearance,
    name: &str,
    body: &Value,
    at: Option<Revision>,
) -> Result<Finding<Value>, AnalysisError> {
    ask_drawn(snapshot, who, name, body, at).map(|(finding, _)| finding)
}

/// The same, with what the answer looks like.
pub(crate) fn ask_drawn(
    snapshot: &Snapshot,
    who: &Clearance,
    name: &str,
    body: &Value,
    at: Option<Revision>,
) -> Result<(Finding<Value>, Option<Figure>), AnalysisError> {
    let question = analysis(name).unwrap().parse(body.clone()).map_err(AnalysisError::Faults)?;
    let frame = question
        .frame
        .resolve(&VOCABULARY.ontology, question.default_direction, &Caps::default())
        .map_err(AnalysisError::Faults)?;
    let view = snapshot.view(who, TODAY, Lens { at, ..frame.lens });
    let budget = Budget::new(frame.caps.max_visited, Stop::default());
    question.run.draw(&view, &frame.caps, &budget)
}

/// The claims that a result names by themselves.
pub(crate) fn claims_named(result: &Value) -> BTreeSet<AssertionId> {
    let mut ids = BTreeSet::new();
    match result {
        Value::Array(items) => ids.extend(items.iter().flat_map(claims_named)),
        Value::Object(fields) => {
            let own = fields.get("assertion").map(|id| serde_json::from_value(id.clone()).unwrap());
            ids.extend(own.into_iter().chain(fields.values().flat_map(claims_named)));
        }
        _ => {}
    }
    ids
}

#[test]
fn a_claim_that_comes_twice_counts_as_it_came_last() {
    let mut claims = linchpin::graph::text::claims("a -t1-> b").unwrap();
    let mut again = claims.clone();
    again[2].claim.evaluation.source = "C".to_owned();
    claims.extend(again.clone());
    assert_eq!(snapshot(&claims), snapshot(&again));
}

#[test]
fn an_erased_claim_is_as_one_that_never_was() {
    let claims = linchpin::graph::text::claims("a -t1-> b\nb -t2-> c").unwrap();
    let kept: Vec<_> = claims.iter().filter(|claim| claim.id != AssertionId::from_u128(5)).cloned().collect();
    let erased = snapshot(&claims).apply(&[], &[AssertionId::from_u128(5)], Revision(100));
    assert_eq!(erased, snapshot(&kept));
    let mut builder = SnapshotBuilder::new(Arc::clone(&VOCABULARY));
    builder.erase(AssertionId::from_u128(5));
    claims.iter().for_each(|claim| builder.claim(claim));
    assert_eq!(builder.finish(Revision(100)), snapshot(&kept));
}

#[test]
fn a_sibling_snapshot_keeps_its_own_guards() {
    // Two snapshots grow from one and number a new guard each: neither may take the other's for its own.
    let base = drawn("a -t1-> b");
    let who = anyone();
    let mut open = linchpin::graph::text::claims("c").unwrap();
    open[0].id = AssertionId::from_u128(50);
    open[0].claim.marking.tlp = linchpin::model::Tlp::Green;
    let mut closed = open.clone();
    closed[0].claim.marking.tlp = linchpin::model::Tlp::AmberStrict;
    let shown = base.apply(&open, &[], Revision(101));
    assert!(shown.view(&who, TODAY, Lens::default()).node(&entity("c")).is_some());
    let hidden = base.apply(&closed, &[], Revision(101));
    assert!(hidden.view(&who, TODAY, Lens::default()).node(&entity("c")).is_none());
    assert!(shown.view(&who, TODAY, Lens::default()).node(&entity("c")).is_some());
}
