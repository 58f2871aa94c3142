//! Proof of having been admitted. The stores ask for it: no permit, no rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::{Action, Clearance, Guard, Role, visible};
use crate::model::{AgencyId, Day, Instant, SubjectName};

/// Who is asking, as a verified token says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The token's `sub`.
    pub subject: SubjectName,
    /// Their agency.
    pub agency: AgencyId,
    /// The roles that the token claims; the directory has the last word.
    pub roles: BTreeSet<Role>,
}

/// What is being done and why: goes into the audit log with every entry of the request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestContext {
    /// The operation's id in the OpenAPI document, or the command.
    pub operation: &'static str,
    /// The request's id, as answered to the caller.
    pub request_id: String,
    /// `X-Purpose`.
    pub purpose: Option<String>,
    /// `X-Case-Ref`.
    pub case_ref: Option<String>,
    /// `X-Justification`.
    pub justification: Option<String>,
}

/// Leave to read, made only by [`super::Gate::admit`].
#[derive(Debug, Clone)]
pub struct Permit {
    pub(super) who: Identity,
    pub(super) action: Action,
    pub(super) clearance: Arc<Clearance>,
    pub(super) now: Instant,
    pub(super) roles: BTreeSet<Role>,
    pub(super) request: RequestContext,
}

impl Permit {
    /// Who was admitted.
    pub fn identity(&self) -> &Identity {
        &self.who
    }

    /// For what.
    pub fn action(&self) -> Action {
        self.action
    }

    /// What they are cleared for, today, by the directory.
    pub fn clearance(&self) -> &Arc<Clearance> {
        &self.clearance
    }

    /// The request's clock.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The request's day in UTC, which retain days are compared with.
    pub fn today(&self) -> Day {
        self.now.day()
    }

    /// Whether the names of protected people are shown.
    pub fn unmask(&self) -> bool {
        self.roles.iter().any(|role| role.may(Action::Unmask))
    }

    /// The roles that count: those that both the token and the directory name.
    pub fn roles(&self) -> &BTreeSet<Role> {
        &self.roles
    }

    /// What is being done and why.
    pub fn request(&self) -> &RequestContext {
        &self.request
    }

    /// Whether this caller may see a claim: the rule.
    pub fn sees(&self, claim: &Guard<'_>) -> bool {
        visible(&self.clearance, self.today(), claim)
    }
}

/// Leave to write, made only by [`super::Gate::admit_write`] once the intent is in the audit log.
#[derive(Debug, Clone)]
pub struct WritePermit {
    pub(super) permit: Permit,
    pub(super) write: Uuid,
    pub(super) dataset: Option<String>,
}

impl WritePermit {
    /// What the writer may see and who they are.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// The id of this write: in the audit log's intent, and in the store beside the revision that it makes, so that a missing
    /// outcome can be settled from the store.
    pub fn write(&self) -> Uuid {
        self.write
    }

    /// The dataset that a load is confined to.
    pub fn dataset(&self) -> Option<&str> {
        self.dataset.as_deref()
    }
}
