//! Where an issuer's keys come from, and how a published key set is fetched: rarely, with bounds, and never to the loss of good keys.

use std::fs;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use tokio::sync::Mutex;

use super::keys::KeySet;
use super::{IssuerFault, IssuerSettings, TokenAlgorithm};
use crate::model::Instant;

/// How long a fetch may take.
const FETCH: Duration = Duration::from_secs(5);

/// The largest key set that is read.
const LARGEST: usize = 1 << 20;

/// The least time between two fetches of an issuer, whoever asks for whatever key: a flood of unknown `kid`s makes no more.
const COOL_DOWN: i64 = 30_000_000;

/// After this long a key set is fetched again although every `kid` is known, so that a key that was taken back stops working.
const FRESH: i64 = 600_000_000;

/// The keys of one issuer as they stand.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) set: KeySet,
    /// Counts changes of the set: what was verified under another count is verified again.
    pub(super) generation: u64,
    fetched: Option<Instant>,
}

/// An issuer's keys.
pub(super) struct KeySource {
    current: ArcSwap<Keys>,
    remote: Option<Remote>,
}

struct Remote {
    url: Url,
    client: Client,
    algorithm: TokenAlgorithm,
    /// When it was last tried; who holds it fetches.
    tried: Mutex<Option<Instant>>,
}

impl KeySource {
    /// Reads the keys' file, or prepares for fetching them. `name` is the issuer's in the configuration.
    pub(super) fn new(name: &str, settings: &IssuerSettings) -> Result<Self, IssuerFault> {
        let read = |setting: &str, path: &std::path::Path| {
            let setting = format!("issuers.{name}.{setting}");
            let text = fs::read(path)
                .map_err(|error| IssuerFault::new(&setting, format!("{} cannot be read: {error}", path.display())))?;
            Ok((setting, text))
        };
        let algorithm = settings.algorithm;
        let (set, remote) = match (&settings.jwks_file, &settings.jwks_url, &settings.pem_file) {
            (Some(path), None, None) => {
                let (setting, text) = read("jwks_file", path)?;
                (KeySet::from_jwks(&text, algorithm).map_err(|detail| IssuerFault::new(setting, detail))?, None)
            }
            (None, None, Some(path)) => {
                let (setting, text) = read("pem_file", path)?;
                (KeySet::from_pem(&text, algorithm).map_err(|detail| IssuerFault::new(setting, detail))?, None)
            }
            (None, Some(url), None) => {
                let remote = Remote::new(url, algorithm)
                    .map_err(|detail| IssuerFault::new(format!("issuers.{name}.jwks_url"), detail))?;
                (KeySet::default(), Some(remote))
            }
            _ => {
                let detail = "exactly one of jwks_file, jwks_url and pem_file is needed";
                return Err(IssuerFault::new(format!("issuers.{name}"), detail));
            }
        };
        let keys = Keys { set, generation: 0, fetched: None };
        Ok(Self { current: ArcSwap::from_pointee(keys), remote })
    }

    /// The keys as they stand, fetched again before that when they are old.
    pub(super) async fn fresh(&self, now: Instant) -> Arc<Keys> {
        let keys = self.current.load_full();
        let old = keys.fetched.is_none_or(|at| now.micros().saturating_sub(at.micros()) >= FRESH);
        if let Some(remote) = self.remote.as_ref().filter(|_| old)
            // One request fetches; the others go on with what there is.
            && let Ok(tried) = remote.tried.try_lock()
        {
            self.fetch(remote, tried, now).await;
        }
        self.current.load_full()
    }

    /// The keys after one more look for a `kid` that is not in `seen`.
    pub(super) async fn look_again(&self, seen: &Arc<Keys>, now: Instant) -> Arc<Keys> {
        if let Some(remote) = &self.remote {
            let tried = remote.tried.lock().await;
            // Who waited for another's fetch needs none of their own.
            if Arc::ptr_eq(seen, &self.current.load_full()) {
                self.fetch(remote, tried, now).await;
            }
        }
        self.current.load_full()
    }

    /// Whether there are no keys yet.
    pub(super) fn is_empty(&self) -> bool {
        self.current.load().set == KeySet::default()
    }

    /// Fetches unless that was tried a moment ago. A fetch that fails, or brings no fit key, changes nothing.
    async fn fetch(&self, remote: &Remote, mut tried: tokio::sync::MutexGuard<'_, Option<Instant>>, now: Instant) {
        if tried.is_some_and(|at| now.micros().saturating_sub(at.micros()).unsigned_abs() < COOL_DOWN.unsigned_abs()) {
            return;
        }
        *tried = Some(now);
        match remote.get().await {
            Ok(set) => {
                let old = self.current.load();
                let generation = old.generation + u64::from(old.set != set);
                self.current.store(Arc::new(Keys { set, generation, fetched: Some(now) }));
            }
            Err(detail) => {
                metrics::counter!("linchpin_key_fetch_failures_total").increment(1);
                tracing::warn!(keys.host = remote.url.host_str(), error = %detail, "an issuer's keys were not fetched");
            }
        }
    }
}

impl Remote {
    fn new(url: &str, algorithm: TokenAlgorithm) -> Result<Self, String> {
        let url: Url = url.parse().map_err(|error| format!("no URL: {error}"))?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let loopback = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
            return Err("keys are fetched by https, or by http from this machine alone".to_owned());
        }
        let client = Client::builder().timeout(FETCH).redirect(Policy::none());
        let client = if loopback { client.no_proxy() } else { client };
        let client = client.build().map_err(|error| format!("no client can be made: {error}"))?;
        Ok(Self { url, client, algorithm, tried: Mutex::new(None) })
    }

    async fn get(&self) -> Result<KeySet, String> {
        let told = |error: reqwest::Error| error.without_url().to_string();
        let mut response = self.client.get(self.url.clone()).send().await.map_err(told)?;
        if !response.status().is_success() {
            return Err(format!("answered {}", response.status()));
        }
        let mut text = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(told)? {
            text.extend_from_slice(&chunk);
            if text.len() > LARGEST {
                return Err(format!("longer than {LARGEST} bytes"));
            }
        }
        KeySet::from_jwks(&text, self.algorithm)
    }
}
