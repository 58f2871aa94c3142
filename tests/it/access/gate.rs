//! The gate: whom it lets in, what it logs before it does, and that nothing passes when the log is closed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use linchpin::access::{
    Action, AuditEntry, AuditError, AuditLog, Clock, Denied, Directory, DirectorySource, Disclosure, Gate, Identity,
    Phase, RequestContext, Role,
};
use linchpin::model::{AgencyId, Classification, EntityId, Instant, SubjectName};
use uuid::Uuid;

const DIRECTORY: &str = r#"
    [agencies.al-police]
    name = "Police of A"
    [agencies.rs-fiu]
    name = "Unit of B"
    [subjects."ana@al-police"]
    agency = "al-police"
    roles = ["viewer", "analyst"]
    clearance = "confidential"
    cases = ["case-12"]
    [subjects."gent@al-police"]
    agency = "al-police"
    roles = ["viewer", "guardian"]
    clearance = "secret"
    [subjects."feed@rs-fiu"]
    agency = "rs-fiu"
    roles = ["loader"]
    clearance = "restricted"
    [subjects."desk@rs-fiu"]
    agency = "rs-fiu"
    roles = ["loader"]
    clearance = "restricted"
    [[grants]]
    from = "rs-fiu"
    to = "al-police"
    until = "2024-01-01T00:00:00Z"
    [datasets.payments]
    originator = "rs-fiu"
    loaders = ["feed@rs-fiu"]
"#;

#[derive(Default)]
struct Log {
    entries: Mutex<Vec<AuditEntry>>,
    closed: AtomicBool,
}

#[async_trait]
impl AuditLog for Log {
    async fn append(&self, entry: AuditEntry) -> Result<(), AuditError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(AuditError("closed".to_owned()));
        }
        self.entries.lock().unwrap().push(entry);
        Ok(())
    }
    async fn entries(&self, _: &AgencyId, _: Option<u64>, _: usize) -> Result<Vec<(u64, AuditEntry)>, AuditError> {
        Ok(Vec::new())
    }
    async fn open_intents(&self) -> Result<Vec<AuditEntry>, AuditError> {
        Ok(Vec::new())
    }
}

struct Hand {
    now: AtomicI64,
    ids: AtomicU64,
}

impl Clock for Hand {
    fn now(&self) -> Instant {
        Instant::from_micros(self.now.load(Ordering::SeqCst)).unwrap()
    }
    fn fresh_id(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.ids.fetch_add(1, Ordering::SeqCst)))
    }
}

struct Sheet(Mutex<Arc<Directory>>);

impl DirectorySource for Sheet {
    fn current(&self) -> Arc<Directory> {
        Arc::clone(&self.0.lock().unwrap())
    }
}

struct House {
    gate: Gate,
    log: Arc<Log>,
    clock: Arc<Hand>,
    sheet: Arc<Sheet>,
}

impl House {
    fn new() -> Self {
        let directory: Directory = toml::from_str(DIRECTORY).unwrap();
        assert_eq!(directory.faults(), [""; 0]);
        let log = Arc::new(Log::default());
        let now = Instant::parse("2023-06-01T00:00:00Z").unwrap().micros();
        let clock = Arc::new(Hand { now: AtomicI64::new(now), ids: AtomicU64::new(1) });
        let sheet = Arc::new(Sheet(Mutex::new(Arc::new(directory))));
        let gate = Gate::new(
            Arc::clone(&sheet) as Arc<dyn DirectorySource>,
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::clone(&log) as Arc<dyn AuditLog>,
        );
        Self { gate, log, clock, sheet }
    }

    fn change(&self, change: impl FnOnce(&mut Directory)) {
        let mut sheet = self.sheet.0.lock().unwrap();
        change(Arc::make_mut(&mut sheet));
    }

    fn logged(&self) -> Vec<(Phase, String, Option<String>)> {
        let entries = self.log.entries.lock().unwrap();
        entries.iter().map(|entry| (entry.phase, entry.subject.to_string(), entry.outcome.clone())).collect()
    }
}

fn who(subject: &str, roles: &[Role]) -> Identity {
    let agency = subject.split_once('@').unwrap().1;
    Identity {
        subject: SubjectName::new(subject).unwrap(),
        agency: AgencyId::new(agency).unwrap(),
        roles: roles.iter().copied().collect(),
    }
}

fn request() -> RequestContext {
    RequestContext {
        operation: "get_entity",
        request_id: "r-1".to_owned(),
        purpose: Some("prevention".to_owned()),
        case_ref: Some("case-12".to_owned()),
        justification: Some("because".to_owned()),
    }
}

#[tokio::test]
async fn clearance_comes_from_the_directory_of_the_moment() {
    let house = House::new();
    let ana = who("ana@al-police", &[Role::Analyst]);
    let permit = house.gate.admit(&ana, Action::Read, request()).await.unwrap();
    assert_eq!(permit.clearance().level, Classification::Confidential);
    assert_eq!(permit.clearance().grants.len(), 1);
    assert!(house.logged().is_empty(), "a read is logged with what it returns");

    house.change(|directory| {
        directory.subjects.get_mut("ana@al-police").unwrap().clearance = Classification::Unclassified;
    });
    let permit = house.gate.admit(&ana, Action::Read, request()).await.unwrap();
    assert_eq!(permit.clearance().level, Classification::Unclassified);

    house.clock.now.store(Instant::parse("2024-01-01T00:00:00Z").unwrap().micros(), Ordering::SeqCst);
    let permit = house.gate.admit(&ana, Action::Read, request()).await.unwrap();
    assert!(permit.clearance().grants.is_empty(), "a grant ends at its instant");

    house.change(|directory| _ = directory.subjects.remove("ana@al-police"));
    assert!(matches!(house.gate.admit(&ana, Action::Read, request()).await, Err(Denied::Unknown(_))));
}

#[tokio::test]
async fn roles_count_when_token_and_directory_both_name_them() {
    let house = House::new();
    let refused = |result: Result<_, Denied>| assert!(matches!(result, Err(Denied::Role(_))));
    // Claimed but not given.
    refused(house.gate.admit(&who("ana@al-police", &Role::ALL), Action::ReadAudit, request()).await);
    // Given but not claimed.
    refused(house.gate.admit(&who("ana@al-police", &[Role::Viewer]), Action::Analyse, request()).await);
    refused(house.gate.admit(&who("ana@al-police", &[]), Action::Read, request()).await);
    // A guardian is no reader.
    refused(house.gate.admit(&who("gent@al-police", &[Role::Guardian]), Action::Read, request()).await);
    let refusals = house.logged();
    assert_eq!(refusals.len(), 4);
    assert!(refusals.iter().all(|entry| entry.0 == Phase::Refused && entry.2.as_deref() == Some("forbidden")));

    let unmask = async |roles: &[Role]| {
        house.gate.admit(&who("gent@al-police", roles), Action::Read, request()).await.unwrap().unmask()
    };
    assert!(unmask(&[Role::Viewer, Role::Guardian]).await);
    assert!(!unmask(&[Role::Viewer]).await);
    let ana = house.gate.admit(&who("ana@al-police", &Role::ALL), Action::Read, request()).await.unwrap();
    assert!(!ana.unmask());
}

#[tokio::test]
async fn a_token_of_another_agency_is_refused() {
    let house = House::new();
    let mut ana = who("ana@al-police", &[Role::Viewer]);
    ana.agency = AgencyId::new("rs-fiu").unwrap();
    assert!(matches!(house.gate.admit(&ana, Action::Read, request()).await, Err(Denied::Unknown(_))));
}

#[tokio::test]
async fn a_write_has_its_intent_on_disk_before_it_and_its_outcome_after() {
    let house = House::new();
    let ana = who("ana@al-police", &[Role::Analyst]);
    let write = house.gate.admit_write(&ana, request()).await.unwrap();
    let again = house.gate.again(&write).await.unwrap();
    assert_ne!(write.write(), again.write());
    let ids = Disclosure { entities: vec![EntityId::new("p-1").unwrap()], ..Disclosure::default() };
    assert_eq!(house.gate.settle(&write, "committed", ids.clone(), 7).await.unwrap().into_inner(), 7);
    let entries = house.log.entries.lock().unwrap().clone();
    let phases: Vec<_> = entries.iter().map(|entry| (entry.phase, entry.write.unwrap())).collect();
    assert_eq!(
        phases,
        [(Phase::Intent, write.write()), (Phase::Intent, again.write()), (Phase::Outcome, write.write())]
    );
    assert_eq!((&entries[2].ids, entries[2].outcome.as_deref()), (&ids, Some("committed")));
    assert_eq!(entries[2].purpose.as_deref(), Some("prevention"));
    assert_eq!(entries[2].case_ref.as_deref(), Some("case-12"));
    assert_eq!(entries[2].justification.as_deref(), Some("because"));
    assert_eq!(entries[2].request_id, "r-1");
}

#[tokio::test]
async fn a_loader_loads_into_the_datasets_that_name_it() {
    let house = House::new();
    let feed = who("feed@rs-fiu", &[Role::Loader]);
    let permit = house.gate.admit_load(&feed, "payments", request()).await.unwrap();
    assert_eq!(permit.dataset(), Some("payments"));
    assert_eq!(house.gate.again(&permit).await.unwrap().dataset(), Some("payments"));
    for (loader, dataset) in [("feed@rs-fiu", "people"), ("desk@rs-fiu", "payments")] {
        let result = house.gate.admit_load(&who(loader, &[Role::Loader]), dataset, request()).await;
        assert!(matches!(result, Err(Denied::Dataset(name)) if name == dataset));
    }
    let ana = house.gate.admit_load(&who("ana@al-police", &Role::ALL), "payments", request()).await;
    assert!(matches!(ana, Err(Denied::Role(Action::Load))));
    assert!(matches!(house.gate.admit(&feed, Action::Read, request()).await, Err(Denied::Role(Action::Read))));
    let logged: Vec<_> = house.logged().into_iter().map(|entry| entry.2).collect();
    let refused = |word: &str| Some(word.to_owned());
    assert_eq!(
        logged,
        [None, None, refused("dataset"), refused("dataset"), refused("forbidden"), refused("forbidden")]
    );
}

#[tokio::test]
async fn a_closed_log_closes_everything() {
    let house = House::new();
    let (ana, feed) = (who("ana@al-police", &[Role::Analyst]), who("feed@rs-fiu", &[Role::Loader]));
    let read = house.gate.admit(&ana, Action::Read, request()).await.unwrap();
    let write = house.gate.admit_write(&ana, request()).await.unwrap();
    house.log.closed.store(true, Ordering::SeqCst);
    assert!(house.gate.disclose(&read, "ok", Disclosure::default(), "data").await.is_err());
    assert!(house.gate.settle(&write, "committed", Disclosure::default(), "data").await.is_err());
    assert!(matches!(house.gate.admit_write(&ana, request()).await, Err(Denied::Audit(_))));
    assert!(matches!(house.gate.again(&write).await, Err(Denied::Audit(_))));
    assert!(matches!(house.gate.admit_load(&feed, "payments", request()).await, Err(Denied::Audit(_))));
    assert!(matches!(house.gate.admit(&feed, Action::Read, request()).await, Err(Denied::Audit(_))));
}
