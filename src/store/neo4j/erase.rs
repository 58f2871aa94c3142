//! Erasure: the content of a claim leaves the graph, and with it what only that claim said.
//!
//! Neo4j's own files may keep older forms of a record until they are written over, and its transaction logs until they are pruned:
//! that is the operator's to set (`db.tx_log.rotation.retention_policy`), as docs/neo4j.md says.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::Inner;
use super::cypher;
use super::nodes;
use super::rows::number;
use super::session::{Ask, Transaction, Trouble, persist, texts};
use super::write::{Counter, conclude};
use crate::model::{Day, Instant, Revision};
use crate::store::StoreResult;

/// Erases every claim whose retain day has come; answers how many.
pub(super) async fn erase_due(inner: &Inner, today: Day, write: Uuid, now: Instant) -> StoreResult<u64> {
    persist(|| async {
        let mut transaction = inner.session.begin().await?;
        match attempt(inner, &mut transaction, today, write, now).await {
            Ok((count, made)) => {
                conclude(&inner.session, transaction, made, write).await?;
                Ok(count)
            }
            Err(trouble) => {
                transaction.abandon().await;
                Err(trouble)
            }
        }
    })
    .await
}

async fn attempt(
    inner: &Inner,
    transaction: &mut Transaction,
    today: Day,
    write: Uuid,
    now: Instant,
) -> Result<(u64, Option<Revision>), Trouble> {
    let counter = Counter::lock(transaction).await?;
    let stamp = counter.next(now)?;
    let due = |statement| {
        Ask::new(statement).with("today", i64::from(today.since_epoch())).with("revision", number(stamp.revision))
    };
    let told: Vec<String> = transaction.rows(due(cypher::ERASE_ENTITIES)).await?;
    let mut count = told.len();
    let persons: BTreeSet<String> = told.into_iter().collect();
    let mut entities = persons.clone();
    for kind in &counter.kinds {
        let ends: Vec<(String, String)> = transaction.rows(due(cypher::erase_links(kind))).await?;
        count += ends.len();
        entities.extend(ends.into_iter().flat_map(|(source, target)| [source, target]));
    }
    if count == 0 {
        return Ok((0, None));
    }
    nodes::show(transaction, &inner.vocabulary.ontology, &persons).await?;
    transaction.run(Ask::new(cypher::ORPHANS).with("ids", texts(&entities))).await?;
    counter.advance(transaction, stamp, write, &BTreeSet::new()).await?;
    Ok((u64::try_from(count).unwrap_or(u64::MAX), Some(stamp.revision)))
}
