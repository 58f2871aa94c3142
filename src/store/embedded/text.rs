//! What full-text search looks into: folded values, those that identify a person apart from the rest.

use rusqlite::{Connection, params};

use super::error::{damaged, store_error};
use super::rows::properties;
use crate::model::{KindName, Ontology, Properties, Vocabulary, fold_text};
use crate::store::StoreResult;

/// The searched values of a claim on an entity, each between `^` and `$`: those that identify a person, and the others.
///
/// Searched are the properties that the ontology marks so, and those that captions come from.
pub(super) fn searched(ontology: &Ontology, kind: &KindName, properties: &Properties) -> Option<(String, String)> {
    let (mut named, mut plain) = (String::new(), String::new());
    let captions = ontology.entity(kind).map_or(&[][..], |kind| &kind.caption);
    for (name, values) in properties {
        let property = ontology.properties.get(name);
        if !property.is_some_and(|property| property.search) && !captions.contains(name) {
            continue;
        }
        let column = if ontology.masks(name) { &mut named } else { &mut plain };
        for folded in values.iter().map(|value| fold_text(value)).filter(|folded| !folded.is_empty()) {
            column.push_str("^ ");
            column.push_str(&folded);
            column.push_str(" $ ");
        }
    }
    (!named.is_empty() || !plain.is_empty()).then_some((named, plain))
}

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
        let properties = properties(&body)?;
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
