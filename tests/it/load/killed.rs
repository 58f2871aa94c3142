//! `kill -9` in the middle of a load: what was told is there, and the load goes on to the same content.

use std::io::{BufRead, BufReader, Cursor};
use std::process::{Command, Stdio};

use linchpin::service::load::LineStatus::Unchanged;
use linchpin::service::load::{Input, LoadEvent, LoadRequest, Source};
use tokio::sync::mpsc;

use super::{LOADER, Yard, caller, person};

/// Where the child keeps its store; set in the child alone.
const FOLDER: &str = "LINCHPIN_TEST_KILLED_LOAD";
const LINES: usize = 4_000;

fn text() -> String {
    (0..LINES).map(|at| person(&format!("k-{at}"), &format!("p-{at}"), "N") + "\n").collect()
}

/// The child: loads and says after each batch how many lines are settled.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let mut yard = Yard::in_folder(folder.as_ref());
    yard.limits.batch = 50;
    let load = yard.state.begin_load(&caller(LOADER), yard.request()).await.expect("admitted");
    println!("load {}", load.id());
    let source = Source::ndjson(vec![Input::body(Cursor::new(text()))], &yard.limits);
    let (sender, mut events) = mpsc::channel(1);
    let task = tokio::spawn(load.run(source, sender));
    let mut settled = 0;
    while let Some(event) = events.recv().await {
        if let LoadEvent::Lines(lines) = event {
            settled += lines.len();
            println!("settled {settled}");
        }
    }
    task.await.expect("no panic");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_load_is_resumed_to_the_same_content() {
    let folder = tempfile::tempdir().expect("a folder");
    let myself = std::env::current_exe().expect("this binary");
    let mut child = Command::new(myself)
        .args(["load::killed::child", "--exact", "--nocapture"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the child starts");
    let mut load = None;
    let mut told = 0;
    for line in BufReader::new(child.stdout.take().expect("a pipe")).lines() {
        let line = line.expect("text");
        if let Some(at) = line.find("load ").filter(|_| load.is_none() && !line.contains("::")) {
            load = Some(line[at + 5..].to_owned());
        }
        if let Some(at) = line.find("settled ") {
            told = line[at + 8..].parse().expect("a number");
            if told >= 500 {
                break;
            }
        }
    }
    child.kill().expect("kill -9");
    child.wait().expect("it is dead");
    let load = load.expect("the child said its load's id");
    assert!(told < LINES, "the child was killed in the middle");

    let mut yard = Yard::in_folder(folder.path());
    yard.limits.batch = 50;
    assert!(yard.everything().await.len() >= told, "what was told is there");
    let request = LoadRequest { resume: Some(load), ..yard.request() };
    let source = Source::ndjson(vec![Input::body(Cursor::new(text()))], &yard.limits);
    let (results, finished) = yard.run(request, source).await.expect("it can be resumed");
    assert!(finished.end.complete);
    assert!(results.iter().filter(|line| line.status == Unchanged).count() >= told);
    let mut whole = Yard::new();
    whole.limits.batch = 50;
    whole.load(text()).await;
    assert_eq!(yard.content().await, whole.content().await);
}
