//! Idempotency keys whose first request still runs: a second one with the same key is told so instead of waiting.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::{AppState, Caller, ServiceError, ServiceResult};
use crate::model::Instant;
use crate::store::ReplayKey;

/// The longest key that is accepted, in bytes.
const MAX_KEY: usize = 255;

/// What a caller sends to make a write safe to repeat.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// The key as sent.
    pub key: String,
    /// Hash of everything that the request says.
    pub body: [u8; 32],
}

/// The keys in use at the moment.
#[derive(Debug, Default, Clone)]
pub(crate) struct RunningKeys(Arc<Mutex<BTreeSet<[u8; 32]>>>);

/// Frees its key when it goes.
#[derive(Debug)]
pub(crate) struct Running {
    keys: RunningKeys,
    key: [u8; 32],
}

impl Drop for Running {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

impl RunningKeys {
    fn take(&self, key: [u8; 32]) -> Option<Running> {
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key);
        fresh.then(|| Running { keys: self.clone(), key })
    }
}

impl AppState {
    /// The store's form of a caller's idempotency key, held until the returned guard goes.
    pub(crate) fn begin(
        &self,
        who: &Caller,
        idempotency: Option<&Idempotency>,
        now: Instant,
    ) -> ServiceResult<Option<(ReplayKey, Running)>> {
        let Some(Idempotency { key, body }) = idempotency else { return Ok(None) };
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(ServiceError::Token {
                code: "invalid-idempotency-key",
                detail: "a key has 1 to 255 characters",
            });
        }
        let mut hash = Sha256::new();
        for part in [who.identity.subject.as_str(), who.context.operation, key] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let key: [u8; 32] = hash.finalize().into();
        let running = self.running.take(key).ok_or_else(|| ServiceError::Conflict {
            code: "still-running",
            detail: "the first request with this Idempotency-Key still runs: ask again shortly".to_owned(),
        })?;
        let kept = i64::try_from(self.limits.replay_kept.as_micros()).unwrap_or(i64::MAX);
        let keep_from = Instant::from_micros(now.micros().saturating_sub(kept)).unwrap_or(now);
        Ok(Some((ReplayKey { key, body: *body, keep_from }, running)))
    }
}
