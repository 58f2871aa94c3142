//! Secrets of key domains, and what is made with them: the identities of lines, and ids from natural keys.
//!
//! A plain hash of a passport number is an oracle: who has the number can ask whether the person is known. So everything here is an
//! HMAC under a secret, over length-prefixed parts in declared order (unordered or unseparated parts would collide).

use std::collections::BTreeMap;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::model::Claim;
use crate::store::LoadKey;

/// The secrets of the key domains that a deployment knows.
///
/// A domain that agencies share has the same secret in both deployments: then one passport gives one id in both.
#[derive(Clone)]
pub struct KeyDomains {
    own: [u8; 32],
    shared: BTreeMap<String, [u8; 32]>,
}

impl KeyDomains {
    /// Domains under a deployment's own secret, from which a dataset without a shared domain gets one of its own.
    pub fn new(own: [u8; 32]) -> Self {
        Self { own, shared: BTreeMap::new() }
    }

    /// The same, with the secret of one more domain that agencies share.
    #[must_use]
    pub fn with_shared(mut self, name: impl Into<String>, secret: [u8; 32]) -> Self {
        self.shared.insert(name.into(), secret);
        self
    }

    /// The key of a dataset: of its declared domain (`None` when its secret is not known), or its own.
    pub(super) fn of(&self, dataset: &str, declared: Option<&str>) -> Option<DomainKey> {
        match declared {
            Some(domain) => self.shared.get(domain).map(DomainKey::new),
            None => Some(DomainKey::new(&DomainKey::new(&self.own).digest("dataset", [dataset.as_bytes()]))),
        }
    }
}

impl fmt::Debug for KeyDomains {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyDomains").field("shared", &self.shared.keys()).finish_non_exhaustive()
    }
}

/// One domain's secret, ready for use.
#[derive(Clone)]
pub(super) struct DomainKey(Hmac<Sha256>);

impl DomainKey {
    fn new(secret: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("HMAC takes keys of any length"))
    }

    /// HMAC-SHA256 over a purpose and parts, each with its length before it.
    fn digest<'a>(&self, purpose: &'a str, parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in std::iter::once(purpose.as_bytes()).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The identity of a line: by its source key, or by its content where it has none.
    ///
    /// `claim` is as it will be written, without the load that brings it.
    pub(super) fn line(&self, dataset: &str, claim: &Claim) -> LoadKey {
        let canonical = serde_json::to_vec(claim).expect("a claim always serialises: its keys are texts");
        let content = first_half(&Sha256::digest(&canonical).into());
        let source = match &claim.provenance.key {
            Some(key) => self.digest("key", [dataset.as_bytes(), key.as_bytes()]),
            None => self.digest("content", [dataset.as_bytes(), canonical.as_slice()]),
        };
        LoadKey { source: first_half(&source), content }
    }

    /// 32 hexadecimal digits from the parts of a natural key, under a label that says what they are (`passport`).
    pub(super) fn natural<'a>(&self, label: &'a str, parts: impl IntoIterator<Item = &'a str>) -> String {
        let parts = std::iter::once(label).chain(parts).map(str::as_bytes);
        let digest = self.digest("natural-key", parts);
        format!("{:032x}", u128::from_be_bytes(first_half(&digest)))
    }
}

fn first_half(digest: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}
