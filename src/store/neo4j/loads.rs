//! Loads: what was loaded, which claims a load brought, which of its relationships hang in the air.
//!
//! Claims are found by the revisions that their load made: that needs no index beside the one on revisions.

use super::cypher;
use super::rows::{assertion_id, damaged, entity_id, id_text};
use super::session::{Ask, Session, Transaction, Trouble, int, persist, texts};
use super::sight::Sight;
use super::write::least;
use crate::model::{AgencyId, AssertionId, EntityId, Fault, RelationshipId};
use crate::store::{LoadRecord, Refusal, StoreError, StoreResult};

/// Keeps what a load has done. A record of another agency is not replaced.
pub(super) async fn record(session: &Session, agency: &AgencyId, record: &LoadRecord) -> StoreResult<()> {
    let refused = || {
        let fault = Fault::new("/originator", "not-originator", "the load is another agency's");
        StoreError::Refused(vec![Refusal { index: 0, fault }])
    };
    if record.originator != *agency {
        return Err(refused());
    }
    let text = serde_json::to_string(record).map_err(|error| damaged(error.to_string()))?;
    let ask = Ask::new(cypher::RECORD_LOAD)
        .with("id", record.id.as_str())
        .with("originator", agency.as_str())
        .with("started", record.started.micros())
        .with("record", text);
    let kept = persist(|| async {
        let mut transaction = session.begin().await?;
        match kept(&mut transaction, &record.id, ask.clone()).await {
            Ok(true) => transaction.commit().await.map(|()| true),
            other => {
                transaction.abandon().await;
                other
            }
        }
    });
    if kept.await? { Ok(()) } else { Err(refused()) }
}

async fn kept(transaction: &mut Transaction, id: &str, ask: Ask) -> Result<bool, Trouble> {
    transaction.run(Ask::new(cypher::NEW_LOADS).with("loads", texts([id]))).await?;
    Ok(transaction.row::<i64>(ask).await?.is_some())
}

/// The loads of an agency, latest first.
pub(super) async fn loads(session: &Session, agency: &AgencyId) -> StoreResult<Vec<LoadRecord>> {
    let rows: Vec<String> = session.rows(Ask::new(cypher::LOADS).with("originator", agency.as_str())).await?;
    let record = |text: &String| serde_json::from_str(text);
    rows.iter().map(record).collect::<Result<_, _>>().map_err(|error| damaged(format!("a load's record: {error}")))
}

/// The open claims of a load that the caller may see and whose originator is the caller's agency: by revision, then id.
pub(super) async fn load_claims(
    session: &Session,
    sight: &Sight,
    agency: &AgencyId,
    load: &str,
    after: Option<AssertionId>,
    limit: usize,
) -> StoreResult<Vec<AssertionId>> {
    let mut after = after.map_or_else(least, id_text);
    let from: Option<i64> = match after == least() {
        true => Some(0),
        false => {
            let ask = Ask::new(cypher::recorded_from(&sight.kinds)).with("id", after.as_str());
            session.row(ask).await?
        }
    };
    let Some(from) = from else { return Ok(Vec::new()) };
    let own = sight.seen_where(|guard| guard.marking.originator == *agency);
    let ask = Ask::new(cypher::LOAD_REVISIONS).with("load", load).with("from", from).with("latest", sight.latest);
    let mut found = Vec::new();
    for revision in session.rows::<i64>(ask).await? {
        if revision > from {
            after = least();
        }
        let ask = Ask::new(cypher::load_claims(&sight.kinds))
            .with("load", load)
            .with("revision", revision)
            .with("after", after.as_str());
        let mut ids: Vec<String> = session.rows(sight.fill_with(ask, &own)).await?;
        ids.sort_unstable();
        found.extend(ids.iter().map(|id| assertion_id(id)).collect::<StoreResult<Vec<_>>>()?);
        if found.len() >= limit {
            found.truncate(limit);
            break;
        }
    }
    Ok(found)
}

/// Open relationship claims of a load with an end that the caller cannot see, by relationship id, then end: those of up to `limit`
/// relationship ids after `after`. Only claims of `agency`.
pub(super) async fn dangling(
    session: &Session,
    sight: &Sight,
    agency: &AgencyId,
    load: &str,
    after: Option<&RelationshipId>,
    limit: usize,
) -> StoreResult<Vec<(RelationshipId, EntityId)>> {
    if sight.kinds.is_empty() {
        return Ok(Vec::new());
    }
    let own: Vec<i64> =
        sight.guards.iter().filter(|(_, guard)| guard.marking.originator == *agency).map(|(key, _)| *key).collect();
    let ask = Ask::new(cypher::dangling(&sight.kinds))
        .with("load", load)
        .with("after", after.map_or("", RelationshipId::as_str))
        .with("own", own)
        .with("limit", int(limit));
    let rows: Vec<(String, Vec<String>)> = session.rows(sight.fill(ask)).await?;
    let mut loose = Vec::new();
    for (id, ends) in rows {
        let id = RelationshipId::new(id).map_err(|error| damaged(error.to_string()))?;
        for end in ends {
            loose.push((id.clone(), entity_id(&end)?));
        }
    }
    loose.sort_unstable();
    Ok(loose)
}
