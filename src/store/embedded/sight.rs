//! What one caller may see at one moment, as parts of SQL statements and their parameters.
//!
//! Every statement that reads claims for a caller is put together from these: constants of ours, never a client's words.

use std::rc::Rc;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::types::Value;
use rusqlite::vtab::array::Array;

use super::error::{damaged, store_error};
use crate::access::Clearance;
use crate::model::{Day, Revision};
use crate::store::{GuardKey, MarkingTable, StoreResult};

/// That the caller may see the claim `a`: its guard is among `:seen`, and its retain day is after `:today`.
pub(super) fn seen(a: &str) -> String {
    format!("{a}.guard IN (SELECT value FROM rarray(:seen)) AND coalesce({a}.retain_until, 4294967296) > :today")
}

/// That the claim `a` was recorded at `:at`.
pub(super) fn held(a: &str) -> String {
    format!("{a}.recorded_from <= :at AND coalesce({a}.recorded_to, 9223372036854775807) > :at")
}

/// That the entity with this key has a visible claim recorded at `:at`.
pub(super) fn entity_seen(key: &str) -> String {
    format!("EXISTS (SELECT 1 FROM assertion v WHERE v.entity = {key} AND {} AND {})", seen("v"), held("v"))
}

/// That both ends of the relationship claim `a` are visible.
pub(super) fn ends_seen(a: &str) -> String {
    format!("{} AND {}", entity_seen(&format!("{a}.source")), entity_seen(&format!("{a}.target")))
}

/// That the entity with this key is protected, as far as the caller may see: by a claim recorded at `:at` or now.
pub(super) fn protected(key: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM assertion x INDEXED BY assertion_protects WHERE x.entity = {key} AND x.protects = 1 \
         AND {} AND (x.recorded_to IS NULL OR ({})))",
        seen("x"),
        held("x")
    )
}

/// What the parts above are filled with.
pub(super) struct Sight {
    /// `:seen`
    pub(super) seen: Array,
    /// `:today`
    pub(super) today: i32,
    /// `:at`
    pub(super) at: i64,
    /// Every guard of the store, by key.
    pub(super) guards: Arc<Vec<(i64, GuardKey)>>,
}

impl Sight {
    /// What `who` may see today, of what was recorded at a revision (`None`: now). Reads guards that are new; the connection is
    /// inside the transaction that the rest is read in.
    pub(super) fn of(
        connection: &Connection,
        markings: &MarkingTable,
        who: &Arc<Clearance>,
        today: Day,
        at: Option<Revision>,
    ) -> StoreResult<Self> {
        refresh(connection, markings)?;
        let seen = markings.visible_to(who);
        Ok(Self {
            seen: array(seen.iter().copied()),
            today: today.since_epoch(),
            at: at.map_or(i64::MAX - 1, |at| i64::try_from(at.0).unwrap_or(i64::MAX - 1)),
            guards: markings.all(),
        })
    }

    /// The guards among `:seen` of which something holds.
    pub(super) fn seen_where(&self, holds: impl Fn(&GuardKey) -> bool) -> Array {
        let guard =
            |key: i64| self.guards.binary_search_by_key(&key, |(known, _)| *known).ok().map(|at| &self.guards[at].1);
        let admitted = |value: &&Value| matches!(value, Value::Integer(key) if guard(*key).is_some_and(&holds));
        Rc::new(self.seen.iter().filter(admitted).cloned().collect())
    }
}

/// Values as a parameter for `rarray`.
pub(super) fn array<T: Into<Value>>(values: impl IntoIterator<Item = T>) -> Array {
    Rc::new(values.into_iter().map(Into::into).collect())
}

/// Reads the guards that were interned since.
pub(super) fn refresh(connection: &Connection, markings: &MarkingTable) -> StoreResult<()> {
    let mut statement =
        connection.prepare_cached("SELECT key, guard FROM guard WHERE key > ?1 ORDER BY key").map_err(store_error)?;
    let mut rows = statement.query([markings.newest()]).map_err(store_error)?;
    let mut fresh: Vec<(i64, GuardKey)> = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        let text: String = row.get(1).map_err(store_error)?;
        let guard = serde_json::from_str(&text).map_err(|error| damaged(format!("a guard: {error}")))?;
        fresh.push((row.get(0).map_err(store_error)?, guard));
    }
    if !fresh.is_empty() {
        markings.extend(fresh);
    }
    Ok(())
}
