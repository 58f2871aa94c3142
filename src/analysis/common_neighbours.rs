//! Who or what stands between several entities: the neighbours that they have in common.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paths::{all_known, distinct, hubs};
use super::{Analysis, AnalysisError, Caps, Evidence, Finding, Frame, Truncated, TruncatedReason};
use crate::graph::algo::{Common, CommonNeighbour, common_neighbours};
use crate::graph::{Budget, GraphView, NodeIx};
use crate::model::{EntityId, Fault, RelationshipKey};

/// The most entities that can be named.
const MAX_ENTITIES: usize = 20;

/// The neighbours that several entities have in common.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommonNeighboursRequest {
    /// The entities, each once.
    #[schema(min_items = 2, max_items = 20)]
    pub entities: Vec<EntityId>,
    /// Of how many of them a neighbour is wanted; left out: of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 20, example = 2)]
    pub at_least: Option<u32>,
    /// What of the graph is looked at. `direction` says which relationships make a neighbour: with `out` those that lead from
    /// the named entities to it.
    #[serde(default)]
    pub frame: Frame,
}

/// The neighbours: those of most of the named entities first, then the rarest (fewest neighbours of their own), then by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct CommonNeighboursResult {
    /// How many there are, listed or not; protected people and hubs aside.
    pub total: u64,
    /// The neighbours.
    pub neighbours: Vec<CommonNeighbourFound>,
}

/// A neighbour of several of the named entities.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CommonNeighbourFound {
    /// Which entity.
    pub entity: EntityId,
    /// Of how many of the named ones it is a neighbour.
    pub joins: u32,
    /// How many distinct neighbours it has in the frame.
    pub degree: u64,
    /// −ln of the share of all entities in the frame that are its neighbours (natural logarithm): 0 for a neighbour of all.
    #[schema(minimum = 0.0)]
    pub rarity: f64,
    /// The named entities that it is a neighbour of, in the request's order, with what makes it so.
    pub links: Vec<CommonNeighbourLink>,
}

/// What makes an entity a neighbour of a named one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CommonNeighbourLink {
    /// The named entity.
    pub entity: EntityId,
    /// The relationships, in the order of their ids.
    pub relationships: Vec<RelationshipKey>,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct CommonNeighbours;

impl Analysis for CommonNeighbours {
    const NAME: &'static str = "common-neighbours";
    const SUMMARY: &'static str = "Find the neighbours that several entities have in common, the rarest first";
    const EXAMPLE: &'static [&'static str] = &["p-0100", "p-0200"];
    type Params = CommonNeighboursRequest;
    type Output = CommonNeighboursResult;

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = distinct(&params.entities, 2..=MAX_ENTITIES);
        let named = params.entities.len();
        if params.at_least.is_some_and(|wanted| wanted == 0 || wanted as usize > named) {
            faults.push(Fault::new("/at_least", "out-of-range", "1 to the number of entities named"));
        }
        faults
    }

    fn sample(pick: &mut dyn FnMut() -> EntityId) -> Self::Params {
        CommonNeighboursRequest { entities: vec![pick(), pick()], at_least: None, frame: Frame::default() }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let named = all_known(view, "/entities", &params.entities)?;
        let at_least = params.at_least.map_or(named.len(), |wanted| wanted as usize);
        // From one entity over a neighbour to another are two relationships in a row.
        let too_far = caps.max_hops < 2 && at_least > 1;
        let Common { mut found, spent, hubs: met } = match too_far {
            true => Common::default(),
            false => common_neighbours(view, &named, at_least, budget).map_err(AnalysisError::stopped)?,
        };
        let mut evidence = Evidence::default();
        let mut left_out = hubs(view, &met, &mut evidence);
        let before = found.len();
        found.retain(|neighbour| !view.is_protected(neighbour.node));
        left_out.protected = (before - found.len()) as u64;
        let total = found.len();
        found.truncate(caps.max_results as usize);
        let truncated = match () {
            () if spent => Some(TruncatedReason::MaxVisited),
            () if too_far => Some(TruncatedReason::MaxHops),
            () if found.len() < total => Some(TruncatedReason::MaxResults),
            () => None,
        };
        let everyone = if found.is_empty() { 0 } else { view.count() };
        let neighbours = found.iter().map(|neighbour| row(view, &named, neighbour, everyone, &mut evidence)).collect();
        let result = CommonNeighboursResult { total: total as u64, neighbours };
        Ok(Finding { result, evidence, truncated: truncated.map(Truncated::by), left_out })
    }
}

fn row(
    view: &GraphView<'_>,
    named: &[NodeIx],
    found: &CommonNeighbour,
    everyone: u64,
    evidence: &mut Evidence,
) -> CommonNeighbourFound {
    let links = found.joins.iter().map(|&at| {
        let steps = view.between(named[at], found.node);
        CommonNeighbourLink {
            entity: evidence.entity(view, named[at]),
            relationships: steps.iter().map(|step| evidence.relationship(view, step.relationship)).collect(),
        }
    });
    let links: Vec<CommonNeighbourLink> = links.collect();
    #[expect(clippy::cast_precision_loss, reason = "counts of entities are far below 2^53")]
    let rarity = -(found.degree as f64 / everyone as f64).ln();
    CommonNeighbourFound {
        entity: evidence.entity(view, found.node),
        joins: u32::try_from(links.len()).unwrap_or(u32::MAX),
        degree: found.degree as u64,
        rarity,
        links,
    }
}
