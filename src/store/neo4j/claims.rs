//! Reading claims: by subject, by id, and around one entity.

use super::cypher::{self, Statement};
use super::rows::{ClaimRow, id_text};
use super::session::{Ask, Session, int, texts};
use super::sight::Sight;
use crate::model::{Assertion, EntityId, Instant, RelationshipId};
use crate::store::asked::Asked;
use crate::store::{Incident, Side, StoreResult};

/// The visible claims on what is asked for, by id.
pub(super) async fn claims(session: &Session, sight: &Sight, asked: &Asked) -> StoreResult<Vec<Assertion>> {
    let mut asks = Vec::new();
    match asked {
        Asked::Entities(ids) => asks.push(by_ids(cypher::entity_claims(), ids.iter().map(EntityId::as_str))),
        Asked::Relationships(ids) if !sight.kinds.is_empty() => {
            asks.push(by_ids(cypher::links(&sight.kinds), ids.iter().map(RelationshipId::as_str)));
        }
        Asked::Relationships(_) => {}
        Asked::Between(one, other) => {
            asks.push(Ask::new(cypher::links_between()).with("one", one.as_str()).with("other", other.as_str()));
        }
        Asked::Assertions(ids) => {
            let ids: Vec<String> = ids.iter().copied().map(id_text).collect();
            asks.push(by_ids(cypher::entity_claims_by_id(), &ids));
            if !sight.kinds.is_empty() {
                asks.push(by_ids(cypher::links_by_id(&sight.kinds), &ids));
            }
        }
    }
    let mut claims = Vec::new();
    for ask in asks {
        claims.extend(decoded(session.rows(sight.fill(ask)).await?, sight)?);
    }
    claims.sort_unstable_by_key(|claim| claim.id);
    Ok(claims)
}

fn by_ids<T: AsRef<str>>(statement: Statement, ids: impl IntoIterator<Item = T>) -> Ask {
    Ask::new(statement).with("ids", texts(ids))
}

fn decoded(rows: Vec<ClaimRow>, sight: &Sight) -> StoreResult<Vec<Assertion>> {
    rows.into_iter().map(|row| row.claim(&sight.guards, sight.latest)).collect()
}

/// A triple in the order of relationships: id, source, target.
pub(super) type Triple = (RelationshipId, EntityId, EntityId);

/// The visible claims on the relationships of an entity, whole relationships only, in order of triple, then id: up to `limit`
/// relationships after the triple `after`.
pub(super) async fn incident(
    session: &Session,
    sight: &Sight,
    entity: &EntityId,
    incident: &Incident,
    after: Option<&Triple>,
    limit: usize,
) -> StoreResult<Vec<Assertion>> {
    let (id, source, target) =
        after.map_or(("", "", ""), |(id, source, target)| (id.as_str(), source.as_str(), target.as_str()));
    let window = incident.window.unwrap_or_default();
    let ask = Ask::new(cypher::incident())
        .with("entity", entity.as_str())
        .with("outgoing", incident.direction != Some(Side::Target))
        .with("incoming", incident.direction != Some(Side::Source))
        .with("kinds", texts(incident.kinds.iter().map(|kind| kind.as_str())))
        .with("window_from", window.from.map_or(i64::MIN, Instant::micros))
        .with("window_to", window.to.map_or(i64::MAX, Instant::micros))
        .with("least", i64::MIN)
        .with("greatest", i64::MAX)
        .with("id", id)
        .with("source", source)
        .with("target", target)
        .with("limit", int(limit));
    let mut claims = decoded(session.rows(sight.fill(ask)).await?, sight)?;
    claims.sort_by(|a, b| (&a.claim.subject, a.id).cmp(&(&b.claim.subject, b.id)));
    Ok(claims)
}
