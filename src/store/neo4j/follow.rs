//! What a snapshot follows: revisions, and everything that has changed since one.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::mpsc::Sender;
use uuid::Uuid;

use super::Inner;
use super::cypher;
use super::rows::{ClaimRow, assertion_id, bytes, instant, number, stamp};
use super::session::{Ask, Session, int};
use super::sight::Published;
use crate::model::{Instant, Revision};
use crate::store::{Change, Commit, GuardKey, Stamp, StoreError, StoreResult};

/// How many entities, with the relationships that leave them, one statement of a scan covers.
const RANGE: usize = 20_000;
/// How many statements of a scan run side by side.
const SIDE_BY_SIDE: usize = 4;

/// The latest revision at or before an instant.
pub(super) async fn stamp_at(session: &Session, at: Instant) -> StoreResult<Option<Stamp>> {
    session.row(Ask::new(cypher::STAMP_AT).with("instant", at.micros())).await?.map(stamp).transpose()
}

/// What made a revision.
pub(super) async fn commit(session: &Session, revision: Revision) -> StoreResult<Option<Commit>> {
    let ask = Ask::new(cypher::COMMIT).with("revision", number(revision));
    let row: Option<(String, i64)> = session.row(ask).await?;
    row.map(|(write, at)| Ok(Commit { write: Uuid::from_bytes(bytes(&write)?), at: instant(at)? })).transpose()
}

/// Sends everything that has changed since a revision, then answers the revision that it brings the follower to; `since` itself
/// when the follower does not listen to the end.
///
/// A claim that changes meanwhile is told as it stands at that revision: a later change is told again the next time.
pub(super) async fn changes(inner: &Inner, since: Revision, follower: &Sender<Vec<Change>>) -> StoreResult<Revision> {
    let published = Published::of(&inner.session).await?;
    published.refresh(&inner.session, &inner.markings).await?;
    let scan = Scan {
        session: &inner.session,
        guards: inner.markings.all(),
        latest: number(published.stamp.revision),
        follower,
    };
    let heard = match since {
        Revision(0) => scan.everything().await?,
        _ => scan.claims(Ask::new(cypher::changed(&published.kinds)).with("since", number(since))).await?,
    };
    // After the claims, so that one which is erased meanwhile is told as erased.
    let heard = heard && scan.erased(since).await?;
    Ok(if heard { published.stamp.revision } else { since })
}

struct Scan<'a> {
    session: &'a Session,
    guards: Arc<Vec<(i64, GuardKey)>>,
    latest: i64,
    follower: &'a Sender<Vec<Change>>,
}

impl Scan<'_> {
    /// Every claim: ranges of entities, several at a time.
    async fn everything(&self) -> StoreResult<bool> {
        let mut starts = vec![String::new()];
        while let Some(from) = starts.last() {
            let ask = Ask::new(cypher::NEXT_RANGE).with("from", from.as_str()).with("size", int(RANGE));
            match self.session.row(ask).await? {
                Some(next) => starts.push(next),
                None => break,
            }
        }
        let ends = starts.iter().skip(1).cloned().map(Some).chain([None]);
        let ranges: Vec<(String, Option<String>)> = starts.iter().cloned().zip(ends).collect();
        let read = |(from, to): (String, Option<String>)| {
            self.claims(Ask::new(cypher::scan()).with("from", from).with("to", to))
        };
        let heard = stream::iter(ranges).map(read).buffer_unordered(SIDE_BY_SIDE);
        heard.try_fold(true, |all, heard| async move { Ok(all && heard) }).await
    }

    async fn claims(&self, ask: Ask) -> StoreResult<bool> {
        let decode = |rows: Vec<ClaimRow>| {
            let change = |row: ClaimRow| Ok(Change::Claim(Box::new(row.claim(&self.guards, self.latest)?)));
            rows.into_iter().map(change).collect::<StoreResult<Vec<_>>>()
        };
        let ask = ask.with("latest", self.latest);
        self.session.stream(ask, self.follower, decode).await.map_err(StoreError::from)
    }

    async fn erased(&self, since: Revision) -> StoreResult<bool> {
        let decode = |ids: Vec<String>| {
            ids.iter().map(|id| Ok(Change::Erased(assertion_id(id)?))).collect::<StoreResult<Vec<_>>>()
        };
        let ask = Ask::new(cypher::ERASED).with("since", number(since));
        self.session.stream(ask, self.follower, decode).await.map_err(StoreError::from)
    }
}
