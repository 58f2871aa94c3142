//! Writing a batch: one transaction, whole or not at all; readers see it once it is whole everywhere.
//!
//! Neo4j applies a commit to its records and indexes bit by bit, and readers take no locks. So a write ends twice: its transaction
//! commits under a new revision, then that revision is published, once the lock shows that the commit has been applied. Readers go
//! by the published revision and see nothing later. Should the second step be cut off, the next write or start does it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use neo4rs::BoltType;
use uuid::Uuid;

use super::Inner;
use super::cypher::{self, Statement};
use super::known::look_up;
use super::nodes;
use super::rows::{Pen, damaged, hex, id_text, instant, kind_name, number, revision, stamp};
use super::session::{Ask, Session, Transaction, Trouble, map, persist, texts};
use super::sight::{Sight, refresh};
use crate::access::WritePermit;
use crate::model::{AssertionId, EntityId, Instant, KindName, RetractionReason, Revision, Subject};
use crate::store::plan::{Closing, Insert, Needs, Plan, plan};
use crate::store::searched::searched;
use crate::store::{Applied, Batch, GuardKey, Outcome, ReplayKey, Stamp, StoreError, StoreResult};

/// What the store's own node says to a write that holds its lock.
pub(super) struct Counter {
    /// The latest revision.
    pub(super) latest: Stamp,
    /// The greatest key of a marking.
    pub(super) markings: i64,
    /// The kinds of relationships that the store holds.
    pub(super) kinds: Vec<KindName>,
}

impl Counter {
    /// Takes the lock: no other write goes on until this transaction ends.
    pub(super) async fn lock(transaction: &mut Transaction) -> Result<Self, Trouble> {
        let row: Option<(i64, i64, i64, Vec<String>)> = transaction.row(Ask::new(cypher::LOCK)).await?;
        let (revision, at, markings, kinds) = row.ok_or_else(|| damaged("the store's own node has gone"))?;
        let kinds = kinds.iter().map(|kind| kind_name(kind)).collect::<StoreResult<_>>()?;
        Ok(Self { latest: stamp((revision, at))?, markings, kinds })
    }

    /// The revision that a write of this moment makes: its instant is the writer's clock, or just after the last revision's.
    pub(super) fn next(&self, now: Instant) -> StoreResult<Stamp> {
        let last = self.latest;
        let micros = if last.revision == Revision(0) { now.micros() } else { now.micros().max(last.at.micros() + 1) };
        Ok(Stamp { revision: Revision(last.revision.0 + 1), at: instant(micros)? })
    }

    /// Makes the revision that the transaction commits.
    pub(super) async fn advance(
        &self,
        transaction: &mut Transaction,
        stamp: Stamp,
        write: Uuid,
        loads: &BTreeSet<&str>,
    ) -> Result<(), Trouble> {
        if !loads.is_empty() {
            transaction.run(Ask::new(cypher::NEW_LOADS).with("loads", texts(loads))).await?;
        }
        let ask = Ask::new(cypher::ADVANCE)
            .with("revision", number(stamp.revision))
            .with("at", stamp.at.micros())
            .with("markings", self.markings)
            .with("kinds", texts(self.kinds.iter().map(KindName::as_str)))
            .with("write", hex(write.as_bytes()))
            .with("loads", texts(loads));
        transaction.run(ask).await
    }
}

/// Writes a batch; tries again what failed for a passing reason.
pub(super) async fn apply(inner: &Inner, permit: &WritePermit, batch: &Batch) -> StoreResult<Applied> {
    persist(|| async {
        let mut transaction = inner.session.begin().await?;
        match attempt(inner, &mut transaction, permit, batch).await {
            Ok((applied, changed)) => {
                let made = changed.then_some(applied.revision);
                conclude(&inner.session, transaction, made, permit.write()).await?;
                Ok(applied)
            }
            Err(trouble) => {
                transaction.abandon().await;
                Err(trouble)
            }
        }
    })
    .await
}

/// Commits and publishes. A connection that is lost on the way leaves open whether the commit happened; the store knows.
pub(super) async fn conclude(
    session: &Session,
    transaction: Transaction,
    made: Option<Revision>,
    write: Uuid,
) -> Result<(), Trouble> {
    match (transaction.commit().await, made) {
        (Ok(()), _) => {}
        (Err(Trouble::Passing(detail)), Some(made)) => {
            let ask = Ask::new(cypher::HAPPENED).with("revision", number(made)).with("write", hex(write.as_bytes()));
            let happened: Option<i64> = settled(session, ask).await?;
            if happened.is_none() {
                return Err(Trouble::Passing(detail));
            }
        }
        (Err(trouble), _) => return Err(trouble),
    }
    if made.is_some() {
        session.run(Ask::new(cypher::PUBLISH)).await?;
    }
    Ok(())
}

/// What a statement answers that takes the lock, and so waits for a commit that may still be under way.
async fn settled(session: &Session, ask: Ask) -> StoreResult<Option<i64>> {
    persist(|| async {
        let mut transaction = session.begin().await?;
        let outcome = transaction.row(ask.clone()).await;
        transaction.end(outcome).await
    })
    .await
}

/// Decides and writes; answers what became of the batch, and whether that made a revision.
async fn attempt(
    inner: &Inner,
    transaction: &mut Transaction,
    permit: &WritePermit,
    batch: &Batch,
) -> Result<(Applied, bool), Trouble> {
    let mut counter = Counter::lock(transaction).await?;
    if let Some(replay) = &batch.replay
        && let Some(applied) = replayed(transaction, replay).await?
    {
        // Its revision may not have been published, should the first try have been cut off just then.
        return Ok((applied, true));
    }
    refresh(transaction, &inner.markings, counter.markings).await?;
    let reader = permit.permit();
    let (latest, kinds) = (counter.latest.revision, counter.kinds.clone());
    let sight = Sight::of(&inner.markings, reader.clearance(), reader.today(), latest, kinds);
    let known = look_up(transaction, &sight, permit, &Needs::of(&inner.vocabulary, batch)).await?;
    let plan = plan(&inner.vocabulary, permit, batch, &known)?;
    let changed = !plan.is_empty();
    let stamp = if changed { counter.next(batch.now)? } else { counter.latest };
    if changed {
        Record { inner, transaction, permit, stamp }.all(&plan, &mut counter).await?;
    }
    if let Some(replay) = &batch.replay {
        keep(transaction, replay, batch.now, stamp, &plan.outcomes).await?;
    }
    let applied = Applied { revision: stamp.revision, recorded_at: stamp.at, outcomes: plan.outcomes, replayed: false };
    Ok((applied, changed))
}

async fn replayed(transaction: &mut Transaction, replay: &ReplayKey) -> Result<Option<Applied>, Trouble> {
    let ask = Ask::new(cypher::REPLAY).with("key", hex(&replay.key)).with("keep_from", replay.keep_from.micros());
    let row: Option<(String, i64, i64, String)> = transaction.row(ask).await?;
    let Some((body, made, at, outcomes)) = row else { return Ok(None) };
    if body != hex(&replay.body) {
        return Err(StoreError::KeyReused.into());
    }
    let outcomes = Outcome::recall(&outcomes)?;
    Ok(Some(Applied { revision: revision(made)?, recorded_at: instant(at)?, outcomes, replayed: true }))
}

async fn keep(
    transaction: &mut Transaction,
    replay: &ReplayKey,
    now: Instant,
    stamp: Stamp,
    outcomes: &[Outcome],
) -> Result<(), Trouble> {
    let ask = Ask::new(cypher::KEEP)
        .with("key", hex(&replay.key))
        .with("body", hex(&replay.body))
        .with("keep_from", replay.keep_from.micros())
        .with("at", now.micros())
        .with("revision", number(stamp.revision))
        .with("recorded_at", stamp.at.micros())
        .with("outcomes", Outcome::keep(outcomes));
    transaction.run(ask).await
}

/// Carries a plan out.
struct Record<'a> {
    inner: &'a Inner,
    transaction: &'a mut Transaction,
    permit: &'a WritePermit,
    stamp: Stamp,
}

impl Record<'_> {
    async fn all(mut self, plan: &Plan<'_>, counter: &mut Counter) -> Result<(), Trouble> {
        let markings = self.markings(&plan.guards, counter).await?;
        self.close(&plan.closings, &markings, &counter.kinds).await?;
        self.insert(&plan.inserts, &markings).await?;
        for insert in &plan.inserts {
            let kind = &insert.claim.kind;
            if matches!(insert.claim.subject, Subject::Relationship { .. }) && !counter.kinds.contains(kind) {
                counter.kinds.push(kind.clone());
            }
        }
        counter.kinds.sort();
        let loads = plan.inserts.iter().filter_map(|insert| insert.claim.provenance.load.as_deref()).collect();
        counter.advance(self.transaction, self.stamp, self.permit.write(), &loads).await
    }

    /// The keys of guards, new ones interned.
    async fn markings(&mut self, guards: &[GuardKey], counter: &mut Counter) -> Result<Vec<i64>, Trouble> {
        let canonical: Vec<String> = guards.iter().map(GuardKey::canonical).collect();
        let rows: Vec<(String, i64)> = match canonical.is_empty() {
            true => Vec::new(),
            false => self.transaction.rows(Ask::new(cypher::MARKING_KEYS).with("guards", texts(&canonical))).await?,
        };
        let mut known: HashMap<String, i64> = rows.into_iter().collect();
        let mut fresh = Vec::new();
        for guard in &canonical {
            if !known.contains_key(guard) {
                counter.markings += 1;
                known.insert(guard.clone(), counter.markings);
                fresh.push(map([("key", counter.markings.into()), ("guard", guard.as_str().into())]));
            }
        }
        self.rows(cypher::NEW_MARKINGS, fresh).await?;
        Ok(canonical.iter().map(|guard| known[guard]).collect())
    }

    async fn close(&mut self, closings: &[Closing], markings: &[i64], kinds: &[KindName]) -> Result<(), Trouble> {
        if closings.is_empty() {
            return Ok(());
        }
        let revision = number(self.stamp.revision);
        let row = |closing: &Closing| {
            let withdrawn = closing.reason == RetractionReason::Withdrawn;
            let changes = map([
                ("touched", revision.into()),
                ("recorded_to", closing.was_open.then_some(revision).into()),
                ("closed_at", closing.was_open.then(|| self.stamp.at.micros()).into()),
                ("withdrawn", withdrawn.then_some(revision).into()),
                ("withdrawn_marking", closing.guard.map(|place| markings[place]).into()),
            ]);
            map([("assertion", id_text(closing.id).into()), ("changes", changes)])
        };
        let rows: BoltType = closings.iter().map(row).collect();
        let ask = Ask::new(cypher::CLOSE_ENTITIES).with("rows", rows.clone());
        let closed: Vec<(String, String)> = self.transaction.rows(ask).await?;
        let mut count = closed.len();
        for kind in kinds {
            if count == closings.len() {
                break;
            }
            let ask = Ask::new(cypher::close_links(kind)).with("rows", rows.clone());
            count += self.transaction.rows::<String>(ask).await?.len();
        }
        if count != closings.len() {
            return Err(damaged("a claim to be closed has gone").into());
        }
        let entities: BTreeSet<String> = closed.into_iter().map(|(_, entity)| entity).collect();
        nodes::show(self.transaction, &self.inner.vocabulary.ontology, &entities).await
    }

    /// Claims go in by kind: labels and types are part of a statement's text.
    async fn insert(&mut self, inserts: &[Insert<'_>], markings: &[i64]) -> Result<(), Trouble> {
        let ontology = &self.inner.vocabulary.ontology;
        let pen = Pen { stamp: self.stamp, writer: &self.permit.permit().clearance().subject };
        let mut entities: BTreeSet<&EntityId> = BTreeSet::new();
        let mut nodes: BTreeMap<&KindName, Vec<BoltType>> = BTreeMap::new();
        let mut links: BTreeMap<&KindName, Vec<BoltType>> = BTreeMap::new();
        for insert in inserts {
            let (claim, marking) = (insert.claim, markings[insert.guard]);
            match &claim.subject {
                Subject::Entity(id) => {
                    entities.insert(id);
                    let values = searched(ontology, &claim.kind, &claim.properties);
                    let caption = ontology.caption(&claim.kind, &claim.properties);
                    nodes.entry(&claim.kind).or_default().push(map([
                        ("entity", id.as_str().into()),
                        ("node", map([("caption", caption.into())])),
                        ("claim", pen.claim(insert, marking, values)),
                    ]));
                }
                Subject::Relationship { source, target, .. } => {
                    entities.extend([source, target]);
                    links.entry(&claim.kind).or_default().push(map([
                        ("source", source.as_str().into()),
                        ("target", target.as_str().into()),
                        ("claim", pen.claim(insert, marking, None)),
                    ]));
                }
            }
        }
        if !entities.is_empty() {
            let ids = texts(entities.iter().map(|id| id.as_str()));
            self.transaction.run(Ask::new(cypher::NEW_ENTITIES).with("ids", ids)).await?;
        }
        for (kind, rows) in nodes {
            self.rows(cypher::new_entity_claims(kind), rows).await?;
        }
        for (kind, rows) in links {
            self.rows(cypher::new_links(kind), rows).await?;
        }
        Ok(())
    }

    async fn rows(&mut self, statement: Statement, rows: Vec<BoltType>) -> Result<(), Trouble> {
        match rows.is_empty() {
            true => Ok(()),
            false => self.transaction.run(Ask::new(statement).with("rows", rows)).await,
        }
    }
}

/// The revision that a write made, published or not.
pub(super) async fn stamp_of(session: &Session, write: Uuid) -> StoreResult<Option<Stamp>> {
    let ask = Ask::new(cypher::STAMP_OF).with("write", hex(write.as_bytes()));
    session.row(ask).await?.map(stamp).transpose()
}

/// An assertion id that comes before every other.
pub(super) fn least() -> String {
    id_text(AssertionId(Uuid::nil()))
}
