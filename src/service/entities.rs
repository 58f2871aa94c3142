//! Entities: the everyday form of writing one, and reading one, many, or the claims behind one.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reading::Form;
use super::remembered::Wanted;
use super::running::Idempotency;
use super::writing::Draft;
use super::{AppState, Caller, Moment, Reading, Rendered, ServiceError, ServiceResult};
use crate::access::{Action, Disclosed, Disclosure, Permit, WritePermit};
use crate::model::{
    AssertionId, Claim, Day, Entity, EntityId, Evaluation, Fault, Instant, KindName, Marking, Money, Nature, Period,
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

/// Entities to be read together.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntityIds {
    /// Their ids, at most 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    pub ids: Vec<EntityId>,
}

/// Entities read together.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EntityBatch {
    /// Those that you may see, each once, in the order of the request.
    pub items: Vec<Entity>,
    /// The ids under which there is nothing that you may see, in the order of the request.
    pub missing: Vec<EntityId>,
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

    /// One entity.
    pub async fn get_entity(
        &self,
        who: &Caller,
        id: &EntityId,
        reading: &Reading,
    ) -> ServiceResult<Disclosed<Rendered>> {
        let permit = self.admit_read(who).await?;
        let Some(form) = self.entity_form(&permit, id, &reading.moment).await? else {
            return self.nothing(&permit).await;
        };
        let ids = Disclosure { entities: vec![id.clone()], ..Disclosure::default() };
        self.disclose_form(&permit, &form, ids, reading).await
    }

    async fn entity_form(&self, permit: &Permit, id: &EntityId, moment: &Moment) -> ServiceResult<Option<Arc<Form>>> {
        // Asked before the store is: what is read then is this state or a later one.
        let version = self.store.version().filter(|_| *moment == Moment::Now);
        let wanted = version.map(|version| (Wanted::of(permit, id), version));
        if let Some((wanted, version)) = &wanted
            && let Some(form) = self.remembered.recall(wanted, *version)
        {
            return Ok(Some(form));
        }
        let at = self.revision_at(permit, moment).await?;
        let Some(entity) = self.reader(permit, at).entity(id).await? else { return Ok(None) };
        let form = Arc::new(Form::of(&entity)?);
        if let Some((wanted, version)) = wanted {
            self.remembered.keep(wanted, version, &form);
        }
        Ok(Some(form))
    }

    /// Many entities, in the order in which they are named.
    pub async fn get_entities(
        &self,
        who: &Caller,
        ids: &[EntityId],
        moment: &Moment,
    ) -> ServiceResult<Disclosed<EntityBatch>> {
        let permit = self.admit_read(who).await?;
        self.check_count("/ids", ids.len())?;
        let at = self.revision_at(&permit, moment).await?;
        let items = self.reader(&permit, at).entities(ids).await?;
        let found: BTreeSet<&EntityId> = items.iter().map(|entity| &entity.id).collect();
        let missing = ids.iter().filter(|id| !found.contains(id)).cloned().collect();
        let ids = Disclosure { entities: found.into_iter().cloned().collect(), ..Disclosure::default() };
        Ok(self.gate.disclose(&permit, "ok", ids, EntityBatch { items, missing }).await?)
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
