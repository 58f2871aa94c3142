//! What stands around some entities: counted by kind, a part of it added, with the links back into what is shown already.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paths::{all_known, distinct, hubs};
use super::{Analysis, AnalysisError, Caps, Evidence, Finding, Frame, Truncated, TruncatedReason};
use crate::graph::algo::{Ball, Expansion, Link, Refused, Selection, expand, links};
use crate::graph::{Budget, GraphView, NodeIx};
use crate::model::{EntityId, Fault, KindName, RelationshipKey};

/// The most entities that can be expanded at once.
const MAX_ENTITIES: usize = 100;
/// The most entities that can be told to be shown already.
const MAX_SHOWN: usize = 10_000;
/// How far one may ask to expand.
const MAX_HOPS: u32 = 1_000;
/// The most that a cap can be set to.
const MAX_CAP: u32 = 10_000;

/// What stands around some entities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpandRequest {
    /// The entities to expand, each once.
    #[schema(min_items = 1, max_items = 100)]
    pub entities: Vec<EntityId>,
    /// How far: relationships in a row. Cut to `limits.max_hops`.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 1000, default = 1, example = 1)]
    pub hops: u32,
    /// How much is added at most.
    #[serde(default)]
    pub caps: ExpandCaps,
    /// What is on the screen already: never added again, but linked to. Ids that you may not see or that are not there count
    /// for nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10000)]
    pub shown: Vec<EntityId>,
    /// What of the graph is looked at. `direction` says which relationships are followed; links are given whichever way they run.
    #[serde(default)]
    pub frame: Frame,
}

const fn one() -> u32 {
    1
}

/// How much an expansion adds at most. The summary counts on; what a cap kept out is told in `cut`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExpandCaps {
    /// Entities added from one entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 10000, example = 25)]
    pub per_entity: Option<u32>,
    /// Entities of one kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 10000, example = 50)]
    pub per_kind: Option<u32>,
    /// Entities altogether.
    #[schema(minimum = 1, maximum = 10000, default = 200)]
    pub total: u32,
    /// Relationships altogether, links included.
    #[schema(minimum = 1, maximum = 10000, default = 2000)]
    pub relationships: u32,
}

impl Default for ExpandCaps {
    fn default() -> Self {
        Self { per_entity: None, per_kind: None, total: 200, relationships: 2_000 }
    }
}

/// The neighbourhood: first what there is by kind, then what is added.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct ExpandResult {
    /// The entities within the hops, the expanded ones aside, by kind: the most frequent first.
    pub summary: Vec<ExpandKind>,
    /// The relationships that lead there, by kind: the most frequent first.
    pub relationship_summary: Vec<KindCount>,
    /// What is added.
    pub added: ExpandAdded,
    /// Relationships between what is added or expanded and what is shown already (the expanded entities among themselves
    /// included), in the order of their ids.
    pub links_to_shown: Vec<RelationshipKey>,
    /// Hubs that were reached and not expanded, in the order of their ids.
    pub hubs: Vec<ExpandHub>,
    /// What the caps kept out; empty when that is nothing.
    pub cut: Vec<ExpandCut>,
}

/// How many entities of one kind there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExpandKind {
    /// The kind.
    pub kind: KindName,
    /// How many there are within the hops.
    pub count: u64,
    /// How many of them were shown already.
    pub shown: u64,
    /// How many of them are added.
    pub added: u64,
}

/// How many of one kind there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KindCount {
    /// The kind.
    pub kind: KindName,
    /// How many.
    pub count: u64,
}

/// What an expansion adds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct ExpandAdded {
    /// Entities: the nearest first, then by the id of the entity that they were reached from, then by their own.
    pub entities: Vec<EntityId>,
    /// Relationships among them and with the expanded ones, in the order of their ids.
    pub relationships: Vec<RelationshipKey>,
}

/// A hub: named, not expanded.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ExpandHub {
    /// The entity.
    pub entity: EntityId,
    /// How many distinct neighbours it has in the frame.
    pub degree: u64,
    /// Its neighbours by kind: the most frequent first.
    pub summary: Vec<KindCount>,
}

/// Which cap kept something out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpandCap {
    /// `caps.per_entity`.
    PerEntity,
    /// `caps.per_kind`.
    PerKind,
    /// `caps.total`.
    Total,
    /// Reached only by way of entities that were kept out.
    Behind,
    /// `caps.relationships`.
    Relationships,
}

/// What one cap kept out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ExpandCut {
    /// Which cap.
    pub cap: ExpandCap,
    /// For `per_entity`: of which entity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub entity: Option<EntityId>,
    /// How many entities or relationships.
    pub count: u64,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Expand;

impl Analysis for Expand {
    const NAME: &'static str = "expand";
    const SUMMARY: &'static str =
        "Expand entities by some hops: a summary by kind first, what is added, and links to what is shown";
    const EXAMPLE: &'static [&'static str] = &["p-0001", "p-0100"];
    type Params = ExpandRequest;
    type Output = ExpandResult;

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = distinct(&params.entities, 1..=MAX_ENTITIES);
        if !(1..=MAX_HOPS).contains(&params.hops) {
            faults.push(Fault::new("/hops", "out-of-range", format!("1 to {MAX_HOPS} hops")));
        }
        if params.shown.len() > MAX_SHOWN {
            faults.push(Fault::new("/shown", "too-many", format!("at most {MAX_SHOWN} entities")));
        }
        let ExpandCaps { per_entity, per_kind, total, relationships } = params.caps;
        let caps = [
            ("per_entity", per_entity),
            ("per_kind", per_kind),
            ("total", Some(total)),
            ("relationships", Some(relationships)),
        ];
        for (name, _) in caps.iter().filter(|(_, cap)| cap.is_some_and(|cap| !(1..=MAX_CAP).contains(&cap))) {
            faults.push(Fault::new(format!("/caps/{name}"), "out-of-range", format!("1 to {MAX_CAP}")));
        }
        faults
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        let (caps, frame) = (ExpandCaps::default(), Frame::default());
        ExpandRequest { entities: vec![pick(), pick()], hops: 1, caps, shown: Vec::new(), frame }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let named = all_known(view, "/entities", &params.entities)?;
        let shown: HashSet<NodeIx> = params.shown.iter().filter_map(|id| view.node(id)).collect();
        let least = |cap: Option<u32>| cap.map_or(usize::MAX, |cap| cap as usize);
        let total = params.caps.total.min(caps.max_results);
        let selection = Selection {
            per_entity: least(params.caps.per_entity),
            per_kind: least(params.caps.per_kind),
            total: total as usize,
        };
        let hops = params.hops.min(caps.max_hops);
        let ball = Ball { named: &named, shown: &shown, hops, selection };
        let found = expand(view, &ball, budget).map_err(AnalysisError::stopped)?;
        let (rows, unlinked) = links(view, (&named, &found.chosen), &shown, budget).map_err(AnalysisError::stopped)?;
        let truncated = match () {
            () if found.spent || unlinked => Some(TruncatedReason::MaxVisited),
            () if hops < params.hops && found.open => Some(TruncatedReason::MaxHops),
            () if total < params.caps.total && found.refused.contains_key(&Refused::Total) => {
                Some(TruncatedReason::MaxResults)
            }
            () => None,
        };
        let mut evidence = Evidence::default();
        let hubs_met: Vec<NodeIx> = found.hubs.iter().map(|hub| hub.node).collect();
        let left_out = hubs(view, &hubs_met, &mut evidence);
        let result = answer(view, &named, &found, (rows, params.caps.relationships as usize), &mut evidence);
        Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

fn answer(
    view: &GraphView<'_>,
    named: &[NodeIx],
    found: &Expansion,
    (mut rows, most): (Vec<Link>, usize),
    evidence: &mut Evidence,
) -> ExpandResult {
    let mut cut = cuts(view, found, evidence);
    if rows.len() > most {
        cut.push(ExpandCut { cap: ExpandCap::Relationships, entity: None, count: (rows.len() - most) as u64 });
        rows.truncate(most);
    }
    let chosen: HashSet<NodeIx> = found.chosen.iter().copied().collect();
    let (mut among, mut to_shown) = (BTreeSet::new(), BTreeSet::new());
    for (triple, from, to) in rows {
        let key = evidence.relationship(view, triple);
        let fresh = chosen.contains(&from) || chosen.contains(&to);
        let inside = chosen.contains(&to) || named.contains(&to);
        if fresh && inside {
            among.insert(key)
        } else {
            to_shown.insert(key)
        };
    }
    let kinds = found.kinds.iter().map(|(kind, reached)| ExpandKind {
        kind: kind.clone(),
        count: reached.count,
        shown: reached.shown,
        added: reached.chosen,
    });
    let mut summary: Vec<ExpandKind> = kinds.collect();
    summary.sort_by_key(|kind| Reverse(kind.count));
    ExpandResult {
        summary,
        relationship_summary: counts(&found.relationships),
        added: ExpandAdded {
            entities: found.chosen.iter().map(|&node| evidence.entity(view, node)).collect(),
            relationships: among.into_iter().collect(),
        },
        links_to_shown: to_shown.into_iter().collect(),
        hubs: found
            .hubs
            .iter()
            .map(|hub| ExpandHub {
                entity: evidence.entity(view, hub.node),
                degree: hub.degree,
                summary: counts(&hub.kinds),
            })
            .collect(),
        cut,
    }
}

/// Counts by kind, the most frequent first, then by name.
fn counts(kinds: &BTreeMap<KindName, u64>) -> Vec<KindCount> {
    let mut counts: Vec<KindCount> =
        kinds.iter().map(|(kind, &count)| KindCount { kind: kind.clone(), count }).collect();
    counts.sort_by_key(|kind| Reverse(kind.count));
    counts
}

fn cuts(view: &GraphView<'_>, found: &Expansion, evidence: &mut Evidence) -> Vec<ExpandCut> {
    let mut cut = Vec::new();
    let mut per_entity = Vec::new();
    for (reason, &count) in &found.refused {
        match *reason {
            Refused::PerEntity(node) => per_entity.push((view.rank(node), node, count)),
            Refused::PerKind => cut.push(ExpandCut { cap: ExpandCap::PerKind, entity: None, count }),
            Refused::Total => cut.push(ExpandCut { cap: ExpandCap::Total, entity: None, count }),
        }
    }
    per_entity.sort_unstable();
    let of_entity = |(_, node, count)| {
        let entity = Some(evidence.entity(view, node));
        ExpandCut { cap: ExpandCap::PerEntity, entity, count }
    };
    cut.splice(0..0, per_entity.into_iter().map(of_entity));
    let reached: u64 = found.kinds.values().map(|kind| kind.count - kind.shown - kind.chosen).sum();
    let behind = reached - found.refused.values().sum::<u64>();
    if behind > 0 {
        cut.push(ExpandCut { cap: ExpandCap::Behind, entity: None, count: behind });
    }
    cut
}
