//! `linchpin load`, as its flags say.

use std::path::PathBuf;

use linchpin::cli::CliError;
use linchpin::cli::load::{LoadArgs, run_on};
use linchpin::service::ServiceResult;
use linchpin::service::load::Mapping;
use tempfile::TempDir;

use super::{DATASET, LOADER, Yard, person};

struct Scene {
    yard: Yard,
    folder: TempDir,
}

impl Scene {
    fn new() -> Self {
        Self { yard: Yard::new(), folder: tempfile::tempdir().expect("a folder") }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("the file is written");
        path
    }

    fn args(&self, files: Vec<PathBuf>) -> LoadArgs {
        LoadArgs { files, dataset: Some(DATASET.to_owned()), ..LoadArgs::default() }
    }

    /// Runs the command: its exit code, and what it prints.
    async fn run(&self, args: &LoadArgs, mapping: Option<&str>) -> (u8, String) {
        let mapping: Option<ServiceResult<Mapping>> = mapping.map(Mapping::parse);
        let mapping = mapping.transpose().expect("a mapping");
        let mut out = Vec::new();
        let ended = run_on(args, &self.yard.state, mapping.as_ref(), &mut out).await;
        let code = ended.as_ref().map_or_else(CliError::exit_code, |()| 0);
        let mut text = String::from_utf8(out).expect("text");
        if let Err(error) = ended {
            text.push_str(&error.to_string());
        }
        (code, text)
    }
}

#[tokio::test]
async fn files_are_loaded_and_refused_lines_kept() {
    let scene = Scene::new();
    let first = scene.file("a.ndjson", &person("", "p-1", "A"));
    let second = scene.file("b.ndjson", &format!("{}\n{{\n", person("", "p-2", "B")));
    let errors = scene.folder.path().join("errors.ndjson");
    let args = LoadArgs { errors: Some(errors.clone()), ..scene.args(vec![first.clone(), second]) };
    let (code, told) = scene.run(&args, None).await;
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("2 claims recorded") && told.contains("1 lines or claims refused"), "{told}");
    let kept = std::fs::read_to_string(errors).expect("the errors");
    let kept: serde_json::Value = serde_json::from_str(&kept).expect("one line");
    assert_eq!((&kept["file"], &kept["line"]), (&"b.ndjson".into(), &2.into()));
    assert_eq!(kept["code"], "malformed-json");
    let (code, told) = scene.run(&scene.args(vec![first]), None).await;
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("1 claims that were there already"), "{told}");
}

#[tokio::test]
async fn files_as_other_systems_write_them() {
    let scene = Scene::new();
    let kept = |errors: &PathBuf| -> Vec<String> {
        let text = std::fs::read_to_string(errors).expect("the errors");
        let told = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a line of JSON"));
        told.map(|told| format!("{}:{} {}", told["file"].as_str().expect("a file"), told["line"], told["code"]))
            .collect()
    };
    let whole = person("k-3", "p-3", "C");
    let first =
        format!("\u{feff}{}\r\n{}\r\n", person("k-1", "p-1", "A"), person("k-2", "p-2", "B").replace("\"B\"", "NaN"));
    let mut second = format!("{}\n", person("k-1", "p-1", "Other")).into_bytes();
    second.extend(b"\xd0\n");
    second.extend(&whole.as_bytes()[..whole.len() / 2]);
    let first = scene.file("a.ndjson", &first);
    let path = scene.folder.path().join("b.ndjson");
    std::fs::write(&path, second).expect("the file is written");
    let errors = scene.folder.path().join("errors.ndjson");
    let args = LoadArgs { errors: Some(errors.clone()), ..scene.args(vec![first, path]) };
    let (code, told) = scene.run(&args, None).await;
    assert_eq!(code, 1, "{told}");
    let expected = [
        "a.ndjson:2 \"malformed-json\"",
        "b.ndjson:1 \"duplicate-key\"",
        "b.ndjson:2 \"invalid-utf8\"",
        "b.ndjson:3 \"malformed-json\"",
    ];
    assert_eq!(kept(&errors), expected);

    let rules = RULES.replace("people.csv", "p*.csv");
    let first = scene.file("p1.csv", "\u{feff}id,name\r\np-10,A\r\np-10,B\r\np_11,C\r\n");
    let path = scene.folder.path().join("p2.csv");
    std::fs::write(&path, b"id,name\np-10,Z\np-12,\xc4\np-13,D\np-14").expect("the file is written");
    let args = LoadArgs { errors: Some(errors.clone()), ..scene.args(vec![first, path]) };
    let (code, told) = scene.run(&args, Some(&rules)).await;
    assert_eq!(code, 1, "{told}");
    let expected = [
        "p1.csv:3 \"duplicate-key\"",
        "p1.csv:4 \"invalid-id\"",
        "p2.csv:2 \"duplicate-key\"",
        "p2.csv:3 \"invalid-utf8\"",
        "p2.csv:5 \"ragged-row\"",
    ];
    assert_eq!(kept(&errors), expected);
    assert_eq!(scene.yard.everything().await.len(), 3, "p-1, p-10 and p-13");
}

#[tokio::test]
async fn the_end_as_json_and_a_dry_run() {
    let scene = Scene::new();
    let file = scene.file("a.jsonl", &person("", "p-1", "A"));
    let args = LoadArgs { json: true, dry_run: true, ..scene.args(vec![file]) };
    let (code, told) = scene.run(&args, None).await;
    assert_eq!(code, 0);
    let end: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((&end["end"]["complete"], &end["end"]["checked"]), (&true.into(), &1.into()));
    assert!(scene.yard.everything().await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_begun_ends_with_two() {
    let scene = Scene::new();
    let good = scene.file("a.ndjson", &person("", "p-1", "A"));
    let odd = scene.file("a.xyz", &person("", "p-1", "A"));
    let table = scene.file("people.csv", "id;name\n1;A\n");
    let base = |files: Vec<PathBuf>| scene.args(files);
    let cases = [
        (base(vec![scene.folder.path().join("ghost.ndjson")]), None, "ghost.ndjson"),
        (base(vec![odd.clone()]), None, "--format"),
        (base(vec![scene.folder.path().to_owned()]), None, "--format"),
        (LoadArgs { dataset: None, ..base(vec![good.clone()]) }, None, "--dataset"),
        (LoadArgs { dataset: Some("ghost".to_owned()), ..base(vec![good.clone()]) }, None, "ghost"),
        (LoadArgs { subject: Some("nobody@x".to_owned()), ..base(vec![good.clone()]) }, None, "nobody@x"),
        (LoadArgs { subject: Some("rada@rs-fiu".to_owned()), ..base(vec![good.clone()]) }, None, "may"),
        (base(vec![table.clone()]), Some(RULES), "is the delimiter `,`?"),
        (LoadArgs { errors: Some(scene.folder.path().join("no/where")), ..base(vec![good]) }, None, "no/where"),
    ];
    for (args, mapping, word) in cases {
        let (code, told) = scene.run(&args, mapping).await;
        assert_eq!(code, 2, "{told}");
        assert!(told.contains(word), "{told}");
    }
    assert!(scene.yard.everything().await.is_empty());
}

const RULES: &str = r#"
[defaults]
evaluation = { scheme = "admiralty", source = "B", information = "2" }
marking = { classification = "restricted", tlp = "AMBER" }
[[file]]
path = "people.csv"
[[file.entity]]
kind = "Person"
id = "id"
properties = { name = "name" }
"#;

#[tokio::test]
async fn a_folder_of_tables() {
    let scene = Scene::new();
    scene.file("people.csv", "id,name\np-1,A\n");
    scene.file("notes.txt", "not read");
    let args = scene.args(vec![scene.folder.path().to_owned()]);
    let (code, told) = scene.run(&args, Some(RULES)).await;
    assert_eq!(code, 0, "{told}");
    assert_eq!(scene.yard.everything().await.len(), 1);
}

#[tokio::test]
async fn a_load_is_taken_back() {
    let scene = Scene::new();
    let file = scene.file("a.ndjson", &person("", "p-1", "A"));
    let args = LoadArgs { json: true, ..scene.args(vec![file]) };
    let (_, told) = scene.run(&args, None).await;
    let end: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    let load = end["end"]["load"].as_str().map(str::to_owned);
    let args = LoadArgs { withdraw: load, subject: Some(LOADER.to_owned()), ..LoadArgs::default() };
    let (code, told) = scene.run(&args, None).await;
    assert_eq!(code, 0, "{told}");
    assert!(told.starts_with("1 claims"), "{told}");
    let args = LoadArgs { withdraw: Some("ghost".to_owned()), subject: Some(LOADER.to_owned()), ..LoadArgs::default() };
    assert_eq!(scene.run(&args, None).await.0, 2);
}
