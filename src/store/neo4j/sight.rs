//! What one caller may see at one moment: the parameters of every statement that reads for them.

use std::sync::Arc;

use super::cypher::{MARKINGS, PUBLISHED};
use super::rows::{damaged, kind_name, number, stamp};
use super::session::{Ask, Session, Transaction, Trouble};
use crate::access::Clearance;
use crate::model::{Day, KindName, Revision};
use crate::store::{GuardKey, MarkingTable, Stamp, StoreResult};

/// What readers go by.
pub(super) struct Published {
    /// The last revision that is whole.
    pub(super) stamp: Stamp,
    /// The kinds of relationships that the store holds.
    pub(super) kinds: Vec<KindName>,
    markings: i64,
}

impl Published {
    /// Asks for it.
    pub(super) async fn of(session: &Session) -> StoreResult<Self> {
        /// Which revision, and its instant, markings and kinds, which the first, empty one has not.
        type Row = (i64, Option<i64>, Option<i64>, Option<Vec<String>>);
        let row: Option<Row> = session.row(Ask::new(PUBLISHED)).await?;
        match row.ok_or_else(|| damaged("the store's own node has gone"))? {
            (0, ..) => Ok(Self { stamp: stamp((0, 0))?, kinds: Vec::new(), markings: 0 }),
            (revision, Some(at), Some(markings), Some(kinds)) => {
                let kinds = kinds.iter().map(|kind| kind_name(kind)).collect::<StoreResult<_>>()?;
                Ok(Self { stamp: stamp((revision, at))?, kinds, markings })
            }
            (revision, ..) => Err(damaged(format!("the published revision {revision} has gone"))),
        }
    }

    /// Reads the guards that were interned since.
    pub(super) async fn refresh(&self, session: &Session, markings: &MarkingTable) -> StoreResult<()> {
        if self.markings > markings.newest() {
            let ask = Ask::new(MARKINGS).with("newest", markings.newest()).with("upto", self.markings);
            extend(markings, session.rows(ask).await?)?;
        }
        Ok(())
    }
}

/// The same inside a write, which sees what is there when it holds the lock.
pub(super) async fn refresh(
    transaction: &mut Transaction,
    markings: &MarkingTable,
    newest: i64,
) -> Result<(), Trouble> {
    if newest > markings.newest() {
        let ask = Ask::new(MARKINGS).with("newest", markings.newest()).with("upto", newest);
        extend(markings, transaction.rows(ask).await?)?;
    }
    Ok(())
}

fn extend(markings: &MarkingTable, rows: Vec<(i64, String)>) -> StoreResult<()> {
    let guard = |text: &str| serde_json::from_str(text).map_err(|error| damaged(format!("a marking: {error}")));
    let rows = rows.into_iter().map(|(key, text)| Ok((key, guard(&text)?))).collect::<StoreResult<Vec<_>>>()?;
    markings.extend(rows);
    Ok(())
}

/// What the parts of statements are filled with.
pub(super) struct Sight {
    /// Keys of the markings that the caller passes.
    pub(super) seen: Vec<i64>,
    today: i64,
    at: i64,
    /// The last revision that the reader goes by.
    pub(super) latest: i64,
    /// Every marking of the store, by key.
    pub(super) guards: Arc<Vec<(i64, GuardKey)>>,
    /// The kinds of relationships that the store holds.
    pub(super) kinds: Vec<KindName>,
}

impl Sight {
    /// What `who` may see today, of what was recorded at a revision (`None`: now). The table holds every marking up to `latest`.
    pub(super) fn of(
        markings: &MarkingTable,
        who: &Arc<Clearance>,
        today: Day,
        latest: Revision,
        kinds: Vec<KindName>,
    ) -> Self {
        let latest = number(latest);
        Self {
            seen: markings.visible_to(who).to_vec(),
            today: i64::from(today.since_epoch()),
            at: latest,
            latest,
            guards: markings.all(),
            kinds,
        }
    }

    /// The same looking back to a revision.
    #[must_use]
    pub(super) fn back_to(mut self, at: Option<Revision>) -> Self {
        self.at = at.map_or(self.latest, |at| number(at).min(self.latest));
        self
    }

    /// Fills a statement in.
    pub(super) fn fill(&self, ask: Ask) -> Ask {
        self.fill_with(ask, &self.seen)
    }

    /// The same, seeing only markings among those that the caller passes.
    pub(super) fn fill_with(&self, ask: Ask, seen: &[i64]) -> Ask {
        ask.with("seen", seen).with("today", self.today).with("at", self.at).with("latest", self.latest)
    }

    /// The keys of markings that the caller passes and of which something holds.
    pub(super) fn seen_where(&self, holds: impl Fn(&GuardKey) -> bool) -> Vec<i64> {
        let known = |key: &i64| self.guards.binary_search_by_key(key, |(known, _)| *known).ok();
        let admitted = |key: &i64| known(key).is_some_and(|at| holds(&self.guards[at].1));
        self.seen.iter().copied().filter(admitted).collect()
    }
}
