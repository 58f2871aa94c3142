//! The full-text index: folded values, those that identify a person apart from the rest.

use rusqlite::{Connection, params};

use super::error::{damaged, store_error};
use crate::model::{KindName, Vocabulary};
use crate::store::StoreResult;
use crate::store::body::Body;
use crate::store::searched::searched;

/// Puts a claim's values into the index.
pub(super) fn insert(connection: &Connection, key: i64, (named, plain): &(String, String)) -> StoreResult<()> {
    let mut statement = connection
        .prepare_cached("INSERT INTO search (rowid, named, plain) VALUES (?1, ?2, ?3)")
        .map_err(store_error)?;
    statement.execute(params![key, named, plain]).map_err(store_error)?;
    Ok(())
}

/// Makes the index anew, and the mark of protective claims, by the ontology that is in force now.
pub(super) fn rebuild(connection: &Connection, vocabulary: &Vocabulary) -> StoreResult<()> {
    connection.execute("DELETE FROM search", []).map_err(store_error)?;
    let mut claims = connection
        .prepare("SELECT key, kind, body, protects FROM assertion WHERE entity IS NOT NULL")
        .map_err(store_error)?;
    let mut mark = connection.prepare("UPDATE assertion SET protects = ?2 WHERE key = ?1").map_err(store_error)?;
    let mut rows = claims.query([]).map_err(store_error)?;
    let mut changed: Vec<(i64, bool)> = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        let key: i64 = row.get(0).map_err(store_error)?;
        let kind: String = row.get(1).map_err(store_error)?;
        let kind = KindName::new(kind).map_err(|error| damaged(error.to_string()))?;
        let body: String = row.get(2).map_err(store_error)?;
        let properties = Body::read(body.as_bytes())?.properties;
        let protects = vocabulary.ontology.protects(&properties);
        if protects != row.get::<_, bool>(3).map_err(store_error)? {
            changed.push((key, protects));
        }
        if let Some(values) = searched(&vocabulary.ontology, &kind, &properties) {
            insert(connection, key, &values)?;
        }
    }
    for (key, protects) in changed {
        mark.execute(params![key, protects]).map_err(store_error)?;
    }
    Ok(())
}
