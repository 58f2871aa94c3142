//! Who acts in tests: a directory, a clock that stands still, a log in memory, and the real gate over them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use linchpin::access::{
    Action, Agency, AuditEntry, AuditError, AuditLog, Clock, Dataset, Directory, Gate, Grant, Identity, Permit, Person,
    Phase, RequestContext, Role, WritePermit,
};
use linchpin::model::{AgencyId, CaseId, Classification, Instant, SubjectName};
use uuid::Uuid;

use super::instant;

/// A clock that stands still until it is told otherwise. Its ids count up.
#[derive(Debug)]
pub(crate) struct FixedClock {
    micros: AtomicI64,
    ids: AtomicU64,
}

impl FixedClock {
    /// A clock that shows this instant.
    pub(crate) fn at(text: &str) -> Self {
        Self { micros: AtomicI64::new(instant(text).micros()), ids: AtomicU64::new(1) }
    }

    /// Sets it.
    pub(crate) fn set(&self, text: &str) {
        self.micros.store(instant(text).micros(), Ordering::SeqCst);
    }

    /// Counts ids from a place far ahead: so that two clocks give the same ones from now on.
    pub(crate) fn restart_ids(&self) {
        self.ids.store(1_000_000, Ordering::SeqCst);
    }

    /// Moves it on.
    pub(crate) fn advance_seconds(&self, seconds: i64) {
        self.micros.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.micros.load(Ordering::SeqCst)).expect("within the calendar")
    }

    fn fresh_id(&self) -> Uuid {
        let count = self.ids.fetch_add(1, Ordering::SeqCst);
        uuid::Builder::from_custom_bytes((u128::from(count) | 0x0f << 120).to_be_bytes()).into_uuid()
    }
}

/// An audit log in memory, which can be closed.
#[derive(Debug, Default)]
pub(crate) struct MemoryAudit {
    entries: Mutex<Vec<AuditEntry>>,
    closed: std::sync::atomic::AtomicBool,
}

impl MemoryAudit {
    /// From now on nothing can be written.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
    }

    /// Everything that was written.
    pub(crate) fn all(&self) -> Vec<AuditEntry> {
        self.entries.lock().expect("no test panics while it writes").clone()
    }
}

#[async_trait]
impl AuditLog for MemoryAudit {
    async fn append(&self, entry: AuditEntry) -> Result<(), AuditError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(AuditError("closed by the test".to_owned()));
        }
        self.entries.lock().expect("no test panics while it writes").push(entry);
        Ok(())
    }

    async fn entries(
        &self,
        agency: &AgencyId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Vec<(u64, AuditEntry)>, AuditError> {
        let mine = self.all().into_iter().zip(0_u64..).map(|(entry, at)| (at, entry));
        Ok(mine
            .filter(|(at, entry)| entry.agency == *agency && after.is_none_or(|after| *at > after))
            .take(limit)
            .collect())
    }

    async fn open_intents(&self) -> Result<Vec<AuditEntry>, AuditError> {
        let all = self.all();
        let settled: BTreeSet<_> =
            all.iter().filter(|entry| entry.phase == Phase::Outcome).filter_map(|entry| entry.write).collect();
        let open = |entry: &AuditEntry| {
            entry.phase == Phase::Intent && entry.write.is_some_and(|write| !settled.contains(&write))
        };
        Ok(all.into_iter().filter(open).collect())
    }
}

/// A directory in the making.
#[derive(Debug, Clone, Default)]
pub(crate) struct Town {
    directory: Directory,
}

fn agency_id(name: &str) -> AgencyId {
    AgencyId::new(name).expect("an agency")
}

impl Town {
    /// The usual people: `al-police` (ana: confidential, case-12; ben: unclassified; gita: may unmask; loader), `rs-fiu`
    /// (rada: secret, case-12; radovan: restricted; loader) and `mk-police` (mira: secret). al-police grants rs-fiu its AMBER
    /// claims on case-12. Each agency has the dataset `<agency>-data`.
    pub(crate) fn usual() -> Self {
        use Classification::{Confidential, Restricted, Secret, Unclassified};
        use Role::{Analyst, Auditor, Guardian, Loader, Viewer};
        Self::default()
            .agency("al-police")
            .agency("rs-fiu")
            .agency("mk-police")
            .person("ana@al-police", Confidential, &["case-12"], &[Viewer, Analyst])
            .person("ben@al-police", Unclassified, &[], &[Viewer, Analyst])
            .person("gita@al-police", Confidential, &["case-12"], &[Viewer, Analyst, Guardian])
            .person("loader@al-police", Restricted, &[], &[Loader])
            .person("auditor@al-police", Unclassified, &[], &[Auditor])
            .person("rada@rs-fiu", Secret, &["case-12"], &[Viewer, Analyst])
            .person("radovan@rs-fiu", Restricted, &[], &[Viewer])
            .person("loader@rs-fiu", Restricted, &[], &[Loader])
            .person("mira@mk-police", Secret, &[], &[Viewer, Analyst])
            .grant("al-police", "rs-fiu", Some(&["case-12"]), None)
    }

    /// Adds an agency, with its dataset and the loader `loader@<agency>`.
    pub(crate) fn agency(mut self, name: &str) -> Self {
        let entry = Agency { name: name.to_owned(), country: None, baseline: Classification::Restricted };
        self.directory.agencies.insert(agency_id(name), entry);
        let loaders = [SubjectName::new(format!("loader@{name}")).expect("a subject")].into();
        let dataset = Dataset { originator: agency_id(name), loaders, key_domain: None };
        self.directory.datasets.insert(format!("{name}-data"), dataset);
        self
    }

    /// Adds a person; the agency is what follows the `@`.
    pub(crate) fn person(mut self, name: &str, clearance: Classification, cases: &[&str], roles: &[Role]) -> Self {
        let (_, agency) = name.split_once('@').expect("name@agency");
        let person = Person {
            name: String::new(),
            agency: agency_id(agency),
            roles: roles.iter().copied().collect(),
            clearance,
            cases: cases.iter().map(|case| CaseId::new(case).expect("a case")).collect(),
        };
        self.directory.subjects.insert(SubjectName::new(name).expect("a subject"), person);
        self
    }

    /// Lets one agency see another's AMBER claims.
    pub(crate) fn grant(mut self, from: &str, to: &str, cases: Option<&[&str]>, until: Option<&str>) -> Self {
        let cases = cases.map(|cases| cases.iter().map(|case| CaseId::new(case).expect("a case")).collect());
        let grant = Grant { from: agency_id(from), to: agency_id(to), cases, until: until.map(instant) };
        self.directory.grants.push(grant);
        self
    }

    /// The directory.
    pub(crate) fn directory(self) -> Directory {
        self.directory
    }

    /// The real gate over this directory, with a clock that shows 2026-03-01T12:00:00Z and a log in memory.
    pub(crate) fn gatehouse(self) -> Gatehouse {
        let clock = Arc::new(FixedClock::at("2026-03-01T12:00:00Z"));
        let audit = Arc::new(MemoryAudit::default());
        let directory = Arc::new(self.directory);
        let gate = Gate::new(
            Arc::new(Arc::clone(&directory)),
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::clone(&audit) as Arc<dyn AuditLog>,
        );
        Gatehouse { gate, clock, audit, directory }
    }
}

/// Who a token names: the person, their agency, and every role.
pub(crate) fn identity(name: &str) -> Identity {
    let (_, agency) = name.split_once('@').expect("name@agency");
    let roles = Role::ALL.into_iter().collect();
    Identity { subject: SubjectName::new(name).expect("a subject"), agency: agency_id(agency), roles }
}

/// The gate, and what stands around it.
pub(crate) struct Gatehouse {
    /// The real gate.
    pub(crate) gate: Gate,
    /// Its clock.
    pub(crate) clock: Arc<FixedClock>,
    /// Its log.
    pub(crate) audit: Arc<MemoryAudit>,
    /// Its directory.
    pub(crate) directory: Arc<Directory>,
}

impl Gatehouse {
    /// Leave to read.
    pub(crate) async fn read(&self, who: &str) -> Permit {
        self.gate.admit(&identity(who), Action::Read, context()).await.expect("may read")
    }

    /// Leave to write.
    pub(crate) async fn write(&self, who: &str) -> WritePermit {
        self.gate.admit_write(&identity(who), context()).await.expect("may write")
    }

    /// Leave to load into the dataset of the loader's agency.
    pub(crate) async fn load(&self, who: &str) -> WritePermit {
        let (_, agency) = who.split_once('@').expect("name@agency");
        self.gate.admit_load(&identity(who), &format!("{agency}-data"), context()).await.expect("may load")
    }

    /// The clock's instant.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }
}

fn context() -> RequestContext {
    RequestContext { operation: "test", request_id: "request-1".to_owned(), ..RequestContext::default() }
}
