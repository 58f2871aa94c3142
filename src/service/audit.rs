//! The audit log as its readers see it: their own agency's entries, and reading them is an entry too.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AppState, Caller, Moment, PageRequest, ServiceResult};
use crate::access::{Action, AuditEntry, Disclosed, Disclosure};

/// A page of audit entries, oldest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AuditPage {
    /// The entries.
    pub items: Vec<AuditEntry>,
    /// Where the next page begins; left out on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<String>,
}

impl AppState {
    /// The entries of the caller's own agency.
    pub async fn list_audit(&self, who: &Caller, page: &PageRequest) -> ServiceResult<Disclosed<AuditPage>> {
        let permit = self.gate.admit(&who.identity, Action::ReadAudit, who.context.clone()).await?;
        let start = self.open_page::<u64>(who, &permit, &(), &Moment::Now, page).await?;
        let agency = &permit.identity().agency;
        let mut entries = self.gate.audit().entries(agency, start.after, start.limit + 1).await?;
        let more = entries.len() > start.limit;
        entries.truncate(start.limit);
        let next = match entries.last() {
            Some((position, _)) if more => Some(self.next_page(&start, position)?),
            _ => None,
        };
        let items = entries.into_iter().map(|(_, entry)| entry).collect();
        Ok(self.gate.disclose(&permit, "ok", Disclosure::default(), AuditPage { items, next }).await?)
    }
}
