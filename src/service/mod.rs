//! What the API can do: a file per resource, each an `impl AppState`. No HTTP here.

mod analyses;
mod assertions;
mod audit;
mod directory;
mod entities;
mod jobs;
mod limits;
pub mod load;
mod loads;
mod neighbours;
mod reading;
mod relationships;
mod remembered;
mod running;
mod sealer;
mod search;
mod secrets;
mod snapshots;
mod state;
mod streams;
mod upkeep;
mod words;
mod workers;
mod writing;

pub use assertions::{
    AssertionPage, AssertionRecord, AssertionsRecorded, NewAssertions, RecordedItem, RecordedSpan, Retracted,
    Retraction,
};
pub use audit::AuditPage;
pub use directory::{DirectoryFault, FileDirectory};
pub use entities::{EntityBatch, EntityIds, EntityRecorded, NewEntity};
pub(crate) use jobs::Jobs;
pub use jobs::{JobState, JobStatus};
pub use limits::Limits;
pub use loads::LoadPage;
pub use neighbours::{
    Neighbour, NeighbourCount, NeighbourDirection, NeighbourPage, NeighbourQuestion, NeighboursTruncated,
};
pub use reading::{Moment, PageRequest, Reading, Rendered};
pub use relationships::{NewRelationship, RelationshipRecord, RelationshipRecorded};
pub use running::Idempotency;
pub use sealer::Sealer;
pub use search::{EntityPage, EntitySearch};
pub use secrets::{SecretError, SecretKey, Secrets};
pub use snapshots::{OpenedSnapshot, SnapshotFile, SnapshotOrigin};
pub use state::{AppState, Caller, Parts, ServiceError, ServiceResult};
pub use streams::BrokenOff;
pub use workers::AnalysisLimits;
