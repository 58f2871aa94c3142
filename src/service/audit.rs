//! The audit log as its readers see it: their own agency's entries, and reading them is an entry too.

use serde::Serialize;
use utoipa::ToSchema;

use super::{AppState, Caller, Moment, PageRequest, ServiceError, ServiceResult};
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

/// A position as a cursor holds it: of a fixed width, so that the cursor's length tells nothing of what other agencies do.
fn place(position: u64) -> String {
    format!("{position:016x}")
}

fn place_from(place: &str) -> ServiceResult<u64> {
    u64::from_str_radix(place, 16).map_err(|error| ServiceError::Internal(error.to_string()))
}

impl AppState {
    /// The entries of the caller's own agency.
    pub async fn list_audit(&self, who: &Caller, page: &PageRequest) -> ServiceResult<Disclosed<AuditPage>> {
        let permit = self.gate.admit(&who.identity, Action::ReadAudit, who.context.clone()).await?;
        let start = self.open_page::<String>(who, &permit, &(), &Moment::Now, page).await?;
        let agency = &permit.identity().agency;
        let after = start.after.as_deref().map(place_from).transpose()?;
        let mut entries = self.gate.audit().entries(agency, after, start.limit + 1).await?;
        let more = entries.len() > start.limit;
        entries.truncate(start.limit);
        let next = match entries.last() {
            Some((position, _)) if more => Some(self.next_page(&start, &place(*position))?),
            _ => None,
        };
        let items = entries.into_iter().map(|(_, entry)| entry).collect();
        Ok(self.gate.disclose(&permit, "ok", Disclosure::default(), AuditPage { items, next }).await?)
    }
}
