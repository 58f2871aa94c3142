//! `linchpin token` and `linchpin audit`, as they are typed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, FromArgMatches};
use linchpin::access::{Action, AuditEntry, AuditLog, Clock, Disclosure, Phase, Role};
use linchpin::api::auth::TokenVerifier;
use linchpin::cli::audit::AuditArgs;
use linchpin::cli::config::{Config, ConfigFlags};
use linchpin::cli::token::TokenArgs;
use linchpin::cli::{CliError, audit, token};
use linchpin::model::{AgencyId, Instant, SubjectName};
use linchpin::store::audit::SqliteAuditLog;
use serde_json::Value;
use uuid::Uuid;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Instant {
        Instant::parse("2026-03-05T12:00:00Z").unwrap()
    }
    fn fresh_id(&self) -> Uuid {
        Uuid::nil()
    }
}

struct Scene {
    folder: PathBuf,
    _kept: tempfile::TempDir,
}

fn scene() -> Scene {
    let kept = tempfile::tempdir().unwrap();
    let folder = kept.path().to_owned();
    let at = |name: &str| folder.join(name).display().to_string();
    fs::write(
        folder.join("linchpin.toml"),
        format!(
            "[directory]\nfile = \"{}\"\n[audit]\nfile = \"{}\"\n[issuers.local]\nissuer = \"linchpin-local\"\n\
             audience = \"linchpin\"\nalgorithm = \"ES256\"\njwks_file = \"{}\"\nsigning_key_file = \"{}\"\n",
            at("directory.toml"),
            at("audit.sqlite"),
            at("jwks.json"),
            at("key.pem")
        ),
    )
    .unwrap();
    fs::write(
        folder.join("directory.toml"),
        "[agencies.al-police]\nname = \"A\"\n[subjects.\"ana@al-police\"]\nagency = \"al-police\"\n\
         roles = [\"viewer\", \"analyst\"]\nclearance = \"secret\"\n",
    )
    .unwrap();
    Scene { folder, _kept: kept }
}

fn parse<T: Args + FromArgMatches>(words: &[&str]) -> Result<T, clap::Error> {
    let command = T::augment_args(clap::Command::new("linchpin"));
    T::from_arg_matches(&command.try_get_matches_from(["linchpin"].iter().chain(words))?)
}

impl Scene {
    fn config(&self) -> String {
        self.folder.join("linchpin.toml").display().to_string()
    }
    fn token(&self, words: &[&str]) -> Result<String, CliError> {
        let config = self.config();
        let words: Vec<&str> = ["--config", &config].into_iter().chain(words.iter().copied()).collect();
        let mut out = Vec::new();
        let clock: Arc<dyn Clock> = Arc::new(Noon);
        token::run(&parse::<TokenArgs>(&words).unwrap(), &clock, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }
    fn audit(&self, words: &[&str]) -> (Vec<Value>, Result<(), CliError>) {
        let config = self.config();
        let words: Vec<&str> = words.iter().copied().chain(["--config", &config]).collect();
        let mut out = Vec::new();
        let result = audit::run(&parse::<AuditArgs>(&words).unwrap(), &mut out);
        let lines = String::from_utf8(out).unwrap();
        (lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), result)
    }
}

#[tokio::test]
async fn a_token_is_made_and_taken() {
    let scene = scene();
    assert!(scene.token(&["--subject", "ana@al-police"]).is_err(), "there are no keys yet");
    assert_eq!(scene.token(&["--make-keys"]).unwrap(), "");
    assert!(scene.token(&["--make-keys"]).is_err(), "keys are never made over");
    let mode = fs::metadata(scene.folder.join("key.pem")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let flags = ConfigFlags { config: Some(scene.folder.join("linchpin.toml")), settings: Vec::new() };
    let issuers: BTreeMap<_, _> = Config::read(&flags, []).unwrap().issuers;
    let verifier = TokenVerifier::new(&issuers).unwrap();
    let text = scene.token(&["--subject", "ana@al-police", "--ttl", "8h"]).unwrap();
    let identity = verifier.verify(text.trim(), Noon.now()).await.unwrap();
    assert_eq!(identity.roles, [Role::Viewer, Role::Analyst].into());
    assert_eq!(identity.agency, AgencyId::new("al-police").unwrap());
    let at = |text: &str| Instant::parse(text).unwrap();
    verifier.verify(text.trim(), at("2026-03-05T20:00:29Z")).await.unwrap();
    assert!(verifier.verify(text.trim(), at("2026-03-05T20:00:30Z")).await.is_err());
    let text = scene.token(&["--subject", "ana@al-police", "--roles", "viewer"]).unwrap();
    assert_eq!(verifier.verify(text.trim(), Noon.now()).await.unwrap().roles, [Role::Viewer].into());
}

#[test]
fn a_token_for_whom_the_directory_does_not_know_is_refused() {
    let scene = scene();
    scene.token(&["--make-keys"]).unwrap();
    let told = |words: &[&str]| scene.token(words).unwrap_err().to_string();
    assert!(told(&["--subject", "eve@al-police"]).contains("does not know"));
    assert!(told(&["--subject", "ana@al-police", "--roles", "viewer,guardian"]).contains("Guardian"));
    assert!(told(&["--subject", "ana@al-police", "--issuer", "other"]).contains("no such issuer"));
    for words in [
        &["--subject", "ana@al-police", "--ttl", "soon"][..],
        &["--subject", "ana@al-police", "--ttl", "0s"],
        &["--subject", "ana@al-police", "--ttl", "9000h"],
        &["--subject", "ana@al-police", "--roles", "emperor"],
        &["--subject", "no one"],
        &[],
    ] {
        assert!(parse::<TokenArgs>(words).is_err(), "{words:?}");
    }
}

fn entry(agency: &str, n: i64) -> AuditEntry {
    AuditEntry {
        at: Instant::from_micros(n).unwrap(),
        phase: Phase::Disclosed,
        subject: SubjectName::new("ana@al-police").unwrap(),
        agency: AgencyId::new(agency).unwrap(),
        action: Action::Read,
        operation: "get_entity".to_owned(),
        request_id: format!("r-{n}"),
        purpose: None,
        case_ref: None,
        justification: None,
        write: None,
        outcome: None,
        ids: Disclosure::default(),
    }
}

#[tokio::test]
async fn the_log_is_verified_exported_and_shown() {
    let scene = scene();
    assert!(matches!(scene.audit(&["verify"]).1, Err(CliError::Audit(_))), "there is none yet");
    let path = scene.folder.join("audit.sqlite");
    let log = SqliteAuditLog::open(&path).unwrap();
    for n in 1..=4 {
        log.append(entry(if n == 3 { "rs-fiu" } else { "al-police" }, n)).await.unwrap();
    }
    // While the server writes it.
    let (lines, result) = scene.audit(&["verify"]);
    result.unwrap();
    assert_eq!((&lines[0]["entries"], &lines[0]["findings"]), (&4.into(), &Value::Array(Vec::new())));
    let (heads, _) = scene.audit(&["heads"]);
    assert_eq!((&heads[0]["position"], &heads[0]["at"]), (&4.into(), &"1970-01-01T00:00:00.000004Z".into()));
    let kept = scene.folder.join("heads.ndjson");
    fs::write(&kept, format!("{}\n\n", heads[0])).unwrap();

    let shown = |words: &[&str]| {
        let (lines, result) = scene.audit(words);
        result.unwrap();
        lines.iter().map(|line| line["position"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(shown(&["show"]), [1, 2, 3, 4]);
    assert_eq!(shown(&["show", "--agency", "al-police", "--after", "1"]), [2, 4]);
    assert_eq!(shown(&["show", "--limit", "2"]), [1, 2]);
    assert_eq!(shown(&["show", "--limit", "0"]), [0; 0]);
    drop(log);

    let kept = kept.display().to_string();
    scene.audit(&["verify", "--heads", &kept]).1.unwrap();
    fs::remove_file(&path).unwrap();
    let log = SqliteAuditLog::open(&path).unwrap();
    log.append(entry("al-police", 9)).await.unwrap();
    scene.audit(&["verify"]).1.expect("a new log is sound by itself");
    let (lines, result) = scene.audit(&["verify", "--heads", &kept]);
    assert!(matches!(result, Err(CliError::NotSound)));
    assert_eq!(result.unwrap_err().exit_code(), 1);
    assert_eq!(lines[0]["findings"][0]["finding"], "exported");
    fs::write(&kept, "{\"position\": 1}\n").unwrap();
    let told = scene.audit(&["verify", "--heads", &kept]).1.unwrap_err();
    assert!(told.to_string().contains("line 1 is no exported head"), "{told}");
    assert_eq!(told.exit_code(), 2);
}
