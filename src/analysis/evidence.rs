//! What an answer is made of: the envelope that every analysis has, the evidence that its result rests on, and what was left out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Frame;
use crate::graph::{GraphView, NodeIx, TripleIx};
use crate::model::{
    AssertionId, DerivedMarking, Entity, EntityId, Instant, KindName, Money, Period, Properties, Quantity,
    Relationship, RelationshipKey, Reliability, Subject,
};

/// How many names one thread reads at least.
const TOGETHER: usize = 64;

/// Why there could be more than the result shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TruncatedReason {
    /// `limits.max_hops` cut something off.
    MaxHops,
    /// `limits.max_visited` was spent.
    MaxVisited,
    /// `limits.max_results` was reached.
    MaxResults,
    /// As many candidates were gone through as the question allows; its documentation says how many.
    MaxCandidates,
}

/// A counted limit was met: there may be more than the result shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Truncated {
    /// Which limit.
    pub reason: TruncatedReason,
}

impl Truncated {
    /// Cut off by this limit.
    pub const fn by(reason: TruncatedReason) -> Self {
        Self { reason }
    }
}

/// The first rows that can be told, at most so many, and whether there are more.
pub(super) fn listed<T, U>(
    rows: impl IntoIterator<Item = T>,
    most: usize,
    mut tell: impl FnMut(T) -> Option<U>,
) -> (Vec<U>, bool) {
    let mut listed = Vec::new();
    for row in rows {
        if listed.len() == most {
            return (listed, true);
        }
        listed.extend(tell(row));
    }
    (listed, false)
}

/// What the method could not use, counted from visible data alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeftOut {
    /// Relationships without a time, where one is needed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub without_time: u64,
    /// Relationships without an amount, where one is needed, or whose amount comes to nothing in the currency asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub without_amount: u64,
    /// Relationships without a quantity, where one is needed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub without_quantity: u64,
    /// Amounts whose currency has no rate.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub without_rate: u64,
    /// Relationships of an entity with itself.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub self_loops: u64,
    /// Protected people, who are counted in the structure but never listed by a score or proposed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub protected: u64,
    /// Hubs that were reached and not passed through.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hubs: Vec<EntityId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl LeftOut {
    /// Whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a result rests on: the ids that it names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Entities.
    pub entities: BTreeSet<EntityId>,
    /// Relationships: their keys on the wire, and the triples that these stand for.
    pub relationships: BTreeMap<RelationshipKey, Subject>,
    /// Claims on entities that it names by themselves: those that state a rate or a balance.
    pub assertions: BTreeSet<AssertionId>,
    /// The marking of what it rests on without naming it: of all claims of the view, for questions about the whole graph.
    pub marking: DerivedMarking,
}

impl Evidence {
    /// Takes an entity into evidence, and names it.
    pub fn entity(&mut self, view: &GraphView<'_>, node: NodeIx) -> EntityId {
        let id = view.id(node);
        self.entities.insert(id.clone());
        id
    }

    /// Takes all that another rests on.
    pub fn merge(&mut self, other: Self) {
        self.entities.extend(other.entities);
        self.relationships.extend(other.relationships);
        self.assertions.extend(other.assertions);
        self.marking.merge(&other.marking);
    }

    /// The same as [`relationship`](Self::relationship), unless a protected person has a part in it: such people go into `unlisted`.
    pub(super) fn open_relationship(
        &mut self,
        view: &GraphView<'_>,
        triple: TripleIx,
        unlisted: &mut BTreeSet<NodeIx>,
    ) -> Option<RelationshipKey> {
        let (source, target) = view.ends(triple);
        let shielded: Vec<NodeIx> = [source, target].into_iter().filter(|end| view.is_protected(*end)).collect();
        let open = shielded.is_empty();
        unlisted.extend(shielded);
        open.then(|| self.relationship(view, triple))
    }

    /// The same as [`relationship`](Self::relationship) of many: their names are read in parallel, and those of their ends once.
    pub(super) fn relationships(&mut self, view: &GraphView<'_>, triples: &[TripleIx]) -> Vec<RelationshipKey> {
        let mut ends: Vec<NodeIx> = triples.iter().flat_map(|triple| <[NodeIx; 2]>::from(view.ends(*triple))).collect();
        ends.sort_unstable();
        ends.dedup();
        self.entities.extend(ends.into_iter().map(|end| view.id(end)));
        let name = |triple: &TripleIx| view.relationship(*triple);
        let names: Vec<_> = triples.par_iter().with_min_len(TOGETHER).map(name).collect();
        let keys = names.iter().map(|(key, _)| key.clone()).collect();
        self.relationships.extend(names);
        keys
    }

    /// Takes a relationship into evidence, with both of its ends, and names it.
    pub fn relationship(&mut self, view: &GraphView<'_>, triple: TripleIx) -> RelationshipKey {
        let (key, subject) = view.relationship(triple);
        let (source, target) = view.ends(triple);
        self.entities.extend([view.id(source), view.id(target)]);
        self.relationships.insert(key.clone(), subject);
        key
    }
}

/// One part of a result that is answered part by part.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it is: the name of its field in a line.
    pub name: &'static str,
    /// The part.
    pub value: serde_json::Value,
    /// What it rests on.
    pub evidence: Evidence,
}

impl Item {
    /// A part of a result.
    pub fn new(name: &'static str, part: &impl Serialize, evidence: Evidence) -> Self {
        let value = serde_json::to_value(part).expect("results have text keys and finite numbers");
        Self { name, value, evidence }
    }
}

/// Takes the parts of a result, while it says so.
pub type Emit<'e> = dyn FnMut(Item) -> ControlFlow<()> + 'e;

/// What an analysis found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding<T> {
    /// The result proper.
    pub result: T,
    /// What it rests on.
    pub evidence: Evidence,
    /// Which limit cut it off, if one did.
    pub truncated: Option<Truncated>,
    /// What the method could not use.
    pub left_out: LeftOut,
}

impl<T> Finding<T> {
    /// A finding that is complete and leaves nothing out.
    pub const fn whole(result: T, evidence: Evidence) -> Self {
        let left_out = LeftOut {
            without_time: 0,
            without_amount: 0,
            without_quantity: 0,
            without_rate: 0,
            self_loops: 0,
            protected: 0,
            hubs: Vec::new(),
        };
        Self { result, evidence, truncated: None, left_out }
    }

    /// The same finding with its result in another form.
    pub fn map<U>(self, form: impl FnOnce(T) -> U) -> Finding<U> {
        let Self { result, evidence, truncated, left_out } = self;
        Finding { result: form(result), evidence, truncated, left_out }
    }
}

/// The answer of an analysis. `result` differs from one to the other; the rest is the same for all.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Answer {
    /// The clock's instant for which the answer holds.
    pub as_of: Instant,
    /// Give this as `frame.replay` to ask again of what the system held now.
    pub replay: String,
    /// The frame as it was understood, defaults and caps filled in.
    pub frame: Frame,
    /// The version of the table by which evaluations became probabilities.
    pub evaluation_table: String,
    /// The marking derived from the evidence; of questions about the whole graph, from all claims that they rest on.
    pub marking: DerivedMarking,
    /// Which limit cut the result off; left out when none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub truncated: Option<Truncated>,
    /// What the method could not use; left out when that is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub left_out: Option<LeftOut>,
    /// The result, by ids.
    #[schema(value_type = Object)]
    pub result: serde_json::Value,
    /// Every entity that the result names, once.
    #[schema(value_type = BTreeMap<String, Entity>)]
    pub entities: BTreeMap<EntityId, Entity>,
    /// Every relationship that the result names, once, by its key.
    #[schema(value_type = BTreeMap<String, EvidenceRelationship>)]
    pub relationships: BTreeMap<RelationshipKey, EvidenceRelationship>,
}

/// A relationship in an answer: its fold within the frame, and the claims that it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EvidenceRelationship {
    /// Its key: the id, or `id@source@target`.
    pub id: RelationshipKey,
    /// Its kind, from the claim that counts most.
    pub kind: KindName,
    /// Where it starts.
    pub source: EntityId,
    /// Where it ends.
    pub target: EntityId,
    /// The union of what the claims state.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub properties: Properties,
    /// When it holds in the world.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub period: Option<Period>,
    /// How much money.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amount: Option<Money>,
    /// How much of something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quantity: Option<Quantity>,
    /// The reliability of the claim that counts most.
    pub evaluation: Reliability,
    /// The marking derived from the claims.
    pub marking: DerivedMarking,
    /// The claims, the one that counts most first.
    pub assertions: Vec<AssertionId>,
}

impl EvidenceRelationship {
    /// The fold under the key that the answer names it by.
    pub fn new(key: RelationshipKey, fold: Relationship) -> Self {
        Self {
            id: key,
            kind: fold.kind,
            source: fold.source,
            target: fold.target,
            properties: fold.properties,
            period: fold.period,
            amount: fold.amount,
            quantity: fold.quantity,
            evaluation: fold.evaluation,
            marking: fold.marking,
            assertions: fold.evidence,
        }
    }
}
