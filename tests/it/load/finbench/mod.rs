//! The complex reads of LDBC FinBench, asked of the service as a client would: what can be asked is asked, joins and little sums are the
//! client's. Every row is compared with the results that lie beside the snapshot. Skipped aloud where it is not there.
//!
//! TCR8 is not among these results.

mod money;
mod people;
mod transfers;

use std::path::Path;

use linchpin::model::{EntityId, EvaluationTable, Instant, Ontology, Vocabulary};
use linchpin::service::load::Mapping;
use linchpin::service::{Moment, NeighbourQuestion, PageRequest};
use serde_json::{Value, json};

use super::pole::{inputs, shared};
use super::{Yard, caller};

fn mapping_file(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("seed/mappings/finbench").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no whole number"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("{value} is no list"))
}

/// The number of an id: `account-17` is `17`.
fn own(id: &Value) -> &str {
    text(id).split_once('-').expect("a prefix").1
}

/// In minor units.
#[expect(clippy::cast_possible_truncation, reason = "amounts of the benchmark are below 1e12")]
fn minor(amount: &Value) -> i64 {
    let amount = amount.as_f64().or_else(|| amount.as_str().and_then(|text| text.parse().ok()));
    (amount.expect("an amount") * 100.0).round() as i64
}

/// A number with three decimals, in thousandths.
#[expect(clippy::cast_possible_truncation, reason = "ratios of the benchmark are below 1e12")]
fn thousandths(value: &Value) -> i64 {
    (value.as_f64().expect("a number") * 1_000.0).round() as i64
}

/// A ratio in thousandths, rounded; none to nothing.
fn ratio(over: i64, under: i64) -> Option<i64> {
    (2_000 * over + under).checked_div(2 * under)
}

fn millis(at: i64) -> Instant {
    Instant::from_micros(at * 1_000).expect("within the calendar")
}

/// The benchmark's bounds are strict and whole milliseconds.
fn window(params: &Value) -> Value {
    json!({"from": millis(number(&params["startTime"]) + 1), "to": millis(number(&params["endTime"]))})
}

/// A client of the service with the snapshot in it.
struct Client {
    yard: Yard,
}

impl Client {
    async fn load(folder: &Path) -> Self {
        let ontology = Ontology::with_overlays(&[("ontology.toml", &mapping_file("ontology.toml"))]);
        let vocabulary =
            Vocabulary { ontology: ontology.expect("a sound overlay"), evaluations: EvaluationTable::builtin() };
        let yard = Yard::with(vocabulary);
        let mapping = Mapping::parse(&mapping_file("mapping.toml")).expect("a mapping");
        let source = mapping.open(inputs(folder), yard.state.vocabulary(), &yard.limits).expect("a sound mapping");
        let (results, finished) = yard.run(yard.request(), source).await.expect("admitted");
        let refused: Vec<_> = results.iter().filter(|result| result.code.is_some()).take(5).collect();
        assert!(refused.is_empty(), "{refused:?}");
        assert_eq!((finished.end.dangling.len(), finished.end.dangling_more), (0, 0));
        Self { yard }
    }

    /// The whole answer of an analysis, nothing of it cut off but by the steps asked for.
    async fn ask(&self, name: &str, body: Value) -> Value {
        let answer = self.yard.state.run_analysis(&caller("ana@al-police"), name, body).await.expect("answers");
        let answer = serde_json::to_value(answer.into_inner()).expect("JSON");
        assert!(answer.get("truncated").is_none_or(|truncated| truncated["reason"] == "max_hops"), "{answer}");
        answer
    }

    /// All neighbours, page by page: each its relationship and its entity.
    async fn neighbours(&self, id: &str, kind: &str, direction: &str, params: &Value) -> Vec<Value> {
        let question = json!({"kinds": [kind], "direction": direction, "window": window(params)});
        let question: NeighbourQuestion = serde_json::from_value(question).expect("a question");
        let id = EntityId::new(id).expect("an id");
        let mut page = PageRequest { cursor: None, limit: None };
        let mut found = Vec::new();
        loop {
            let who = caller("ana@al-police");
            let answer = self.yard.state.list_neighbours(&who, &id, &question, &Moment::default(), &page).await;
            let answer = serde_json::to_value(answer.expect("answers").into_inner()).expect("JSON");
            found.extend_from_slice(list(&answer["items"]));
            match answer["next"].as_str() {
                Some(next) => page.cursor = Some(next.to_owned()),
                None => return found,
            }
        }
    }
}

/// No bounds to speak of: ownership does not end.
fn ever() -> Value {
    json!({"startTime": 0, "endTime": 100_000_000_000_000_i64})
}

/// A row of the expected results with amounts in minor units, so that they compare exactly.
fn in_minor(rows: &Value, columns: &[usize]) -> Value {
    let row = |row: &Value| {
        let cells = list(row).iter().enumerate();
        let cell = |(at, cell): (usize, &Value)| if columns.contains(&at) { json!(minor(cell)) } else { cell.clone() };
        Value::Array(cells.map(cell).collect())
    };
    Value::Array(list(rows).iter().map(row).collect())
}

/// Rows whose order is not told are compared as sets.
fn sorted(rows: &Value) -> Vec<String> {
    let mut rows: Vec<String> = list(rows).iter().map(ToString::to_string).collect();
    rows.sort();
    rows
}

/// A read's parameters and its results, all of them.
fn cases(expected: &Value, read: &str) -> Vec<(Value, Value)> {
    let cases = list(&expected["queries"][read]).iter();
    let cases: Vec<(Value, Value)> = cases.map(|case| (case["params"].clone(), case["result"].clone())).collect();
    assert_eq!(json!(cases.len()), expected["counts"][read][0], "{read}");
    cases
}

#[tokio::test(flavor = "multi_thread")]
async fn the_complex_reads_have_their_known_rows() {
    let Some(folder) = shared("finbench-sf0.1") else { return };
    let expected = std::fs::read_to_string(folder.join("expected_tcr.json")).expect("expected_tcr.json");
    let expected: Value = serde_json::from_str(&expected).expect("JSON");
    let client = Client::load(&folder).await;
    client.compares_transfers(&expected).await;
    client.compares_money(&expected).await;
    client.compares_people(&expected).await;
}
