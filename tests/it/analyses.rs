//! Questions through the service, over the embedded store: what was written is in the next answer, what is hidden is in none.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{Either, select};
use linchpin::access::{Phase, RequestContext, Role};
use linchpin::analysis::{Answer, Caps, analysis};
use linchpin::model::{AssertionId, RetractionReason, Vocabulary};
use linchpin::service::{AnalysisLimits, AppState, Caller, Limits, Parts, Sealer, ServiceError};
use linchpin::store::Operation;
use linchpin::store::embedded::EmbeddedStore;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{ClaimBuilder, FixedClock, MemoryAudit, Town, atomic, entity, identity, link};

struct Service {
    state: Arc<AppState>,
    clock: Arc<FixedClock>,
    audit: Arc<MemoryAudit>,
    folder: Arc<TempDir>,
}

fn caller(name: &str) -> Caller {
    let context = RequestContext { operation: "test", request_id: "request-1".to_owned(), ..RequestContext::default() };
    Caller { identity: identity(name), context }
}

impl Service {
    fn new(analyses: AnalysisLimits) -> Self {
        Self::on(Arc::new(tempfile::tempdir().unwrap()), analyses)
    }

    /// One more instance on the same store.
    fn on(folder: Arc<TempDir>, analyses: AnalysisLimits) -> Self {
        let house = Town::usual().gatehouse();
        let vocabulary = Arc::new(Vocabulary::builtin());
        let store = EmbeddedStore::open(&folder.path().join("store.sqlite"), Arc::clone(&vocabulary)).unwrap();
        let (clock, audit) = (Arc::clone(&house.clock), Arc::clone(&house.audit));
        let sealer = Sealer::new(&[7; Sealer::KEY_LEN]);
        let limits = Limits { analyses, ..Limits::default() };
        let parts = Parts { gate: house.gate, store: Arc::new(store), vocabulary, sealer, limits };
        Self { state: Arc::new(AppState::new(parts)), clock, audit, folder }
    }

    async fn apply(&self, who: &str, operations: Vec<Operation>) {
        self.clock.advance_seconds(1);
        let context = caller(who).context;
        let permit = self.state.gate().admit_write(&identity(who), context).await.unwrap();
        let now = permit.permit().now();
        self.state.store().apply(&permit, atomic(now, operations)).await.unwrap();
    }

    async fn write(&self, who: &str, first: u128, claims: Vec<ClaimBuilder>) {
        let operations = claims.into_iter().zip(first..).map(|(claim, id)| claim.under(id)).collect();
        self.apply(who, operations).await;
    }

    async fn ask(&self, who: &str, body: Value) -> Result<Answer, ServiceError> {
        self.clock.advance_seconds(1);
        let answer = self.state.run_analysis(&caller(who), "k-shortest-paths", body).await?;
        Ok(answer.into_inner())
    }
}

/// The answer without what differs between any two.
fn content(answer: &Answer) -> Value {
    let mut answer = serde_json::to_value(answer).unwrap();
    answer["replay"] = json!("");
    answer["as_of"] = json!("");
    answer["frame"]["as_of"] = json!("");
    answer
}

fn hops(answer: &Answer) -> Vec<Vec<String>> {
    serde_json::from_value::<Vec<Value>>(answer.result["paths"].clone())
        .unwrap()
        .into_iter()
        .map(|path| serde_json::from_value(path["entities"].clone()).unwrap())
        .collect()
}

fn triangle() -> Vec<ClaimBuilder> {
    vec![
        entity("p-1", "Person").with("name", "One"),
        entity("p-2", "Person"),
        entity("p-3", "Person"),
        link("t-1", "Associate", "p-1", "p-2").evaluated("admiralty A 1"),
        link("t-2", "Associate", "p-2", "p-3").marked("al-police AMBER confidential H1"),
    ]
}

fn question() -> Value {
    json!({"source": "p-1", "target": "p-3", "k": 5})
}

#[tokio::test]
async fn a_write_is_in_the_next_answer() {
    let service = Service::new(AnalysisLimits::default());
    service.write("ana@al-police", 1, triangle()).await;
    let before = service.ask("ana@al-police", question()).await.unwrap();
    assert_eq!(hops(&before), [["p-1", "p-2", "p-3"]]);
    service.write("ana@al-police", 10, vec![link("t-3", "Call", "p-1", "p-3")]).await;
    let after = service.ask("ana@al-police", question()).await.unwrap();
    assert_eq!(hops(&after), [vec!["p-1", "p-3"], vec!["p-1", "p-2", "p-3"]]);
    // What was known before can be asked for again, by its instant or by its token.
    for frame in [json!({"as_of": before.as_of}), json!({"replay": before.replay})] {
        let mut body = question();
        body["frame"] = frame;
        let again = service.ask("ana@al-police", body).await.unwrap();
        assert_eq!(again.as_of, before.as_of);
        assert_eq!(content(&again), content(&before));
    }
}

#[tokio::test]
async fn another_instance_follows() {
    let one = Service::new(AnalysisLimits::default());
    one.write("ana@al-police", 1, triangle()).await;
    let other = Service::on(Arc::clone(&one.folder), AnalysisLimits::default());
    assert_eq!(hops(&other.ask("ana@al-police", question()).await.unwrap()).len(), 1);
    one.write("ana@al-police", 10, vec![link("t-3", "Call", "p-1", "p-3")]).await;
    assert_eq!(hops(&other.ask("ana@al-police", question()).await.unwrap()).len(), 2);
}

#[tokio::test]
async fn what_is_hidden_is_in_no_answer() {
    let (full, bare) = (Service::new(AnalysisLimits::default()), Service::new(AnalysisLimits::default()));
    for service in [&full, &bare] {
        service.write("ana@al-police", 1, triangle()).await;
    }
    let hidden = vec![
        entity("p-9", "Person").marked("al-police AMBER_STRICT"),
        link("t-8", "Call", "p-1", "p-9").marked("al-police AMBER_STRICT"),
        link("t-9", "Call", "p-9", "p-3"),
        link("t-1", "Associate", "p-1", "p-2").evaluated("admiralty C 3").marked("al-police AMBER_STRICT"),
        entity("p-1", "Person").with("name", "Another").marked("al-police secret case:case-12"),
    ];
    full.write("ana@al-police", 20, hidden).await;
    bare.clock.advance_seconds(1);
    let (a, b) =
        (full.ask("mira@mk-police", question()).await.unwrap(), bare.ask("mira@mk-police", question()).await.unwrap());
    assert_eq!(content(&a), content(&b));
    assert_eq!(hops(&a), [] as [Vec<String>; 0], "t-2 is al-police's AMBER");
    let unknown = |target: &str| json!({"source": "p-1", "target": target});
    let faults = |error: ServiceError| match error {
        ServiceError::Faults(faults) => format!("{faults:?}").replace("p-9", "p-x").replace("p-8", "p-x"),
        other => panic!("{other}"),
    };
    let hidden = faults(full.ask("mira@mk-police", unknown("p-9")).await.unwrap_err());
    assert_eq!(hidden, faults(full.ask("mira@mk-police", unknown("p-8")).await.unwrap_err()));
}

#[tokio::test]
async fn the_answer_carries_its_evidence_and_matches_the_document() {
    let service = Service::new(AnalysisLimits::default());
    service.write("ana@al-police", 1, triangle()).await;
    let answer = service.ask("ana@al-police", question()).await.unwrap();
    let told = serde_json::to_value(&answer).unwrap();
    assert_eq!(told["marking"]["classification"], "confidential");
    assert_eq!(told["marking"]["tlp"], "AMBER");
    assert_eq!(told["marking"]["handling"], json!(["H1"]));
    assert_eq!(told["relationships"]["t-1"]["assertions"], json!([AssertionId::from_u128(4)]));
    assert_eq!(told["entities"]["p-1"]["caption"], "One");
    let doc = analysis("k-shortest-paths").unwrap().operation();
    let components: serde_json::Map<String, Value> =
        doc.components.iter().map(|(name, schema)| (name.clone(), serde_json::to_value(schema).unwrap())).collect();
    let root = serde_json::to_value(&doc.response_schema).unwrap();
    let schema = json!({"components": {"schemas": components}, "allOf": [root]});
    let errors: Vec<String> =
        jsonschema::draft202012::new(&schema).unwrap().iter_errors(&told).map(|error| error.to_string()).collect();
    assert_eq!(errors, [] as [String; 0]);
}

#[tokio::test]
async fn a_withdrawn_claim_is_gone_for_others_and_stays_its_originators() {
    let service = Service::new(AnalysisLimits::default());
    service.write("ana@al-police", 1, triangle()).await;
    let body = json!({"source": "p-1", "target": "p-2"});
    let before = service.ask("mira@mk-police", body.clone()).await.unwrap();
    assert_eq!(hops(&before).len(), 1);
    let withdrawal = Operation::Retract { id: AssertionId::from_u128(4), reason: RetractionReason::Withdrawn };
    service.apply("ana@al-police", vec![withdrawal]).await;
    assert_eq!(hops(&service.ask("mira@mk-police", body.clone()).await.unwrap()).len(), 0);
    let mut past = body;
    past["frame"] = json!({"as_of": before.as_of});
    assert_eq!(hops(&service.ask("mira@mk-police", past.clone()).await.unwrap()).len(), 0);
    assert_eq!(hops(&service.ask("ana@al-police", past).await.unwrap()).len(), 1);
}

#[tokio::test]
async fn nothing_leaves_unlogged() {
    let service = Service::new(AnalysisLimits::default());
    service.write("ana@al-police", 1, triangle()).await;
    service.ask("ana@al-police", question()).await.unwrap();
    let entry = service.audit.all().pop().unwrap();
    assert_eq!((entry.phase, entry.outcome.as_deref()), (Phase::Disclosed, Some("ok")));
    assert_eq!(entry.ids.entities.len(), 3);
    assert_eq!(entry.ids.relationships.len(), 2);
    assert_eq!(entry.ids.assertions.len(), 2);
    service.ask("ana@al-police", json!({"source": "p-1", "target": "p-77"})).await.unwrap_err();
    let entry = service.audit.all().pop().unwrap();
    assert_eq!(entry.outcome.as_deref(), Some("unknown-entity"));
    let refused = service.ask("radovan@rs-fiu", question()).await.unwrap_err();
    assert!(matches!(refused, ServiceError::Denied(_)));
    service.audit.close();
    assert!(matches!(service.ask("ana@al-police", question()).await.unwrap_err(), ServiceError::Audit(_)));
}

#[tokio::test]
async fn protected_people_are_masked_in_answers() {
    let service = Service::new(AnalysisLimits::default());
    let mut claims = triangle();
    claims[0] = entity("p-1", "Person").with("name", "One").with("role", "victim");
    service.write("ana@al-police", 1, claims).await;
    let answer = service.ask("ana@al-police", question()).await.unwrap();
    let told = serde_json::to_value(&answer).unwrap();
    assert_eq!(told["entities"]["p-1"]["protected"], true);
    assert!(!told.to_string().contains("One"));
    let unmasked = service.ask("gita@al-police", question()).await.unwrap();
    assert_eq!(serde_json::to_value(&unmasked).unwrap()["entities"]["p-1"]["caption"], "One");
}

/// A square of people, so many a side: more paths between its corners than anyone can list.
async fn square(service: &Service, side: usize) -> Value {
    let name = |x: usize, y: usize| format!("p-{x}-{y}");
    let mut claims = Vec::new();
    for (x, y) in (0..side).flat_map(|x| (0..side).map(move |y| (x, y))) {
        claims.push(entity(&name(x, y), "Person"));
        if x + 1 < side {
            claims.push(link(&format!("h-{x}-{y}"), "Associate", &name(x, y), &name(x + 1, y)));
        }
        if y + 1 < side {
            claims.push(link(&format!("v-{x}-{y}"), "Associate", &name(x, y), &name(x, y + 1)));
        }
    }
    service.write("ana@al-police", 1, claims).await;
    json!({"source": name(0, 0), "target": name(side - 1, side - 1), "k": 1000})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_too_many_is_told_so_and_an_abandoned_question_stops() {
    let wall_time = Duration::from_secs(3_600);
    let service = Service::new(AnalysisLimits { threads: 1, queue: 0, wall_time, ..AnalysisLimits::default() });
    let endless = square(&service, 30).await;
    let small = json!({"source": "p-0-0", "target": "p-0-1", "k": 1});
    service.ask("ana@al-police", small.clone()).await.unwrap();
    let (one, other) = (
        Box::pin(service.ask("ana@al-police", endless.clone())),
        Box::pin(service.ask("ana@al-police", endless.clone())),
    );
    let (Either::Left((first, rest)) | Either::Right((first, rest))) = select(one, other).await;
    assert!(matches!(first.unwrap_err(), ServiceError::Busy { .. }));
    drop(rest);
    // The only worker is free again as soon as the abandoned question notices.
    let guard = Duration::from_secs(60);
    let answer = tokio::time::timeout(guard, service.ask("ana@al-police", small)).await.expect("the worker is free");
    assert_eq!(hops(&answer.unwrap()).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_nobody_reads_on_stops() {
    let wall_time = Duration::from_secs(3_600);
    let service = Service::new(AnalysisLimits { threads: 1, queue: 0, wall_time, ..AnalysisLimits::default() });
    square(&service, 12).await;
    let body = json!({"source": "p-0-0", "target": "p-11-11", "max_hops": 60});
    let lines = service.state.stream_analysis(&caller("ana@al-police"), "paths-within", body).await.unwrap();
    let read: Vec<_> = Box::pin(lines).take(3).collect().await;
    let text = read.into_iter().map(|lines| String::from_utf8(lines.unwrap()).unwrap()).collect::<String>();
    assert_eq!(text.lines().count(), 4, "the beginning, one path, two more");
    // What was read is gone, and so is the rest: the only worker is free again as soon as the kernel notices.
    let small = json!({"source": "p-0-0", "target": "p-0-1", "k": 1});
    let answered = async {
        loop {
            match service.ask("ana@al-police", small.clone()).await {
                Err(ServiceError::Busy { .. }) => tokio::task::yield_now().await,
                other => break other,
            }
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(60), answered).await.expect("the worker is free");
    assert_eq!(hops(&answer.unwrap()).len(), 1);
}

#[tokio::test]
async fn a_role_has_its_own_limits_and_a_frame_may_only_lower_them() {
    let mine = Caps { max_hops: 1, ..Caps::default() };
    let limits = AnalysisLimits { caps_by_role: [(Role::Analyst, mine)].into(), ..AnalysisLimits::default() };
    let service = Service::new(limits);
    service.write("ana@al-police", 1, triangle()).await;
    for frame in [json!({}), json!({"limits": {"max_hops": 9}})] {
        let mut body = question();
        body["frame"] = frame;
        let answer = service.ask("ana@al-police", body).await.unwrap();
        assert_eq!((hops(&answer).len(), answer.frame.limits.unwrap().max_hops), (0, Some(1)));
        assert_eq!(json!(answer.truncated), json!({"reason": "max_hops"}), "and it is told");
    }
}

#[tokio::test]
async fn past_the_wall_time_there_is_nothing() {
    let service = Service::new(AnalysisLimits { wall_time: Duration::ZERO, ..AnalysisLimits::default() });
    let endless = square(&service, 12).await;
    assert!(matches!(service.ask("ana@al-police", endless).await.unwrap_err(), ServiceError::TimeLimit));
}
