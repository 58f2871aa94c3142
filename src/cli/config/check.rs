//! What no type says: settings that make no sense by themselves or together.

use reqwest::Url;
use tracing_subscriber::EnvFilter;

use super::{Config, StoreKind};

impl Config {
    /// What is wrong with it, each with the name of the setting. Files are looked at by those who open them.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Faults::default();
        if self.issuers.is_empty() {
            faults.tell("issuers", "none is configured, so nobody could sign in; there is no open mode");
        }
        for (name, issuer) in &self.issuers {
            let sources = [&issuer.jwks_file.is_some(), &issuer.jwks_url.is_some(), &issuer.pem_file.is_some()];
            if sources.into_iter().filter(|given| **given).count() != 1 {
                faults.tell(&format!("issuers.{name}"), "exactly one of jwks_file, jwks_url and pem_file is needed");
            }
        }
        self.check_store(&mut faults);
        self.check_limits(&mut faults);
        for origin in &self.cors.origins {
            if !is_origin(origin) {
                faults.tell("cors.origins", &format!("`{origin}` is no exact origin such as https://desk.example"));
            }
        }
        if let Err(error) = EnvFilter::try_new(&self.log.level) {
            faults.tell("log.level", &error.to_string());
        }
        if self.metrics.enabled && !self.metrics.listen.ip().is_loopback() {
            faults.tell("metrics.listen", "metrics are served on this machine alone (127.0.0.1 or ::1)");
        }
        if self.metrics.enabled && self.metrics.listen == self.listen && self.listen.port() != 0 {
            faults.tell("metrics.listen", "it is the same as `listen`");
        }
        if self.audit.file == self.store.file && self.store.kind == StoreKind::Embedded {
            faults.tell("audit.file", "the audit log lives apart from the store");
        }
        let store = Some(&self.store.file).filter(|_| self.store.kind == StoreKind::Embedded);
        if self.snapshot.file.as_ref().is_some_and(|file| Some(file) == store || *file == self.audit.file) {
            faults.tell("snapshot.file", "it is overwritten, and names another file of the service");
        }
        faults.0
    }

    fn check_store(&self, faults: &mut Faults) {
        let store = &self.store;
        let neo4j = [
            ("store.uri", store.uri.is_some()),
            ("store.user", store.user.is_some()),
            ("store.password", store.password.is_some()),
            ("store.password_file", store.password_file.is_some()),
        ];
        match store.kind {
            StoreKind::Embedded => {
                for (setting, _) in neo4j.iter().filter(|(_, given)| *given) {
                    faults.tell(setting, "it is for store.kind = \"neo4j\", and store.kind is \"embedded\"");
                }
            }
            StoreKind::Neo4j => {
                for (setting, _) in neo4j[..2].iter().filter(|(_, given)| !given) {
                    faults.tell(setting, "store.kind = \"neo4j\" needs it");
                }
                if neo4j[2].1 == neo4j[3].1 {
                    faults.tell("store.password", "exactly one of store.password and store.password_file is needed");
                }
            }
        }
        if let Some(uri) = &store.uri {
            let schemes = ["bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc"];
            if !uri.split_once("://").is_some_and(|(scheme, host)| schemes.contains(&scheme) && !host.is_empty()) {
                faults.tell("store.uri", "it is no address such as bolt://localhost:7687");
            }
        }
        faults.within("store.pool", store.pool, 1, 1_000);
    }

    fn check_limits(&self, faults: &mut Faults) {
        let limits = &self.limits;
        faults.within("limits.body_bytes", limits.body_bytes, 1_024, 1 << 30);
        // The parser's own stack ends somewhat past this.
        faults.within("limits.json_depth", limits.json_depth, 4, 100);
        // The API promises 1,000 to its clients and takes no more.
        faults.within("limits.batch_items", limits.batch_items, 1, 1_000);
        faults.within("limits.page_max", limits.page_max, 1, 10_000);
        faults.within("limits.page_default", limits.page_default, 1, limits.page_max);
        faults.within("limits.request_seconds", limits.request_seconds, 1, 3_600);
        faults.within("limits.jobs_per_subject", limits.jobs_per_subject, 1, 10_000);
        faults.within("limits.job_kept_seconds", limits.job_kept_seconds, 1, 7 * 86_400);
        faults.within("limits.requests_per_minute", limits.requests_per_minute.unwrap_or(1), 1, u32::MAX);
        faults.within("limits.concurrent_requests", limits.concurrent_requests.unwrap_or(1), 1, usize::MAX);
        faults.within("workers", self.workers.unwrap_or(1), 1, 1_024);
        faults.within("drain_seconds", self.drain_seconds, 0, 3_600);
        faults.within("analysis.workers", self.analysis.workers.unwrap_or(1), 1, 1_024);
        faults.within("analysis.queue", self.analysis.queue, 0, 100_000);
        faults.within("retention.sweep_seconds", self.retention.sweep_seconds, 1, 86_400);
    }
}

#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn tell(&mut self, setting: &str, detail: &str) {
        self.0.push(format!("{setting}: {detail}"));
    }

    fn within<T: PartialOrd + std::fmt::Display>(&mut self, setting: &str, value: T, least: T, most: T) {
        if value < least || value > most {
            self.tell(setting, &format!("{value} is not between {least} and {most}"));
        }
    }
}

/// Whether a text is an origin as browsers send it: scheme, host and port, nothing behind, and no wildcard.
fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "https" | "http") && url.origin().ascii_serialization() == text && !text.contains('*')
    })
}
