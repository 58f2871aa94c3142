//! Signing in: the verifier, and a bound on how often one peer may fail.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{TokenError, TokenVerifier};
use crate::access::{Clock, Identity};
use crate::api::Authenticate;
use crate::model::Instant;

/// How many peers' failures are remembered. Past it the rarely seen are forgotten: memory is bounded, whoever knocks.
const PEERS: u64 = 10_000;

/// How often one peer may fail to sign in. Failures are counted and bounded here, not written to the audit log one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FailureLimit {
    /// This many at once; 0: no limit.
    pub burst: u32,
    /// And then this many a minute.
    pub per_minute: u32,
}

impl Default for FailureLimit {
    fn default() -> Self {
        Self { burst: 20, per_minute: 20 }
    }
}

/// Signs callers in.
pub struct SignIn {
    verifier: TokenVerifier,
    clock: Arc<dyn Clock>,
    limit: FailureLimit,
    failures: Cache<IpAddr, Arc<Mutex<Bucket>>>,
}

/// A token bucket: what is left, and when that was so.
struct Bucket {
    left: u64,
    at: Instant,
}

impl SignIn {
    /// Sign-in by a verifier.
    pub fn new(verifier: TokenVerifier, clock: Arc<dyn Clock>, limit: FailureLimit) -> Self {
        Self { verifier, clock, limit, failures: Cache::new(PEERS) }
    }

    /// The verifier.
    pub fn verifier(&self) -> &TokenVerifier {
        &self.verifier
    }

    /// Who sends a request, by its bearer token and the address that it comes from. A token that was verified before passes
    /// whatever else came from that address.
    pub async fn sign_in(&self, token: &str, peer: Option<IpAddr>) -> Result<Arc<Identity>, TokenError> {
        let now = self.clock.now();
        let result = self.attempt(token, peer, now).await;
        if let Err(error) = &result {
            metrics::counter!("linchpin_sign_in_failures_total", "reason" => error.reason()).increment(1);
            if let Some(peer) = peer.filter(|_| error.counts()) {
                self.count(peer, now);
            }
        }
        result
    }

    async fn attempt(&self, token: &str, peer: Option<IpAddr>, now: Instant) -> Result<Arc<Identity>, TokenError> {
        if let Some(known) = self.verifier.remembered(token, now).await {
            return known;
        }
        if let Some(peer) = peer {
            self.pass(peer, now)?;
        }
        self.verifier.verify(token, now).await
    }

    /// Refuses a peer that has used up its failures.
    fn pass(&self, peer: IpAddr, now: Instant) -> Result<(), TokenError> {
        let Some(bucket) = self.failures.get(&network(peer)) else { return Ok(()) };
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.refill(self.limit, now);
        if bucket.left >= ONE {
            return Ok(());
        }
        let micros = (ONE - bucket.left).div_ceil(u64::from(self.limit.per_minute.max(1)));
        Err(TokenError::TooMany { retry_after: Duration::from_secs(micros.div_ceil(1_000_000)) })
    }

    fn count(&self, peer: IpAddr, now: Instant) {
        if self.limit.burst == 0 {
            return;
        }
        let full = || Arc::new(Mutex::new(Bucket { left: u64::from(self.limit.burst) * ONE, at: now }));
        let bucket = self.failures.get_with(network(peer), full);
        let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.refill(self.limit, now);
        bucket.left = bucket.left.saturating_sub(ONE);
    }
}

#[async_trait]
impl Authenticate for SignIn {
    async fn identify(&self, token: &str, peer: Option<IpAddr>) -> Result<Arc<Identity>, TokenError> {
        self.sign_in(token, peer).await
    }
}

/// One failure, in the bucket's units: a microsecond brings `per_minute` of them, so that nothing is ever rounded.
const ONE: u64 = 60_000_000;

impl Bucket {
    fn refill(&mut self, limit: FailureLimit, now: Instant) {
        let passed = u64::try_from(now.micros().saturating_sub(self.at.micros())).unwrap_or(0);
        let gained = passed.saturating_mul(u64::from(limit.per_minute));
        self.left = self.left.saturating_add(gained).min(u64::from(limit.burst) * ONE);
        self.at = self.at.max(now);
    }
}

/// Who counts as one peer: an IPv4 address, or the /64 that an IPv6 address lies in, since one host has all of that.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6((ip.to_bits() >> 64 << 64).into()),
        v4 => v4,
    }
}
