//! Random histories: batches on a store and on a plain list of claims; every read compared for several people.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use linchpin::access::Permit;
use linchpin::model::{
    Assertion, AssertionId, EntityId, KindName, RelationshipId, RetractionReason, Revision, Vocabulary, Window, tokens,
};
use linchpin::store::{
    Batch, Change, Ends, GraphStore, Hit, Incident, LoadKey, Mode, NewAssertion, Operation, Outcome, Search, Side,
    StoreError, TriplePage, Wanted,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence, TestRunner};

use super::oracle::Oracle;
use super::{Harness, entity_id, relationship_id};
use crate::support::{Town, entity, instant, link, marking};

const WRITERS: [&str; 4] = ["ana@al-police", "ben@al-police", "rada@rs-fiu", "mira@mk-police"];
const READERS: [&str; 4] = ["ben@al-police", "radovan@rs-fiu", "mira@mk-police", "gita@al-police"];
const MARKINGS: [&str; 8] = [
    "GREEN",
    "GREEN",
    "AMBER",
    "AMBER case:case-12",
    "AMBER_STRICT",
    "RED to:mira@mk-police",
    "GREEN confidential",
    "GREEN case:case-12 case:case-13",
];
const NAMES: [&str; 4] = ["Ana Marku", "Ана", "Markuvic", "Zef Marku"];
const RETAIN: [Option<&str>; 4] = [None, None, Some("2026-03-01"), Some("2026-03-03")];
const PERIODS: [(&str, &str); 3] =
    [("", ""), ("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"), ("2024-03-01T00:00:00Z", "")];
const TODAYS: [&str; 2] = ["2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"];
const ENTITIES: usize = 4;
const LINKS: usize = 3;

/// One operation, in small numbers that are taken modulo what there is.
#[derive(Debug, Clone)]
enum Step {
    Person { who: usize, name: usize, role: usize, marking: usize, retain: usize, line: Option<(u8, u8)> },
    Link { id: usize, ends: (usize, usize), kind: usize, period: usize, marking: usize, retain: usize },
    Retract { which: usize, withdraw: bool },
}

#[derive(Debug, Clone)]
struct Round {
    writer: usize,
    atomic: bool,
    deferred: bool,
    steps: Vec<Step>,
}

fn step() -> impl Strategy<Value = Step> {
    let line = proptest::option::weighted(0.4, (0..3_u8, 0..3_u8));
    let person = (0..ENTITIES, 0..NAMES.len(), 0..8_usize, 0..MARKINGS.len(), 0..RETAIN.len(), line)
        .prop_map(|(who, name, role, marking, retain, line)| Step::Person { who, name, role, marking, retain, line });
    let ends = (0..ENTITIES, 0..ENTITIES);
    let link = (0..LINKS, ends, 0..2_usize, 0..PERIODS.len(), 0..MARKINGS.len(), 0..RETAIN.len())
        .prop_map(|(id, ends, kind, period, marking, retain)| Step::Link { id, ends, kind, period, marking, retain });
    let retract = (0..64_usize, any::<bool>()).prop_map(|(which, withdraw)| Step::Retract { which, withdraw });
    prop_oneof![5 => person, 4 => link, 3 => retract]
}

fn history() -> impl Strategy<Value = Vec<Round>> {
    let round = (0..WRITERS.len(), any::<bool>(), any::<bool>(), proptest::collection::vec(step(), 1..7))
        .prop_map(|(writer, atomic, deferred, steps)| Round { writer, atomic, deferred, steps });
    proptest::collection::vec(round, 1..7)
}

/// Runs histories on fresh stores.
pub(super) fn histories<H: Harness>() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let config = Config {
        cases: H::HISTORIES,
        max_shrink_iters: 200,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    };
    let tried = TestRunner::new(config).run(&history(), |rounds| {
        runtime.block_on(async {
            if let Some(harness) = H::fresh().await {
                live_through(harness.store(), &rounds).await;
            }
        });
        Ok(())
    });
    if let Err(error) = tried {
        panic!("{error}");
    }
}

fn operation(step: &Step, agency: &str, number: u128, oracle: &Oracle) -> Operation {
    let new = |claim: crate::support::ClaimBuilder, words: usize, retain: usize| {
        let mut claim = claim.claim();
        claim.marking = marking(&format!("{agency} {}", MARKINGS[words]));
        claim.retain_until = RETAIN[retain].map(crate::support::day);
        NewAssertion { id: AssertionId::from_u128(number), claim, load: None }
    };
    match *step {
        Step::Person { who, name, role, marking, retain, line } => {
            let mut claim = entity(&format!("e-{who}"), "Person").with("name", NAMES[name]);
            if role == 0 {
                claim = claim.with("role", "witness");
            }
            let mut new = new(claim, marking, retain);
            let agency = u8::try_from(agency.len()).expect("short");
            new.load =
                line.map(|(source, content)| LoadKey { source: [16 * agency + source; 16], content: [content; 16] });
            Operation::Assert(Box::new(new))
        }
        Step::Link { id, ends: (source, target), kind, period, marking, retain } => {
            let kind = ["Associate", "Family"][kind];
            let mut claim = link(&format!("r-{id}"), kind, &format!("e-{source}"), &format!("e-{target}"));
            let (from, to) = PERIODS[period];
            if !from.is_empty() {
                claim = claim.during(from, to);
            }
            Operation::Assert(Box::new(new(claim, marking, retain)))
        }
        Step::Retract { which, withdraw } => {
            let claims = &oracle.claims;
            let id = if claims.is_empty() { AssertionId::from_u128(999) } else { claims[which % claims.len()].id };
            let reason = if withdraw { RetractionReason::Withdrawn } else { RetractionReason::Superseded };
            Operation::Retract { id, reason }
        }
    }
}

async fn live_through(store: &dyn GraphStore, rounds: &[Round]) {
    let (gate, vocabulary) = (Town::usual().gatehouse(), Vocabulary::builtin());
    gate.clock.set("2026-02-01T00:00:00Z");
    let (mut oracle, mut number) = (Oracle::default(), 0);
    for round in rounds {
        let who = WRITERS[round.writer];
        let (_, agency) = who.split_once('@').expect("name@agency");
        let mut operations = Vec::new();
        for step in &round.steps {
            number += 1;
            operations.push(operation(step, agency, number, &oracle));
        }
        let mode = if round.atomic { Mode::Atomic } else { Mode::PerItem };
        let ends = if round.deferred { Ends::Deferred } else { Ends::Visible };
        let batch = Batch { operations, mode, ends, replay: None, now: gate.now() };
        let permit = gate.write(who).await;
        let (before, latest) = (oracle.clone(), store.latest().await.expect("answers").revision);
        match store.apply(&permit, batch.clone()).await {
            Ok(applied) => {
                oracle.follow(&permit.permit().identity().subject, &batch, &applied);
                justified(&oracle, &before, permit.permit(), &batch, &applied.outcomes);
                let changed = oracle.claims != before.claims;
                assert_eq!(
                    applied.revision.0,
                    latest.0 + u64::from(changed),
                    "one revision for a change, none for none"
                );
            }
            Err(StoreError::Refused(refusals)) if round.atomic => assert!(!refusals.is_empty()),
            other => panic!("{other:?}"),
        }
    }
    compare_changes(store, &oracle).await;
    for today in TODAYS {
        gate.clock.set(today);
        for reader in READERS {
            let permit = gate.read(reader).await;
            let latest = store.latest().await.expect("answers").revision;
            for at in [None, Some(Revision(latest.0.div_ceil(2)))] {
                compare(store, &oracle, &vocabulary, &permit, at).await;
            }
        }
    }
}

/// That what was done and refused was so for a reason, as far as one operation can be judged by the state after the batch.
fn justified(after: &Oracle, before: &Oracle, writer: &Permit, batch: &Batch, outcomes: &[Outcome]) {
    for (operation, outcome) in batch.operations.iter().zip(outcomes) {
        match (operation, outcome) {
            (Operation::Retract { id, .. }, outcome) => {
                let seen = !before.assertions(writer, &[*id], None).is_empty();
                let absent = matches!(outcome, Outcome::Refused(refusal) if refusal.fault.code == "not-found");
                assert_eq!(seen, !absent, "{outcome:?}");
            }
            (Operation::Assert(new), outcome) if batch.ends == Ends::Visible => {
                let linchpin::model::Subject::Relationship { source, target, .. } = &new.claim.subject else {
                    continue;
                };
                let there = after.exists(writer, source, None) && after.exists(writer, target, None);
                let dangling = matches!(outcome, Outcome::Refused(refusal) if refusal.fault.code == "dangling-end");
                assert_eq!(there, !dangling, "{outcome:?}");
            }
            _ => {}
        }
    }
}

async fn compare(
    store: &dyn GraphStore,
    oracle: &Oracle,
    vocabulary: &Vocabulary,
    permit: &Permit,
    at: Option<Revision>,
) {
    let entities: Vec<EntityId> = (0..ENTITIES).map(|n| entity_id(&format!("e-{n}"))).collect();
    let links: Vec<RelationshipId> = (0..LINKS).map(|n| relationship_id(&format!("r-{n}"))).collect();
    let all: Vec<AssertionId> = oracle.claims.iter().map(|claim| claim.id).collect();
    let read = async |wanted: Wanted<'_>| store.claims(permit, wanted, at).await.expect("answers");
    assert_eq!(read(Wanted::Entities(&entities)).await, oracle.entities(vocabulary, permit, &entities, at));
    let tied = oracle.relationships(permit, at, |_, _, _| true);
    assert_eq!(read(Wanted::Relationships(&links)).await, tied, "relationships at {at:?}");
    assert_eq!(read(Wanted::Assertions(&all)).await, oracle.assertions(permit, &all, at), "by id at {at:?}");
    for one in &entities {
        for other in entities.iter().filter(|other| *other >= one) {
            let between =
                oracle.relationships(permit, at, |_, s, t| (s == one && t == other) || (s == other && t == one));
            assert_eq!(read(Wanted::Between(one, other)).await, between);
        }
        for incident in incidents() {
            let whole = oracle.incident(permit, one, &incident, at);
            compare_pages(store, permit, one, &incident, at, &whole).await;
        }
    }
    for words in ["", "ana", "mark", "ana marku", "marku ana", "zef a"] {
        let search = Search { words: tokens(words), ..Search::default() };
        let whole = oracle.search(vocabulary, permit, &search.words, at);
        let mut paged: Vec<Hit> = Vec::new();
        while let page = store.search(permit, &search, at, paged.last(), 2).await.expect("answers")
            && !page.is_empty()
        {
            paged.extend(page);
        }
        assert_eq!(paged, whole, "`{words}` at {at:?}");
    }
}

fn incidents() -> Vec<Incident> {
    let window = Window { from: Some(instant("2024-02-01T00:00:00Z")), to: Some(instant("2024-03-01T00:00:00Z")) };
    let family = vec![KindName::new("Family").expect("a kind")];
    vec![
        Incident::default(),
        Incident { direction: Some(Side::Source), ..Incident::default() },
        Incident { direction: Some(Side::Target), ..Incident::default() },
        Incident { window: Some(window), ..Incident::default() },
        Incident { kinds: family, ..Incident::default() },
    ]
}

async fn compare_pages(
    store: &dyn GraphStore,
    permit: &Permit,
    entity: &EntityId,
    incident: &Incident,
    at: Option<Revision>,
    whole: &[Vec<Assertion>],
) {
    let mut paged: Vec<Assertion> = Vec::new();
    for expected in whole.chunks(2) {
        let last = paged.last().map(|claim| claim.claim.subject.clone());
        let after = match &last {
            Some(linchpin::model::Subject::Relationship { id, source, target }) => Some((id, source, target)),
            _ => None,
        };
        let page = TriplePage { after, limit: 2 };
        let page = store.incident(permit, entity, incident, at, page).await.expect("answers");
        assert_eq!(page, expected.concat(), "{incident:?} of {entity} at {at:?}");
        paged.extend(page);
    }
    if whole.is_empty() {
        let page = TriplePage { after: None, limit: 2 };
        assert_eq!(store.incident(permit, entity, incident, at, page).await.expect("answers"), []);
    }
}

async fn compare_changes(store: &dyn GraphStore, oracle: &Oracle) {
    let latest = store.latest().await.expect("answers").revision;
    for since in 0..=latest.0 {
        let mut told: BTreeMap<AssertionId, Assertion> = BTreeMap::new();
        let reached = store
            .changes(Revision(since), &mut |change| {
                let Change::Claim(claim) = change else { panic!("nothing was erased") };
                assert_eq!(told.insert(claim.id, *claim), None, "each claim once");
                ControlFlow::Continue(())
            })
            .await
            .expect("answers");
        assert_eq!(reached, latest);
        for claim in &oracle.claims {
            let touched = claim.recorded.from.0 > since || claim.recorded.to.is_some_and(|to| to.revision.0 > since);
            match told.remove(&claim.id) {
                Some(other) => assert_eq!(other, *claim),
                // A withdrawal of what was superseded before leaves no trace in the record's end.
                None => assert!(!touched, "{claim:?} was not told since {since}"),
            }
        }
        assert!(told.is_empty(), "told of what is not there: {told:?}");
    }
}
