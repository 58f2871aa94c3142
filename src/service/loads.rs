//! Loads as their agency's loaders see them: what was loaded, when, by whom, and how it went.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::load::{Load, LoadLimits, LoadRequest};
use super::{AppState, Caller, Moment, PageRequest, ServiceError, ServiceResult};
use crate::access::{Action, Disclosed, Disclosure, Permit};
use crate::store::LoadRecord;

/// A page of loads, the latest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LoadPage {
    /// The loads.
    pub items: Vec<LoadRecord>,
    /// Where the next page begins; left out on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<String>,
}

impl AppState {
    /// Lets a loader begin over the network, with this deployment's secrets.
    pub async fn create_load(
        self: &Arc<Self>,
        who: &Caller,
        dataset: String,
        resume: Option<String>,
        dry_run: bool,
    ) -> ServiceResult<Load> {
        let keys = self.keys.clone().ok_or_else(|| ServiceError::Conflict {
            code: "unknown-key-domain",
            detail: "this deployment has no secrets for loading".to_owned(),
        });
        let limits = LoadLimits::default();
        match keys {
            Ok(keys) => self.begin_load(who, LoadRequest { dataset, resume, dry_run, keys, limits }).await,
            Err(error) => {
                self.gate.admit(&who.identity, Action::Load, who.context.clone()).await?;
                Err(error)
            }
        }
    }

    /// The loads of the caller's agency into datasets that the caller may load.
    pub async fn list_loads(&self, who: &Caller, page: &PageRequest) -> ServiceResult<Disclosed<LoadPage>> {
        let permit = self.gate.admit(&who.identity, Action::Load, who.context.clone()).await?;
        let start = self.open_page::<String>(who, &permit, &(), &Moment::Now, page).await?;
        let mut loads = self.own_loads(&permit).await?;
        if let Some(after) = &start.after {
            let place = loads.iter().position(|load| load.id == *after).map_or(loads.len(), |at| at + 1);
            loads.drain(..place);
        }
        let more = loads.len() > start.limit;
        loads.truncate(start.limit);
        let next = match loads.last() {
            Some(last) if more => Some(self.next_page(&start, &last.id)?),
            _ => None,
        };
        Ok(self.gate.disclose(&permit, "ok", Disclosure::default(), LoadPage { items: loads, next }).await?)
    }

    /// One load.
    pub async fn get_load(&self, who: &Caller, id: &str) -> ServiceResult<Disclosed<LoadRecord>> {
        let permit = self.gate.admit(&who.identity, Action::Load, who.context.clone()).await?;
        match self.own_loads(&permit).await?.into_iter().find(|load| load.id == id) {
            Some(load) => Ok(self.gate.disclose(&permit, "ok", Disclosure::default(), load).await?),
            None => self.nothing(&permit).await,
        }
    }

    async fn own_loads(&self, permit: &Permit) -> ServiceResult<Vec<LoadRecord>> {
        let directory = self.gate.directory();
        let subject = &permit.identity().subject;
        let mut loads = self.store.loads(permit).await?;
        loads.retain(|load| directory.datasets.get(&load.dataset).is_some_and(|known| known.loaders.contains(subject)));
        Ok(loads)
    }
}
