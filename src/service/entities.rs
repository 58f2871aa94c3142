//! Entities: the everyday form of writing one, and reading one, many, or the claims behind one.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::running::Idempotency;
use super::writing::Draft;
use super::{AppState, Caller, ServiceError, ServiceResult};
use crate::access::{Action, Disclosed, Permit, WritePermit};
use crate::model::{
    AssertionId, Claim, Day, EntityId, Evaluation, Fault, Instant, KindName, Marking, Money, Nature, Period,
    Properties, Provenance, Quantity, Subject,
};
use crate::store::{NewAssertion, Operation};

/// An entity to be written with its first claim.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEntity {
    /// Its id; left out, the server makes one.
    #[serde(default)]
    #[schema(nullable = false)]
    pub id: Option<EntityId>,
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
    /// An amount, such as a balance.
    #[serde(default)]
    #[schema(nullable = false)]
    pub amount: Option<Money>,
    /// A quantity, such as a consignment's.
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

/// An entity that was written.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EntityRecorded {
    /// The entity.
    pub id: EntityId,
    /// Its first claim.
    pub assertion: AssertionId,
    /// The instant of the revision that holds it.
    pub recorded_at: Instant,
}

impl NewEntity {
    /// The claim that this makes under the id of its assertion.
    fn into_claim(self, fresh: AssertionId) -> Claim {
        let id = self.id.unwrap_or_else(|| EntityId::new(fresh.to_string()).expect("a UUID is a legal id"));
        Claim {
            subject: Subject::Entity(id),
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
    /// Lets a reader in.
    pub(crate) async fn admit_read(&self, who: &Caller) -> ServiceResult<Permit> {
        Ok(self.gate.admit(&who.identity, Action::Read, who.context.clone()).await?)
    }

    /// Writes an entity with its first claim.
    pub async fn create_entity(
        self: &Arc<Self>,
        who: &Caller,
        new: NewEntity,
        idempotency: Option<Idempotency>,
    ) -> ServiceResult<Disclosed<EntityRecorded>> {
        let names_subjects = new.id.is_none();
        let draft = move |state: &Self, permit: &WritePermit| {
            let id = AssertionId(state.gate.clock().fresh_id());
            state.draft_one(permit, id, new.into_claim(id), names_subjects)
        };
        let written = self.write(who, idempotency, draft).await.map_err(as_everyday)?;
        Ok(written.map(|written| EntityRecorded {
            id: written.ids.entities[0].clone(),
            assertion: written.ids.assertions[0],
            recorded_at: written.recorded_at,
        }))
    }

    /// The draft of one claim that stands at the top of its request.
    pub(crate) fn draft_one(
        &self,
        permit: &WritePermit,
        id: AssertionId,
        claim: Claim,
        names_subjects: bool,
    ) -> ServiceResult<Draft> {
        let faults = self.claim_faults(permit, &claim);
        if !faults.is_empty() {
            return Err(ServiceError::Faults(faults));
        }
        let operations = vec![Operation::Assert(Box::new(NewAssertion { id, claim, load: None }))];
        Ok(Draft { operations, places: vec![String::new()], names_subjects })
    }
}

/// The same error with pointers into the everyday form, which has the subject's parts at the top.
pub(crate) fn as_everyday(error: ServiceError) -> ServiceError {
    let ServiceError::Faults(faults) = error else { return error };
    let mend = |fault: Fault| {
        let pointer = match fault.pointer.strip_prefix("/subject") {
            Some("/entity" | "/relationship") => "/id".to_owned(),
            Some(rest) => rest.to_owned(),
            None => fault.pointer.clone(),
        };
        Fault { pointer, ..fault }
    };
    ServiceError::Faults(faults.into_iter().map(mend).collect())
}
