//! Looks up what a batch needs to be decided, inside its transaction.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::error::{damaged, store_error};
use super::rows::{assertion_id, reason};
use super::sight::{Sight, array, ends_seen, seen};
use crate::access::WritePermit;
use crate::model::{AssertionId, Day, EntityId, KindName, RetractionReason, SubjectName};
use crate::store::plan::{Head, Held, Known, Needs, OwnClaim};
use crate::store::{GuardKey, LoadKey, StoreResult};

/// What the store holds of what a batch needs.
pub(super) fn look_up(
    connection: &Connection,
    sight: &Sight,
    permit: &WritePermit,
    needs: &Needs,
) -> StoreResult<Known> {
    let look = Look { connection, sight };
    let mut known = Known::default();
    look.heads(&needs.sources, &mut known)?;
    look.taken(&needs.ids, &mut known)?;
    look.held(&needs.retracted, permit.dataset().is_some(), &mut known)?;
    look.ends(&needs.ends, &mut known)?;
    let agency = &permit.permit().clearance().agency;
    look.own(agency.as_str(), &needs.asserted, true, &mut known)?;
    look.own(agency.as_str(), &needs.protected, false, &mut known)?;
    Ok(known)
}

struct Look<'a> {
    connection: &'a Connection,
    sight: &'a Sight,
}

fn blob(id: AssertionId) -> Value {
    Value::Blob(id.0.as_bytes().to_vec())
}

fn closed(row: &Row<'_>, column: usize) -> StoreResult<Option<RetractionReason>> {
    let text: Option<String> = row.get(column).map_err(store_error)?;
    text.as_deref().map(reason).transpose()
}

impl Look<'_> {
    fn guard(&self, key: i64) -> StoreResult<&GuardKey> {
        let guards = &self.sight.guards;
        let at = guards.binary_search_by_key(&key, |(known, _)| *known);
        at.map(|at| &guards[at].1).map_err(|_| damaged("a claim under a guard that is not there"))
    }

    fn heads(&self, sources: &[[u8; 16]], known: &mut Known) -> StoreResult<()> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT id, guard, content, closed_as, body IS NULL, key FROM assertion
                 WHERE id BETWEEN ?1 AND ?2 AND source_key = ?3",
            )
            .map_err(store_error)?;
        for source in sources {
            let (least, greatest) = LoadKey::prefix(source);
            let mut rows = statement
                .query(params![least.0.as_bytes(), greatest.0.as_bytes(), source.as_slice()])
                .map_err(store_error)?;
            // The one that was written last; sorting here spares the database a sorter for each line.
            let mut latest = 0;
            while let Some(row) = rows.next().map_err(store_error)? {
                let key: i64 = row.get(5).map_err(store_error)?;
                if key > latest {
                    latest = key;
                    known.heads.insert(*source, self.head(row)?);
                }
            }
        }
        Ok(())
    }

    fn head(&self, row: &Row<'_>) -> StoreResult<Head> {
        let guard: Option<i64> = row.get(1).map_err(store_error)?;
        let originator = guard.map(|key| self.guard(key)).transpose()?.map(|guard| &guard.marking.originator);
        Ok(Head {
            id: assertion_id(&row.get::<_, Vec<u8>>(0).map_err(store_error)?)?,
            originator: originator.cloned(),
            content: row.get(2).map_err(store_error)?,
            closed: closed(row, 3)?,
            erased: row.get(4).map_err(store_error)?,
        })
    }

    fn taken(&self, ids: &[AssertionId], known: &mut Known) -> StoreResult<()> {
        let mut statement =
            self.connection.prepare_cached("SELECT 1 FROM assertion WHERE id = ?1").map_err(store_error)?;
        for id in ids {
            if statement.exists(params![id.0.as_bytes()]).map_err(store_error)? {
                known.taken.insert(*id);
            }
        }
        Ok(())
    }

    fn held(&self, ids: &[AssertionId], dangling: bool, known: &mut Known) -> StoreResult<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "SELECT a.id, a.guard, a.body ->> '$.provenance.dataset', a.closed_as
             FROM rarray(:ids) w CROSS JOIN assertion a ON a.id = w.value
             WHERE {} AND (:dangling OR a.entity IS NOT NULL OR ({}))",
            seen("a"),
            ends_seen("a")
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(store_error)?;
        let parameters = named_params! {
            ":ids": array(ids.iter().copied().map(blob)), ":dangling": dangling,
            ":seen": self.sight.seen, ":today": self.sight.today, ":at": self.sight.at,
        };
        let mut rows = statement.query(parameters).map_err(store_error)?;
        while let Some(row) = rows.next().map_err(store_error)? {
            let id = assertion_id(&row.get::<_, Vec<u8>>(0).map_err(store_error)?)?;
            let held = Held {
                guard: self.guard(row.get(1).map_err(store_error)?)?.clone(),
                dataset: row.get(2).map_err(store_error)?,
                closed: closed(row, 3)?,
            };
            known.held.insert(id, held);
        }
        Ok(())
    }

    fn ends(&self, ends: &[EntityId], known: &mut Known) -> StoreResult<()> {
        if ends.is_empty() {
            return Ok(());
        }
        let sql = format!(
            "SELECT e.id, a.id, a.kind
             FROM rarray(:ids) w CROSS JOIN entity e ON e.id = w.value CROSS JOIN assertion a ON a.entity = e.key
             WHERE a.recorded_to IS NULL AND {}",
            seen("a")
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(store_error)?;
        let ids = array(ends.iter().map(|id| id.as_str().to_owned()));
        let parameters = named_params! { ":ids": ids, ":seen": self.sight.seen, ":today": self.sight.today };
        let mut rows = statement.query(parameters).map_err(store_error)?;
        while let Some(row) = rows.next().map_err(store_error)? {
            let end: String = row.get(0).map_err(store_error)?;
            let claim = assertion_id(&row.get::<_, Vec<u8>>(1).map_err(store_error)?)?;
            let kind: String = row.get(2).map_err(store_error)?;
            let kind = KindName::new(kind).map_err(|error| damaged(error.to_string()))?;
            match known.ends.get_mut(end.as_str()) {
                Some(claims) => claims.push((claim, kind)),
                None => {
                    let end = EntityId::new(end).map_err(|error| damaged(error.to_string()))?;
                    known.ends.insert(end, vec![(claim, kind)]);
                }
            }
        }
        Ok(())
    }

    /// The agency's open claims on these entities; only the protective ones, for which a small index is enough, or all.
    fn own(&self, agency: &str, entities: &[EntityId], protective: bool, known: &mut Known) -> StoreResult<()> {
        if entities.is_empty() || (protective && !self.any_protective()?) {
            return Ok(());
        }
        let (index, filter) =
            if protective { ("assertion_protects", "a.protects = 1") } else { ("assertion_entity", "1") };
        let sql = format!(
            "SELECT e.id, a.id, a.protects, a.guard, a.asserted_by, a.retain_until
             FROM rarray(:ids) w CROSS JOIN entity e ON e.id = w.value
             CROSS JOIN assertion a INDEXED BY {index} ON a.entity = e.key
             WHERE {filter} AND a.recorded_to IS NULL AND {}",
            seen("a")
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(store_error)?;
        let own = self.sight.seen_where(|guard| guard.marking.originator.as_str() == agency);
        let ids = array(entities.iter().map(|id| id.as_str().to_owned()));
        let parameters = named_params! { ":ids": ids, ":seen": own, ":today": self.sight.today };
        let mut rows = statement.query(parameters).map_err(store_error)?;
        let mut found: HashMap<String, Vec<OwnClaim>> = HashMap::new();
        while let Some(row) = rows.next().map_err(store_error)? {
            let asserted_by: String = row.get(4).map_err(store_error)?;
            let claim = OwnClaim {
                id: assertion_id(&row.get::<_, Vec<u8>>(1).map_err(store_error)?)?,
                protects: row.get(2).map_err(store_error)?,
                marking: self.guard(row.get(3).map_err(store_error)?)?.marking.clone(),
                asserted_by: SubjectName::new(asserted_by).map_err(|error| damaged(error.to_string()))?,
                retain_until: row.get::<_, Option<i32>>(5).map_err(store_error)?.map(Day::from_epoch),
            };
            found.entry(row.get(0).map_err(store_error)?).or_default().push(claim);
        }
        for entity in entities {
            if let Some(claims) = found.remove(entity.as_str()) {
                known.own.insert(entity.clone(), claims);
            }
        }
        Ok(())
    }

    fn any_protective(&self) -> StoreResult<bool> {
        let sql = "SELECT 1 FROM assertion INDEXED BY assertion_protects WHERE protects = 1 LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql).map_err(store_error)?;
        Ok(statement.query_row([], |_| Ok(())).optional().map_err(store_error)?.is_some())
    }
}
