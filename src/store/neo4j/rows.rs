//! Claims as properties, and back.
//!
//! Whether a claim is closed is read off as of one revision, so that a reader who goes by the last published one sees nothing of a
//! later write, whole or half.

use neo4rs::BoltType;
use serde::Deserialize;
use uuid::Uuid;

use super::session::{map, texts};
use crate::model::{
    Assertion, AssertionId, Claim, Closure, Day, EntityId, IdError, Instant, KindName, Properties, Provenance,
    Recorded, RelationshipId, RetractionReason, Revision, Subject, SubjectName,
};
use crate::store::body::{Body, holds};
use crate::store::plan::Insert;
use crate::store::{GuardKey, Stamp, StoreError, StoreResult};

/// The database holds what it never should.
pub(super) fn damaged(detail: impl Into<String>) -> StoreError {
    StoreError::Damaged(detail.into())
}

fn no_id(error: IdError) -> StoreError {
    damaged(error.to_string())
}

/// An assertion id as it is stored.
pub(super) fn id_text(id: AssertionId) -> String {
    id.0.hyphenated().to_string()
}

/// An assertion id from its property.
pub(super) fn assertion_id(text: &str) -> StoreResult<AssertionId> {
    Uuid::try_parse(text).map(AssertionId).map_err(|_| damaged("an assertion id that is no UUID"))
}

/// An entity's id from its property.
pub(super) fn entity_id(text: &str) -> StoreResult<EntityId> {
    EntityId::new(text).map_err(no_id)
}

/// A kind from its property.
pub(super) fn kind_name(text: &str) -> StoreResult<KindName> {
    KindName::new(text).map_err(no_id)
}

/// A revision from its property.
pub(super) fn revision(number: i64) -> StoreResult<Revision> {
    u64::try_from(number).map(Revision).map_err(|_| damaged("a negative revision"))
}

/// A revision as its property.
pub(super) fn number(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}

/// An instant from its property.
pub(super) fn instant(micros: i64) -> StoreResult<Instant> {
    Instant::from_micros(micros).ok_or_else(|| damaged("an instant outside the calendar"))
}

/// A day from its property.
pub(super) fn day(days: i64) -> StoreResult<Day> {
    i32::try_from(days).map(Day::from_epoch).map_err(|_| damaged("a day outside the calendar"))
}

/// A revision with its instant from its properties.
pub(super) fn stamp((number, at): (i64, i64)) -> StoreResult<Stamp> {
    Ok(Stamp { revision: revision(number)?, at: instant(at)? })
}

/// Sixteen bytes as text.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What [`hex`] wrote.
pub(super) fn bytes(text: &str) -> StoreResult<[u8; 16]> {
    u128::from_str_radix(text, 16).map(u128::to_be_bytes).map_err(|_| damaged("a hash that is no hexadecimal number"))
}

/// Properties as an operator reads them: `name=value`.
fn statements(properties: &Properties) -> BoltType {
    if properties.is_empty() {
        return BoltType::from(None::<String>);
    }
    texts(properties.iter().flat_map(|(name, values)| values.iter().map(move |value| statement(name, value))))
}

/// One of them.
pub(super) fn statement(name: &str, value: &str) -> String {
    format!("{name}={value}")
}

/// What [`statements`] wrote.
pub(super) fn properties<T: AsRef<str>>(statements: impl IntoIterator<Item = T>) -> StoreResult<Properties> {
    let mut properties = Properties::new();
    for statement in statements {
        let parts = statement.as_ref().split_once('=');
        let (name, value) = parts.ok_or_else(|| damaged("a property that is not `name=value`"))?;
        properties.entry(name.to_owned()).or_default().push(value.to_owned());
    }
    Ok(properties)
}

/// What a new claim is written with, beside its subject.
pub(super) struct Pen<'a> {
    /// The revision.
    pub(super) stamp: Stamp,
    /// Who claims.
    pub(super) writer: &'a SubjectName,
}

impl Pen<'_> {
    /// The properties of a claim under a marking; `searched` are the values that search looks into.
    pub(super) fn claim(&self, insert: &Insert<'_>, marking: i64, searched: Option<(String, String)>) -> BoltType {
        let claim = insert.claim;
        let (relationship, kind) = match &claim.subject {
            Subject::Entity(_) => (None, Some(claim.kind.as_str())),
            Subject::Relationship { id, .. } => (Some(id.as_str()), None),
        };
        let (holds_from, holds_to) = holds(claim.period.as_ref());
        let (named, plain) = searched.map_or((None, None), |(named, plain)| (Some(named), Some(plain)));
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        map([
            ("assertion", id_text(insert.id).into()),
            ("id", relationship.into()),
            ("kind", kind.into()),
            ("marking", marking.into()),
            ("retain_until", claim.retain_until.map(|day| i64::from(day.since_epoch())).into()),
            ("recorded_from", number(self.stamp.revision).into()),
            ("recorded_at", self.stamp.at.micros().into()),
            ("asserted_by", self.writer.as_str().into()),
            ("protects", insert.protects.then_some(true).into()),
            ("holds_from", holds_from.into()),
            ("holds_to", holds_to.into()),
            ("load", claim.provenance.load.as_deref().into()),
            ("source_key", insert.load.map(|key| hex(&key.source)).into()),
            ("content", insert.load.map(|key| hex(&key.content)).into()),
            ("named", named.and_then(some).into()),
            ("plain", plain.and_then(some).into()),
            // For those who look at the graph; what is read back stands in the body.
            ("amount", claim.amount.map(|money| money.minor).into()),
            ("currency", claim.amount.map(|money| money.currency.code()).into()),
            ("properties", statements(&claim.properties)),
            ("body", Body::without_properties(claim).into()),
        ])
    }
}

/// A claim's subject and kind: assertion, entity, relationship, source, target, kind.
type Head = (String, Option<String>, Option<String>, Option<String>, Option<String>, String);
/// The rest: marking, retain day, recorded from and at, recorded to, closed at, withdrawn, load, writer, properties, body.
type Rest = (
    i64,
    Option<i64>,
    i64,
    i64,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<String>,
    String,
    Option<Vec<String>>,
    String,
);

/// A claim as statements answer it.
#[derive(Deserialize)]
pub(super) struct ClaimRow(Head, Rest);

impl ClaimRow {
    /// The claim as it stood at a revision, the last one that the reader goes by.
    pub(super) fn claim(self, guards: &[(i64, GuardKey)], latest: i64) -> StoreResult<Assertion> {
        let Self((assertion, entity, relationship, source, target, kind), rest) = self;
        let (marking, retain_until, from, at, to, closed_at, withdrawn, load, asserted_by, statements, body) = rest;
        let body = Body::read(body.as_bytes())?;
        let to = to.filter(|to| *to <= latest).map(|to| {
            let at = instant(closed_at.ok_or_else(|| damaged("a closed claim without an instant"))?)?;
            Ok::<_, StoreError>(Closure { revision: revision(to)?, at, reason: reason(withdrawn, latest) })
        });
        Ok(Assertion {
            id: assertion_id(&assertion)?,
            claim: Claim {
                subject: subject(entity, relationship, source, target)?,
                kind: kind_name(&kind)?,
                properties: properties(statements.unwrap_or_default())?,
                period: body.period,
                amount: body.amount,
                quantity: body.quantity,
                evaluation: body.evaluation,
                nature: body.nature,
                marking: guard(guards, marking)?.marking.clone(),
                retain_until: retain_until.map(day).transpose()?,
                provenance: Provenance { load, ..body.provenance },
            },
            asserted_by: SubjectName::new(asserted_by).map_err(no_id)?,
            recorded: Recorded { from: revision(from)?, at: instant(at)?, to: to.transpose()? },
        })
    }
}

/// Why a closed claim was closed: it is withdrawn from its withdrawal's revision on.
pub(super) fn reason(withdrawn: Option<i64>, latest: i64) -> RetractionReason {
    match withdrawn {
        Some(since) if since <= latest => RetractionReason::Withdrawn,
        _ => RetractionReason::Superseded,
    }
}

/// The guard with this key.
pub(super) fn guard(guards: &[(i64, GuardKey)], key: i64) -> StoreResult<&GuardKey> {
    let at = guards.binary_search_by_key(&key, |(known, _)| *known);
    at.map(|at| &guards[at].1).map_err(|_| damaged("a claim under a marking that is not there"))
}

fn subject(
    entity: Option<String>,
    relationship: Option<String>,
    source: Option<String>,
    target: Option<String>,
) -> StoreResult<Subject> {
    match (entity, relationship, source, target) {
        (Some(entity), None, None, None) => Ok(Subject::Entity(entity_id(&entity)?)),
        (None, Some(id), Some(source), Some(target)) => Ok(Subject::Relationship {
            id: RelationshipId::new(id).map_err(no_id)?,
            source: entity_id(&source)?,
            target: entity_id(&target)?,
        }),
        _ => Err(damaged("a claim without a subject")),
    }
}
