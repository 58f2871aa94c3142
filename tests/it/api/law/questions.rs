//! What every operation of the document is asked in the law. One that has no questions here fails it.

use linchpin::analysis::ANALYSES;
use linchpin::model::EntityId;
use reqwest::Method;
use serde_json::{Value, json};

use super::world::{World, entity_ids, instant_of, relationship_ids};
use crate::api::marking;

/// A body, with its media type.
#[derive(Debug, Clone)]
pub(super) enum Body {
    None,
    Json(Value),
    Lines(String),
}

/// One request. `{job}`, `{load}` and `{replay}` in its path stand for what an earlier answer named, `{theirs}` for the load of
/// another agency.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) operation: String,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Body,
    pub(super) header: Option<(&'static str, &'static str)>,
}

/// When an operation's questions are asked: what is read before what writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    Read,
    Analyse,
    JobStart,
    Job,
    JobEnd,
    Write,
    Load,
    AfterLoad,
    Audit,
}

/// An id under which nothing is ever written.
const ABSENT: &str = "e-absent";

/// The questions for one operation of the document, which stands at this method and route.
pub(super) fn of(operation: &str, method: &Method, route: &str, who: &str, world: &World) -> (Turn, Vec<Ask>) {
    let (turn, asked) = asked(operation, route, who, world);
    let asks = asked.into_iter().map(|(path, body, header)| Ask {
        operation: operation.to_owned(),
        method: method.clone(),
        path,
        body,
        header,
    });
    (turn, asks.collect())
}

type Asked = (String, Body, Option<(&'static str, &'static str)>);

fn plain(paths: impl IntoIterator<Item = String>) -> Vec<Asked> {
    paths.into_iter().map(|path| (path, Body::None, None)).collect()
}

fn posted(path: &str, bodies: impl IntoIterator<Item = Value>) -> Vec<Asked> {
    bodies.into_iter().map(|body| (path.to_owned(), Body::Json(body), None)).collect()
}

fn asked(operation: &str, route: &str, who: &str, world: &World) -> (Turn, Vec<Asked>) {
    let each = |ids: Vec<String>| ids.into_iter().map(|id| route.replace("{id}", &id)).collect::<Vec<_>>();
    let entities = || each(with(entity_ids(), ABSENT));
    let relationships = || each(with(relationship_ids(), "r-0@e-0@e-1"));
    let claims =
        || each(with(world.ids().iter().map(ToString::to_string).collect(), "00000000-0000-0000-0000-00000000abcd"));
    let then = |paths: Vec<String>| {
        let back = paths.iter().map(|path| format!("{path}?as_of={}", instant_of(1)));
        plain(back.chain(paths.iter().cloned()))
    };
    let paged = |paths: Vec<String>| plain(paths.into_iter().map(|path| format!("{path}?limit=2")));
    match operation {
        "get_livez" | "get_readyz" | "get_openapi" | "get_ontology" | "list_evaluation_schemes" => {
            (Turn::Read, plain([route.to_owned()]))
        }
        "get_entity" => {
            let mut asked = then(entities());
            asked.extend(entities().into_iter().map(|path| (path, Body::None, Some(("If-None-Match", "*")))));
            (Turn::Read, asked)
        }
        "get_relationship" => (Turn::Read, then(relationships())),
        "get_assertion" => (Turn::Read, then(claims())),
        "list_entity_assertions" => (Turn::Read, paged(entities())),
        "list_relationship_assertions" => (Turn::Read, paged(relationships())),
        "list_neighbours" => {
            let window = json!({"window": {"from": "2024-01-10T00:00:00Z", "to": "2024-02-10T00:00:00Z"}});
            let bodies = [json!({"summary": true}), json!({"direction": "in", "kinds": ["Associate"]}), window];
            let ask = |path: String| posted(&format!("{path}?limit=2"), bodies.clone());
            (Turn::Read, entities().into_iter().flat_map(ask).collect())
        }
        "search_entities" => (Turn::Read, searches(route)),
        "get_entities" => (Turn::Read, posted(route, [json!({"ids": with(entity_ids(), ABSENT)})])),
        // Its events end with it: what comes after finds it ended.
        "watch_job" => (Turn::JobStart, plain(each(vec!["{job}".to_owned()]))),
        "get_job" | "get_job_result" => (Turn::Job, plain(each(vec!["{job}".to_owned()]))),
        "cancel_job" => (Turn::JobEnd, plain(each(vec!["{job}".to_owned()]))),
        "create_entity" => (Turn::Write, posted(route, [person(who, None), person(who, Some("e-0"))])),
        "create_relationship" => {
            let ends = [("e-0", "e-1"), ("e-2", "e-3"), ("acc-0", "acc-1"), ("e-0", ABSENT)];
            (Turn::Write, posted(route, ends.map(|ends| relationship(who, ends))))
        }
        "create_assertions" => (Turn::Write, posted(route, batches(who))),
        "retract_assertion" => {
            let reasons = [json!({"reason": "superseded"}), json!({"reason": "withdrawn"})];
            let ask = |path: String| posted(&path, reasons.clone());
            (Turn::Write, claims().iter().step_by(3).cloned().flat_map(ask).collect())
        }
        "create_load" => {
            let (_, agency) = who.split_once('@').expect("name@agency");
            (Turn::Load, vec![(format!("{route}?dataset={agency}-data"), Body::Lines(lines(who)), None)])
        }
        "list_loads" => (Turn::AfterLoad, paged(vec![route.to_owned()])),
        "get_load" => (Turn::AfterLoad, plain(each(vec!["{load}".to_owned(), "{theirs}".to_owned()]))),
        "withdraw_load" => (Turn::AfterLoad, plain(each(vec!["{load}".to_owned(), "{theirs}".to_owned()]))),
        "list_audit" => (Turn::Audit, plain([format!("{route}?limit=50")])),
        _ => match ANALYSES.iter().find(|analysis| route == format!("/v1/analyses/{}", analysis.name())) {
            Some(analysis) => (Turn::Analyse, questions(&**analysis, route)),
            None => panic!("the law asks nothing of {operation}: say here what, so that it holds for it too"),
        },
    }
}

fn with(mut ids: Vec<String>, more: &str) -> Vec<String> {
    ids.push(more.to_owned());
    ids
}

fn searches(route: &str) -> Vec<Asked> {
    let mut asked = Vec::new();
    for body in [
        json!({}),
        json!({"text": "ana"}),
        json!({"text": "mark"}),
        json!({"text": "Zef Marku", "kinds": ["Person"]}),
        json!({"properties": {"status": ["open"]}}),
        json!({"properties": {"role": ["witness"]}}),
    ] {
        let back = format!("{route}?limit=2&as_of={}", instant_of(1));
        asked.extend(posted(&format!("{route}?limit=2"), [body.clone()]));
        asked.extend(posted(&back, [body]));
    }
    asked
}

/// Each analysis between a few pairs, through a few frames; then as lines, and last as a job.
fn questions(analysis: &dyn linchpin::analysis::AnyAnalysis, route: &str) -> Vec<Asked> {
    let about = |ids: &[&str], frame: &Value| {
        let mut ids = ids.iter().cycle().map(|id| EntityId::new(id).expect("an id"));
        let mut body = analysis.sample(&mut || ids.next().expect("a cycle"));
        body["frame"] = frame.clone();
        body
    };
    let frames = [
        json!({}),
        json!({"as_of": instant_of(2)}),
        json!({"minimum_reliability": 0.5}),
        json!({"direction": "out", "entity_kinds": ["Person"]}),
        json!({"hubs": {"max_degree": 1}, "limits": {"max_visited": 4}}),
        json!({"originators": ["rs-fiu"]}),
    ];
    let mut asked = Vec::new();
    for ids in [&["e-0", "e-1"][..], &["e-3", "e-2"], &["acc-0", "acc-1"], &["e-0", ABSENT]] {
        asked.extend(posted(route, frames.iter().map(|frame| about(ids, frame))));
    }
    let lines = Some(("Accept", "application/x-ndjson"));
    asked.extend(
        [["e-0", "e-1"], ["e-0", ABSENT]].map(|ids| (route.to_owned(), Body::Json(about(&ids, &json!({}))), lines)),
    );
    asked.push((route.to_owned(), Body::Json(about(&["e-0", "e-1"], &json!({}))), Some(("Prefer", "respond-async"))));
    asked
}

fn evaluated(who: &str, kind: &str, rest: Value) -> Value {
    let mut claim = json!({
        "kind": kind, "evaluation": {"scheme": "europol-4x4", "source": "B", "information": "2"},
        "marking": marking(who, "GREEN"),
    });
    crate::api::merge(&mut claim, rest);
    claim
}

fn person(who: &str, id: Option<&str>) -> Value {
    let id = id.map_or(json!({}), |id| json!({"id": id}));
    let mut person = evaluated(who, "Person", json!({"properties": {"name": ["New"], "role": ["victim"]}}));
    crate::api::merge(&mut person, id);
    person
}

fn relationship(who: &str, (source, target): (&str, &str)) -> Value {
    let kind = if source.starts_with("acc") { "AccountTransfer" } else { "Associate" };
    evaluated(who, kind, json!({"id": "r-0", "source": source, "target": target}))
}

/// A batch that may be refused for one end, and one that brings its ends.
fn batches(who: &str) -> [Value; 2] {
    let end = |id: &str| evaluated(who, "Person", json!({"subject": {"entity": id}}));
    let link = |target: &str| {
        let subject = json!({"relationship": "r-new", "source": "e-1", "target": target});
        evaluated(who, "Family", json!({"subject": subject}))
    };
    [json!({"assertions": [link("e-2"), link(ABSENT)]}), json!({"assertions": [end("e-1"), end("e-9"), link("e-9")]})]
}

fn lines(who: &str) -> String {
    let subjects = [
        (json!({"entity": "e-0"}), "Person"),
        (json!({"entity": "e-8"}), "Person"),
        (json!({"relationship": "r-1", "source": "e-0", "target": "e-2"}), "Associate"),
        (json!({"relationship": "r-8", "source": "e-8", "target": "e-1"}), "Associate"),
        (json!({"relationship": "r-9", "source": "e-8", "target": ABSENT}), "Associate"),
        (json!({"relationship": "r-9", "source": "e-8", "target": "acc-0"}), "Nothing"),
    ];
    subjects
        .into_iter()
        .map(|(subject, kind)| format!("{}\n", evaluated(who, kind, json!({"subject": subject}))))
        .collect()
}
