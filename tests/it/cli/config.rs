//! The configuration: what wins, what is refused and how it is told, and the page that is made from it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::PathBuf;
use std::time::Duration;

use linchpin::access::Role;
use linchpin::cli::config::{Config, ConfigError, ConfigFlags, StoreKind, reference};

const LEAST: &str = r#"
    [issuers.local]
    issuer = "linchpin-local"
    audience = "linchpin"
    algorithm = "ES256"
    jwks_file = "jwks.json"
"#;

struct Scene {
    file: PathBuf,
    _kept: tempfile::TempDir,
}

fn scene(text: &str) -> Scene {
    let kept = tempfile::tempdir().unwrap();
    let file = kept.path().join("linchpin.toml");
    std::fs::write(&file, text).unwrap();
    Scene { file, _kept: kept }
}

fn read(text: &str, environment: &[(&str, &str)], settings: &[&str]) -> Result<Config, String> {
    let scene = scene(text);
    let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
    let flags = ConfigFlags { config: Some(scene.file.clone()), settings };
    let environment = environment.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
    Config::read(&flags, environment).map_err(|error| error.to_string())
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let file = format!("listen = \"127.0.0.1:1\"\n[limits]\npage_max = 100\nbatch_items = 10\n{LEAST}");
    let config = read(&file, &[], &[]).unwrap();
    assert_eq!((config.listen.port(), config.limits.page_max, config.limits.batch_items), (1, 100, 10));
    let environment = [("LINCHPIN_LISTEN", "127.0.0.1:2"), ("LINCHPIN_LIMITS__PAGE_MAX", "200"), ("HOME", "/")];
    let config = read(&file, &environment, &[]).unwrap();
    assert_eq!((config.listen.port(), config.limits.page_max, config.limits.batch_items), (2, 200, 10));
    let config = read(&file, &environment, &["listen=127.0.0.1:3"]).unwrap();
    assert_eq!((config.listen.port(), config.limits.page_max, config.limits.batch_items), (3, 200, 10));
}

#[test]
fn everything_can_come_from_the_environment() {
    let environment = [
        ("LINCHPIN_ISSUERS__MINISTRY__ISSUER", "https://id.example"),
        ("LINCHPIN_ISSUERS__MINISTRY__AUDIENCE", "linchpin"),
        ("LINCHPIN_ISSUERS__MINISTRY__ALGORITHM", "EdDSA"),
        ("LINCHPIN_ISSUERS__MINISTRY__JWKS_URL", "https://id.example/jwks.json"),
        ("LINCHPIN_STORE__KIND", "neo4j"),
        ("LINCHPIN_STORE__URI", "bolt://neo4j:7687"),
        ("LINCHPIN_STORE__USER", "neo4j"),
        ("LINCHPIN_STORE__PASSWORD", "007"),
        ("LINCHPIN_STORE__PASSWORD_FILE", ""),
        ("LINCHPIN_AUDIT__REQUIRE_PURPOSE", "true"),
        ("LINCHPIN_CORS__ORIGINS", "https://a.example, https://b.example:8443"),
        ("LINCHPIN_ANALYSIS__CAPS__ANALYST__MAX_HOPS", "7"),
        ("LINCHPIN_LIMITS__REQUESTS_PER_MINUTE", "600"),
        ("LINCHPIN_TEST_NEO4J_URI", "bolt://localhost:7687"),
        ("LINCHPIN_CONFIG", "linchpin.toml"),
    ];
    let config = read("", &environment, &[]).unwrap();
    assert_eq!(config.store.kind, StoreKind::Neo4j);
    assert_eq!(config.store_password().unwrap().unwrap().expose(), "007", "a text stays as it is");
    assert!(!format!("{config:?}").contains("007"));
    let edge = config.edge();
    assert_eq!(edge.cors_origins, ["https://a.example", "https://b.example:8443"]);
    assert_eq!((edge.require_purpose, edge.requests_per_minute), (true, Some(600)));
    assert_eq!(config.limits().analyses.caps_of(&[Role::Analyst, Role::Viewer]).max_hops, 7);
    assert_eq!(config.issuers["ministry"].issuer, "https://id.example");
}

#[test]
fn settings_reach_those_whom_they_concern() {
    let file = format!(
        "workers = 3\ndrain_seconds = 5\n[limits]\nbody_bytes = 4096\njson_depth = 9\nrequest_seconds = 7\npage_default = 2\n\
         page_max = 4\njobs_per_subject = 6\njob_kept_seconds = 8\n{LEAST}"
    );
    let config = read(&file, &[], &[]).unwrap();
    let (edge, limits) = (config.edge(), config.limits());
    assert_eq!((edge.workers, edge.drain), (Some(3), Duration::from_secs(5)));
    assert_eq!((edge.body_bytes, edge.json_depth, edge.request_time), (4096, 9, Duration::from_secs(7)));
    assert_eq!((limits.page_default, limits.page_max), (2, 4));
    assert_eq!((limits.jobs_per_subject, limits.job_kept), (6, Duration::from_secs(8)));
}

#[test]
fn what_is_unknown_or_wrong_is_told_with_its_name() {
    let neo4j = ["store.kind=neo4j", "store.uri=bolt://h:7687", "store.user=u", "store.password=p"];
    let cases: [(&[&str], &str); 34] = [
        (&["colour=red"], "unknown field `colour`"),
        (&["limits.page_maximum=9"], "limits.page_maximum: unknown field"),
        (&["issuers.local.secret=x"], "issuers.local.secret: unknown field"),
        (&["listen=here"], "listen: "),
        (&["limits.page_max=many"], "limits.page_max"),
        (&["limits.page_max=-1"], "limits.page_max"),
        (&["limits.page_max=0"], "limits.page_max: 0 is not between"),
        (&["limits.page_default=900"], "limits.page_default: 900 is not between 1 and 500"),
        (&["limits.batch_items=10001"], "limits.batch_items"),
        (&["limits.json_depth=1000"], "limits.json_depth"),
        (&["limits.body_bytes=1"], "limits.body_bytes"),
        (&["limits.request_seconds=0"], "limits.request_seconds"),
        (&["limits.concurrent_requests=0"], "limits.concurrent_requests"),
        (&["limits.requests_per_minute=0"], "limits.requests_per_minute"),
        (&["workers=0"], "workers"),
        (&["analysis.workers=0"], "analysis.workers"),
        (&["retention.sweep_seconds=0"], "retention.sweep_seconds"),
        (&["analysis.caps.emperor.max_hops=1"], "analysis.caps"),
        (&["store.kind=postgres"], "store.kind: "),
        (&["store.uri=bolt://h:7687"], "store.uri: it is for store.kind"),
        (&["store.kind=neo4j"], "store.uri: store.kind = \"neo4j\" needs it"),
        (&[neo4j[0], "store.uri=http://h", neo4j[2], neo4j[3]], "store.uri: it is no address"),
        (&[neo4j[0], neo4j[1], neo4j[2], neo4j[3], "store.password_file=f"], "store.password: exactly one"),
        (&[neo4j[0], neo4j[1], neo4j[2]], "store.password: exactly one"),
        (&["cors.origins=*"], "cors.origins: `*`"),
        (&["cors.origins=https://desk.example/"], "cors.origins"),
        (&["cors.origins=https://*.example"], "cors.origins"),
        (&["log.level=loud=very"], "log.level"),
        (&["log.format=xml"], "log.format: "),
        (&["metrics.listen=0.0.0.0:9464"], "metrics.listen: metrics are served on this machine alone"),
        (&["metrics.listen=127.0.0.1:8080"], "metrics.listen: it is the same as `listen`"),
        (&["audit.file=linchpin.sqlite"], "audit.file: the audit log lives apart"),
        (&["snapshot.file=audit.sqlite"], "snapshot.file: it is overwritten"),
        (&["issuers.local.algorithm=HS256"], "issuers.local.algorithm: "),
    ];
    for (settings, told) in cases {
        let error = read(LEAST, &[], settings).expect_err(&settings.join(" "));
        assert!(error.contains(told), "{settings:?}: {error}");
    }
    read(LEAST, &[], &neo4j).unwrap();
    let mistyped = read(LEAST, &[("LINCHPIN_AUDIT__REQUIRE_PURPOS", "true")], &[]).unwrap_err();
    assert!(mistyped.contains("audit.require_purpos: unknown field"), "{mistyped}");
    assert!(read("not toml [", &[], &[]).is_err());
    assert!(read(LEAST, &[], &["listen"]).unwrap_err().contains("--set SETTING=VALUE"));
}

#[test]
fn there_is_no_open_mode() {
    assert!(read("", &[], &[]).unwrap_err().contains("issuers: none is configured"));
    let two = read(LEAST, &[], &["issuers.local.pem_file=k.pem"]).unwrap_err();
    assert!(two.contains("issuers.local: exactly one of jwks_file, jwks_url and pem_file"), "{two}");
    let absent = ConfigFlags { config: Some("absent/linchpin.toml".into()), settings: Vec::new() };
    assert!(matches!(Config::read(&absent, []), Err(ConfigError::Source(_))));
}

#[test]
fn faults_are_told_together() {
    let error = read("", &[], &["workers=0", "limits.page_max=0"]).unwrap_err();
    assert!(["issuers: ", "workers: ", "limits.page_max: "].iter().all(|setting| error.contains(setting)), "{error}");
}

#[test]
fn a_password_can_stand_in_a_file() {
    let secret = scene("with space \n");
    let file = format!("store.password_file={}", secret.file.display());
    let neo4j = ["store.kind=neo4j", "store.uri=bolt://h:7687", "store.user=u", &file];
    let config = read(LEAST, &[], &neo4j).unwrap();
    assert_eq!(config.store_password().unwrap().unwrap().expose(), "with space ");
    drop(secret);
    assert!(config.store_password().unwrap_err().to_string().starts_with("store.password_file: "));
}

/// Run with `LINCHPIN_TEST_UPDATE=1` to write the page anew.
#[test]
fn the_page_is_what_the_types_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
    let page = reference();
    if std::env::var_os("LINCHPIN_TEST_UPDATE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), page);
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        assert!(cells.len() == 3 && cells[2].trim().len() > 3, "every setting says what it means: {row}");
    }
}
