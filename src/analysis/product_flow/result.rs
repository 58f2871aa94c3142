//! How a question about a flow of goods and people is answered.

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{Decimal, EntityId, Instant, RelationshipKey};

/// What there is in all. `entered` = `ended` + `lost`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductFlowTotals {
    /// How many passages there are, losses included.
    pub passages: u64,
    /// What left somewhere without having been seen to arrive there: the sum of `made`.
    #[schema(value_type = f64)]
    pub entered: Decimal,
    /// What arrived somewhere and was not seen to leave: the sum of `held`.
    #[schema(value_type = f64)]
    pub ended: Decimal,
    /// What was lost, to seizures say.
    #[schema(value_type = f64)]
    pub lost: Decimal,
}

/// What came to an entity and went. `in` + `made` = `out` + `lost` + `held`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductFlowEntity {
    /// The entity.
    pub entity: EntityId,
    /// What arrived.
    #[serde(rename = "in")]
    #[schema(value_type = f64)]
    pub into: Decimal,
    /// What left, but for what was lost.
    #[schema(value_type = f64)]
    pub out: Decimal,
    /// What of that had arrived before, at the least.
    #[schema(value_type = f64)]
    pub through: Decimal,
    /// What was lost here.
    #[schema(value_type = f64)]
    pub lost: Decimal,
    /// What arrived and was not seen to leave: it is there, or it was used, made into something else, or taken on unseen.
    #[schema(value_type = f64)]
    pub held: Decimal,
    /// What left and was not seen to arrive before: it was made here, or came unseen. The least that explains what left.
    #[schema(value_type = f64)]
    pub made: Decimal,
    /// How many passages arrived or left.
    pub passages: u64,
}

/// All that passed from one entity to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductFlowEdge {
    /// Where it came from.
    pub from: EntityId,
    /// Where it went.
    pub to: EntityId,
    /// How much in all.
    #[schema(value_type = f64)]
    pub quantity: Decimal,
    /// In how many passages.
    pub passages: u64,
    /// When the first one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub first: Option<Instant>,
    /// When the last one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub last: Option<Instant>,
    /// The passages, in the order of time: of all edges together at most `limits.max_results`.
    pub relationships: Vec<RelationshipKey>,
}

/// Something that was lost.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProductFlowLoss {
    /// The claim of it.
    pub relationship: RelationshipKey,
    /// Where it was taken from.
    pub from: EntityId,
    /// What took it: the seizure.
    pub entity: EntityId,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub at: Option<Instant>,
    /// How much.
    #[schema(value_type = f64)]
    pub quantity: Decimal,
    /// What had arrived where it was taken from by then.
    #[schema(value_type = f64)]
    pub arrived: Decimal,
    /// What share of that it was, up to 1. Left out where less arrived than was lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0.0, maximum = 1.0)]
    pub share: Option<f64>,
}

/// How much there is of which one thing is stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductFlowPart {
    /// The values of `split_by` that are stated of its passages, ascending; none: of these nothing is stated.
    pub values: Vec<String>,
    /// How much passed, losses included: as often as it passed.
    #[schema(value_type = f64)]
    pub quantity: Decimal,
    /// In how many passages.
    pub passages: u64,
    /// What of it was lost.
    #[schema(value_type = f64)]
    pub lost: Decimal,
}

/// How much of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductFlowUnit {
    /// The unit.
    pub unit: String,
    /// With `split_by`, in `transformations`: what is stated of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub values: Option<Vec<String>>,
    /// How much in all. Left out where it comes to more than 9007199254.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = f64, nullable = false)]
    pub quantity: Option<Decimal>,
    /// In how many passages.
    pub passages: u64,
}

/// An entity at which product of one kind arrives that does not leave, and product of another leaves that does not arrive. Kinds are
/// units; with `split_by`, units and what is stated. Quantities of different kinds have no sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductFlowTransformation {
    /// The entity.
    pub entity: EntityId,
    /// What only arrives, by kind.
    #[serde(rename = "in")]
    pub into: Vec<ProductFlowUnit>,
    /// What only leaves.
    pub out: Vec<ProductFlowUnit>,
}

/// One of the ways that the greatest flow takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductFlowWay {
    /// How much takes it.
    #[schema(value_type = f64)]
    pub quantity: Decimal,
    /// When the first passage is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub departure: Option<Instant>,
    /// When the last one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub arrival: Option<Instant>,
    /// The entities in order, both ends included.
    pub entities: Vec<EntityId>,
    /// The passages in order.
    pub relationships: Vec<RelationshipKey>,
}

/// Passages without which nothing could have passed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductFlowCut {
    /// What they come to.
    #[schema(value_type = f64)]
    pub quantity: Decimal,
    /// How many they are.
    pub passages: u64,
    /// The passages, in the order of time. Those of protected people are not listed.
    pub relationships: Vec<RelationshipKey>,
    /// The entities that they leave, in the order of their ids. No protected people.
    pub entities: Vec<EntityId>,
    /// How many of the passages are not listed, since one of their ends is protected.
    pub withheld: u64,
}

/// Entities without which nothing could have passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductFlowEntityCut {
    /// How many they are.
    pub count: u64,
    /// The entities, in the order of their ids.
    pub entities: Vec<EntityId>,
    /// Whether no fewer would do. In time the fewest are NP-hard to find; the set told is one of which none can be left out.
    pub exact: bool,
}

/// Who could do what an entity between does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductFlowSubstitute {
    /// Who.
    pub entity: EntityId,
    /// What it took from those that the other takes from, or gave to those that the other gives to, whichever is less.
    #[schema(value_type = f64)]
    pub carried: Decimal,
}

/// An entity between sources and sinks, on a way that product could take.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ProductFlowStage {
    /// The entity.
    pub entity: EntityId,
    /// How many passages lead there from a source, at the fewest, on a way that goes on to a sink: with `temporal` in the order of time.
    pub stage: u32,
    /// What of the passages on such ways it took and gave on: the lesser of the two.
    #[schema(value_type = f64)]
    pub carried: Decimal,
    /// The greatest flow when nothing goes through it.
    #[schema(value_type = f64)]
    pub remaining: Decimal,
    /// Those that take from one that it takes from and give to one that it gives to, who carried most first. No protected people. At most
    /// `limits.max_results`.
    pub substitutes: Vec<ProductFlowSubstitute>,
}

/// Where product came and went, and what all of it goes through. No list but `ways` names protected people (`left_out.protected`); each
/// has at most `limits.max_results`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct ProductFlowResult {
    /// The unit of all quantities; left out where no passage was met and none was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub unit: Option<String>,
    /// What there is in all.
    pub totals: ProductFlowTotals,
    /// Who took and gave, those through whom most went first, then those at whom most arrived or left.
    pub entities: Vec<ProductFlowEntity>,
    /// Between whom it passed, most first; without what was lost.
    pub edges: Vec<ProductFlowEdge>,
    /// What was lost, in the order of time.
    pub losses: Vec<ProductFlowLoss>,
    /// With `split_by`: what there is of each of its values, most first. Left out without.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub parts: Option<Vec<ProductFlowPart>>,
    /// Where one kind becomes another of those met in the frame, in the order of ids.
    pub transformations: Vec<ProductFlowTransformation>,
    /// What there is in other units, which nothing else tells of.
    pub other_units: Vec<ProductFlowUnit>,
    /// Where the flow begins, in the order of ids.
    pub sources: Vec<EntityId>,
    /// Where it ends.
    pub sinks: Vec<EntityId>,
    /// The most that could have passed from the sources to the sinks by the passages that were seen: nobody but a source gives on more
    /// than it got.
    #[schema(value_type = f64)]
    pub value: Decimal,
    /// One flow of that value, way by way, that which carries most first.
    pub ways: Vec<ProductFlowWay>,
    /// The passages of the least quantity that all of it goes through, nearest to the sources; their `quantity` is `value` (Ford & Fulkerson
    /// 1956).
    pub cut: ProductFlowCut,
    /// The fewest passages that all of it goes through.
    pub cut_by_count: ProductFlowCut,
    /// The fewest entities between that all of it goes through. Left out where there are none: product passes straight from a source to a
    /// sink, or by way of protected people alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub cut_by_entities: Option<ProductFlowEntityCut>,
    /// The entities between, those that carried most first: at most `stages`.
    pub stages: Vec<ProductFlowStage>,
}
