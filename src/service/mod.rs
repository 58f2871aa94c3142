//! What the API can do: a file per resource, each an `impl AppState`. No HTTP here.

mod assertions;
mod audit;
mod entities;
mod folds;
mod jobs;
mod limits;
pub mod load;
mod neighbours;
mod reading;
mod relationships;
mod running;
mod sealer;
mod search;
mod state;
mod upkeep;
mod words;
mod writing;

pub use assertions::{
    AssertionPage, AssertionRecord, AssertionsRecorded, NewAssertions, RecordedItem, RecordedSpan, Retracted, Retraction,
};
pub use audit::AuditPage;
pub use entities::{EntityBatch, EntityIds, EntityRecorded, NewEntity};
pub(crate) use jobs::Jobs;
pub use jobs::{JobState, JobStatus};
pub use limits::Limits;
pub use neighbours::{Neighbour, NeighbourCount, NeighbourDirection, NeighbourPage, NeighbourQuestion};
pub use reading::{Moment, PageRequest, Reading, Rendered};
pub use relationships::{NewRelationship, RelationshipRecord, RelationshipRecorded};
pub use running::Idempotency;
pub use sealer::Sealer;
pub use search::{EntityPage, EntitySearch};
pub use state::{AppState, Caller, Parts, ServiceError, ServiceResult};
