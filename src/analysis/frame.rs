//! The frame that every question takes: what of the graph it looks at. Read from the wire, checked, and resolved into a
//! [`Lens`]; the analyses share it, so that one frame means one thing everywhere.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::graph::{Direction, HubPolicy, Lens};
use crate::model::{AgencyId, EntityId, Fault, FlowLayer, Instant, KindName, Ontology, Window};

/// How many names a list of a frame may hold.
const MAX_LIST: usize = 10_000;

/// What of the graph a question looks at. Everything may be left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Frame {
    /// Only relationships of these kinds; left out: of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 10000, example = json!(["Associate", "Family"]))]
    pub relationship_kinds: Option<Vec<KindName>>,
    /// Only entities of these kinds and the kinds below them; left out: of any. With it, isolated entities are nodes too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 10000, example = json!(["Person", "BankAccount"]))]
    pub entity_kinds: Option<Vec<KindName>>,
    /// Only entities of which, for each property named, a visible claim states one of the values. Only properties that the
    /// ontology marks `filter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub entity_properties: Option<BTreeMap<String, Vec<String>>>,
    /// Only relationships of which, for each property named, a claim that counts states one of the values (`commodity`, say). Only
    /// properties that the ontology marks `filter`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub relationship_properties: Option<BTreeMap<String, Vec<String>>>,
    /// Only relationships that rest on a claim of one of these agencies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 10000)]
    pub originators: Option<Vec<AgencyId>>,
    /// Which way relationships are followed; undirected kinds always go both ways. The default is the question's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub direction: Option<Direction>,
    /// Only relationships of kinds along which one of these flows runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 4)]
    pub layers: Option<Vec<FlowLayer>>,
    /// Only relationships whose period meets `[from, to)`; those without a period always do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub window: Option<Window>,
    /// What the system held then; left out: now. Not together with `replay`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub as_of: Option<Instant>,
    /// The token of an earlier answer: what the system held when that was given. Not together with `as_of`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 1000)]
    pub replay: Option<String>,
    /// Only relationship claims, and claims of rates and balances, whose evaluation reaches this probability; "cannot be judged" never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0, maximum = 1.0, example = 0.5)]
    pub minimum_reliability: Option<f64>,
    /// Entities that are treated as if they were not there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 10000)]
    pub exclude_entities: Vec<EntityId>,
    /// Entities with very many neighbours: reached, but not passed through unless the question names them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub hubs: Option<Hubs>,
    /// Counted limits; cut to what the caller's role allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub limits: Option<Limits>,
}

/// Which entities are hubs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hubs {
    /// More distinct visible neighbours in the frame than this.
    #[schema(minimum = 1, example = 500)]
    pub max_degree: u32,
    /// Only entities of these kinds and the kinds below them; left out: of any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 10000, example = json!(["Address"]))]
    pub kinds: Option<Vec<KindName>>,
}

/// Counted limits. What they cut is told in `truncated`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The most relationships in a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, example = 6)]
    pub max_hops: Option<u32>,
    /// The most visible relationships that are walked over; a question that weighs ways against one another may count that too, and
    /// says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, example = 2000000)]
    pub max_visited: Option<u64>,
    /// The most results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, example = 1000)]
    pub max_results: Option<u32>,
}

/// The most that a caller may ask for, by role and deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// The most relationships in a row.
    pub max_hops: u32,
    /// The most visible relationships walked over.
    pub max_visited: u64,
    /// The most results.
    pub max_results: u32,
}

impl Default for Caps {
    fn default() -> Self {
        Self { max_hops: 1_000, max_visited: 100_000_000, max_results: 1_000 }
    }
}

/// A frame as it was understood, and what a view needs of it. `as_of` and `replay` are the service's to resolve.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedFrame {
    /// The frame with its defaults and caps filled in, for the answer.
    pub understood: Frame,
    /// What the view looks through.
    pub lens: Lens,
    /// The counted limits that hold.
    pub caps: Caps,
}

impl Frame {
    /// Checks the frame and resolves it; every fault's pointer begins with `/frame`. Without a `default` direction relationships can be
    /// followed either way, and the frame as understood names none.
    pub fn resolve(
        &self,
        ontology: &Ontology,
        default: Option<Direction>,
        caps: &Caps,
    ) -> Result<ResolvedFrame, Vec<Fault>> {
        let faults = self.faults(ontology);
        if !faults.is_empty() {
            return Err(faults);
        }
        let limits = self.limits.unwrap_or_default();
        let caps = Caps {
            max_hops: limits.max_hops.map_or(caps.max_hops, |asked| asked.min(caps.max_hops)),
            max_visited: limits.max_visited.map_or(caps.max_visited, |asked| asked.min(caps.max_visited)),
            max_results: limits.max_results.map_or(caps.max_results, |asked| asked.min(caps.max_results)),
        };
        let direction = self.direction.or(default);
        let lens = Lens {
            at: None,
            day: None,
            window: self.window.filter(|window| *window != Window::default()),
            minimum_reliability: self.minimum_reliability,
            relationship_kinds: self.relationship_kinds(ontology),
            entity_kinds: self.entity_kinds.as_deref().map(|kinds| with_descendants(kinds, ontology)),
            entity_properties: wanted(self.entity_properties.as_ref()),
            relationship_properties: wanted(self.relationship_properties.as_ref()),
            originators: self.originators.as_ref().map(|names| names.iter().cloned().collect()),
            direction: direction.unwrap_or_default(),
            along: None,
            exclude: self.exclude_entities.iter().cloned().collect(),
            hubs: self.hubs.as_ref().map(|hubs| HubPolicy {
                max_degree: hubs.max_degree,
                kinds: hubs.kinds.as_deref().map(|kinds| with_descendants(kinds, ontology)),
            }),
        };
        let limits = Limits {
            max_hops: Some(caps.max_hops),
            max_visited: Some(caps.max_visited),
            max_results: Some(caps.max_results),
        };
        let understood = Self { direction, limits: Some(limits), replay: None, ..self.clone() };
        Ok(ResolvedFrame { understood, lens, caps })
    }

    fn relationship_kinds(&self, ontology: &Ontology) -> Option<BTreeSet<KindName>> {
        if self.relationship_kinds.is_none() && self.layers.is_none() {
            return None;
        }
        let named = |kind: &KindName| self.relationship_kinds.as_ref().is_none_or(|kinds| kinds.contains(kind));
        let kinds = ontology.relationship_kinds.values().filter(|kind| named(&kind.name));
        let flows = |layers: &Vec<FlowLayer>, kind: &crate::model::RelationshipKind| {
            layers.iter().any(|layer| kind.flows.contains_key(layer))
        };
        Some(
            kinds
                .filter(|kind| self.layers.as_ref().is_none_or(|layers| flows(layers, kind)))
                .map(|kind| kind.name.clone())
                .collect(),
        )
    }

    fn faults(&self, ontology: &Ontology) -> Vec<Fault> {
        let mut faults = Vec::new();
        list("/frame/relationship_kinds", self.relationship_kinds.as_deref(), &mut faults);
        list("/frame/entity_kinds", self.entity_kinds.as_deref(), &mut faults);
        list("/frame/originators", self.originators.as_deref(), &mut faults);
        list("/frame/layers", self.layers.as_deref(), &mut faults);
        let hub_kinds = self.hubs.as_ref().and_then(|hubs| hubs.kinds.as_deref());
        list("/frame/hubs/kinds", hub_kinds, &mut faults);
        if self.exclude_entities.len() > MAX_LIST {
            faults.push(Fault::new("/frame/exclude_entities", "too-many", format!("at most {MAX_LIST} entities")));
        }
        for (at, kind) in self.relationship_kinds.iter().flatten().enumerate() {
            if ontology.relationship(kind).is_none() {
                faults.push(unknown_kind(format!("/frame/relationship_kinds/{at}"), "relationship", kind));
            }
        }
        for (pointer, kinds) in
            [("/frame/entity_kinds", self.entity_kinds.as_deref()), ("/frame/hubs/kinds", hub_kinds)]
        {
            for (at, kind) in kinds.unwrap_or_default().iter().enumerate() {
                if ontology.entity(kind).is_none() {
                    faults.push(unknown_kind(format!("{pointer}/{at}"), "entity", kind));
                }
            }
        }
        properties("/frame/entity_properties", self.entity_properties.as_ref(), ontology, &mut faults);
        properties("/frame/relationship_properties", self.relationship_properties.as_ref(), ontology, &mut faults);
        self.value_faults(&mut faults);
        faults
    }

    fn value_faults(&self, faults: &mut Vec<Fault>) {
        if self.window.is_some_and(|window| window.is_reversed()) {
            let detail =
                "the window ends no later than it begins: `from` is the first instant inside, `to` the first after";
            faults.push(Fault::new("/frame/window", "reversed-window", detail));
        }
        if self.minimum_reliability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
            let detail = "a probability lies between 0 and 1";
            faults.push(Fault::new("/frame/minimum_reliability", "out-of-range", detail));
        }
        if self.hubs.as_ref().is_some_and(|hubs| hubs.max_degree == 0) {
            faults.push(Fault::new("/frame/hubs/max_degree", "out-of-range", "at least 1"));
        }
        if self.as_of.is_some() && self.replay.is_some() {
            faults.push(Fault::new("/frame/replay", "as-of-and-replay", "either `as_of` or `replay`, not both"));
        }
    }
}

fn list<T>(pointer: &str, names: Option<&[T]>, faults: &mut Vec<Fault>) {
    let Some(names) = names else { return };
    if names.is_empty() || names.len() > MAX_LIST {
        let detail = format!("1 to {MAX_LIST} names; to ask for any, leave the field out");
        faults.push(Fault::new(pointer, "value-count", detail));
    }
}

fn unknown_kind(pointer: String, what: &str, kind: &KindName) -> Fault {
    Fault::new(pointer, "unknown-kind", format!("the ontology has no {what} kind `{kind}`; see GET /v1/ontology"))
}

/// Checks values by property.
fn properties(
    pointer: &str,
    wanted: Option<&BTreeMap<String, Vec<String>>>,
    ontology: &Ontology,
    faults: &mut Vec<Fault>,
) {
    for (name, values) in wanted.into_iter().flatten() {
        let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        if !ontology.filters(name) {
            let detail = "no property by this name may be filtered on; see `filter` in GET /v1/ontology";
            faults.push(Fault::new(pointer, "unknown-property", detail));
        } else if values.is_empty() || values.len() > MAX_LIST {
            faults.push(Fault::new(pointer, "value-count", format!("a property has 1 to {MAX_LIST} values here")));
        }
    }
}

/// Values by property, as a lens wants them.
fn wanted(properties: Option<&BTreeMap<String, Vec<String>>>) -> BTreeMap<String, BTreeSet<String>> {
    let wanted = properties.into_iter().flatten();
    wanted.map(|(name, values)| (name.clone(), values.iter().cloned().collect())).collect()
}

fn with_descendants(groups: &[KindName], ontology: &Ontology) -> BTreeSet<KindName> {
    let below = |kind: &&KindName| groups.iter().any(|group| ontology.is_a(kind, group));
    ontology.entity_kinds.keys().filter(below).cloned().collect()
}
