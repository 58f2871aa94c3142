//! What a batch does, decided from what the store holds: the one set of write rules that both stores share.
//!
//! A store works in three steps inside its write transaction: [`Needs::of`] says what must be known, the store looks that up in
//! bulk ([`Known`]), and [`plan`], a pure function, decides every outcome and every row to write. So both stores decide alike.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::protection::{Stake, uncovered};
use super::{Batch, Ends, GuardKey, LoadKey, Mode, NewAssertion, Operation, Outcome, Refusal, StoreError, StoreResult};
use crate::access::{Guard, WritePermit};
use crate::model::{
    AgencyId, AssertionId, Claim, Day, EntityId, Fault, KindName, Marking, Ontology, RetractionReason, Subject,
    SubjectName, Vocabulary,
};

/// Every code that a refusal may have, so that a kept outcome can be read back.
pub(super) const CODES: [&str; 9] = [
    "already-retracted",
    "dangling-end",
    "disallowed-ends",
    "duplicate-id",
    "duplicate-key",
    "not-found",
    "not-originator",
    "protection-less-visible",
    "wrong-dataset",
];

/// What must be looked up before a batch can be decided; each list without repetition.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// Load sources: the latest claim of each ([`Known::heads`]).
    pub(super) sources: Vec<[u8; 16]>,
    /// Ids that the batch brings: which of them are in use, whatever holds them ([`Known::taken`]).
    pub(super) ids: Vec<AssertionId>,
    /// Claims to be retracted: those that the writer may see ([`Known::held`]).
    pub(super) retracted: Vec<AssertionId>,
    /// Ends of relationships: their open claims that the writer may see ([`Known::ends`]). Empty where ends are not checked.
    pub(super) ends: Vec<EntityId>,
    /// Entities with a new claim that does not protect: their claims that do, open, of the writer's agency, visible to the writer
    /// ([`Known::own`]). Few entities have any: an index over protective claims keeps this cheap.
    pub(super) asserted: Vec<EntityId>,
    /// Entities with a new protective claim: all their claims, open, of the writer's agency, visible to the writer ([`Known::own`]).
    pub(super) protected: Vec<EntityId>,
}

impl Needs {
    /// What this batch needs.
    pub(super) fn of(vocabulary: &Vocabulary, batch: &Batch) -> Self {
        let mut needs = Self::default();
        let mut protected = BTreeSet::new();
        let mut asserted = BTreeSet::new();
        let mut ends = BTreeSet::new();
        for operation in &batch.operations {
            match operation {
                Operation::Retract { id, .. } => needs.retracted.push(*id),
                Operation::Assert(new) => {
                    match new.load {
                        Some(key) => needs.sources.push(key.source),
                        None => needs.ids.push(new.id),
                    }
                    match &new.claim.subject {
                        Subject::Entity(id) if new.claim.protects(vocabulary) => _ = protected.insert(id),
                        Subject::Entity(id) => _ = asserted.insert(id),
                        Subject::Relationship { source, target, .. } if batch.ends == Ends::Visible => {
                            ends.extend([source, target]);
                        }
                        Subject::Relationship { .. } => {}
                    }
                }
            }
        }
        for list in [&mut needs.ids, &mut needs.retracted] {
            list.sort_unstable();
            list.dedup();
        }
        needs.sources.sort_unstable();
        needs.sources.dedup();
        needs.asserted = asserted.difference(&protected).copied().cloned().collect();
        needs.protected = protected.into_iter().cloned().collect();
        needs.ends = ends.into_iter().cloned().collect();
        needs
    }
}

/// What the store holds of what a batch needs.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// By load source: the claim that was recorded last for it. Whatever its marking: a source is its loader's own.
    pub(super) heads: HashMap<[u8; 16], Head>,
    /// Which of the ids are in use, by claims visible or not, erased ones included.
    pub(super) taken: HashSet<AssertionId>,
    /// The claims to be retracted that the writer may see: by marking and retain day; of relationships with both ends visible now,
    /// save for a load's permit, whose own lines may dangle.
    pub(super) held: HashMap<AssertionId, Held>,
    /// By end: its open claims that the writer may see, with the kind that each states.
    pub(super) ends: HashMap<EntityId, Vec<(AssertionId, KindName)>>,
    /// By entity: open claims of the writer's agency that the writer may see, as far as [`Needs::asserted`] and
    /// [`Needs::protected`] ask for them.
    pub(super) own: HashMap<EntityId, Vec<OwnClaim>>,
}

/// The latest claim of a load source.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// Its id.
    pub(super) id: AssertionId,
    /// Whose it is; of no use once it is erased.
    pub(super) originator: Option<AgencyId>,
    /// The hash of its content; none once it is erased.
    pub(super) content: Option<[u8; 16]>,
    /// How it was closed, if it was.
    pub(super) closed: Option<RetractionReason>,
    /// Whether its content was erased.
    pub(super) erased: bool,
}

/// A claim that the batch wants closed.
#[derive(Debug, Clone)]
pub(super) struct Held {
    /// The guard under which it stands.
    pub(super) guard: GuardKey,
    /// The dataset that it belongs to.
    pub(super) dataset: Option<String>,
    /// How it was closed, if it was.
    pub(super) closed: Option<RetractionReason>,
}

/// An open claim of the writer's agency on a person whose protection is at stake.
#[derive(Debug, Clone)]
pub(super) struct OwnClaim {
    /// Its id.
    pub(super) id: AssertionId,
    /// Whether it protects the person.
    pub(super) protects: bool,
    /// Its marking.
    pub(super) marking: Marking,
    /// Who wrote it.
    pub(super) asserted_by: SubjectName,
    /// Its retain day.
    pub(super) retain_until: Option<Day>,
}

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct Plan<'a> {
    /// What becomes of each operation, in order.
    pub(super) outcomes: Vec<Outcome>,
    /// The distinct guards that the rows below name by their place here.
    pub(super) guards: Vec<GuardKey>,
    /// Claims to be recorded.
    pub(super) inserts: Vec<Insert<'a>>,
    /// Claims to be closed, each once.
    pub(super) closings: Vec<Closing>,
}

impl Plan<'_> {
    /// Whether anything is to be written. A batch that changes nothing makes no revision.
    pub(super) fn is_empty(&self) -> bool {
        self.inserts.is_empty() && self.closings.is_empty()
    }
}

/// A claim to be recorded, open, by the permit's subject.
#[derive(Debug)]
pub(super) struct Insert<'a> {
    /// Its id.
    pub(super) id: AssertionId,
    /// What is claimed.
    pub(super) claim: &'a Claim,
    /// Its guard: a place in [`Plan::guards`].
    pub(super) guard: usize,
    /// Whether it protects its subject.
    pub(super) protects: bool,
    /// The line of the source that it comes from.
    pub(super) load: Option<LoadKey>,
}

/// A claim to be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Closing {
    /// Which.
    pub(super) id: AssertionId,
    /// Why. A claim that was superseded before keeps its end when it is withdrawn: only the reason changes.
    pub(super) reason: RetractionReason,
    /// Whether it is open until now, so that its record ends with this revision.
    pub(super) was_open: bool,
    /// The guard under which it stands from now on: a place in [`Plan::guards`]; `None` where that does not change.
    pub(super) guard: Option<usize>,
}

/// Decides a batch.
///
/// An operation may depend on what becomes of another (an end, a protection, a line of the same source). So the batch is looked at
/// as a whole, in rounds: what a round refuses is left out of the next, until nothing more is refused.
///
/// Refused in [`Mode::Atomic`] is [`StoreError::Refused`], with all that the first round found.
pub(super) fn plan<'a>(
    vocabulary: &Vocabulary,
    permit: &WritePermit,
    batch: &'a Batch,
    known: &Known,
) -> StoreResult<Plan<'a>> {
    let mut refused: BTreeMap<usize, Fault> = BTreeMap::new();
    loop {
        let mut round = Round::new(vocabulary, permit, batch, known);
        round.decide(&refused);
        round.check_protection();
        round.check_ends();
        if round.refused.is_empty() {
            return Ok(round.finish(refused));
        }
        if batch.mode == Mode::Atomic {
            let refusals = round.refused.into_iter().map(|(index, fault)| Refusal { index, fault }).collect();
            return Err(StoreError::Refused(refusals));
        }
        refused.append(&mut round.refused);
    }
}

/// One look at the whole batch.
struct Round<'a, 'k> {
    vocabulary: &'k Vocabulary,
    permit: &'k WritePermit,
    batch: &'a Batch,
    known: &'k Known,
    outcomes: Vec<Option<Outcome>>,
    /// What is to be recorded, with its place in the batch.
    inserts: Vec<(usize, AssertionId, &'a NewAssertion)>,
    /// What is to be closed: why, and whether it is open until now.
    closings: BTreeMap<AssertionId, (RetractionReason, bool)>,
    refused: BTreeMap<usize, Fault>,
}

impl<'a, 'k> Round<'a, 'k> {
    fn new(vocabulary: &'k Vocabulary, permit: &'k WritePermit, batch: &'a Batch, known: &'k Known) -> Self {
        Self {
            vocabulary,
            permit,
            batch,
            known,
            outcomes: vec![None; batch.operations.len()],
            inserts: Vec::with_capacity(batch.operations.len()),
            closings: BTreeMap::new(),
            refused: BTreeMap::new(),
        }
    }

    /// Decides all operations but those refused before, in order: retractions, load keys, ids.
    fn decide(&mut self, before: &BTreeMap<usize, Fault>) {
        let batch = self.batch;
        let mut sources: HashMap<[u8; 16], (LoadKey, AssertionId)> = HashMap::new();
        let mut ids: HashSet<AssertionId> = HashSet::new();
        for (index, operation) in batch.operations.iter().enumerate() {
            if before.contains_key(&index) {
                continue;
            }
            let decided = match operation {
                Operation::Retract { id, reason } => self.retract(*id, *reason),
                Operation::Assert(new) => self.may_write(&new.claim).and_then(|()| match new.load {
                    None if self.known.taken.contains(&new.id) || !ids.insert(new.id) => {
                        Err(Fault::new("/id", "duplicate-id", "there is an assertion with this id already"))
                    }
                    None => {
                        self.inserts.push((index, new.id, new));
                        Ok(Outcome::Recorded(new.id))
                    }
                    Some(key) => self.load(index, new, key, &mut sources),
                }),
            };
            match decided {
                Ok(outcome) => self.outcomes[index] = Some(outcome),
                Err(fault) => _ = self.refused.insert(index, fault),
            }
        }
    }

    fn retract(&mut self, id: AssertionId, reason: RetractionReason) -> Result<Outcome, Fault> {
        let absent = || Fault::new("/id", "not-found", "there is no such assertion");
        let held = self.known.held.get(&id).ok_or_else(absent)?;
        if self.permit.dataset().is_some_and(|dataset| held.dataset.as_deref() != Some(dataset)) {
            return Err(absent());
        }
        if held.guard.marking.originator != self.permit.permit().clearance().agency {
            return Err(Fault::new("/id", "not-originator", "only the agency that made a claim may retract it"));
        }
        let closed = self.closings.get(&id).map(|(reason, _)| *reason).or(held.closed);
        if closed == Some(RetractionReason::Withdrawn) || (closed.is_some() && reason == RetractionReason::Superseded) {
            return Err(Fault::new("/id", "already-retracted", "this assertion was retracted before"));
        }
        self.closings.insert(id, (reason, held.closed.is_none()));
        Ok(Outcome::Retracted(id))
    }

    /// Whether the permit covers a claim at all.
    fn may_write(&self, claim: &Claim) -> Result<(), Fault> {
        let agency = &self.permit.permit().clearance().agency;
        if claim.marking.originator != *agency {
            let detail = format!("the originator of a claim is its writer's agency, `{agency}`");
            return Err(Fault::new("/marking/originator", "not-originator", detail));
        }
        match self.permit.dataset() {
            Some(dataset) if claim.provenance.dataset.as_deref() != Some(dataset) => {
                let detail = format!("this load writes into the dataset `{dataset}` alone");
                Err(Fault::new("/provenance/dataset", "wrong-dataset", detail))
            }
            _ => Ok(()),
        }
    }

    fn load(
        &mut self,
        index: usize,
        new: &'a NewAssertion,
        key: LoadKey,
        sources: &mut HashMap<[u8; 16], (LoadKey, AssertionId)>,
    ) -> Result<Outcome, Fault> {
        if let Some((first, id)) = sources.get(&key.source) {
            let detail = "an earlier line of this batch has the same source key and other content";
            let duplicate = || Fault::new("/provenance/key", "duplicate-key", detail);
            return if first.content == key.content { Ok(Outcome::Unchanged(*id)) } else { Err(duplicate()) };
        }
        let Some(head) = self.known.heads.get(&key.source) else {
            let id = key.id(None);
            sources.insert(key.source, (key, id));
            self.inserts.push((index, id, new));
            return Ok(Outcome::Recorded(id));
        };
        let closed = self.closings.get(&head.id).map(|(reason, _)| *reason).or(head.closed);
        if head.erased || closed == Some(RetractionReason::Withdrawn) {
            return Ok(Outcome::Gone(head.id));
        }
        if head.originator.as_ref() != Some(&new.claim.marking.originator) {
            let detail = "another agency loaded this source before";
            return Err(Fault::new("/marking/originator", "not-originator", detail));
        }
        if head.content == Some(key.content) {
            sources.insert(key.source, (key, head.id));
            return Ok(Outcome::Unchanged(head.id));
        }
        let id = key.id(Some(head.id));
        sources.insert(key.source, (key, id));
        self.inserts.push((index, id, new));
        if closed.is_none() {
            self.closings.insert(head.id, (RetractionReason::Superseded, true));
        }
        Ok(Outcome::Superseded { id, previous: head.id })
    }

    /// Refuses claims that would leave a claim on a protected person to readers who do not see the protection.
    ///
    /// Once one of the agency's open claims protects a person, each of its open claims on that person must be covered: by a
    /// protective claim that everyone who sees it sees too, and that lasts as long.
    fn check_protection(&mut self) {
        if self.known.own.is_empty() && !self.inserts.iter().any(|(_, _, new)| new.claim.protects(self.vocabulary)) {
            return;
        }
        let writer = &self.permit.permit().clearance().subject;
        let mut persons: BTreeMap<&EntityId, Vec<Stake<'_>>> = BTreeMap::new();
        for (index, _, new) in &self.inserts {
            if let Subject::Entity(id) = &new.claim.subject {
                persons.entry(id).or_default().push(Stake {
                    index: Some(*index),
                    protects: new.claim.protects(self.vocabulary),
                    marking: &new.claim.marking,
                    asserted_by: writer,
                    retain_until: new.claim.retain_until,
                });
            }
        }
        for (person, stakes) in &mut persons {
            let own = self.known.own.get(*person).into_iter().flatten();
            stakes.extend(own.filter(|claim| !self.closings.contains_key(&claim.id)).map(Stake::from));
            for index in uncovered(stakes) {
                let detail = "what protects a person must be seen by everyone who sees the agency's other claims on that \
                              person, and last as long";
                self.refused.insert(index, Fault::new("/marking", "protection-less-visible", detail));
            }
        }
    }

    /// Refuses relationships with an end that the writer cannot see, or of a kind that the ontology does not allow there.
    fn check_ends(&mut self) {
        if self.batch.ends != Ends::Visible {
            return;
        }
        let permit = self.permit.permit();
        let mut fresh: HashMap<&EntityId, Vec<&KindName>> = HashMap::new();
        for (_, _, new) in self.inserts.iter().filter(|(index, ..)| !self.refused.contains_key(index)) {
            if let Subject::Entity(id) = &new.claim.subject {
                let asserted_by = &permit.clearance().subject;
                let retain_until = new.claim.retain_until;
                let guard = Guard { marking: &new.claim.marking, asserted_by, retain_until, withdrawn: false };
                if permit.sees(&guard) {
                    fresh.entry(id).or_default().push(&new.claim.kind);
                }
            }
        }
        let kinds = |end: &EntityId| -> BTreeSet<&KindName> {
            let held = self.known.ends.get(end).into_iter().flatten();
            let open = held.filter(|(id, _)| !self.closings.contains_key(id)).map(|(_, kind)| kind);
            open.chain(fresh.get(end).into_iter().flatten().copied()).collect()
        };
        let mut refused = BTreeMap::new();
        for (index, _, new) in &self.inserts {
            let Subject::Relationship { source, target, .. } = &new.claim.subject else { continue };
            let fault = ends_fault(&self.vocabulary.ontology, &new.claim.kind, &kinds(source), &kinds(target));
            if let Some(fault) = fault {
                refused.insert(*index, fault);
            }
        }
        for (index, fault) in refused {
            self.refused.entry(index).or_insert(fault);
        }
    }

    fn finish(self, refused: BTreeMap<usize, Fault>) -> Plan<'a> {
        let writer = &self.permit.permit().clearance().subject;
        let mut guards = Vec::new();
        let mut places: HashMap<&Marking, usize> = HashMap::new();
        let mut inserts = Vec::with_capacity(self.inserts.len());
        for (_, id, new) in self.inserts {
            let guard = *places.entry(&new.claim.marking).or_insert_with(|| {
                guards.push(GuardKey::new(&new.claim.marking, writer, false));
                guards.len() - 1
            });
            let protects = new.claim.protects(self.vocabulary);
            inserts.push(Insert { id, claim: &new.claim, guard, protects, load: new.load });
        }
        let mut closings = Vec::with_capacity(self.closings.len());
        for (id, (reason, was_open)) in self.closings {
            let withdrawn = (reason == RetractionReason::Withdrawn).then(|| self.known.held.get(&id)).flatten();
            let guard = withdrawn.map(|held| {
                let guard = GuardKey { withdrawn: true, ..held.guard.clone() };
                guards.iter().position(|other| *other == guard).unwrap_or_else(|| {
                    guards.push(guard);
                    guards.len() - 1
                })
            });
            closings.push(Closing { id, reason, was_open, guard });
        }
        let mut outcomes: Vec<Option<Outcome>> = self.outcomes;
        for (index, fault) in refused {
            outcomes[index] = Some(Outcome::Refused(Refusal { index, fault }));
        }
        let outcomes = outcomes.into_iter().flatten().collect();
        Plan { outcomes, guards, inserts, closings }
    }
}

/// What is wrong with the ends of a relationship of this kind, given the kinds that visible claims state for each.
fn ends_fault(
    ontology: &Ontology,
    kind: &KindName,
    source: &BTreeSet<&KindName>,
    target: &BTreeSet<&KindName>,
) -> Option<Fault> {
    for (end, kinds) in [("source", source), ("target", target)] {
        if kinds.is_empty() {
            let detail = format!("there is no entity with the id of this {end}: assert it before or in the same batch");
            return Some(Fault::new(format!("/subject/{end}"), "dangling-end", detail));
        }
    }
    let fits = source.iter().any(|source| target.iter().any(|target| ontology.may_join(kind, source, target)));
    if fits {
        return None;
    }
    let words = |kinds: &BTreeSet<&KindName>| kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    let detail = format!("`{kind}` does not run from {} to {}; see GET /v1/ontology", words(source), words(target));
    Some(Fault::new("/subject", "disallowed-ends", detail))
}
