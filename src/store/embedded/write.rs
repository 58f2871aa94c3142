//! Writing a batch: one transaction, whole or not at all.

use std::collections::HashMap;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use super::error::{damaged, store_error};
use super::known::look_up;
use super::rows::{instant, reason_word, revision};
use super::sight::Sight;
use super::text;
use crate::access::WritePermit;
use crate::model::{EntityId, Instant, Revision, Subject, Vocabulary};
use crate::store::body::{Body, holds};
use crate::store::plan::{Closing, Insert, Needs, Plan, plan};
use crate::store::searched::searched;
use crate::store::{Applied, Batch, GuardKey, MarkingTable, Outcome, ReplayKey, Stamp, StoreError, StoreResult};

/// Begins a write: no other process writes until it ends.
pub(super) fn begin(connection: &mut Connection) -> StoreResult<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(store_error)
}

/// Writes a batch.
pub(super) fn apply(
    connection: &mut Connection,
    vocabulary: &Vocabulary,
    markings: &MarkingTable,
    permit: &WritePermit,
    batch: &Batch,
) -> StoreResult<Applied> {
    let transaction = begin(connection)?;
    if let Some(replay) = &batch.replay
        && let Some(applied) = replayed(&transaction, replay)?
    {
        return Ok(applied);
    }
    let reader = permit.permit();
    let sight = Sight::of(&transaction, markings, reader.clearance(), reader.today(), None)?;
    let known = look_up(&transaction, &sight, permit, &Needs::of(vocabulary, batch))?;
    let plan = plan(vocabulary, permit, batch, &known)?;
    let stamp = match plan.is_empty() {
        true => latest(&transaction)?,
        false => {
            let stamp = next(&transaction, batch.now)?;
            record(&transaction, vocabulary, permit, &plan, stamp)?;
            finish(&transaction, stamp, permit.write())?;
            stamp
        }
    };
    if let Some(replay) = &batch.replay {
        keep(&transaction, replay, batch.now, stamp, &plan.outcomes)?;
    }
    transaction.commit().map_err(store_error)?;
    Ok(Applied { revision: stamp.revision, recorded_at: stamp.at, outcomes: plan.outcomes, replayed: false })
}

/// The latest revision; an empty store's is 0, at the epoch.
pub(super) fn latest(connection: &Connection) -> StoreResult<Stamp> {
    let sql = "SELECT revision, at FROM revision ORDER BY revision DESC LIMIT 1";
    let mut statement = connection.prepare_cached(sql).map_err(store_error)?;
    let row: Option<(i64, i64)> =
        statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional().map_err(store_error)?;
    let (number, at) = row.unwrap_or((0, 0));
    Ok(Stamp { revision: revision(number)?, at: instant(at)? })
}

/// The revision that a write of this moment makes: its instant is the writer's clock, or just after the last revision's.
pub(super) fn next(connection: &Connection, now: Instant) -> StoreResult<Stamp> {
    let last = latest(connection)?;
    let micros = if last.revision == Revision(0) { now.micros() } else { now.micros().max(last.at.micros() + 1) };
    Ok(Stamp { revision: Revision(last.revision.0 + 1), at: instant(micros)? })
}

/// Writes the revision's own row.
pub(super) fn finish(connection: &Connection, stamp: Stamp, write: Uuid) -> StoreResult<()> {
    let sql = "INSERT INTO revision (revision, at, \"write\", assertions)
               VALUES (?1, ?2, ?3, (SELECT coalesce(max(key), 0) FROM assertion))";
    let mut statement = connection.prepare_cached(sql).map_err(store_error)?;
    statement.execute(params![number(stamp.revision)?, stamp.at.micros(), write.as_bytes()]).map_err(store_error)?;
    Ok(())
}

/// A revision as its column.
pub(super) fn number(revision: Revision) -> StoreResult<i64> {
    i64::try_from(revision.0).map_err(|_| damaged("a revision beyond all counting"))
}

fn replayed(connection: &Connection, replay: &ReplayKey) -> StoreResult<Option<Applied>> {
    let sql = "SELECT body, revision, recorded_at, outcomes FROM replay WHERE key = ?1 AND at >= ?2";
    let mut statement = connection.prepare_cached(sql).map_err(store_error)?;
    let row: Option<([u8; 32], i64, i64, String)> = statement
        .query_row(params![replay.key.as_slice(), replay.keep_from.micros()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()
        .map_err(store_error)?;
    let Some((body, number, at, outcomes)) = row else { return Ok(None) };
    if body != replay.body {
        return Err(StoreError::KeyReused);
    }
    let outcomes = Outcome::recall(&outcomes)?;
    Ok(Some(Applied { revision: revision(number)?, recorded_at: instant(at)?, outcomes, replayed: true }))
}

fn keep(
    connection: &Connection,
    replay: &ReplayKey,
    now: Instant,
    stamp: Stamp,
    outcomes: &[Outcome],
) -> StoreResult<()> {
    connection.execute("DELETE FROM replay WHERE at < ?1", [replay.keep_from.micros()]).map_err(store_error)?;
    let sql = "INSERT OR REPLACE INTO replay (key, body, at, revision, recorded_at, outcomes)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let values = params![
        replay.key.as_slice(),
        replay.body.as_slice(),
        now.micros(),
        number(stamp.revision)?,
        stamp.at.micros(),
        Outcome::keep(outcomes),
    ];
    connection.execute(sql, values).map_err(store_error)?;
    Ok(())
}

/// Writes what a plan says.
fn record(
    connection: &Connection,
    vocabulary: &Vocabulary,
    permit: &WritePermit,
    plan: &Plan<'_>,
    stamp: Stamp,
) -> StoreResult<()> {
    let guards = plan.guards.iter().map(|guard| intern_guard(connection, guard)).collect::<StoreResult<Vec<_>>>()?;
    for closing in &plan.closings {
        close(connection, closing, &guards, stamp)?;
    }
    let mut pen = Pen::new(connection, permit, stamp)?;
    for insert in &plan.inserts {
        pen.insert(vocabulary, insert, guards[insert.guard])?;
    }
    Ok(())
}

fn close(connection: &Connection, closing: &Closing, guards: &[i64], stamp: Stamp) -> StoreResult<()> {
    let sql = "UPDATE assertion SET touched = ?2, closed_as = ?3, guard = coalesce(?4, guard),
                 recorded_to = CASE WHEN ?5 THEN ?2 ELSE recorded_to END,
                 closed_at = CASE WHEN ?5 THEN ?6 ELSE closed_at END
               WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(store_error)?;
    let rows = statement
        .execute(params![
            closing.id.0.as_bytes(),
            number(stamp.revision)?,
            reason_word(closing.reason),
            closing.guard.map(|place| guards[place]),
            closing.was_open,
            stamp.at.micros(),
        ])
        .map_err(store_error)?;
    if rows == 1 { Ok(()) } else { Err(damaged("a claim to be closed has gone")) }
}

fn intern_guard(connection: &Connection, guard: &GuardKey) -> StoreResult<i64> {
    let text = guard.canonical();
    let mut known = connection.prepare_cached("SELECT key FROM guard WHERE guard = ?1").map_err(store_error)?;
    if let Some(key) = known.query_row([&text], |row| row.get(0)).optional().map_err(store_error)? {
        return Ok(key);
    }
    connection.execute("INSERT INTO guard (guard) VALUES (?1)", [&text]).map_err(store_error)?;
    Ok(connection.last_insert_rowid())
}

/// The key of a load, made when a claim or a record first names it.
pub(super) fn intern_load(connection: &Connection, id: &str) -> StoreResult<i64> {
    let mut known = connection.prepare_cached("SELECT key FROM load WHERE id = ?1").map_err(store_error)?;
    if let Some(key) = known.query_row([id], |row| row.get(0)).optional().map_err(store_error)? {
        return Ok(key);
    }
    connection.execute("INSERT INTO load (id) VALUES (?1)", [id]).map_err(store_error)?;
    Ok(connection.last_insert_rowid())
}

/// Records claims, with what it needs prepared once a batch.
struct Pen<'c> {
    connection: &'c Connection,
    asserted_by: String,
    stamp: Stamp,
    revision: i64,
    find_entity: CachedStatement<'c>,
    new_entity: CachedStatement<'c>,
    new_assertion: CachedStatement<'c>,
    entities: HashMap<EntityId, i64>,
    loads: HashMap<String, i64>,
}

impl<'c> Pen<'c> {
    fn new(connection: &'c Connection, permit: &WritePermit, stamp: Stamp) -> StoreResult<Self> {
        let prepare = |sql| connection.prepare_cached(sql).map_err(store_error);
        Ok(Self {
            connection,
            asserted_by: permit.permit().clearance().subject.as_str().to_owned(),
            stamp,
            revision: number(stamp.revision)?,
            find_entity: prepare("SELECT key FROM entity WHERE id = ?1")?,
            new_entity: prepare("INSERT INTO entity (id) VALUES (?1)")?,
            new_assertion: prepare(
                "INSERT INTO assertion (id, entity, relationship, source, target, kind, guard, retain_until, recorded_from,
                   recorded_at, protects, holds_from, holds_to, load, source_key, content, asserted_by, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
            )?,
            entities: HashMap::new(),
            loads: HashMap::new(),
        })
    }

    fn insert(&mut self, vocabulary: &Vocabulary, insert: &Insert<'_>, guard: i64) -> StoreResult<()> {
        let claim = insert.claim;
        let (entity, relationship, source, target) = match &claim.subject {
            Subject::Entity(id) => (Some(self.entity(id)?), None, None, None),
            Subject::Relationship { id, source, target } => {
                (None, Some(id.as_str()), Some(self.entity(source)?), Some(self.entity(target)?))
            }
        };
        let (holds_from, holds_to) = holds(claim.period.as_ref());
        let load = claim.provenance.load.as_deref().map(|id| self.load(id)).transpose()?;
        self.new_assertion
            .execute(params![
                insert.id.0.as_bytes(),
                entity,
                relationship,
                source,
                target,
                claim.kind.as_str(),
                guard,
                claim.retain_until.map(crate::model::Day::since_epoch),
                self.revision,
                self.stamp.at.micros(),
                insert.protects,
                holds_from,
                holds_to,
                load,
                insert.load.as_ref().map(|key| key.source.as_slice()),
                insert.load.as_ref().map(|key| key.content.as_slice()),
                self.asserted_by,
                Body::of(claim),
            ])
            .map_err(store_error)?;
        if entity.is_some()
            && let Some(values) = searched(&vocabulary.ontology, &claim.kind, &claim.properties)
        {
            text::insert(self.connection, self.connection.last_insert_rowid(), &values)?;
        }
        Ok(())
    }

    fn entity(&mut self, id: &EntityId) -> StoreResult<i64> {
        if let Some(key) = self.entities.get(id) {
            return Ok(*key);
        }
        let known: Option<i64> =
            self.find_entity.query_row([id.as_str()], |row| row.get(0)).optional().map_err(store_error)?;
        let key = match known {
            Some(key) => key,
            None => self.new_entity.insert([id.as_str()]).map_err(store_error)?,
        };
        self.entities.insert(id.clone(), key);
        Ok(key)
    }

    fn load(&mut self, id: &str) -> StoreResult<i64> {
        if let Some(key) = self.loads.get(id) {
            return Ok(*key);
        }
        let key = intern_load(self.connection, id)?;
        self.loads.insert(id.to_owned(), key);
        Ok(key)
    }
}
