//! A small world of several agencies' claims, dense in coincidences, written twice: whole, and without what one caller cannot see.

use std::collections::BTreeSet;

use linchpin::access::{Action, Directory, Guard, visible};
use linchpin::model::{AgencyId, AssertionId, Claim, EntityId, Nature, RetractionReason, Subject, SubjectName};
use linchpin::store::{Batch, Ends, GraphStore, Mode, Operation, Outcome};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Gatehouse, Town, day, entity, instant, link};

const WRITERS: [&str; 4] = ["ana@al-police", "ben@al-police", "rada@rs-fiu", "mira@mk-police"];
const MARKINGS: [&str; 9] = [
    "GREEN",
    "GREEN",
    "CLEAR",
    "AMBER",
    "AMBER case:case-12",
    "AMBER_STRICT",
    "RED to:mira@mk-police",
    "GREEN confidential",
    "GREEN case:case-12",
];
const NAMES: [&str; 4] = ["Ana Marku", "Ана", "Markuvic", "Zef Marku"];
const RETAIN: [Option<&str>; 5] = [None, None, None, Some("2026-03-01"), Some("2026-03-03")];
const PERIODS: [(&str, &str); 3] =
    [("", ""), ("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"), ("2024-03-01T00:00:00Z", "")];
const EVALUATIONS: [&str; 4] = ["admiralty A 1", "admiralty B 2", "admiralty F 3", "europol-4x4 C 4"];
/// How many entities there are: people first, then accounts.
const PEOPLE: usize = 4;
const ACCOUNTS: usize = 2;
const LINKS: usize = 5;

/// One thing that a writer does, in small numbers.
#[derive(Debug, Clone)]
enum Step {
    Entity { who: usize, name: usize, role: usize, marking: usize, retain: usize, weight: (usize, usize) },
    Link { id: usize, ends: (usize, usize), kind: usize, period: usize, marking: usize, weight: (usize, usize) },
    Retract { which: usize, withdraw: bool },
}

/// What one writer does at once.
#[derive(Debug, Clone)]
pub(super) struct Round {
    writer: usize,
    steps: Vec<Step>,
}

/// A history of a few rounds.
pub(super) fn history() -> impl Strategy<Value = Vec<Round>> {
    let weight = || (0..EVALUATIONS.len(), 0..3_usize);
    let entity =
        (0..PEOPLE + ACCOUNTS, 0..NAMES.len(), 0..8_usize, 0..MARKINGS.len(), 0..RETAIN.len(), weight()).prop_map(
            |(who, name, role, marking, retain, weight)| Step::Entity { who, name, role, marking, retain, weight },
        );
    let ends = (0..PEOPLE, 0..PEOPLE);
    let link = (0..LINKS, ends, 0..3_usize, 0..PERIODS.len(), 0..MARKINGS.len(), weight())
        .prop_map(|(id, ends, kind, period, marking, weight)| Step::Link { id, ends, kind, period, marking, weight });
    let retract = (0..64_usize, any::<bool>()).prop_map(|(which, withdraw)| Step::Retract { which, withdraw });
    let step = prop_oneof![6 => entity, 5 => link, 2 => retract];
    let round = (0..WRITERS.len(), vec(step, 2..8)).prop_map(|(writer, steps)| Round { writer, steps });
    vec(round, 2..7)
}

/// The instant of a round.
pub(super) fn instant_of(round: usize) -> String {
    format!("2026-02-01T{round:02}:00:00Z")
}

/// Ids of entities that there may be.
pub(super) fn entity_ids() -> Vec<String> {
    (0..PEOPLE + ACCOUNTS).map(entity_name).collect()
}

/// Ids of relationships that there may be.
pub(super) fn relationship_ids() -> Vec<String> {
    (0..LINKS).map(|id| format!("r-{id}")).collect()
}

fn entity_name(at: usize) -> String {
    if at < PEOPLE { format!("e-{at}") } else { format!("acc-{}", at - PEOPLE) }
}

/// A claim as it was written.
struct Written {
    id: AssertionId,
    claim: Claim,
    by: SubjectName,
    withdrawn: bool,
}

/// What was done, round by round.
#[derive(Default)]
pub(super) struct World {
    written: Vec<Written>,
    /// What the store took, with the claim that it is about.
    done: Vec<(usize, Vec<(Operation, AssertionId)>)>,
}

impl World {
    /// Writes a history into a store.
    pub(super) async fn write(rounds: &[Round], store: &dyn GraphStore) -> Self {
        let (mut world, gate) = (Self::default(), Town::usual().gatehouse());
        for (at, round) in rounds.iter().enumerate() {
            let number = 100 * (at as u128 + 1);
            let operations: Vec<Operation> =
                round.steps.iter().zip(number..).map(|(step, id)| world.operation(step, round.writer, id)).collect();
            let outcomes = apply(&gate, store, at, round.writer, operations.clone()).await;
            let mut taken = Vec::new();
            for (operation, outcome) in operations.into_iter().zip(outcomes) {
                let Some(id) = outcome.assertion() else { continue };
                match &operation {
                    Operation::Assert(new) => {
                        let by = SubjectName::new(WRITERS[round.writer]).expect("a subject");
                        world.written.push(Written { id, claim: new.claim.clone(), by, withdrawn: false });
                    }
                    Operation::Retract { reason, .. } => {
                        let known = world.written.iter_mut().find(|written| written.id == id).expect("it was written");
                        known.withdrawn |= *reason == RetractionReason::Withdrawn;
                    }
                }
                taken.push((operation, id));
            }
            world.done.push((round.writer, taken));
        }
        world
    }

    /// Writes the same without what a caller cannot see; `false` when the store does not take that by itself.
    pub(super) async fn write_seen(&self, directory: &Directory, who: &str, store: &dyn GraphStore) -> bool {
        let (gate, seen) = (Town::usual().gatehouse(), self.seen(directory, who));
        for (at, (writer, done)) in self.done.iter().enumerate() {
            let kept = done.iter().filter(|(_, id)| seen.contains(id)).map(|(operation, _)| operation.clone());
            let kept: Vec<Operation> = kept.collect();
            if kept.is_empty() {
                continue;
            }
            let outcomes = apply(&gate, store, at, *writer, kept).await;
            if outcomes.iter().any(|outcome| outcome.assertion().is_none()) {
                return false;
            }
        }
        true
    }

    /// The claims that a caller may see by the rule. For one who cannot write an end themselves, of relationships only those whose
    /// ends are there for the caller at some time.
    fn seen(&self, directory: &Directory, who: &str) -> BTreeSet<AssertionId> {
        let (_, agency) = who.split_once('@').expect("name@agency");
        let (subject, agency) = (SubjectName::new(who).expect("a subject"), AgencyId::new(agency).expect("an agency"));
        let clearance =
            directory.clearance(&subject, &agency, instant("2026-03-01T12:00:00Z")).expect("the directory knows them");
        let sees = |written: &&Written| {
            let guard = Guard {
                marking: &written.claim.marking,
                asserted_by: &written.by,
                retain_until: written.claim.retain_until,
                withdrawn: written.withdrawn,
            };
            visible(&clearance, day("2026-03-01"), &guard)
        };
        let visible: Vec<&Written> = self.written.iter().filter(sees).collect();
        let there: BTreeSet<&EntityId> = (visible.iter())
            .filter_map(|written| match &written.claim.subject {
                Subject::Entity(id) => Some(id),
                Subject::Relationship { .. } => None,
            })
            .collect();
        let writes = directory.subjects[&subject].roles.iter().any(|role| role.may(Action::Assert));
        let stands = |written: &&Written| match &written.claim.subject {
            Subject::Entity(_) => true,
            Subject::Relationship { .. } if writes => true,
            Subject::Relationship { source, target, .. } => there.contains(source) && there.contains(target),
        };
        visible.into_iter().filter(stands).map(|written| written.id).collect()
    }

    /// How many claims a caller cannot see.
    pub(super) fn hidden(&self, directory: &Directory, who: &str) -> usize {
        self.written.len() - self.seen(directory, who).len()
    }

    /// The ids of all claims.
    pub(super) fn ids(&self) -> Vec<AssertionId> {
        self.written.iter().map(|written| written.id).collect()
    }

    fn operation(&self, step: &Step, writer: usize, number: u128) -> Operation {
        let (_, agency) = WRITERS[writer].split_once('@').expect("name@agency");
        let weigh = |claim: crate::support::ClaimBuilder, marking: usize, (evaluation, nature): (usize, usize)| {
            let nature = [Nature::Fact, Nature::Assessment, Nature::Hypothesis][nature];
            claim.marked(&format!("{agency} {}", MARKINGS[marking])).evaluated(EVALUATIONS[evaluation]).nature(nature)
        };
        match *step {
            Step::Entity { who, name, role, marking, retain, weight } => {
                let id = entity_name(who);
                let mut claim = match who < PEOPLE {
                    true => entity(&id, "Person").with("name", NAMES[name]),
                    false => entity(&id, "BankAccount").with("status", ["open", "blocked"][name % 2]),
                };
                if role == 0 && who < PEOPLE {
                    claim = claim.with("role", "witness");
                }
                claim = weigh(claim, marking, weight);
                if let Some(day) = RETAIN[retain] {
                    claim = claim.retain_until(day);
                }
                claim.under(number)
            }
            Step::Link { id, ends: (source, target), kind, period, marking, weight } => {
                let account = |at: usize| entity_name(PEOPLE + at % ACCOUNTS);
                let id = format!("r-{id}");
                let mut claim = match kind {
                    0 => link(&id, "Associate", &entity_name(source), &entity_name(target)),
                    1 => link(&id, "Commands", &entity_name(source), &entity_name(target)),
                    _ => link(&id, "AccountTransfer", &account(source), &account(target))
                        .amount(100, "EUR")
                        .at("2024-01-15T00:00:00Z"),
                };
                let (from, to) = PERIODS[period];
                if !from.is_empty() && kind < 2 {
                    claim = claim.during(from, to);
                }
                weigh(claim, marking, weight).under(number)
            }
            Step::Retract { which, withdraw } => {
                let none = AssertionId::from_u128(999);
                let id = self.written.get(which % self.written.len().max(1)).map_or(none, |written| written.id);
                let reason = if withdraw { RetractionReason::Withdrawn } else { RetractionReason::Superseded };
                Operation::Retract { id, reason }
            }
        }
    }
}

async fn apply(
    gate: &Gatehouse,
    store: &dyn GraphStore,
    round: usize,
    writer: usize,
    operations: Vec<Operation>,
) -> Vec<Outcome> {
    gate.clock.set(&instant_of(round));
    let permit = gate.write(WRITERS[writer]).await;
    let batch = Batch { operations, mode: Mode::PerItem, ends: Ends::Deferred, replay: None, now: gate.now() };
    store.apply(&permit, batch).await.expect("the store answers").outcomes
}
