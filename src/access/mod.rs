//! Who may see and do what: the rule, the roles, and the proof of both that the stores ask for.
//!
//! Pure, like the model: the clock, the directory file and the log's file are behind traits.

mod audit;
mod directory;
mod gate;
mod guard;
mod permit;
mod policy;
mod visibility;

pub use audit::{AuditEntry, AuditError, AuditLog, Disclosed, Disclosure, Phase};
pub use directory::{Agency, Dataset, Directory, DirectorySource, Grant, Person};
pub use gate::{Clock, Denied, Gate, ITSELF};
pub use guard::GuardKey;
pub use permit::{Identity, Permit, RequestContext, WritePermit};
pub use policy::{Action, Role};
pub use visibility::{ActiveGrant, Clearance, Guard, visible};
