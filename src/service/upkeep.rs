//! What the service does by itself: settle what a crash left open, erase what may no longer be kept, say whether it is ready.

use std::sync::Arc;
use std::time::Duration;

use super::{AppState, ServiceResult};
use crate::access::{AuditEntry, Phase};

/// How the audit log calls the sweep.
const ERASE: &str = "erase_due";

impl AppState {
    /// Settles writes whose outcome is not in the audit log: the store knows whether they happened. To be called once, before
    /// anything is served. Answers how many there were.
    pub async fn settle_open_writes(&self) -> ServiceResult<usize> {
        let open = self.gate.audit().open_intents().await?;
        let count = open.len();
        for intent in open {
            let Some(write) = intent.write else { continue };
            let happened = self.store.stamp_of(write).await?.is_some();
            let outcome = if happened { "committed" } else { "not-committed" };
            let entry = AuditEntry {
                at: self.gate.clock().now(),
                phase: Phase::Outcome,
                outcome: Some(outcome.to_owned()),
                ..intent
            };
            self.gate.audit().append(entry).await?;
        }
        Ok(count)
    }

    /// Erases claims whose retain day has come; answers how many. The intent is in the log before, the outcome after: erasure is
    /// logged like every change (Directive (EU) 2016/680, art. 25).
    pub async fn erase_due(&self) -> ServiceResult<u64> {
        let clock = self.gate.clock();
        let (now, write) = (clock.now(), clock.fresh_id());
        self.gate.note(Phase::Intent, ERASE, write, None).await?;
        let erased = self.store.erase_due(now.day(), write, now).await;
        self.remembered.forget();
        let outcome = match erased {
            Ok(0) => "nothing-due",
            Ok(_) => "committed",
            Err(_) => "failed",
        };
        self.gate.note(Phase::Outcome, ERASE, write, Some(outcome)).await?;
        Ok(erased?)
    }

    /// Erases what is due now and then, for as long as the state lives.
    pub fn sweep(self: &Arc<Self>, every: Duration) {
        let state = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut turns = tokio::time::interval(every);
            turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                turns.tick().await;
                let Some(state) = state.upgrade() else { return };
                match state.erase_due().await {
                    Ok(0) => {}
                    Ok(erased) => tracing::info!(erased, "erased claims whose retain day has come"),
                    Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "the erasure sweep failed"),
                }
            }
        });
    }

    /// Whether requests can be answered.
    pub async fn ready(&self) -> ServiceResult<()> {
        Ok(self.store.ready().await?)
    }
}
