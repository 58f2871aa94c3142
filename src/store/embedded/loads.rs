//! Loads: what was loaded, which claims a load brought, which of its relationships hang in the air.

use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::error::{damaged, store_error};
use super::rows::assertion_id;
use super::sight::{Sight, entity_seen, seen};
use super::write::intern_load;
use crate::model::{AgencyId, AssertionId, EntityId, Fault, RelationshipId};
use crate::store::{LoadRecord, Refusal, StoreError, StoreResult};

/// Keeps what a load has done. A record of another agency is not replaced.
pub(super) fn record(connection: &mut Connection, agency: &AgencyId, record: &LoadRecord) -> StoreResult<()> {
    let transaction = super::write::begin(connection)?;
    let key = intern_load(&transaction, &record.id)?;
    let text = serde_json::to_string(record).map_err(|error| damaged(error.to_string()))?;
    let sql = "UPDATE load SET originator = ?2, started = ?3, record = ?4
               WHERE key = ?1 AND (originator IS NULL OR originator = ?2)";
    let values = params![key, record.originator.as_str(), record.started.micros(), text];
    let replaced = transaction.execute(sql, values).map_err(store_error)?;
    if replaced == 0 || record.originator != *agency {
        let fault = Fault::new("/originator", "not-originator", "the load is another agency's");
        return Err(StoreError::Refused(vec![Refusal { index: 0, fault }]));
    }
    transaction.commit().map_err(store_error)
}

/// The loads of an agency, latest first.
pub(super) fn loads(connection: &Connection, agency: &AgencyId) -> StoreResult<Vec<LoadRecord>> {
    let sql = "SELECT record FROM load WHERE originator = ?1 AND record IS NOT NULL ORDER BY started DESC, id DESC";
    let mut statement = connection.prepare_cached(sql).map_err(store_error)?;
    let mut rows = statement.query([agency.as_str()]).map_err(store_error)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        let text: String = row.get(0).map_err(store_error)?;
        records.push(serde_json::from_str(&text).map_err(|error| damaged(format!("a load's record: {error}")))?);
    }
    Ok(records)
}

/// The open claims of a load that the caller may see and whose originator is the caller's agency, in the order of writing.
pub(super) fn load_claims(
    connection: &Connection,
    sight: &Sight,
    agency: &AgencyId,
    load: &str,
    after: Option<AssertionId>,
    limit: usize,
) -> StoreResult<Vec<AssertionId>> {
    let after: Option<i64> = match after {
        None => Some(0),
        Some(id) => connection
            .query_row("SELECT key FROM assertion WHERE id = ?1", [id.0.as_bytes()], |row| row.get(0))
            .optional()
            .map_err(store_error)?,
    };
    let Some(after) = after else { return Ok(Vec::new()) };
    let sql = format!(
        "SELECT a.id FROM assertion a INDEXED BY assertion_load
         WHERE a.load = (SELECT key FROM load WHERE id = :load) AND a.key > :after AND a.recorded_to IS NULL AND {}
         ORDER BY a.key LIMIT :limit",
        seen("a")
    );
    let mut statement = connection.prepare_cached(&sql).map_err(store_error)?;
    let own = sight.seen_where(|guard| guard.marking.originator == *agency);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = named_params! { ":load": load, ":after": after, ":seen": own, ":today": sight.today, ":limit": limit };
    let mut rows = statement.query(values).map_err(store_error)?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        ids.push(assertion_id(&row.get::<_, Vec<u8>>(0).map_err(store_error)?)?);
    }
    Ok(ids)
}

/// Relationships of a load with an end that `sight` does not reach, each with that end, by relationship id: those of up to
/// `limit` relationship ids after `after`. Only claims of `agency`.
pub(super) fn dangling(
    connection: &Connection,
    sight: &Sight,
    agency: &AgencyId,
    load: &str,
    after: Option<&RelationshipId>,
    limit: usize,
) -> StoreResult<Vec<(RelationshipId, EntityId)>> {
    let own = sight.guards.iter().filter(|(_, guard)| guard.marking.originator == *agency).map(|(key, _)| *key);
    let (source, target) = (entity_seen("a.source"), entity_seen("a.target"));
    let sql = format!(
        "WITH loose AS MATERIALIZED (
           SELECT a.relationship AS id,
             CASE WHEN NOT {source} THEN a.source END AS source, CASE WHEN NOT {target} THEN a.target END AS target
           FROM assertion a INDEXED BY assertion_load
           WHERE a.load = (SELECT key FROM load WHERE id = :load) AND a.relationship > :after
             AND a.recorded_to IS NULL AND a.guard IN (SELECT value FROM rarray(:own))
             AND (NOT {source} OR NOT {target})),
         page AS MATERIALIZED (SELECT DISTINCT id FROM loose ORDER BY id LIMIT :limit)
         SELECT l.id, e.id FROM loose l CROSS JOIN entity e ON e.key IN (l.source, l.target)
         WHERE l.id IN (SELECT id FROM page)
         GROUP BY l.id, e.id ORDER BY l.id, e.id"
    );
    let mut statement = connection.prepare_cached(&sql).map_err(store_error)?;
    let values = named_params! {
        ":load": load, ":after": after.map_or("", RelationshipId::as_str), ":own": super::sight::array(own),
        ":seen": sight.seen, ":today": sight.today, ":at": sight.at, ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
    };
    let mut rows = statement.query(values).map_err(store_error)?;
    let mut loose = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        let (id, end): (String, String) = (row.get(0).map_err(store_error)?, row.get(1).map_err(store_error)?);
        let id = RelationshipId::new(id).map_err(|error| damaged(error.to_string()))?;
        loose.push((id, EntityId::new(end).map_err(|error| damaged(error.to_string()))?));
    }
    Ok(loose)
}
