//! Claims as rows, and back.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Row;
use rusqlite::types::{FromSql, Value, ValueRef};
use uuid::Uuid;

use super::error::{damaged, store_error};
use crate::model::{
    Assertion, AssertionId, Claim, Closure, Day, EntityId, IdError, Instant, KindName, Provenance, Recorded,
    RelationshipId, RetractionReason, Revision, Subject, SubjectName,
};
use crate::store::body::Body;
use crate::store::{GuardKey, StoreResult};

/// What [`Decoder::assertion`] reads, of a row `a`; ends by their ids.
pub(super) const COLUMNS: &str = "a.id, (SELECT id FROM entity WHERE key = a.entity), a.relationship, \
    (SELECT id FROM entity WHERE key = a.source), (SELECT id FROM entity WHERE key = a.target), \
    a.kind, a.guard, a.retain_until, a.recorded_from, a.recorded_at, a.recorded_to, a.closed_at, a.closed_as, \
    (SELECT id FROM load WHERE key = a.load), a.asserted_by, a.body";

/// The same with ends by their keys, for scans that hold all ids in memory ([`Decoder::with`]).
pub(super) const SCAN_COLUMNS: &str = "a.id, a.entity, a.relationship, a.source, a.target, \
    a.kind, a.guard, a.retain_until, a.recorded_from, a.recorded_at, a.recorded_to, a.closed_at, a.closed_as, \
    (SELECT id FROM load WHERE key = a.load), a.asserted_by, a.body";

/// The reason that `assertion.closed_as` holds.
pub(super) fn reason(text: &str) -> StoreResult<RetractionReason> {
    match text {
        "superseded" => Ok(RetractionReason::Superseded),
        "withdrawn" => Ok(RetractionReason::Withdrawn),
        other => Err(damaged(format!("a claim closed as `{other}`"))),
    }
}

/// How a reason is written into `assertion.closed_as`.
pub(super) const fn reason_word(reason: RetractionReason) -> &'static str {
    match reason {
        RetractionReason::Superseded => "superseded",
        RetractionReason::Withdrawn => "withdrawn",
    }
}

/// A revision from its column.
pub(super) fn revision(number: i64) -> StoreResult<Revision> {
    u64::try_from(number).map(Revision).map_err(|_| damaged("a negative revision"))
}

/// An instant from its column.
pub(super) fn instant(micros: i64) -> StoreResult<Instant> {
    Instant::from_micros(micros).ok_or_else(|| damaged("an instant outside the calendar"))
}

/// An id from its column.
pub(super) fn assertion_id(bytes: &[u8]) -> StoreResult<AssertionId> {
    Uuid::from_slice(bytes).map(AssertionId).map_err(|_| damaged("an assertion id that is not 16 bytes long"))
}

fn no_id(error: IdError) -> crate::store::StoreError {
    damaged(error.to_string())
}

/// How many columns there are.
const WIDTH: usize = 16;

/// The values of a row, in the order of [`COLUMNS`].
pub(super) trait Cells {
    /// The value of a column.
    fn cell(&self, at: usize) -> StoreResult<ValueRef<'_>>;
}

impl Cells for Row<'_> {
    fn cell(&self, at: usize) -> StoreResult<ValueRef<'_>> {
        self.get_ref(at).map_err(store_error)
    }
}

/// A row that can go to another thread.
pub(super) struct Raw([Value; WIDTH]);

impl Raw {
    /// Takes a row out of its statement.
    pub(super) fn of(row: &Row<'_>) -> StoreResult<Self> {
        let mut cells = [const { Value::Null }; WIDTH];
        for (at, cell) in cells.iter_mut().enumerate() {
            *cell = row.get(at).map_err(store_error)?;
        }
        Ok(Self(cells))
    }
}

impl Cells for Raw {
    fn cell(&self, at: usize) -> StoreResult<ValueRef<'_>> {
        Ok(ValueRef::from(&self.0[at]))
    }
}

/// What numbers in rows stand for.
#[derive(Default)]
pub(super) struct Lexicon {
    /// Guards by key, ascending.
    pub(super) guards: Arc<Vec<(i64, GuardKey)>>,
    /// Ids by `entity.key`, for scans.
    pub(super) names: Vec<Option<EntityId>>,
}

/// Makes claims of rows. Names that come again and again are made once.
pub(super) struct Decoder {
    lexicon: Arc<Lexicon>,
    kinds: HashMap<String, KindName>,
    subjects: HashMap<String, SubjectName>,
}

impl Decoder {
    /// A decoder that knows these guards.
    pub(super) fn new(guards: Arc<Vec<(i64, GuardKey)>>) -> Self {
        Self::with(Arc::new(Lexicon { guards, names: Vec::new() }))
    }

    /// The same for [`SCAN_COLUMNS`], with all ids by `entity.key`.
    pub(super) fn with(lexicon: Arc<Lexicon>) -> Self {
        Self { lexicon, kinds: HashMap::new(), subjects: HashMap::new() }
    }

    /// The claim in a row; `None` when it was erased.
    pub(super) fn assertion(&mut self, row: &impl Cells) -> StoreResult<Option<Assertion>> {
        let ValueRef::Text(body) = row.cell(15)? else { return Ok(None) };
        let body = Body::read(body)?;
        let subject = match row.cell(2)? {
            ValueRef::Text(id) => Subject::Relationship {
                id: RelationshipId::new(text(id)?).map_err(no_id)?,
                source: self.entity(row.cell(3)?)?,
                target: self.entity(row.cell(4)?)?,
            },
            _ => Subject::Entity(self.entity(row.cell(1)?)?),
        };
        let guard: i64 = value(row.cell(6)?)?;
        let at = self.lexicon.guards.binary_search_by_key(&guard, |(known, _)| *known);
        let at = at.map_err(|_| damaged("a claim under a guard that is not there"))?;
        let marking = self.lexicon.guards[at].1.marking.clone();
        let to = match value(row.cell(10)?)? {
            None => None,
            Some(number) => Some(Closure {
                revision: revision(number)?,
                at: instant(value(row.cell(11)?)?)?,
                reason: reason(row.cell(12)?.as_str().map_err(|error| damaged(error.to_string()))?)?,
            }),
        };
        let load: Option<String> = value(row.cell(13)?)?;
        let retain_until: Option<i32> = value(row.cell(7)?)?;
        Ok(Some(Assertion {
            id: assertion_id(row.cell(0)?.as_blob().map_err(|error| damaged(error.to_string()))?)?,
            claim: Claim {
                subject,
                kind: self.kind(row.cell(5)?)?,
                properties: body.properties,
                period: body.period,
                amount: body.amount,
                quantity: body.quantity,
                evaluation: body.evaluation,
                nature: body.nature,
                marking,
                retain_until: retain_until.map(Day::from_epoch),
                provenance: Provenance { load, ..body.provenance },
            },
            asserted_by: self.subject(row.cell(14)?)?,
            recorded: Recorded { from: revision(value(row.cell(8)?)?)?, at: instant(value(row.cell(9)?)?)?, to },
        }))
    }

    fn entity(&self, value: ValueRef<'_>) -> StoreResult<EntityId> {
        match value {
            ValueRef::Text(id) => EntityId::new(text(id)?).map_err(no_id),
            ValueRef::Integer(key) => {
                let known = usize::try_from(key).ok().and_then(|key| self.lexicon.names.get(key)?.clone());
                known.ok_or_else(|| damaged("a claim on an entity that is not there"))
            }
            _ => Err(damaged("a claim without a subject")),
        }
    }

    fn kind(&mut self, value: ValueRef<'_>) -> StoreResult<KindName> {
        let name = value.as_str().map_err(|error| damaged(error.to_string()))?;
        if let Some(kind) = self.kinds.get(name) {
            return Ok(kind.clone());
        }
        let kind = KindName::new(name).map_err(no_id)?;
        self.kinds.insert(name.to_owned(), kind.clone());
        Ok(kind)
    }

    fn subject(&mut self, value: ValueRef<'_>) -> StoreResult<SubjectName> {
        let name = value.as_str().map_err(|error| damaged(error.to_string()))?;
        if let Some(subject) = self.subjects.get(name) {
            return Ok(subject.clone());
        }
        let subject = SubjectName::new(name).map_err(no_id)?;
        self.subjects.insert(name.to_owned(), subject.clone());
        Ok(subject)
    }
}

fn value<T: FromSql>(cell: ValueRef<'_>) -> StoreResult<T> {
    T::column_result(cell).map_err(|error| damaged(error.to_string()))
}

fn text(bytes: &[u8]) -> StoreResult<&str> {
    std::str::from_utf8(bytes).map_err(|error| damaged(error.to_string()))
}
