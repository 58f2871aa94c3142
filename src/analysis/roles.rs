//! What part everybody plays: between which groups somebody stands, how much room the neighbours leave, what place somebody has in the
//! group, and the roles in the enterprise that claims state.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::paths::all_known;
use super::whole::{Weighting, Weights, left_out, project, seed_fault, unaffordable};
use super::{Analysis, AnalysisError, Caps, Evidence, Finding, Frame, Truncated, TruncatedReason};
use crate::graph::algo::{Brokerage, Leiden, Place, QualityFunction, brokerage, places, restarts, structural_holes};
use crate::graph::{Budget, GraphView, Halt, NodeIx, Projection, Watch};
use crate::model::{EntityId, Fault};

/// The most entities that can be asked for.
const MAX_TOP: u32 = 10_000;
/// The most runs that can be asked for.
const MAX_RESTARTS: u32 = 100;

/// What the groups are that somebody can stand between.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleGroups {
    /// The communities that `communities` finds by its defaults, from `seed` and `restarts`.
    #[default]
    Communities,
    /// The countries that visible claims state; entities of several countries are a group of their own, those of none are in no triad.
    Country,
    /// The agencies whose visible claims say that the entity is there.
    Agency,
}

/// By what the list is ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleOrder {
    /// The number of pairs that somebody stands between, all kinds together.
    #[default]
    Brokerage,
    /// Those between different groups alone: `brokerage` without `coordinator`.
    Bridging,
    /// The participation coefficient.
    Participation,
    /// The strength within the own group, compared with that of the others in it.
    WithinZ,
}

/// The parts that entities play.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RolesRequest {
    /// What the groups are.
    #[serde(default)]
    #[schema(default = "communities")]
    pub groups: RoleGroups,
    /// Only these entities, which must have a part in the graph; left out: all of it. Protected people are not listed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10000)]
    pub entities: Vec<EntityId>,
    /// By what the list is ordered, the highest first; then by id.
    #[serde(default)]
    #[schema(default = "brokerage")]
    pub order_by: RoleOrder,
    /// How many are listed at most; cut to `limits.max_results`.
    #[serde(default = "twenty")]
    #[schema(minimum = 1, maximum = 10000, default = 20)]
    pub top: u32,
    /// For communities: decides the random orders.
    #[serde(default = "one")]
    #[schema(minimum = 0, maximum = 9007199254740991_u64, default = 1)]
    pub seed: u64,
    /// For communities: how many runs.
    #[serde(default = "ten")]
    #[schema(minimum = 1, maximum = 100, default = 10)]
    pub restarts: u32,
    /// How strongly a pair is joined, for communities, constraint, participation and z; brokerage and effective size count pairs.
    #[serde(default)]
    #[schema(default = "none")]
    pub weights: Weights,
    /// How relationships are weighed besides.
    #[serde(default)]
    pub weighting: Weighting,
    /// What of the graph is looked at. Brokers are told apart by direction when `direction` is `out` or `in` (then against the
    /// relationships); the other figures regard both ways.
    #[serde(default)]
    pub frame: Frame,
}

const fn one() -> u64 {
    1
}
const fn ten() -> u32 {
    10
}
const fn twenty() -> u32 {
    20
}

/// The parts that entities play.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct RolesResult {
    /// How many entities there are in the frame.
    pub nodes: u64,
    /// How many pairs of them are joined.
    pub pairs: u64,
    /// How many groups there are.
    pub groups: u64,
    /// How many entities are in no group.
    pub ungrouped: u64,
    /// How many could be listed: those asked for, or all, without protected people.
    pub total: u64,
    /// The entities, in the order asked for.
    pub entities: Vec<RolePosition>,
    /// The roles in the enterprise that claims state, in the order of their names; protected people are not counted.
    pub enterprise_roles: Vec<EnterpriseRole>,
}

/// The part of one entity.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RolePosition {
    /// The entity.
    pub entity: EntityId,
    /// Its group: the number of the community in the order of sizes, the countries, or the agencies.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub group: Option<String>,
    /// The roles that visible claims state.
    pub enterprise_roles: Vec<String>,
    /// How often it stands between two that are not tied, by their groups.
    pub brokerage: RoleBrokerage,
    /// Burt's constraint: the higher, the more its neighbours are tied to each other and hold it. Left out without neighbours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0)]
    pub constraint: Option<f64>,
    /// How many of its neighbours are not redundant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0)]
    pub effective_size: Option<f64>,
    /// `effective_size` as a share of the neighbours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0, maximum = 1.0)]
    pub efficiency: Option<f64>,
    /// How evenly its ties are spread over groups: 0 when all lie in one.
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub participation: f64,
    /// Its strength within its group, in standard deviations from the mean there.
    pub within_z: f64,
    /// What both make of it.
    pub cartography: Cartography,
}

/// How often an entity stands between two that are not tied themselves; ordered pairs, so that undirected ones count both ways.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct RoleBrokerage {
    /// All together.
    pub total: u64,
    /// Within its own group.
    pub coordinator: u64,
    /// Between two of one other group.
    pub itinerant_broker: u64,
    /// From its own group to another.
    pub representative: u64,
    /// From another group to its own.
    pub gatekeeper: u64,
    /// Between two other groups.
    pub liaison: u64,
}

/// The seven parts of Guimerà & Amaral 2005; hubs have a `within_z` of 2.5 or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cartography {
    /// R1: participation up to .05.
    UltraPeripheral,
    /// R2: up to .62.
    Peripheral,
    /// R3: up to .80.
    Connector,
    /// R4: above.
    Kinless,
    /// R5: a hub with participation up to .30.
    ProvincialHub,
    /// R6: up to .75.
    ConnectorHub,
    /// R7: above.
    KinlessHub,
}

/// A role in the enterprise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EnterpriseRole {
    /// Its name in the ontology.
    pub role: String,
    /// How many have it.
    pub holders: u64,
    /// The holder, if there is but one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub only: Option<EntityId>,
}

/// See the module.
#[derive(Debug, Clone, Copy)]
pub struct Roles;

impl Analysis for Roles {
    const NAME: &'static str = "roles";
    const SUMMARY: &'static str = "Find who stands between groups, and which parts they play";
    type Params = RolesRequest;
    type Output = RolesResult;

    fn frame(params: &Self::Params) -> &Frame {
        &params.frame
    }

    fn faults(params: &Self::Params) -> Vec<Fault> {
        let mut faults = params.weighting.faults();
        faults.extend(seed_fault(params.seed));
        if !(1..=MAX_RESTARTS).contains(&params.restarts) {
            faults.push(Fault::new("/restarts", "out-of-range", format!("1 to {MAX_RESTARTS} runs")));
        }
        if !(1..=MAX_TOP).contains(&params.top) {
            faults.push(Fault::new("/top", "out-of-range", format!("1 to {MAX_TOP}")));
        }
        if params.entities.len() > MAX_TOP as usize {
            faults.push(Fault::new("/entities", "too-many", format!("at most {MAX_TOP} entities")));
        }
        faults
    }

    fn sample(_: &mut dyn FnMut() -> EntityId) -> Self::Params {
        RolesRequest {
            groups: RoleGroups::Country,
            entities: Vec::new(),
            order_by: RoleOrder::Bridging,
            top: 10,
            seed: 1,
            restarts: 10,
            weights: Weights::None,
            weighting: Weighting::default(),
            frame: Frame::default(),
        }
    }

    fn run(
        &self,
        view: &GraphView<'_>,
        params: Self::Params,
        caps: &Caps,
        budget: &Budget,
    ) -> Result<Finding<Self::Output>, AnalysisError> {
        let named = all_known(view, "/entities", &params.entities)?;
        let Some(graph) = project(view, params.weights, &params.weighting, budget)? else { return Ok(unaffordable()) };
        let mut listed = asked_for(view, &graph, &params.entities, &named)?;
        let watch = budget.watch();
        let both = graph.summed();
        let groups = Groups::new(view, &graph, &params, &watch).map_err(AnalysisError::stopped)?;
        let brokers = brokerage(&graph, &groups.of, &watch).map_err(AnalysisError::stopped)?;
        let places = places(&both, &groups.of, &watch).map_err(AnalysisError::stopped)?;
        let score = |at: u32| match params.order_by {
            RoleOrder::Brokerage => brokers[at as usize].total() as f64,
            RoleOrder::Bridging => (brokers[at as usize].total() - brokers[at as usize].coordinator) as f64,
            RoleOrder::Participation => places[at as usize].participation,
            RoleOrder::WithinZ => places[at as usize].within_z,
        };
        listed.sort_by(|a, b| score(*b).total_cmp(&score(*a)).then(a.cmp(b)));
        let most = params.top.min(caps.max_results) as usize;
        let truncated =
            (listed.len() > most && caps.max_results < params.top).then(|| Truncated::by(TruncatedReason::MaxResults));
        let total = listed.len() as u64;
        listed.truncate(most);
        let mut evidence = Evidence::default();
        let left_out = left_out(view, &graph, &mut evidence);
        let mut entities = Vec::with_capacity(listed.len());
        for at in listed {
            let holes = structural_holes(&both, at, &watch).map_err(AnalysisError::stopped)?;
            let place = places[at as usize];
            entities.push(RolePosition {
                entity: evidence.entity(view, graph.node(at)),
                group: groups.of[at as usize].map(|group| groups.names[group as usize].clone()),
                enterprise_roles: view.stated(graph.node(at), "role").into_iter().map(str::to_owned).collect(),
                brokerage: told(&brokers[at as usize]),
                constraint: holes.map(|holes| holes.constraint),
                effective_size: holes.map(|holes| holes.effective_size),
                efficiency: holes.map(|holes| holes.efficiency),
                participation: place.participation,
                within_z: place.within_z,
                cartography: cartography(place),
            });
        }
        let result = RolesResult {
            nodes: graph.len() as u64,
            pairs: graph.pairs() as u64,
            groups: groups.names.len() as u64,
            ungrouped: groups.of.iter().filter(|group| group.is_none()).count() as u64,
            total,
            entities,
            enterprise_roles: enterprise_roles(view, &graph, &watch, &mut evidence).map_err(AnalysisError::stopped)?,
        };
        Ok(Finding { result, evidence, truncated, left_out })
    }
}

/// The positions that may be listed, in ascending order: those of the named entities, or all; without protected people.
fn asked_for(
    view: &GraphView<'_>,
    graph: &Projection,
    entities: &[EntityId],
    named: &[NodeIx],
) -> Result<Vec<u32>, AnalysisError> {
    let (mut positions, mut faults) = (Vec::with_capacity(named.len()), Vec::new());
    for (at, (node, id)) in named.iter().zip(entities).enumerate() {
        match graph.position(view, *node) {
            Some(position) => positions.push(position),
            None => {
                let detail = format!("`{id}` has no part in the graph: no relationship in the frame, or a hub");
                faults.push(Fault::new(format!("/entities/{at}"), "not-in-graph", detail));
            }
        }
    }
    if !faults.is_empty() {
        return Err(AnalysisError::Faults(faults));
    }
    if named.is_empty() {
        positions.extend(graph.positions());
    }
    positions.sort_unstable();
    positions.dedup();
    positions.retain(|at| !view.is_protected(graph.node(*at)));
    Ok(positions)
}

/// The group of each position, and their names.
struct Groups {
    of: Vec<Option<u32>>,
    names: Vec<String>,
}

impl Groups {
    fn new(view: &GraphView<'_>, graph: &Projection, params: &RolesRequest, watch: &Watch) -> Result<Self, Halt> {
        if params.groups == RoleGroups::Communities {
            let wanted = Leiden::usual(graph, QualityFunction::Modularity, 1.0, params.seed);
            let found = restarts(graph, &wanted, params.restarts, watch)?.best.partition;
            let numbers = found.by_size();
            let of = found.of.iter().map(|group| Some(numbers[*group as usize])).collect();
            return Ok(Self { of, names: (1..=found.len()).map(|number| number.to_string()).collect() });
        }
        let name = |at: u32| {
            watch.pass(0)?;
            let node = graph.node(at);
            let words: Vec<String> = match params.groups {
                RoleGroups::Agency => view.asserting(node).into_iter().map(ToString::to_string).collect(),
                _ => view.stated(node, "country").into_iter().map(str::to_owned).collect(),
            };
            // A group is told of whoever is listed, and so of no protected person.
            Ok(if words.is_empty() { None } else { Some(words.join("+")) })
        };
        let names: Vec<Option<String>> = graph.positions().map(name).collect::<Result<_, Halt>>()?;
        let all: BTreeSet<&String> = names.iter().flatten().collect();
        let numbers: BTreeMap<&String, u32> = all.iter().enumerate().map(|(at, name)| (*name, at as u32)).collect();
        let of = names.iter().map(|name| name.as_ref().and_then(|name| numbers.get(name).copied())).collect();
        Ok(Self { of, names: all.into_iter().cloned().collect() })
    }
}

fn told(brokerage: &Brokerage) -> RoleBrokerage {
    RoleBrokerage {
        total: brokerage.total(),
        coordinator: brokerage.coordinator,
        itinerant_broker: brokerage.itinerant,
        representative: brokerage.representative,
        gatekeeper: brokerage.gatekeeper,
        liaison: brokerage.liaison,
    }
}

fn cartography(place: Place) -> Cartography {
    match (place.within_z >= 2.5, place.participation) {
        (false, ..=0.05) => Cartography::UltraPeripheral,
        (false, ..=0.62) => Cartography::Peripheral,
        (false, ..=0.80) => Cartography::Connector,
        (false, _) => Cartography::Kinless,
        (true, ..=0.30) => Cartography::ProvincialHub,
        (true, ..=0.75) => Cartography::ConnectorHub,
        (true, _) => Cartography::KinlessHub,
    }
}

/// Who has which role, protected people aside.
fn enterprise_roles(
    view: &GraphView<'_>,
    graph: &Projection,
    watch: &Watch,
    evidence: &mut Evidence,
) -> Result<Vec<EnterpriseRole>, Halt> {
    let mut holders: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for at in graph.positions().filter(|at| !view.is_protected(graph.node(*at))) {
        watch.pass(0)?;
        for role in view.stated(graph.node(at), "role") {
            holders.entry(role.to_owned()).or_default().push(at);
        }
    }
    let told = holders.into_iter().map(|(role, holders)| EnterpriseRole {
        role,
        holders: holders.len() as u64,
        only: match holders[..] {
            [only] => Some(evidence.entity(view, graph.node(only))),
            _ => None,
        },
    });
    Ok(told.collect())
}
