//! The directory file: read again when it changes, and never lost to a broken one. Secrets: made once, for their owner alone.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use linchpin::access::{Clock, DirectorySource};
use linchpin::model::{AgencyId, Instant, SubjectName};
use linchpin::service::{FileDirectory, Secrets};
use uuid::Uuid;

struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::Relaxed)).unwrap()
    }
    fn fresh_id(&self) -> Uuid {
        Uuid::nil()
    }
}

fn with(subject: &str) -> String {
    format!(
        "[agencies.al-police]\nname = \"A\"\n[subjects.\"{subject}@al-police\"]\nagency = \"al-police\"\n\
         roles = [\"viewer\"]\nclearance = \"secret\"\n"
    )
}

struct Scene {
    path: PathBuf,
    clock: Arc<Hand>,
    _kept: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let kept = tempfile::tempdir().unwrap();
        let path = kept.path().join("directory.toml");
        fs::write(&path, with("ana")).unwrap();
        Self { path, clock: Arc::new(Hand(AtomicI64::new(0))), _kept: kept }
    }
    fn open(&self) -> FileDirectory {
        FileDirectory::open(&self.path, Arc::clone(&self.clock) as Arc<dyn Clock>).unwrap()
    }
    fn later(&self, micros: i64) {
        self.clock.0.fetch_add(micros, Ordering::Relaxed);
    }
    /// Replaces the file as an editor does: a new one, moved over the old.
    fn write(&self, text: &str) {
        let new = self.path.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(&new, &self.path).unwrap();
    }
}

fn knows(directory: &FileDirectory, name: &str) -> bool {
    let subject = SubjectName::new(format!("{name}@al-police")).unwrap();
    let agency = AgencyId::new("al-police").unwrap();
    directory.current().clearance(&subject, &agency, Instant::from_micros(0).unwrap()).is_some()
}

#[test]
fn a_change_is_seen_within_a_second() {
    let scene = Scene::new();
    let directory = scene.open();
    scene.write(&with("bob"));
    scene.later(999_999);
    assert!(knows(&directory, "ana"), "looked at once a second at most");
    scene.later(1);
    assert!(knows(&directory, "bob") && !knows(&directory, "ana"));
    scene.write(&with("eva"));
    scene.later(999_999);
    assert!(knows(&directory, "bob"), "a second after the last look");
    scene.later(-5_000_000);
    assert!(knows(&directory, "eva"), "also when the clock was set back");
}

#[test]
fn a_broken_file_keeps_the_directory_and_is_told() {
    let scene = Scene::new();
    let directory = scene.open();
    let broken = [
        "not toml [".to_owned(),
        with("bob").replace("viewer", "emperor"),
        with("bob").replace("agency = \"al-police\"", "agency = \"mk-police\""),
        with("bob") + "colour = \"red\"\n",
        with("bob") + "[datasets.d]\noriginator = \"al-police\"\nloaders = [\"eva@al-police\"]\n",
    ];
    for text in broken {
        scene.write(&text);
        scene.later(1_000_000);
        assert!(knows(&directory, "ana"), "{text}");
        assert!(directory.fault().is_some(), "{text}");
        assert!(FileDirectory::open(&scene.path, Arc::clone(&scene.clock) as Arc<dyn Clock>).is_err(), "{text}");
    }
    fs::remove_file(&scene.path).unwrap();
    scene.later(1_000_000);
    assert!(knows(&directory, "ana") && directory.fault().is_some());
    fs::write(&scene.path, with("bob")).unwrap();
    scene.later(1_000_000);
    assert!(knows(&directory, "bob"));
    assert_eq!(directory.fault(), None);
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn secrets_are_made_once_and_for_their_owner_alone() {
    let kept = tempfile::tempdir().unwrap();
    let folder = kept.path().join("deep/secrets");
    let secrets = Secrets::open(&folder).unwrap();
    let sealing = secrets.sealing_key().unwrap();
    let (one, two) = (secrets.key_domain("passports").unwrap(), secrets.key_domain("payments").unwrap());
    assert!(sealing != one && one != two);
    assert_eq!(Secrets::open(&folder).unwrap().sealing_key().unwrap(), sealing);
    assert_eq!(Secrets::open(&folder).unwrap().key_domain("passports").unwrap(), one);
    let path = folder.join("sealing.key");
    assert_eq!((mode(&folder), mode(&path), mode(&folder.join("key-domains"))), (0o700, 0o600, 0o700));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "nothing unfinished is left");
    let digits: String = sealing.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(fs::read_to_string(&path).unwrap().trim(), digits);
    assert!(!format!("{sealing:?}").contains(&digits[..8]));

    for name in ["", "../sealing", "a/b", "a.b", &"x".repeat(101)] {
        assert!(secrets.key_domain(name).is_err(), "{name}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(secrets.sealing_key().is_err(), "others may read it");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, "short").unwrap();
    assert!(secrets.sealing_key().is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "short", "and never written over");
}
