//! What must not get through, and how it is told.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ANA, Api, marking, merge, person};

async fn refused(api: &Api, over: Value) -> Vec<String> {
    let mut body = person(ANA, "X");
    merge(&mut body, over);
    api.post(ANA, "/v1/entities", &body).await.faults()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_json_is_malformed() {
    let api = Api::start().await;
    for text in [
        "",
        "{",
        "nothing",
        "{\"text\": NaN}",
        "{\"text\": 1e999}",
        "{\"text\": \"\u{0}\"}",
        "{} {}",
        "{\"text\": \"x\",}",
        "\u{feff}{}",
    ] {
        api.post_text(ANA, "/v1/entities/search", text).await.problem(400, "malformed-json");
    }
    api.post_text(ANA, "/v1/entities/search", b"{\"text\": \"\xff\xfe\"}".to_vec())
        .await
        .problem(400, "malformed-json");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    api.post_text(ANA, "/v1/entities/search", deep).await.problem(400, "too-deep");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_no_meaning_is_told_with_its_place() {
    let api = Api::start().await;
    let cases = [
        (json!({"kind": "Nothing"}), "/kind unknown-kind"),
        (json!({"kind": "Thing"}), "/kind abstract-kind"),
        (json!({"kind": "Associate"}), "/kind unknown-kind"),
        (json!({"properties": {"nome": ["X"]}}), "/properties/nome unknown-property"),
        (json!({"properties": {"name": []}}), "/properties/name value-count"),
        (json!({"properties": {"name": [""]}}), "/properties/name/0 value-length"),
        (json!({"properties": {"name": ["x".repeat(10_001)]}}), "/properties/name/0 value-length"),
        (json!({"properties": {"name": "X"}}), "/properties/name invalid-value"),
        (json!({"properties": {"role": ["hero"]}}), "/properties/role unknown-role"),
        (json!({"id": "-a"}), "/id invalid-value"),
        (json!({"evaluation": ["europol-4x4", "B", "2"]}), "/evaluation invalid-value"),
        (json!({"id": "a b"}), "/id invalid-value"),
        (json!({"id": "x".repeat(201)}), "/id invalid-value"),
        (
            json!({"evaluation": {"scheme": "none", "source": "B", "information": "2"}}),
            "/evaluation unknown-evaluation",
        ),
        (
            json!({"evaluation": {"scheme": "europol-4x4", "source": "Q", "information": "2"}}),
            "/evaluation unknown-evaluation",
        ),
        (json!({"nature": "rumour"}), "/nature invalid-value"),
        (json!({"amount": {"minor": 1, "currency": "XXY"}}), "/amount/currency invalid-value"),
        (json!({"amount": {"minor": 1.5, "currency": "EUR"}}), "/amount/minor invalid-value"),
        (json!({"amount": {"minor": 9007199254740992_i64, "currency": "EUR"}}), "/amount/minor invalid-value"),
        (json!({"quantity": {"value": 1e12, "unit": "kg"}}), "/quantity/value invalid-value"),
        (json!({"quantity": {"value": 1, "unit": "Kilo gram"}}), "/quantity/unit invalid-value"),
        (json!({"period": {"from": "2024-02-01T00:00:00Z", "to": "2024-01-01T00:00:00Z"}}), "/period invalid-value"),
        (json!({"period": {"from": "2024-02-30T00:00:00Z"}}), "/period/from invalid-value"),
        (json!({"period": {}}), "/period invalid-value"),
        (json!({"retain_until": "2024-13-01"}), "/retain_until invalid-value"),
        (json!({"retain_until": "2026-03-01"}), "/retain_until retention-over"),
        (json!({"colour": "red"}), "/colour invalid-value"),
        (json!({"marking": null}), "/marking invalid-value"),
        (
            json!({"marking": {"originator": "al-police", "classification": "top", "tlp": "GREEN"}}),
            "/marking/classification invalid-value",
        ),
        (json!({"provenance": {"reference": "x".repeat(501)}}), "/provenance/reference value-length"),
        (json!({"properties": {"name": vec!["X"; 257]}}), "/properties/name value-count"),
        (json!({"kind": "K".repeat(65)}), "/kind invalid-value"),
        (json!({"marking": marked(33, 0)}), "/marking/cases value-count"),
        (json!({"marking": marked(0, 65)}), "/marking/recipients value-count"),
    ];
    for (over, expected) in cases {
        assert_eq!(
            refused(&api, over.clone()).await,
            [expected],
            "{}",
            over.to_string().chars().take(200).collect::<String>()
        );
    }
    let mut unmarked = person(ANA, "X");
    unmarked.as_object_mut().expect("an object").remove("marking");
    let problem = api.post(ANA, "/v1/entities", &unmarked).await.problem(422, "unprocessable");
    assert!(problem["errors"][0]["detail"].as_str().is_some_and(|detail| detail.contains("marking")), "{problem}");
    let listed = api.post(ANA, "/v1/entities/search", &json!({})).await.expect(200);
    assert_eq!(listed["items"], json!([]), "nothing of it was written");
    api.stop().await;
}

/// A RED marking with so many cases and recipients.
fn marked(cases: usize, recipients: usize) -> Value {
    let mut marking = marking(ANA, "RED");
    marking["cases"] = (0..cases).map(|at| json!(format!("case-{at}"))).collect();
    marking["recipients"] = (0..recipients).map(|at| json!(format!("p{at}@al-police"))).collect();
    marking
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_sent_back_a_megabyte_of_their_own() {
    let api = Api::start().await;
    let long = "x".repeat(1_000_000);
    for (over, code) in [
        (json!({"evaluation": {"scheme": long, "source": "B", "information": "2"}}), "unknown-evaluation"),
        (json!({"evaluation": {"scheme": "europol-4x4", "source": long, "information": "2"}}), "unknown-evaluation"),
        (json!({"properties": {&long: ["a"]}}), "unknown-property"),
        (json!({"properties": {"role": [long]}}), "value-length"),
        (json!({&long: 1}), "invalid-value"),
        (json!({"nature": long}), "invalid-value"),
    ] {
        let mut body = person(ANA, "X");
        merge(&mut body, over);
        let answer = api.post(ANA, "/v1/entities", &body).await;
        assert!(answer.faults().iter().any(|fault| fault.ends_with(code)), "{code}");
        assert!(answer.body.len() < 4_000, "{code}: {} bytes", answer.body.len());
    }
    let answer = api.post(ANA, "/v1/entities/search", &json!({"properties": {&long: ["a"]}})).await;
    assert!(answer.faults()[0].ends_with("unknown-property") && answer.body.len() < 4_000);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_have_bounds_and_windows_a_direction() {
    let api = Api::start().await;
    api.entity(ANA, "p", json!({})).await;
    let back = json!({"window": {"from": "2024-02-01T00:00:00Z", "to": "2024-01-01T00:00:00Z"}});
    let ask = |frame: Value| json!({"source": "p", "target": "p", "frame": frame});
    let (search, neighbours, paths) =
        ("/v1/entities/search", "/v1/entities/p/neighbours", "/v1/analyses/k-shortest-paths");
    for (path, body, expected) in [
        (search, json!({"text": "x".repeat(501)}), "/text too-long"),
        (search, json!({"kinds": vec!["Person"; 101]}), "/kinds value-count"),
        (search, json!({"properties": {"name": vec!["x"; 101]}}), "/properties/name value-count"),
        (neighbours, json!({"kinds": vec!["Family"; 101]}), "/kinds value-count"),
        (neighbours, back.clone(), "/window reversed-window"),
        (paths, ask(back), "/frame/window reversed-window"),
        (paths, ask(json!({"exclude_entities": vec!["a"; 10_001]})), "/frame/exclude_entities too-many"),
        (paths, ask(json!({"minimum_reliability": 1.5})), "/frame/minimum_reliability out-of-range"),
        (paths, ask(json!({"limits": {"max_hops": -1}})), "/frame/limits/max_hops invalid-value"),
        (paths, ask(json!({"relationship_kinds": []})), "/frame/relationship_kinds value-count"),
    ] {
        assert_eq!(api.post(ANA, path, &body).await.faults(), [expected], "{path}");
    }
    let nan = r#"{"source": "p", "target": "p", "frame": {"minimum_reliability": NaN}}"#;
    api.post_text(ANA, paths, nan).await.problem(400, "malformed-json");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_that_the_ontology_does_not_allow_are_refused() {
    let api = Api::start().await;
    api.entity(ANA, "p", json!({})).await;
    api.entity(ANA, "q", json!({})).await;
    let link = |kind: &str| {
        json!({
            "source": "p", "target": "q", "kind": kind,
            "evaluation": {"scheme": "europol-4x4", "source": "A", "information": "1"}, "marking": marking(ANA, "GREEN"),
        })
    };
    let faults = api.post(ANA, "/v1/relationships", &link("AccountTransfer")).await.faults();
    assert!(faults.iter().all(|fault| fault.ends_with(" disallowed-ends")) && !faults.is_empty(), "{faults:?}");
    for (over, expected) in [
        (json!({"source": "a b"}), "/source invalid-value"),
        (json!({"target": "-"}), "/target invalid-value"),
        (json!({"id": "r@p@q"}), "/id invalid-value"),
        (json!({"kind": "Person"}), "/kind unknown-kind"),
        (json!({"amount": {"minor": -1, "currency": "EUR"}}), "/amount/minor negative-amount"),
        (json!({"quantity": {"value": -0.5, "unit": "kg"}}), "/quantity/value negative-quantity"),
    ] {
        let mut body = link("Associate");
        merge(&mut body, over);
        assert_eq!(api.post(ANA, "/v1/relationships", &body).await.faults(), [expected]);
    }
    api.stop().await;
}

/// Where objects with fields of ours stand in a body; names in maps are the caller's.
fn objects(value: &Value, pointer: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if !pointer.ends_with("properties") {
                found.push(pointer.to_owned());
            }
            fields.iter().for_each(|(name, value)| objects(value, &format!("{pointer}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| objects(value, &format!("{pointer}/{at}"), found));
        }
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_operation_takes_a_field_that_it_does_not_know() {
    let api = Api::start().await;
    let mut tried = 0;
    for (_, method, path, body) in super::access::operations() {
        let Some((_, mut body @ Value::Object(_))) = body else { continue };
        if path.starts_with("/v1/analyses/") {
            body["frame"] = json!({"limits": {}, "window": {}, "hubs": {"max_degree": 1}});
        }
        let mut places = Vec::new();
        objects(&body, "", &mut places);
        for place in places {
            let mut mistyped = body.clone();
            mistyped.pointer_mut(&place).expect("it is there")["mistyped"] = json!(1);
            let answer = api.send(api.request(ANA, method.clone(), &path).json(&mistyped)).await;
            let faults = answer.faults();
            assert!(faults.iter().all(|fault| fault.starts_with(&place)), "{path} {place}: {faults:?}");
            tried += 1;
        }
    }
    assert!(tried >= 25, "{tried} places");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_have_bounds() {
    let api = Api::start().await;
    assert_eq!(api.post(ANA, "/v1/assertions", &json!({"assertions": []})).await.faults(), ["/assertions empty-batch"]);
    let claim = json!({
        "subject": {"entity": "a"}, "kind": "Person",
        "evaluation": {"scheme": "europol-4x4", "source": "B", "information": "2"}, "marking": marking(ANA, "GREEN"),
    });
    let many = json!({"assertions": vec![claim; 10_001]});
    assert_eq!(api.post(ANA, "/v1/assertions", &many).await.faults(), ["/assertions too-many-items"]);
    assert_eq!(api.post(ANA, "/v1/entities/batch", &json!({"ids": []})).await.faults(), ["/ids empty-batch"]);
    assert_eq!(
        api.post(ANA, "/v1/entities/batch", &json!({"ids": vec!["a"; 1_001]})).await.faults(),
        ["/ids too-many-items"]
    );
    api.post_text(ANA, "/v1/entities/search", vec![b' '; (8 << 20) + 1]).await.problem(413, "body-too-large");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_must_say_that_it_is_json() {
    let api = Api::start().await;
    let plain = api.request(ANA, Method::POST, "/v1/entities/search").body("{}");
    api.send(plain).await.problem(415, "unsupported-media-type");
    let form = api.request(ANA, Method::POST, "/v1/entities/search").header("content-type", "text/plain").body("{}");
    api.send(form).await.problem(415, "unsupported-media-type");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn paths_and_queries_are_read_strictly() {
    let api = Api::start().await;
    api.get(ANA, "/v1/entities/a%20b").await.problem(400, "invalid-path");
    api.get(ANA, &format!("/v1/entities/{}", "x".repeat(201))).await.problem(400, "invalid-path");
    api.get(ANA, "/v1/assertions/17").await.problem(400, "invalid-path");
    api.get(ANA, "/v1/entities/a?asof=2024-01-01T00:00:00Z").await.problem(400, "invalid-query");
    api.get(ANA, "/v1/audit?as_of=2024-01-01T00:00:00Z").await.problem(400, "invalid-query");
    api.post(ANA, "/v1/assertions?dry_run=true", &json!({"assertions": []})).await.problem(400, "invalid-query");
    api.post(ANA, "/v1/entities/search?limit=many", &json!({})).await.problem(400, "invalid-query");
    api.post(ANA, "/v1/entities/search?limit=1&limit=2", &json!({})).await.problem(400, "invalid-query");
    api.get(ANA, "/v2/entities").await.problem(404, "not-found");
    api.get(ANA, "/v1/entities/a/").await.problem(404, "not-found");
    let other = api.get(ANA, "/v1/assertions").await;
    other.problem(405, "method-not-allowed");
    assert_eq!(other.header("allow"), Some("POST"));
    let other = api.request(ANA, Method::PUT, "/v1/jobs/01970000-0000-7000-8000-000000000000");
    assert_eq!(api.send(other).await.header("allow"), Some("DELETE, GET"));
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_is_written_as_an_object() {
    let api = Api::start().await;
    let search = api.post(ANA, "/v1/entities/search", &json!(["Krasta"])).await;
    assert_eq!(search.faults(), [" invalid-value"]);
    let question = json!({"source": "a", "target": "b", "frame": [null, null]});
    let analysis = api.post(ANA, "/v1/analyses/k-shortest-paths", &question).await;
    assert_eq!(analysis.faults(), ["/frame invalid-value"]);
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_hold_what_the_document_says() {
    let api = Api::start().await;
    let ask = |name: &str, value: &[u8]| {
        let request = api.request(ANA, Method::POST, "/v1/analyses/k-shortest-paths");
        request.header(name, value).json(&json!({"source": "a", "target": "b"}))
    };
    api.send(ask("Prefer", b"handling=lenient")).await.problem(422, "unprocessable");
    api.send(ask("Prefer", "одмах".as_bytes())).await.problem(400, "invalid-header");
    api.send(ask("X-Purpose", "истрага".as_bytes())).await.problem(422, "unprocessable");
    api.send(ask("X-Purpose", b"\x84")).await.problem(400, "invalid-header");
    api.stop().await;
}
