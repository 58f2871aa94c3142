//! Looks up what a batch needs to be decided, inside its transaction.

use super::cypher;
use super::rows::{assertion_id, bytes, damaged, day, entity_id, guard, hex, id_text, kind_name, reason};
use super::session::{Ask, Transaction, Trouble, map, texts};
use super::sight::Sight;
use crate::access::WritePermit;
use crate::model::{AssertionId, EntityId, SubjectName};
use crate::store::body::Body;
use crate::store::plan::{Head, Held, Known, Needs, OwnClaim};
use crate::store::{LoadKey, StoreResult};

/// What the store holds of what a batch needs.
pub(super) async fn look_up(
    transaction: &mut Transaction,
    sight: &Sight,
    permit: &WritePermit,
    needs: &Needs,
) -> Result<Known, Trouble> {
    let mut look = Look { transaction, sight, known: Known::default() };
    look.heads(&needs.sources).await?;
    look.taken(&needs.ids).await?;
    look.held(&needs.retracted, permit.dataset().is_some()).await?;
    look.ends(&needs.ends).await?;
    let agency = permit.permit().clearance().agency.as_str();
    look.own(agency, &needs.asserted, true).await?;
    look.own(agency, &needs.protected, false).await?;
    Ok(look.known)
}

struct Look<'a> {
    transaction: &'a mut Transaction,
    sight: &'a Sight,
    known: Known,
}

/// A line's claim: source, assertion, marking, content, recorded from, recorded to, withdrawn, erased.
type HeadRow = (String, String, Option<i64>, Option<String>, i64, Option<i64>, Option<i64>, bool);
/// A claim to be closed: assertion, marking, body, recorded to, withdrawn.
type HeldRow = (String, i64, String, Option<i64>, Option<i64>);
/// A claim of the agency: entity, assertion, protects, marking, writer, retain day.
type OwnRow = (String, String, bool, i64, String, Option<i64>);

/// How many characters of an assertion id's text a source decides: its first 48 bits.
const PREFIX: usize = 13;

impl Look<'_> {
    async fn heads(&mut self, sources: &[[u8; 16]]) -> Result<(), Trouble> {
        if sources.is_empty() {
            return Ok(());
        }
        let line = |source: &[u8; 16]| {
            let prefix = &id_text(LoadKey::prefix(source).0)[..PREFIX];
            map([("source", hex(source).into()), ("prefix", prefix.into())])
        };
        let ask = Ask::new(cypher::heads(&self.sight.kinds))
            .with("sources", sources.iter().map(line).collect::<neo4rs::BoltType>());
        let mut rows: Vec<HeadRow> = self.transaction.rows(ask).await?;
        // The claim that was recorded last for a source comes last, and so stays.
        rows.sort_unstable_by_key(|row| row.4);
        for (source, id, marking, content, _, to, withdrawn, erased) in rows {
            let marking = marking.map(|key| guard(&self.sight.guards, key)).transpose()?;
            let head = Head {
                id: assertion_id(&id)?,
                originator: marking.map(|guard| guard.marking.originator.clone()),
                content: content.as_deref().map(bytes).transpose()?,
                closed: to.map(|_| reason(withdrawn, i64::MAX)),
                erased,
            };
            self.known.heads.insert(bytes(&source)?, head);
        }
        Ok(())
    }

    async fn taken(&mut self, ids: &[AssertionId]) -> Result<(), Trouble> {
        if ids.is_empty() {
            return Ok(());
        }
        let ask = Ask::new(cypher::taken(&self.sight.kinds)).with("ids", texts(ids.iter().copied().map(id_text)));
        let rows: Vec<String> = self.transaction.rows(ask).await?;
        self.known.taken = rows.iter().map(|id| assertion_id(id)).collect::<StoreResult<_>>()?;
        Ok(())
    }

    async fn held(&mut self, ids: &[AssertionId], dangling: bool) -> Result<(), Trouble> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids = texts(ids.iter().copied().map(id_text));
        let ask = self.sight.fill(Ask::new(cypher::held_entities()).with("ids", ids.clone()));
        let mut rows: Vec<HeldRow> = self.transaction.rows(ask).await?;
        if !self.sight.kinds.is_empty() {
            let ask = Ask::new(cypher::held_links(&self.sight.kinds)).with("ids", ids).with("dangling", dangling);
            rows.extend(self.transaction.rows::<HeldRow>(self.sight.fill(ask)).await?);
        }
        for (id, marking, body, to, withdrawn) in rows {
            let held = Held {
                guard: guard(&self.sight.guards, marking)?.clone(),
                dataset: Body::read(body.as_bytes())?.provenance.dataset,
                closed: to.map(|_| reason(withdrawn, i64::MAX)),
            };
            self.known.held.insert(assertion_id(&id)?, held);
        }
        Ok(())
    }

    async fn ends(&mut self, ends: &[EntityId]) -> Result<(), Trouble> {
        if ends.is_empty() {
            return Ok(());
        }
        let ask = Ask::new(cypher::ends()).with("ids", texts(ends.iter().map(EntityId::as_str)));
        let rows: Vec<(String, String, String)> = self.transaction.rows(self.sight.fill(ask)).await?;
        for (end, id, kind) in rows {
            let claim = (assertion_id(&id)?, kind_name(&kind)?);
            self.known.ends.entry(entity_id(&end)?).or_default().push(claim);
        }
        Ok(())
    }

    /// The agency's open claims on these entities; only the protective ones, of which there are few, or all.
    async fn own(&mut self, agency: &str, entities: &[EntityId], protective: bool) -> Result<(), Trouble> {
        if entities.is_empty() || (protective && !self.any_protective().await?) {
            return Ok(());
        }
        let own = self.sight.seen_where(|guard| guard.marking.originator.as_str() == agency);
        let ask = Ask::new(cypher::own(protective)).with("ids", texts(entities.iter().map(EntityId::as_str)));
        let rows: Vec<OwnRow> = self.transaction.rows(self.sight.fill_with(ask, &own)).await?;
        for (entity, id, protects, marking, asserted_by, retain_until) in rows {
            let claim = OwnClaim {
                id: assertion_id(&id)?,
                protects,
                marking: guard(&self.sight.guards, marking)?.marking.clone(),
                asserted_by: SubjectName::new(asserted_by).map_err(|error| damaged(error.to_string()))?,
                retain_until: retain_until.map(day).transpose()?,
            };
            self.known.own.entry(entity_id(&entity)?).or_default().push(claim);
        }
        Ok(())
    }

    async fn any_protective(&mut self) -> Result<bool, Trouble> {
        Ok(self.transaction.row::<i64>(Ask::new(cypher::ANY_PROTECTIVE)).await?.is_some())
    }
}
