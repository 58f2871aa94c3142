//! Claims: written in batches, read one by one or by subject, retracted by their originator.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reading::PageStart;
use super::running::Idempotency;
use super::writing::Draft;
use super::{AppState, Caller, Moment, PageRequest, Reading, Rendered, ServiceError, ServiceResult};
use crate::access::{Disclosed, Disclosure, Permit, WritePermit};
use crate::model::{
    Assertion, AssertionId, Claim, Day, EntityId, Evaluation, Fault, Instant, KindName, Marking, Money, Nature, Period,
    Properties, Provenance, Quantity, RetractionReason, Revision, Subject,
};
use crate::store::read::ShownAssertion;
use crate::store::{NewAssertion, Operation};

/// Claims to be recorded together or not at all.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAssertions {
    /// The claims, at most 1,000.
    #[schema(min_items = 1, max_items = 1000)]
    pub assertions: Vec<Claim>,
}

/// What was recorded.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AssertionsRecorded {
    /// The instant of the revision that holds them.
    pub recorded_at: Instant,
    /// One for each claim, in the order of the request.
    pub items: Vec<RecordedItem>,
}

/// One recorded claim.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RecordedItem {
    /// The claim's id.
    pub id: AssertionId,
    /// What it is about.
    pub subject: Subject,
}

/// Why a claim is taken back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retraction {
    /// `superseded`: readable at an earlier `as_of`. `withdrawn`: from now on only its originator sees it.
    pub reason: RetractionReason,
}

/// A claim that was taken back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Retracted {
    /// The claim.
    pub id: AssertionId,
    /// When.
    pub retracted_at: Instant,
    /// Why.
    pub reason: RetractionReason,
}

/// A recorded claim as read.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AssertionRecord {
    /// Its id.
    pub id: AssertionId,
    /// What it is about.
    pub subject: Subject,
    /// A kind of the ontology.
    pub kind: KindName,
    /// Property name → values.
    #[schema(value_type = std::collections::BTreeMap<String, Vec<String>>)]
    pub properties: Properties,
    /// When it holds in the world.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub period: Option<Period>,
    /// How much money.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amount: Option<Money>,
    /// How much of something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub quantity: Option<Quantity>,
    /// How far it is trusted, as its source said.
    pub evaluation: Evaluation,
    /// Fact, assessment or hypothesis.
    pub nature: Nature,
    /// Who may see and use it.
    pub marking: Marking,
    /// From this day (UTC) on nobody sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub retain_until: Option<Day>,
    /// Where it comes from.
    pub provenance: Provenance,
    /// When the system held it.
    pub recorded: RecordedSpan,
    /// The properties that were masked because it is about a protected person.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<String>,
}

/// A page of claims, in the order of their ids.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AssertionPage {
    /// The claims.
    pub items: Vec<AssertionRecord>,
    /// Where the next page begins; left out on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<String>,
}

/// When the system held a claim: `[from, to)`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RecordedSpan {
    /// Since when.
    pub from: Instant,
    /// The first instant at which it was no longer held; left out while it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub to: Option<Instant>,
    /// Why it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<RetractionReason>,
}

impl AssertionRecord {
    /// A claim as it stood at a revision (`None`: now).
    pub(crate) fn new(shown: ShownAssertion, at: Option<Revision>) -> Self {
        let ShownAssertion { assertion: Assertion { id, claim, recorded, .. }, masked } = shown;
        let closed = recorded.to.filter(|to| at.is_none_or(|at| to.revision <= at));
        Self {
            id,
            subject: claim.subject,
            kind: claim.kind,
            properties: claim.properties,
            period: claim.period,
            amount: claim.amount,
            quantity: claim.quantity,
            evaluation: claim.evaluation,
            nature: claim.nature,
            marking: claim.marking,
            retain_until: claim.retain_until,
            provenance: claim.provenance,
            recorded: RecordedSpan {
                from: recorded.at,
                to: closed.map(|to| to.at),
                reason: closed.map(|to| to.reason),
            },
            masked,
        }
    }
}

impl AppState {
    /// Records claims, all or none.
    pub async fn create_assertions(
        self: &Arc<Self>,
        who: &Caller,
        claims: Vec<Claim>,
        idempotency: Option<Idempotency>,
    ) -> ServiceResult<Disclosed<AssertionsRecorded>> {
        let written = self.write(who, idempotency, |state, permit| state.draft_claims(permit, claims)).await?;
        Ok(written.map(|written| AssertionsRecorded {
            recorded_at: written.recorded_at,
            items: (written.ids.assertions.into_iter().zip(written.subjects))
                .map(|(id, subject)| RecordedItem { id, subject })
                .collect(),
        }))
    }

    fn draft_claims(&self, permit: &WritePermit, claims: Vec<Claim>) -> ServiceResult<Draft> {
        self.check_count("/assertions", claims.len())?;
        let places: Vec<String> = (0..claims.len()).map(|at| format!("/assertions/{at}")).collect();
        let faults: Vec<Fault> = (claims.iter().zip(&places))
            .flat_map(|(claim, place)| {
                self.claim_faults(permit, claim).into_iter().map(move |fault| fault.under(place))
            })
            .collect();
        if !faults.is_empty() {
            return Err(ServiceError::Faults(faults));
        }
        let operations = claims
            .into_iter()
            .map(|claim| {
                let id = AssertionId(self.gate.clock().fresh_id());
                Operation::Assert(Box::new(NewAssertion { id, claim, load: None }))
            })
            .collect();
        Ok(Draft { operations, places, names_subjects: false })
    }

    /// Refuses empty and over-long lists.
    pub(crate) fn check_count(&self, pointer: &str, count: usize) -> ServiceResult<()> {
        let max = self.limits.batch_items;
        let fault = match count {
            0 => Fault::new(pointer, "empty-batch", "there is nothing to do: name at least one item"),
            _ if count > max => {
                Fault::new(pointer, "too-many-items", format!("{count} items; one request has at most {max}"))
            }
            _ => return Ok(()),
        };
        Err(ServiceError::Faults(vec![fault]))
    }

    /// Takes a claim back.
    pub async fn retract_assertion(
        self: &Arc<Self>,
        who: &Caller,
        id: AssertionId,
        reason: RetractionReason,
        idempotency: Option<Idempotency>,
    ) -> ServiceResult<Disclosed<Retracted>> {
        let draft = move |_: &Self, _: &WritePermit| {
            let operations = vec![Operation::Retract { id, reason }];
            Ok(Draft { operations, places: vec![String::new()], names_subjects: false })
        };
        let written = self.write(who, idempotency, draft).await?;
        Ok(written.map(|written| Retracted { id, retracted_at: written.recorded_at, reason }))
    }

    /// One claim.
    pub async fn get_assertion(
        &self,
        who: &Caller,
        id: AssertionId,
        reading: &Reading,
    ) -> ServiceResult<Disclosed<Rendered>> {
        let permit = self.admit_read(who).await?;
        let at = self.revision_at(&permit, &reading.moment).await?;
        let found = self.reader(&permit, at).assertions(&[id]).await?;
        let Some(shown) = found.into_iter().find(|found| at.is_none_or(|at| found.assertion.recorded.from <= at))
        else {
            return self.nothing(&permit).await;
        };
        let record = AssertionRecord::new(shown, at);
        let ids = disclosure(std::slice::from_ref(&record));
        self.disclose_one(&permit, &record, ids, reading).await
    }

    /// The claims on an entity.
    pub async fn list_entity_assertions(
        &self,
        who: &Caller,
        id: &EntityId,
        moment: &Moment,
        page: &PageRequest,
    ) -> ServiceResult<Disclosed<AssertionPage>> {
        let permit = self.admit_read(who).await?;
        let start = self.open_page::<AssertionId>(who, &permit, id, moment, page).await?;
        let at = Some(start.at);
        let claims = self.reader(&permit, at).entity_assertions(id).await?;
        let records: Vec<_> = claims.into_iter().map(|claim| AssertionRecord::new(claim, at)).collect();
        if records.is_empty() {
            return self.nothing(&permit).await;
        }
        self.disclose_records(&permit, &start, records).await
    }

    /// One page of these claims.
    pub(crate) async fn disclose_records(
        &self,
        permit: &Permit,
        start: &PageStart<AssertionId>,
        mut records: Vec<AssertionRecord>,
    ) -> ServiceResult<Disclosed<AssertionPage>> {
        records.sort_by_key(|record| record.id);
        records.retain(|record| start.after.is_none_or(|after| record.id > after));
        let more = records.len() > start.limit;
        records.truncate(start.limit);
        let next = match records.last() {
            Some(last) if more => Some(self.next_page(start, &last.id)?),
            _ => None,
        };
        let ids = disclosure(&records);
        Ok(self.gate.disclose(permit, "ok", ids, AssertionPage { items: records, next }).await?)
    }
}

fn disclosure(records: &[AssertionRecord]) -> Disclosure {
    let mut ids = Disclosure::default();
    for record in records {
        ids.assertions.push(record.id);
        match &record.subject {
            Subject::Entity(id) if !ids.entities.contains(id) => ids.entities.push(id.clone()),
            Subject::Relationship { id, .. } if !ids.relationships.iter().any(|known| known.id == *id) => {
                ids.relationships.push(id.clone().into());
            }
            _ => {}
        }
    }
    ids
}
