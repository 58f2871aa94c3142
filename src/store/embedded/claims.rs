//! Reading claims: by subject, by id, and around one entity.

use std::iter::Peekable;

use rusqlite::types::Value;
use rusqlite::{Connection, Params, Rows, named_params};

use super::error::store_error;
use super::rows::{COLUMNS, Decoder};
use super::sight::{Sight, array, ends_seen, entity_seen, held, seen};
use crate::model::{Assertion, EntityId, Instant, RelationshipId, Subject};
use crate::store::asked::Asked;
use crate::store::{Incident, Side, StoreResult};

/// The visible claims on what is asked for, by id.
pub(super) fn claims(connection: &Connection, sight: &Sight, asked: &Asked) -> StoreResult<Vec<Assertion>> {
    let (rows, seen, held, ends) = ("rarray(:ids) w CROSS JOIN", seen("a"), held("a"), ends_seen("a"));
    let (from, filter, ids) = match asked {
        Asked::Entities(ids) => (
            format!("{rows} entity e ON e.id = w.value CROSS JOIN assertion a ON a.entity = e.key"),
            format!("{seen} AND (({held}) OR (a.protects = 1 AND a.recorded_to IS NULL))"),
            array(ids.iter().map(|id| id.as_str().to_owned())),
        ),
        Asked::Relationships(ids) => (
            format!("{rows} assertion a ON a.relationship = w.value"),
            format!("{seen} AND {held} AND {ends}"),
            array(ids.iter().map(|id| id.as_str().to_owned())),
        ),
        Asked::Between(one, other) => (
            "entity s CROSS JOIN entity t CROSS JOIN assertion a ON a.source = s.key AND a.target = t.key".to_owned(),
            format!(
                "s.id IN (SELECT value FROM rarray(:ids)) AND t.id IN (SELECT value FROM rarray(:ids)) \
                 AND (s.id <> t.id OR :alone) AND {seen} AND {held} AND {ends}"
            ),
            array([one.as_str().to_owned(), other.as_str().to_owned()]),
        ),
        Asked::Assertions(ids) => (
            format!("{rows} assertion a ON a.id = w.value"),
            format!("{seen} AND (a.entity IS NOT NULL OR ({ends}))"),
            array(ids.iter().map(|id| Value::Blob(id.0.as_bytes().to_vec()))),
        ),
    };
    let sql = format!("SELECT {COLUMNS} FROM {from} WHERE {filter} ORDER BY a.id");
    let mut statement = connection.prepare_cached(&sql).map_err(store_error)?;
    let (seen, today, at) = (&sight.seen, sight.today, sight.at);
    let mut decoder = Decoder::new(sight.guards.clone());
    match asked {
        Asked::Between(one, other) => {
            let alone = one == other;
            let values = named_params! { ":ids": ids, ":seen": seen, ":today": today, ":at": at, ":alone": alone };
            collect(&mut statement.query(values).map_err(store_error)?, &mut decoder)
        }
        // Claims asked for by id come whenever they were recorded; without ends to look at, nothing hangs on `:at`.
        _ => {
            let values = named_params! { ":ids": ids, ":seen": seen, ":today": today, ":at": at };
            collect(&mut statement.query(values).map_err(store_error)?, &mut decoder)
        }
    }
}

fn collect(rows: &mut Rows<'_>, decoder: &mut Decoder) -> StoreResult<Vec<Assertion>> {
    let mut claims = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        claims.extend(decoder.assertion(row)?);
    }
    Ok(claims)
}

/// A triple in the order of relationships: id, source, target.
pub(super) type Triple = (RelationshipId, EntityId, EntityId);

/// The visible claims on the relationships of an entity, whole relationships only, in order of triple, then id: up to `limit`
/// relationships after the triple `after`.
///
/// Two index scans run side by side, one over relationships that leave and one over those that enter, both in order of
/// relationship id; they stop as soon as the page is full.
pub(super) fn incident(
    connection: &Connection,
    sight: &Sight,
    entity: &EntityId,
    incident: &Incident,
    after: Option<&Triple>,
    limit: usize,
) -> StoreResult<Vec<Assertion>> {
    let from = after.map_or("", |(id, _, _)| id.as_str());
    let mut sides = Vec::new();
    for side in [Side::Source, Side::Target] {
        if incident.direction.is_none_or(|only| only == side) {
            // A loop is told by the first scan alone, unless only the second is asked for.
            sides.push((side, incident.direction.is_none() && side == Side::Target));
        }
    }
    let mut statements = Vec::new();
    for (side, without_loops) in sides {
        let sql = side_sql(side, without_loops);
        statements.push(connection.prepare_cached(&sql).map_err(store_error)?);
    }
    let window = incident.window.unwrap_or_default();
    let window_from = window.from.map_or(i64::MIN, Instant::micros);
    let window_to = window.to.map_or(i64::MAX, Instant::micros);
    let mut scans = Vec::new();
    for statement in &mut statements {
        let values = named_params! {
            ":entity": entity.as_str(), ":from": from, ":seen": sight.seen, ":today": sight.today, ":at": sight.at,
            ":window_from": window_from, ":window_to": window_to,
        };
        scans.push(Scan::start(statement, values, Decoder::new(sight.guards.clone()))?.peekable());
    }
    let mut page = Page { incident, after, limit, relationships: 0, claims: Vec::new() };
    while let Some(group) = next_group(&mut scans)? {
        if !page.take(group) {
            break;
        }
    }
    Ok(page.claims)
}

fn side_sql(side: Side, without_loops: bool) -> String {
    let (own, other) = match side {
        Side::Source => ("source", "target"),
        Side::Target => ("target", "source"),
    };
    format!(
        "SELECT {COLUMNS} FROM entity n CROSS JOIN assertion a INDEXED BY assertion_{own} ON a.{own} = n.key
         WHERE n.id = :entity AND {} AND a.relationship >= :from AND {} AND {} AND {}
           AND coalesce(a.holds_from, -9223372036854775808) < :window_to
           AND coalesce(a.holds_to, 9223372036854775807) > :window_from {}
         ORDER BY a.relationship",
        entity_seen("n.key"),
        seen("a"),
        held("a"),
        entity_seen(&format!("a.{other}")),
        if without_loops { "AND a.source <> a.target" } else { "" },
    )
}

/// One index scan that is read as far as it is needed.
struct Scan<'s> {
    rows: Rows<'s>,
    decoder: Decoder,
}

impl<'s> Scan<'s> {
    fn start(statement: &'s mut rusqlite::Statement<'_>, values: impl Params, decoder: Decoder) -> StoreResult<Self> {
        Ok(Self { rows: statement.query(values).map_err(store_error)?, decoder })
    }
}

impl Iterator for Scan<'_> {
    type Item = StoreResult<Assertion>;
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            return match self.rows.next() {
                Err(error) => Some(Err(store_error(error))),
                Ok(None) => None,
                Ok(Some(row)) => match self.decoder.assertion(row) {
                    Ok(None) => continue,
                    Ok(Some(claim)) => Some(Ok(claim)),
                    Err(error) => Some(Err(error)),
                },
            };
        }
    }
}

fn relationship(claim: &Assertion) -> Option<&RelationshipId> {
    match &claim.claim.subject {
        Subject::Relationship { id, .. } => Some(id),
        Subject::Entity(_) => None,
    }
}

/// All claims of the least relationship id that the scans still have.
fn next_group(scans: &mut [Peekable<Scan<'_>>]) -> StoreResult<Option<Vec<Assertion>>> {
    let mut least: Option<RelationshipId> = None;
    for scan in scans.iter_mut() {
        if let Some(Ok(claim)) = scan.peek()
            && let Some(id) = relationship(claim)
            && least.as_ref().is_none_or(|least| id < least)
        {
            least = Some(id.clone());
        }
    }
    let mut group = Vec::new();
    for scan in scans {
        let of_group = |claim: &StoreResult<Assertion>| match claim {
            Ok(claim) => relationship(claim) == least.as_ref(),
            Err(_) => true,
        };
        while let Some(claim) = scan.next_if(of_group) {
            group.push(claim?);
        }
    }
    Ok((!group.is_empty()).then_some(group))
}

struct Page<'a> {
    incident: &'a Incident,
    after: Option<&'a Triple>,
    limit: usize,
    relationships: usize,
    claims: Vec<Assertion>,
}

impl Page<'_> {
    /// Takes the triples of one relationship id, as far as they fit; answers whether there is room for more.
    fn take(&mut self, mut group: Vec<Assertion>) -> bool {
        group.sort_by(|a, b| (&a.claim.subject, a.id).cmp(&(&b.claim.subject, b.id)));
        for triple in group.chunk_by(|a, b| a.claim.subject == b.claim.subject) {
            if self.relationships >= self.limit {
                return false;
            }
            if let Subject::Relationship { id, source, target } = &triple[0].claim.subject
                && self.after.is_some_and(|(i, s, t)| (id, source, target) <= (i, s, t))
            {
                continue;
            }
            let kinds = &self.incident.kinds;
            if kinds.is_empty() || triple.iter().any(|claim| kinds.contains(&claim.claim.kind)) {
                self.claims.extend_from_slice(triple);
                self.relationships += 1;
            }
        }
        self.relationships < self.limit
    }
}
