//! What is asked and what is answered about hidden links.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Frame;
use crate::model::{EntityId, KindName, RelationshipKey};

/// By what two entities are taken to belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HiddenLinkMethod {
    /// What they share of the kinds in `attributes`, each weighing −ln of the share of candidates that have it (natural logarithm;
    /// of the candidates that have one of its kind); with p- and q-values. It takes one pass over the candidates to count them.
    SharedAttributes,
    /// Σ 1/ln d over the neighbours that they have in common, d the number of distinct neighbours (Adamic & Adar 2003).
    AdamicAdar,
    /// Σ 1/d over the neighbours that they have in common (Zhou, Lü & Zhang 2009).
    ResourceAllocation,
    /// Σ 1/√(d(u) d(v)) over the paths of three steps a – u – v – b (Kovács et al. 2019).
    L3,
}

impl HiddenLinkMethod {
    /// How many relationships in a row it looks at.
    pub(super) const fn hops(self) -> u32 {
        match self {
            Self::L3 => 3,
            _ => 2,
        }
    }
}

/// Pairs that may belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HiddenLinksRequest {
    /// Only pairs with this entity; left out: all pairs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub entity: Option<EntityId>,
    /// What counts as shared: entities of these kinds and the kinds below them. Left out: for `shared_attributes` Address,
    /// BankAccount, CryptoWallet, Device, Document, Identification, Phone, RealEstate, Security, UserAccount and Vehicle; for
    /// `adamic_adar` and `resource_allocation` any entity. `l3` does not use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 100, example = json!(["Address", "Phone", "Vehicle"]))]
    pub attributes: Option<Vec<KindName>>,
    /// Between whom: entities of these kinds and the kinds below them. Left out: LegalEntity (people, companies, organisations),
    /// and the kind of `entity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 100, example = json!(["Person"]))]
    pub candidates: Option<Vec<KindName>>,
    /// The first decides which pairs there are and orders them; the others' scores are given beside it.
    #[serde(default = "shared_attributes")]
    #[schema(min_items = 1, max_items = 4, default = json!(["shared_attributes"]))]
    pub methods: Vec<HiddenLinkMethod>,
    /// Only pairs up to this q-value; with `shared_attributes` first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0, maximum = 1.0, example = 0.05)]
    pub max_q_value: Option<f64>,
    /// Leave out pairs that a relationship in the frame joins already. They count for the q-values all the same.
    #[serde(default)]
    #[schema(default = false)]
    pub only_hidden: bool,
    /// Only pairs that no agency could find alone: for everything that the two share, the claims that tie it to one of them and
    /// those that tie it to the other come from different agencies (of `frame.originators`, if these are named). Not with `l3`
    /// first.
    #[serde(default)]
    #[schema(default = false)]
    pub across_agencies: bool,
    /// How many pairs are wanted at most.
    #[serde(default = "hundred")]
    #[schema(minimum = 1, maximum = 1000, default = 100)]
    pub top: u32,
    /// What of the graph is looked at. A pair has no direction: `direction` can only be `both`.
    #[serde(default)]
    pub frame: Frame,
}

fn shared_attributes() -> Vec<HiddenLinkMethod> {
    vec![HiddenLinkMethod::SharedAttributes]
}

const fn hundred() -> u32 {
    100
}

/// The pairs, the highest score first, then by ids.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct HiddenLinksResult {
    /// How many pairs the first method finds: those over which q-values are taken. Beyond four million there are no more
    /// (`max_candidates`).
    pub pairs_found: u64,
    /// With `shared_attributes`: how many there are of each kind that is held by anyone.
    pub populations: Vec<SharedPopulation>,
    /// The pairs.
    pub pairs: Vec<HiddenLink>,
}

/// How many there are of one kind of attribute in the frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SharedPopulation {
    /// The kind.
    pub kind: KindName,
    /// Candidates that have at least one: what shares are taken of.
    pub candidates: u64,
    /// Attributes that at least one candidate has: what the hypergeometric test draws from.
    pub attributes: u64,
}

/// A pair that may belong together. A lead, not evidence of a link.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HiddenLink {
    /// The one: `entity` where the request names it, else the one with the lesser id.
    pub a: EntityId,
    /// The other.
    pub b: EntityId,
    /// What they share, the heaviest first, then by id; protected people among it are counted and not listed.
    pub shared: Vec<HiddenLinkShared>,
    /// With `l3` first: the five heaviest paths between them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<HiddenLinkWay>,
    /// By the first method.
    #[schema(minimum = 0.0)]
    pub score: f64,
    /// By all methods, in the request's order. One that the budget no longer allowed is missing.
    pub scores: Vec<HiddenLinkScore>,
    /// The chance to share as many or more, if everyone had as many of each kind as they have and these were drawn at random: for
    /// each kind that both have the upper tail of the hypergeometric distribution, combined by Fisher's method. With
    /// `shared_attributes` first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0, maximum = 1.0)]
    pub p_value: Option<f64>,
    /// The false discovery rate at which the pair is found, over all pairs that share anything (Benjamini & Hochberg 1995).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0, maximum = 1.0)]
    pub q_value: Option<f64>,
    /// Whether a relationship in the frame joins them already.
    pub related: bool,
    /// Whether no agency could find the pair alone; see the request's `across_agencies`.
    pub across_agencies: bool,
}

/// Something that both of a pair have.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HiddenLinkShared {
    /// What.
    pub entity: EntityId,
    /// Of which kind.
    pub kind: KindName,
    /// What it adds to the score.
    pub weight: f64,
    /// The relationships that tie it to `a`.
    pub to_a: Vec<RelationshipKey>,
    /// The relationships that tie it to `b`.
    pub to_b: Vec<RelationshipKey>,
}

/// A path of three steps between a pair.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HiddenLinkWay {
    /// The two entities between, from `a` to `b`.
    #[schema(min_items = 2, max_items = 2)]
    pub entities: Vec<EntityId>,
    /// A relationship of each step.
    #[schema(min_items = 3, max_items = 3)]
    pub relationships: Vec<RelationshipKey>,
    /// What it adds to the score.
    pub weight: f64,
}

/// The score of a pair by one method.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HiddenLinkScore {
    /// Which.
    pub method: HiddenLinkMethod,
    /// Its score; 0 where it sees nothing.
    #[schema(minimum = 0.0)]
    pub score: f64,
}
