//! Roles and actions: one table. A role opens actions, never data.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a person does in Linchpin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Reads, analyses and asserts.
    Analyst,
    /// Loads into named datasets; reads nothing.
    Loader,
    /// Reads its own agency's audit entries; no case data.
    Auditor,
    /// Agencies, users and policy; no case data.
    Admin,
    /// Sees the names of protected people; comes on top of another role.
    Guardian,
}

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Read entities, relationships, assertions, and search.
    Read,
    /// Run analyses.
    Analyse,
    /// Write and retract assertions.
    Assert,
    /// Load into a dataset.
    Load,
    /// Read the agency's audit entries.
    ReadAudit,
    /// Administer agencies, users and policy.
    Administer,
    /// See the names of protected people.
    Unmask,
}

impl Action {
    /// Every action, in the order of the table.
    pub const ALL: [Self; 7] =
        [Self::Read, Self::Analyse, Self::Assert, Self::Load, Self::ReadAudit, Self::Administer, Self::Unmask];
}

impl Role {
    /// Every role, in the order of the table.
    pub const ALL: [Self; 6] = [Self::Viewer, Self::Analyst, Self::Loader, Self::Auditor, Self::Admin, Self::Guardian];

    /// Whether the role opens the action: the whole policy.
    pub const fn may(self, action: Action) -> bool {
        matches!(
            (self, action),
            (Self::Viewer, Action::Read)
                | (Self::Analyst, Action::Read | Action::Analyse | Action::Assert)
                | (Self::Loader, Action::Load)
                | (Self::Auditor, Action::ReadAudit)
                | (Self::Admin, Action::Administer)
                | (Self::Guardian, Action::Unmask)
        )
    }
}
