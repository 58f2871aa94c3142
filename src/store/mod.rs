//! Where claims are kept: one trait, two implementations, and the reads that both share.
//!
//! A store deals in claims. It filters them by the caller's clearance inside the database and hands over nothing else; what
//! entities and relationships they make is folded in [`read`], the same for both.

pub mod audit;
pub mod embedded;
pub mod neo4j;
pub mod read;

mod asked;
mod batch;
mod body;
mod markings;
mod plan;
mod protection;
mod searched;

use std::ops::ControlFlow;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::{Clearance, Permit, WritePermit};
use crate::model::{
    AgencyId, Assertion, AssertionId, Day, EntityId, Fault, Instant, KindName, RelationshipId, Revision, SubjectName,
    Window,
};

pub use crate::access::GuardKey;
pub use batch::{Applied, Batch, Ends, LoadKey, Mode, NewAssertion, Operation, Outcome, ReplayKey};
pub use markings::{MarkingTable, VisibleMarkings};

/// What goes wrong in a store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database cannot be reached or written at the moment; it may be later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The database holds something that this version cannot read, or answered what it never should.
    #[error("the database is damaged or foreign: {0}")]
    Damaged(String),
    /// The batch broke a rule; nothing of it was written.
    #[error("{} of the batch's operations were refused", .0.len())]
    Refused(Vec<Refusal>),
    /// The idempotency key was used before with another body.
    #[error("the idempotency key was used before with another body")]
    KeyReused,
    /// The database answered an error that is none of the above.
    #[error("the database failed: {0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why one operation of a batch was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// What is wrong; the pointer is relative to the operation.
    pub fault: Fault,
}

/// What stores answer.
pub type StoreResult<T> = Result<T, StoreError>;

/// The revision of the moment with its instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The revision.
    pub revision: Revision,
    /// When it was made; revisions' instants strictly increase.
    pub at: Instant,
}

/// What made a revision. No two stores have one in common, nor have two pasts of one store: the write's id is drawn by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The write's id.
    pub write: Uuid,
    /// When.
    pub at: Instant,
}

/// Whose claims are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// Claims on these entities. Those that protect a person come when they were recorded at `at` or are now.
    Entities(&'a [EntityId]),
    /// Claims on relationships with these ids, whatever their ends; both ends must be visible at `at`.
    Relationships(&'a [RelationshipId]),
    /// Claims on relationships between these two, either way round; both must be visible at `at`.
    Between(&'a EntityId, &'a EntityId),
    /// These claims, whenever they were recorded (`at` only decides which ends are visible); of relationships, both ends must
    /// be visible.
    Assertions(&'a [AssertionId]),
}

/// Which relationships of an entity are asked for.
#[derive(Debug, Clone, Default)]
pub struct Incident {
    /// Only relationships of which one of the claims states one of these kinds; empty: of any. All claims of such a relationship
    /// come: which kind it is the fold decides.
    pub kinds: Vec<KindName>,
    /// Only those that leave, or only those that enter.
    pub direction: Option<Side>,
    /// Only claims that hold within this window; a claim without a period holds in any.
    pub window: Option<Window>,
}

/// Which end of a relationship an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It starts there.
    Source,
    /// It ends there.
    Target,
}

/// A full-text question, in folded form ([`crate::model::tokens`]).
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// The words; all must be found in one value or across the searched values of one entity; the last may be the beginning of a word. Empty: any.
    pub words: Vec<String>,
    /// Only entities of these kinds or kinds below them (claimed so by a visible claim; the fold decides later); empty: any.
    pub kinds: Vec<KindName>,
    /// Only entities of which a visible claim states one of the values, letter by letter, for each of these properties.
    pub properties: Vec<(String, Vec<String>)>,
}

/// How well an entity matches a search, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchClass {
    /// A whole value is the text that was asked for.
    Exact,
    /// Every word is a whole word.
    Words,
    /// The last word is the beginning of one.
    Prefix,
}

/// One place in the order of search results: by match class, then id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// How well it matches.
    pub class: MatchClass,
    /// The entity.
    pub id: EntityId,
}

/// The state of a store, as far as it can be told apart from others: see [`GraphStore::version`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreVersion([u8; 48]);

/// What has changed since a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A claim as it stands now: written, closed or withdrawn since.
    Claim(Box<Assertion>),
    /// A claim whose content was erased.
    Erased(AssertionId),
}

/// What was loaded, when and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoadRecord {
    /// The load's id.
    pub id: String,
    /// Into which dataset.
    pub dataset: String,
    /// Whose.
    pub originator: AgencyId,
    /// Who loaded.
    pub subject: SubjectName,
    /// When it began.
    pub started: Instant,
    /// When it ended; left out while it runs, or when it was cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub finished: Option<Instant>,
    /// Lines read.
    pub lines: u64,
    /// Claims written.
    pub recorded: u64,
    /// Lines that changed nothing.
    pub unchanged: u64,
    /// Lines refused.
    pub refused: u64,
}

/// Where claims are kept.
///
/// Contract, held to by `tests/it/contract` for every implementation:
/// - **Writes** go through [`apply`](Self::apply) alone. A batch is atomic and durable when it returns; every batch that changes
///   anything makes exactly one revision, whose instant is later than any before; a batch that changes nothing makes none.
/// - **Reads** return only claims that the permit's caller may see by [`crate::access::visible`], decided today, whatever `at`;
///   of relationships only those both of whose ends have a claim that the caller may see, recorded at `at`. The database
///   applies the filter: hidden rows never reach a limit, an order or a count.
/// - `at: None` is now; `Some(revision)` is what was recorded then.
/// - An empty store's latest revision is 0, at 1970-01-01T00:00:00Z.
/// - Lists are in the order of assertion ids unless said otherwise. Cancelling a future leaves no transaction behind.
#[async_trait]
pub trait GraphStore: Send + Sync + 'static {
    /// Writes a batch. The only write of claims; atomic; safe to repeat by its replay key.
    async fn apply(&self, permit: &WritePermit, batch: Batch) -> StoreResult<Applied>;

    /// Visible claims on what is asked for.
    async fn claims(&self, permit: &Permit, wanted: Wanted<'_>, at: Option<Revision>) -> StoreResult<Vec<Assertion>>;

    /// Visible claims on the relationships of one entity, in the order (relationship id, source, target, assertion id), whole
    /// relationships only: up to `limit` of them, those after the triple `after`. None where the entity itself is not visible at `at`.
    async fn incident(
        &self,
        permit: &Permit,
        entity: &EntityId,
        incident: &Incident,
        at: Option<Revision>,
        page: TriplePage<'_>,
    ) -> StoreResult<Vec<Assertion>>;

    /// Entities that match, by visible claims recorded at `at`, in the order of match class, then id: up to `limit` of those after
    /// `after`. Values that identify a protected person match only for a permit that unmasks. Searched are the properties that
    /// the ontology marks so, and those that captions come from. Without words every match is of the class
    /// [`MatchClass::Words`].
    async fn search(
        &self,
        permit: &Permit,
        search: &Search,
        at: Option<Revision>,
        after: Option<&Hit>,
        limit: usize,
    ) -> StoreResult<Vec<Hit>>;

    /// The ids of claims that a load brought and that are still open, after `after`: for withdrawing it. Only those of the
    /// permit's own agency, by marking and retain day; ends are not looked at, since a load's lines may dangle. In an order of
    /// the store's own that stays the same; `after` may have been closed meanwhile.
    async fn load_claims(
        &self,
        permit: &Permit,
        load: &str,
        after: Option<AssertionId>,
        limit: usize,
    ) -> StoreResult<Vec<AssertionId>>;

    /// Open relationship claims of a load with an end that `baseline` cannot see: ids of the relationship and of that end, for
    /// the report at its end; in the order of relationship id, then end: those of up to `limit` relationship ids after `after`.
    async fn dangling(
        &self,
        permit: &WritePermit,
        load: &str,
        baseline: &Clearance,
        after: Option<&RelationshipId>,
        limit: usize,
    ) -> StoreResult<Vec<(RelationshipId, EntityId)>>;

    /// Keeps what a load has done; the record with the same id is replaced. A record whose originator is not the permit's agency,
    /// or that another agency keeps, is refused (`not-originator`).
    async fn record_load(&self, permit: &WritePermit, record: &LoadRecord) -> StoreResult<()>;

    /// The loads of the permit's own agency, latest first.
    async fn loads(&self, permit: &Permit) -> StoreResult<Vec<LoadRecord>>;

    /// The latest revision.
    async fn latest(&self) -> StoreResult<Stamp>;

    /// The latest revision at or before an instant; `None` before the first.
    async fn stamp_at(&self, instant: Instant) -> StoreResult<Option<Stamp>>;

    /// The revision that a write made (the last one, should the permit have been used again), for settling what the audit log left open; `None` when it never committed or changed nothing.
    async fn stamp_of(&self, write: Uuid) -> StoreResult<Option<Stamp>>;

    /// What made a revision; `None` where the store has none of this number, published or not.
    async fn commit(&self, revision: Revision) -> StoreResult<Option<Commit>>;

    /// Everything that has changed since a revision, in no order but each claim once, as it stands at the revision returned. For
    /// snapshots only: it is the one read without a permit, and only `service::snapshots` calls it. `row` may end it early; then
    /// the answer is `since`.
    async fn changes(
        &self,
        since: Revision,
        row: &mut (dyn FnMut(Change) -> ControlFlow<()> + Send),
    ) -> StoreResult<Revision>;

    /// Erases the content of every claim whose retain day has come, and what the files keep of it, before it returns how many.
    /// An erasure is a revision too. What is left is the id, so that no load brings it back.
    async fn erase_due(&self, today: Day, write: Uuid, now: Instant) -> StoreResult<u64>;

    /// The state that the store is in, where that can be told at once, without asking the database. While two answers are equal
    /// nothing was committed in between, by this process or another; an answer from before a read is no newer than what was read.
    fn version(&self) -> Option<StoreVersion> {
        None
    }

    /// Whether the database answers.
    async fn ready(&self) -> StoreResult<()>;
}

/// A page of relationships.
#[derive(Debug, Clone, Copy)]
pub struct TriplePage<'a> {
    /// Begin after this triple.
    pub after: Option<(&'a RelationshipId, &'a EntityId, &'a EntityId)>,
    /// How many relationships (not claims).
    pub limit: usize,
}

/// How long a caller should wait before trying an unavailable store again.
pub const RETRY_AFTER: Duration = Duration::from_secs(2);
