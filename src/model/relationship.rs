//! A relationship as a caller sees it: the fold of the visible claims on one triple of id, source and target.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use super::fold::{Standing, rank, reliability, union};
use super::{
    Assertion, AssertionId, DerivedMarking, EntityId, IdError, KindName, Money, Period, Properties, Quantity,
    RelationshipId, Reliability, Revision, Subject, Vocabulary,
};

/// What names a relationship on the wire: its id, or `id@source@target` for the lesser triples of an id with several ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelationshipKey {
    /// The id.
    pub id: RelationshipId,
    /// The ends, where the id alone would name another triple.
    pub ends: Option<(EntityId, EntityId)>,
}

impl utoipa::PartialSchema for RelationshipKey {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "A relationship's id, or `id@source@target` for the lesser triples of an id with several ends.",
            ))
            .max_length(Some(602))
            .pattern(Some(r"^[0-9a-zA-Z]([0-9a-zA-Z.\-]*[0-9a-zA-Z])?(@[0-9a-zA-Z.\-]+@[0-9a-zA-Z.\-]+)?$"))
            .examples(["t-9"])
            .into()
    }
}

impl ToSchema for RelationshipKey {}

impl From<RelationshipId> for RelationshipKey {
    fn from(id: RelationshipId) -> Self {
        Self { id, ends: None }
    }
}

impl fmt::Display for RelationshipKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ends {
            None => write!(f, "{}", self.id),
            Some((source, target)) => write!(f, "{}@{source}@{target}", self.id),
        }
    }
}

impl std::str::FromStr for RelationshipKey {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        match *text.split('@').collect::<Vec<_>>() {
            [id, source, target] => {
                let ends = Some((EntityId::new(source)?, EntityId::new(target)?));
                Ok(Self { id: RelationshipId::new(id)?, ends })
            }
            _ => Ok(RelationshipId::new(text)?.into()),
        }
    }
}

impl Serialize for RelationshipKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RelationshipKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A relationship as read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Relationship {
    /// Its key: the id, or `id@source@target`.
    pub id: RelationshipKey,
    /// Its kind, from the claim that counts most.
    pub kind: KindName,
    /// Where it starts.
    pub source: EntityId,
    /// Where it ends.
    pub target: EntityId,
    /// The union of what the visible claims state.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    pub properties: Properties,
    /// For each property, beside each of its values in the same order, the assertions that carry it.
    #[schema(value_type = BTreeMap<String, Vec<Vec<String>>>)]
    pub property_assertions: BTreeMap<String, Vec<Vec<AssertionId>>>,
    /// When it holds in the world.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub period: Option<Period>,
    /// How much money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amount: Option<Money>,
    /// How much of something else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quantity: Option<Quantity>,
    /// The reliability of the claim that counts most.
    pub evaluation: Reliability,
    /// The marking derived from all the claims.
    pub marking: DerivedMarking,
    /// How many visible claims it rests on.
    #[serde(rename = "assertions")]
    pub assertion_count: usize,
    /// Those claims, the one that counts most first.
    #[serde(skip)]
    pub evidence: Vec<AssertionId>,
}

/// Folds the claims on one relationship triple that the caller may see; `None` when none was recorded at `at` (`None`: now).
///
/// The window and the reliability of a frame are the caller's to apply before: of relationships only claims within them count.
/// That both ends are visible is the caller's to know.
pub fn fold_relationship(
    vocabulary: &Vocabulary,
    visible: &[&Assertion],
    at: Option<Revision>,
) -> Option<Relationship> {
    fold_ranked(vocabulary, visible, at).map(|(_, relationship)| relationship)
}

fn fold_ranked(
    vocabulary: &Vocabulary,
    visible: &[&Assertion],
    at: Option<Revision>,
) -> Option<(Standing, Relationship)> {
    let mut ranked: Vec<&Assertion> =
        visible.iter().copied().filter(|assertion| assertion.recorded.holds(at)).collect();
    rank(vocabulary, &mut ranked);
    let best = *ranked.first()?;
    let Subject::Relationship { id, source, target } = &best.claim.subject else { return None };
    let (properties, property_assertions) = union(&ranked);
    let evaluation = reliability(vocabulary, best);
    let relationship = Relationship {
        id: id.clone().into(),
        kind: best.claim.kind.clone(),
        source: source.clone(),
        target: target.clone(),
        properties,
        property_assertions,
        period: ranked.iter().find_map(|assertion| assertion.claim.period),
        amount: ranked.iter().find_map(|assertion| assertion.claim.amount),
        quantity: ranked.iter().find_map(|assertion| assertion.claim.quantity.clone()),
        evaluation,
        marking: ranked.iter().map(|assertion| &assertion.claim.marking).collect(),
        assertion_count: ranked.len(),
        evidence: ranked.iter().map(|assertion| assertion.id).collect(),
    };
    Some((Standing::new(best.claim.nature, evaluation, best.recorded.from, best.id), relationship))
}

/// Folds visible claims on any relationships, one fold a triple, in the order of id, then standing. Of an id with several
/// triples the best keeps the id as its key, the others are named `id@source@target`.
///
/// For the keys to be right, `visible` must hold all the caller's claims on each id that occurs (whose ends are visible too).
pub fn fold_relationships(vocabulary: &Vocabulary, visible: &[Assertion], at: Option<Revision>) -> Vec<Relationship> {
    let mut triples: BTreeMap<&Subject, Vec<&Assertion>> = BTreeMap::new();
    for assertion in visible.iter().filter(|assertion| matches!(assertion.claim.subject, Subject::Relationship { .. }))
    {
        triples.entry(&assertion.claim.subject).or_default().push(assertion);
    }
    let mut folds: Vec<(Standing, Relationship)> =
        triples.values().filter_map(|claims| fold_ranked(vocabulary, claims, at)).collect();
    folds.sort_by(|(a, x), (b, y)| (&x.id.id, a).cmp(&(&y.id.id, b)));
    let mut previous: Option<RelationshipId> = None;
    folds
        .into_iter()
        .map(|(_, mut relationship)| {
            if previous.as_ref() == Some(&relationship.id.id) {
                relationship.id.ends = Some((relationship.source.clone(), relationship.target.clone()));
            }
            previous = Some(relationship.id.id.clone());
            relationship
        })
        .collect()
}
