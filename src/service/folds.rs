//! Things as a caller sees them, fetched by permit and folded.

use std::collections::{BTreeMap, BTreeSet};

use super::{AppState, ServiceResult};
use crate::access::Permit;
use crate::model::{
    Assertion, AssertionId, Entity, EntityId, Relationship, RelationshipId, Revision, Subject, fold_entity,
    fold_relationships,
};
use crate::store::Wanted;

impl AppState {
    /// The entities with these ids that the caller may see, masked as the permit says.
    pub(crate) async fn entities_of(
        &self,
        permit: &Permit,
        ids: &[EntityId],
        at: Option<Revision>,
    ) -> ServiceResult<BTreeMap<EntityId, Entity>> {
        let claims = self.store.claims(permit, Wanted::Entities(ids), at).await?;
        let mut by_entity: BTreeMap<&EntityId, Vec<&Assertion>> = BTreeMap::new();
        for claim in &claims {
            if let Subject::Entity(id) = &claim.claim.subject {
                by_entity.entry(id).or_default().push(claim);
            }
        }
        let folds = by_entity.into_iter().filter_map(|(id, claims)| {
            let entity = fold_entity(&self.vocabulary, &claims, at)?;
            let entity = if permit.unmask() { entity } else { entity.masked(&self.vocabulary.ontology) };
            Some((id.clone(), entity))
        });
        Ok(folds.collect())
    }

    /// The relationships with these ids that the caller may see, whatever their ends.
    pub(crate) async fn relationships_of(
        &self,
        permit: &Permit,
        ids: &[RelationshipId],
        at: Option<Revision>,
    ) -> ServiceResult<Vec<Relationship>> {
        let claims = self.store.claims(permit, Wanted::Relationships(ids), at).await?;
        Ok(fold_relationships(&self.vocabulary, &claims, at))
    }

    /// Which of these entities are protected people for this caller, so that claims on them are masked.
    pub(crate) async fn protected_among(
        &self,
        permit: &Permit,
        ids: &BTreeSet<EntityId>,
        at: Option<Revision>,
    ) -> ServiceResult<BTreeSet<EntityId>> {
        if permit.unmask() || ids.is_empty() {
            return Ok(BTreeSet::new());
        }
        let ids: Vec<EntityId> = ids.iter().cloned().collect();
        let claims = self.store.claims(permit, Wanted::Entities(&ids), at).await?;
        let protecting = claims.into_iter().filter(|claim| {
            (claim.recorded.holds(at) || claim.recorded.holds(None)) && claim.claim.protects(&self.vocabulary)
        });
        Ok(protecting
            .filter_map(|claim| match claim.claim.subject {
                Subject::Entity(id) => Some(id),
                Subject::Relationship { .. } => None,
            })
            .collect())
    }
}

/// The ids of claims, ascending.
pub(crate) fn ids_of(claims: &[Assertion]) -> Vec<AssertionId> {
    claims.iter().map(|claim| claim.id).collect()
}
