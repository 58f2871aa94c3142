//! Relationships: the everyday form of writing one, and reading one or the claims behind it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::assertions::{AssertionPage, AssertionRecord};
use super::entities::as_everyday;
use super::running::Idempotency;
use super::{AppState, Caller, Moment, PageRequest, Reading, Rendered, ServiceResult};
use crate::access::{Disclosed, Disclosure, WritePermit};
use crate::model::{
    AssertionId, Claim, Day, EntityId, Evaluation, Instant, KindName, Marking, Money, Nature, Period, Properties,
    Provenance, Quantity, Relationship, RelationshipId, RelationshipKey, Subject,
};
use crate::store::read::FoundRelationship;

/// A relationship to be written with its first claim.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRelationship {
    /// Its id; left out, the server makes one.
    #[serde(default)]
    #[schema(nullable = false)]
    pub id: Option<RelationshipId>,
    /// Where it starts: an entity that you may see.
    pub source: EntityId,
    /// Where it ends: an entity that you may see.
    pub target: EntityId,
    /// A kind of the ontology.
    pub kind: KindName,
    /// Property name → values.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    pub properties: Properties,
    /// When it holds in the world.
    #[serde(default)]
    #[schema(nullable = false)]
    pub period: Option<Period>,
    /// How much money.
    #[serde(default)]
    #[schema(nullable = false)]
    pub amount: Option<Money>,
    /// How much of something else.
    #[serde(default)]
    #[schema(nullable = false)]
    pub quantity: Option<Quantity>,
    /// How far it is trusted.
    pub evaluation: Evaluation,
    /// Fact, assessment (default) or hypothesis.
    #[serde(default)]
    pub nature: Nature,
    /// Who may see and use it.
    pub marking: Marking,
    /// From this day (UTC) on nobody sees it.
    #[serde(default)]
    #[schema(nullable = false)]
    pub retain_until: Option<Day>,
    /// Where it comes from.
    #[serde(default)]
    pub provenance: Provenance,
}

/// A relationship that was written.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RelationshipRecorded {
    /// The relationship.
    pub id: RelationshipId,
    /// Its first claim.
    pub assertion: AssertionId,
    /// The instant of the revision that holds it.
    pub recorded_at: Instant,
}

/// A relationship as read alone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RelationshipRecord {
    /// The relationship.
    #[serde(flatten)]
    pub relationship: Relationship,
    /// Other relationships that state the same payment: alike in ends, amount and instant, under other ids. Never merged.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub possible_duplicates: Vec<RelationshipKey>,
}

impl NewRelationship {
    /// The claim that this makes under the id of its assertion.
    fn into_claim(self, fresh: AssertionId) -> Claim {
        let made = || RelationshipId::new(fresh.to_string()).expect("a UUID is a legal id");
        let id = self.id.unwrap_or_else(made);
        Claim {
            subject: Subject::Relationship { id, source: self.source, target: self.target },
            kind: self.kind,
            properties: self.properties,
            period: self.period,
            amount: self.amount,
            quantity: self.quantity,
            evaluation: self.evaluation,
            nature: self.nature,
            marking: self.marking,
            retain_until: self.retain_until,
            provenance: self.provenance,
        }
    }
}

impl AppState {
    /// Writes a relationship with its first claim.
    pub async fn create_relationship(
        self: &Arc<Self>,
        who: &Caller,
        new: NewRelationship,
        idempotency: Option<Idempotency>,
    ) -> ServiceResult<Disclosed<RelationshipRecorded>> {
        let names_subjects = new.id.is_none();
        let draft = move |state: &Self, permit: &WritePermit| {
            let id = AssertionId(state.gate.clock().fresh_id());
            state.draft_one(permit, id, new.into_claim(id), names_subjects)
        };
        let written = self.write(who, idempotency, draft).await.map_err(as_everyday)?;
        Ok(written.map(|written| RelationshipRecorded {
            id: written.ids.relationships[0].id.clone(),
            assertion: written.ids.assertions[0],
            recorded_at: written.recorded_at,
        }))
    }

    /// One relationship.
    pub async fn get_relationship(
        &self,
        who: &Caller,
        key: &RelationshipKey,
        reading: &Reading,
    ) -> ServiceResult<Disclosed<Rendered>> {
        let permit = self.admit_read(who).await?;
        let at = self.revision_at(&permit, &reading.moment).await?;
        let Some(found) = self.reader(&permit, at).relationship(key).await? else {
            return self.nothing(&permit).await;
        };
        let FoundRelationship { relationship, possible_duplicates } = found;
        let mut ids = Disclosure { relationships: vec![relationship.id.clone()], ..Disclosure::default() };
        ids.entities = vec![relationship.source.clone(), relationship.target.clone()];
        ids.assertions.clone_from(&relationship.evidence);
        ids.relationships.extend(possible_duplicates.iter().cloned());
        let record = RelationshipRecord { relationship, possible_duplicates };
        self.disclose_one(&permit, &record, ids, reading).await
    }

    /// The claims on a relationship.
    pub async fn list_relationship_assertions(
        &self,
        who: &Caller,
        key: &RelationshipKey,
        moment: &Moment,
        page: &PageRequest,
    ) -> ServiceResult<Disclosed<AssertionPage>> {
        let permit = self.admit_read(who).await?;
        let start = self.open_page::<AssertionId>(who, &permit, key, moment, page).await?;
        let at = Some(start.at);
        let claims = self.reader(&permit, at).relationship_assertions(key).await?;
        let held = claims.into_iter().filter(|claim| claim.assertion.recorded.holds(at));
        let records: Vec<_> = held.map(|claim| AssertionRecord::new(claim, at)).collect();
        if records.is_empty() {
            return self.nothing(&permit).await;
        }
        self.disclose_records(&permit, &start, records).await
    }
}
