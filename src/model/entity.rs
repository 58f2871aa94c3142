//! An entity as a caller sees it: the fold of the visible claims on it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::fold::{rank, reliability, union};
use super::{
    Assertion, AssertionId, DerivedMarking, EntityId, KindName, Money, Ontology, Period, Properties, Quantity,
    Reliability, Revision, Subject, Vocabulary,
};

/// An entity as read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Entity {
    /// Its id.
    pub id: EntityId,
    /// Its kind, from the claim that counts most.
    pub kind: KindName,
    /// What to call it; masked on a protected person.
    pub caption: String,
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
    /// An amount that is claimed of it, such as a balance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amount: Option<Money>,
    /// A quantity that is claimed of it, such as a consignment's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quantity: Option<Quantity>,
    /// The reliability of the claim that counts most.
    pub evaluation: Reliability,
    /// The marking derived from all the claims.
    pub marking: DerivedMarking,
    /// How many visible claims it rests on.
    pub assertions: usize,
    /// Whether it is a protected person (victim, witness, …): never ranked, never proposed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected: bool,
    /// The properties that were masked because it is protected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<String>,
}

/// What stands in the place of a protected person's name.
pub(super) const MASKED_CAPTION: &str = "(protected)";

impl Entity {
    /// Takes out what identifies a protected person; nothing on any other entity.
    #[must_use]
    pub fn masked(mut self, ontology: &Ontology) -> Self {
        if self.protected {
            self.masked = mask(&mut self.properties, ontology);
            for name in &self.masked {
                self.property_assertions.remove(name);
            }
            self.caption = MASKED_CAPTION.to_owned();
        }
        self
    }
}

/// Removes identifying properties; answers their names.
pub(super) fn mask(properties: &mut Properties, ontology: &Ontology) -> Vec<String> {
    let names: Vec<String> = properties.keys().filter(|name| ontology.masks(name)).cloned().collect();
    for name in &names {
        properties.remove(name);
    }
    names
}

impl Assertion {
    /// Takes out what identifies the protected person that this claim is about; answers the names of what was taken.
    pub fn mask(&mut self, ontology: &Ontology) -> Vec<String> {
        mask(&mut self.claim.properties, ontology)
    }
}

/// Folds the claims on one entity that the caller may see; `None` when none of them was recorded at `at`, so that for this
/// caller there is no such entity. `at` of `None` is now.
///
/// `visible` holds claims recorded at `at`, and may hold others: what protects a person counts when it is recorded at `at` *or*
/// now, so that looking back never unmasks. Claims on other subjects must not be among them. Nothing is masked here: see
/// [`Entity::masked`].
pub fn fold_entity(vocabulary: &Vocabulary, visible: &[&Assertion], at: Option<Revision>) -> Option<Entity> {
    let mut ranked: Vec<&Assertion> =
        visible.iter().copied().filter(|assertion| assertion.recorded.holds(at)).collect();
    rank(vocabulary, &mut ranked);
    let best = *ranked.first()?;
    let Subject::Entity(id) = &best.claim.subject else { return None };
    let ontology = &vocabulary.ontology;
    let protected = visible.iter().any(|assertion| {
        (assertion.recorded.holds(at) || assertion.recorded.holds(None)) && assertion.claim.protects(vocabulary)
    });
    let caption =
        ranked.iter().find_map(|assertion| ontology.caption(&assertion.claim.kind, &assertion.claim.properties));
    let (properties, property_assertions) = union(&ranked);
    Some(Entity {
        id: id.clone(),
        kind: best.claim.kind.clone(),
        caption: caption.unwrap_or(id.as_str()).to_owned(),
        properties,
        property_assertions,
        period: ranked.iter().find_map(|assertion| assertion.claim.period),
        amount: ranked.iter().find_map(|assertion| assertion.claim.amount),
        quantity: ranked.iter().find_map(|assertion| assertion.claim.quantity.clone()),
        evaluation: reliability(vocabulary, best),
        marking: ranked.iter().map(|assertion| &assertion.claim.marking).collect(),
        assertions: ranked.len(),
        protected,
        masked: Vec::new(),
    })
}
