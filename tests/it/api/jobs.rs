//! Analyses over the network, at once, line by line and as jobs.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ANA, Answer, Api, GITA, MIRA, RADA, marking};
use crate::support::Town;

const ASK: &str = "/v1/analyses/k-shortest-paths";
const ALL: &str = "/v1/analyses/paths-within";

/// a – b – d and a – c – d; what touches c is al-police's alone.
async fn diamond(api: &Api) {
    let strict = json!({"marking": marking(ANA, "AMBER_STRICT")});
    for id in ["a", "b", "d"] {
        api.entity(ANA, id, json!({})).await;
    }
    api.entity(ANA, "c", strict).await;
    for (id, ends) in [("ab", ("a", "b")), ("bd", ("b", "d")), ("ac", ("a", "c")), ("cd", ("c", "d"))] {
        api.link(ANA, id, ends, json!({})).await;
    }
}

fn paths(answer: &Value) -> Vec<String> {
    let paths = answer["result"]["paths"].as_array().expect("paths");
    paths
        .iter()
        .map(|path| {
            let entities = path["entities"].as_array().expect("entities");
            entities.iter().map(|id| id.as_str().expect("an id")).collect::<Vec<_>>().join("-")
        })
        .collect()
}

fn question() -> Value {
    json!({"source": "a", "target": "d", "k": 3})
}

async fn start(api: &Api, who: &str, body: &Value) -> Answer {
    api.send(api.request(who, Method::POST, ASK).header("Prefer", "respond-async").json(body)).await
}

/// Waits until a job has ended: its events end then.
async fn events(api: &Api, who: &str, job: &str) -> Vec<Value> {
    let answer = api.get(who, &format!("{job}/events")).await;
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert!(answer.header("content-encoding").is_none_or(|how| how == "identity"));
    let text = String::from_utf8(answer.body).expect("text");
    text.split("\n\n")
        .filter(|event| !event.is_empty())
        .map(|event| {
            let data = event.strip_prefix("event: status\ndata: ").expect("a status");
            serde_json::from_str(data).expect("JSON")
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_answered_from_what_its_caller_sees() {
    let api = Api::start().await;
    diamond(&api).await;
    let mine = api.post(ANA, ASK, &question()).await.expect(200);
    assert_eq!(paths(&mine), ["a-b-d", "a-c-d"]);
    assert_eq!(mine["relationships"].as_object().map(serde_json::Map::len), Some(4));
    assert_eq!(mine["marking"]["tlp"], "AMBER_STRICT");
    let theirs = api.post(MIRA, ASK, &question()).await.expect(200);
    assert_eq!(paths(&theirs), ["a-b-d"]);
    assert_eq!(theirs["marking"]["tlp"], "GREEN");
    let entries = api.entries();
    let last = entries.last().expect("an entry");
    assert_eq!(last.operation, "find_k_shortest_paths");
    assert_eq!(last.ids.entities.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["a", "b", "d"]);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_that_a_result_names_by_themselves_are_in_the_log() {
    let api = Api::start().await;
    let span = json!({"from": "2024-01-01T00:00:00Z", "to": "2025-01-01T00:00:00Z"});
    let stated = json!({"baseCurrency": ["EUR"], "quoteCurrency": ["RSD"], "rate": ["117.2"]});
    let fx = api.entity(ANA, "fx", json!({"kind": "ExchangeRate", "properties": stated, "period": span})).await;
    let account = |more: Value| {
        let mut account = json!({"kind": "BankAccount", "properties": {}});
        super::merge(&mut account, more);
        account
    };
    let held = json!({"amount": {"minor": 500, "currency": "EUR"}, "period": {"at": "2024-01-02T00:00:00Z"}});
    let opened = api.entity(ANA, "acc-1", account(held)).await;
    api.entity(ANA, "acc-2", account(json!({}))).await;
    let paid = json!({
        "kind": "AccountTransfer", "amount": {"minor": 11_720, "currency": "RSD"}, "period": {"at": "2024-03-01T00:00:00Z"},
    });
    api.link(ANA, "t-1", ("acc-2", "acc-1"), paid).await;
    let question = json!({"entities": ["acc-1"], "currency": "EUR"});
    let path = "/v1/analyses/balances";
    let answer = api.post(ANA, path, &question).await.expect(200);
    assert_eq!(
        [&answer["result"]["rates"][0]["assertion"], &answer["result"]["accounts"][0]["claimed"]["assertion"]],
        [&fx, &opened]
    );
    let logged = |api: &Api| {
        let entry = api.entries().into_iter().rfind(|entry| !entry.ids.assertions.is_empty()).expect("an entry");
        (entry.request_id, entry.ids.assertions.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let all = |ids: &[String]| [&fx, &opened].iter().all(|id| ids.contains(id));
    let (first, ids) = logged(&api);
    assert!(all(&ids), "{ids:?}");
    lines(&api, ANA, path, &question).await;
    let (second, ids) = logged(&api);
    assert!(second != first && all(&ids), "as lines: {ids:?}");
    api.stop().await;
}

/// The lines of an answer.
async fn lines(api: &Api, who: &str, path: &str, body: &Value) -> Vec<Value> {
    let request = api.request(who, Method::POST, path).header("Accept", "application/x-ndjson").json(body);
    let answer = api.send(request).await;
    assert_eq!(answer.status.as_u16(), 200);
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let text = String::from_utf8(answer.body).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("a line")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_come_to_the_same_as_one_answer() {
    let api = Api::start().await;
    diamond(&api).await;
    let question = json!({"source": "a", "max_hops": 3});
    for (who, count) in [(ANA, 6), (MIRA, 2)] {
        let whole = api.post(who, ALL, &question).await.expect(200);
        assert_eq!(paths(&whole).len(), count, "{:?}", paths(&whole));
        let lines = lines(&api, who, ALL, &question).await;
        let [begin, parts @ .., end] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!(begin["begin"]["as_of"], whole["as_of"]);
        let told: Vec<&Value> = parts.iter().map(|line| &line["path"]).collect();
        assert_eq!(json!(told), whole["result"]["paths"]);
        for kind in ["entities", "relationships"] {
            let named = lines.iter().filter_map(|line| line[kind].as_object()).flatten();
            let named: Vec<(&String, &Value)> = named.collect();
            let all = whole[kind].as_object().expect("a map");
            assert_eq!(named.len(), all.len(), "each is named once");
            assert!(named.iter().all(|(id, value)| all[*id] == **value));
        }
        assert_eq!(end["end"], json!({"complete": true, "marking": whole["marking"]}));
        let disclosed = api.entries().into_iter().rev().take_while(|entry| entry.outcome.is_some());
        assert!(disclosed.take(2).any(|entry| !entry.ids.assertions.is_empty()), "what leaves is in the log");
    }
    let mut few = question.clone();
    few["frame"] = json!({"limits": {"max_results": 2}});
    let cut = lines(&api, ANA, ALL, &few).await;
    assert_eq!(cut.len(), 4);
    assert_eq!(cut[3]["end"]["truncated"], json!({"reason": "max_results"}));
    assert_eq!(cut[3]["end"]["complete"], false);
    let other = lines(&api, ANA, ASK, &self::question()).await;
    assert_eq!(other[1]["result"]["paths"].as_array().map(Vec::len), Some(2), "what has no parts is one");
    let refused = api.request(MIRA, Method::POST, ALL).header("Accept", "application/x-ndjson");
    let refused = api.send(refused.json(&json!({"source": "c"}))).await;
    assert_eq!(refused.faults(), ["/source unknown-entity"]);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_about_what_is_hidden_is_one_about_what_is_absent() {
    let api = Api::start().await;
    diamond(&api).await;
    let hidden = api.post(MIRA, ASK, &json!({"source": "a", "target": "c"})).await;
    let absent = api.post(MIRA, ASK, &json!({"source": "a", "target": "x"})).await;
    assert_eq!(hidden.faults(), ["/target unknown-entity"]);
    let text = |answer: Answer| String::from_utf8(answer.body).expect("text");
    assert_eq!(text(hidden).replace("`c`", "`x`"), text(absent));
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_without_meaning_is_told_with_its_place() {
    let api = Api::start().await;
    for (body, expected) in [
        (json!({"source": "a"}), " missing-field"),
        (json!({"source": "a", "target": "d", "colour": 1}), "/colour unknown-field"),
        (json!({"source": "a", "target": "d", "k": 0}), "/k out-of-range"),
        (json!({"source": "a", "target": "d", "k": "x"}), "/k invalid-value"),
        (
            json!({"source": "a", "target": "d", "frame": {"relationship_kinds": ["No"]}}),
            "/frame/relationship_kinds/0 unknown-kind",
        ),
        (
            json!({"source": "a", "target": "d", "frame": {"as_of": "2099-01-01T00:00:00Z"}}),
            "/frame/as_of as-of-in-future",
        ),
    ] {
        assert_eq!(api.post(ANA, ASK, &body).await.faults(), [expected], "{body}");
    }
    let replay = json!({"source": "a", "target": "d", "frame": {"replay": "x"}});
    api.post(ANA, ASK, &replay).await.problem(400, "invalid-replay");
    api.post(ANA, "/v1/analyses/nothing", &json!({})).await.problem(404, "not-found");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_replayed_as_it_stood() {
    let api = Api::start().await;
    diamond(&api).await;
    let first = api.post(ANA, ASK, &question()).await.expect(200);
    api.clock.advance_seconds(10);
    api.link(ANA, "ad", ("a", "d"), json!({})).await;
    let now = api.post(ANA, ASK, &question()).await.expect(200);
    assert_eq!(paths(&now), ["a-d", "a-b-d", "a-c-d"], "a write is there for the next question");
    let mut again = question();
    again["frame"] = json!({"replay": first["replay"]});
    let replayed = api.post(ANA, ASK, &again).await.expect(200);
    assert_eq!(replayed["result"], first["result"]);
    assert_eq!(replayed["as_of"], first["as_of"]);
    let token = first["replay"].as_str().expect("a token");
    api.get(ANA, &format!("/v1/relationships/ad?replay={token}")).await.problem(404, "not-found");
    api.get(ANA, "/v1/relationships/ad").await.expect(200);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_answers_as_the_question_itself() {
    let api = Api::start().await;
    diamond(&api).await;
    let started = start(&api, ANA, &question()).await;
    let status = started.expect(202);
    assert_eq!(started.header("preference-applied"), Some("respond-async"));
    let job = started.header("location").expect("a location").to_owned();
    assert_eq!(job, format!("/v1/jobs/{}", status["id"].as_str().expect("an id")));
    let told = events(&api, ANA, &job).await;
    assert_eq!(told.last().expect("an event")["state"], "done");
    let ended = api.get(ANA, &job).await.expect(200);
    assert_eq!(ended["state"], "done");
    let visited = ended["visited"].as_u64().expect("a count");
    assert!(visited >= 4, "it walked over what it found: {visited}");
    assert_eq!(told.last().expect("an event")["visited"], visited);
    let result = api.get(ANA, &format!("{job}/result")).await.expect(200);
    let direct = api.post(ANA, ASK, &question()).await.expect(200);
    for part in ["result", "entities", "relationships", "marking", "frame", "as_of"] {
        assert_eq!(result[part], direct[part], "{part}");
    }
    let result = api.entries().into_iter().rfind(|entry| entry.operation == "get_job_result").expect("an entry");
    assert_eq!(result.ids.entities.len(), 4, "collecting it is a disclosure too");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_its_owners_alone() {
    let api = Api::start().await;
    diamond(&api).await;
    let job = start(&api, ANA, &question()).await.header("location").expect("a location").to_owned();
    let absent = "/v1/jobs/01970000-0000-7000-8000-000000000000";
    for part in ["", "/result", "/events"] {
        for who in [GITA, RADA] {
            let other = api.get(who, &format!("{job}{part}")).await;
            other.problem(404, "not-found");
            assert_eq!(other.anonymous(), api.get(who, &format!("{absent}{part}")).await.anonymous());
        }
    }
    api.delete(GITA, &job).await.problem(404, "not-found");
    assert_eq!(events(&api, ANA, &job).await.last().expect("an event")["state"], "done");
    assert_eq!(api.delete(ANA, &job).await.status.as_u16(), 204);
    for part in ["", "/result", "/events"] {
        api.get(ANA, &format!("{job}{part}")).await.problem(404, "not-found");
    }
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_goes_when_its_owners_clearance_changes() {
    let api = Api::start().await;
    diamond(&api).await;
    let job = start(&api, RADA, &question()).await.header("location").expect("a location").to_owned();
    events(&api, RADA, &job).await;
    let result = format!("{job}/result");
    api.get(RADA, &result).await.expect(200);
    let mut directory = Town::usual().directory();
    directory.grants.clear();
    api.directory.store(std::sync::Arc::new(directory));
    let gone = api.get(RADA, &result).await;
    gone.problem(410, "clearance-changed");
    assert!(!String::from_utf8_lossy(&gone.body).contains("\"a\""));
    assert_eq!(api.entries().last().and_then(|entry| entry.outcome.clone()).as_deref(), Some("clearance-changed"));
    api.directory.store(std::sync::Arc::new(Town::usual().directory()));
    api.get(RADA, &result).await.expect(200);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_finds_no_answer_says_why_as_often_as_it_is_asked() {
    let api = Api::start().await;
    let job = start(&api, ANA, &question()).await.header("location").expect("a location").to_owned();
    assert_eq!(events(&api, ANA, &job).await.last().expect("an event")["state"], "failed");
    for _ in 0..2 {
        assert_eq!(
            api.get(ANA, &format!("{job}/result")).await.faults(),
            ["/source unknown-entity", "/target unknown-entity"]
        );
    }
    api.stop().await;
}
