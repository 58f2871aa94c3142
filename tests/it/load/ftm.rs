//! FollowTheMoney → native → FollowTheMoney is equal for every schema.

use std::collections::BTreeMap;
use std::io::Cursor;

use linchpin::model::{Ontology, PropertyType, Subject, Vocabulary, fold_entity, fold_relationship};
use linchpin::service::load::LineStatus::Recorded;
use linchpin::service::load::{EXTENSION, FtmWriter, Input, LineResult, LoadEnd, Mapping, Source};
use serde_json::{Value, json};

use super::pole::shared;
use super::{Yard, refusals, statuses};

const DEFAULTS: &str = r#"
[defaults]
evaluation = { scheme = "admiralty", source = "B", information = "2" }
nature = "fact"
marking = { classification = "restricted", tlp = "GREEN" }
"#;

async fn load(yard: &Yard, text: String) -> (Vec<LineResult>, LoadEnd) {
    let mapping = Mapping::parse(DEFAULTS).expect("defaults alone");
    let inputs = vec![Input::body(Cursor::new(text))];
    let source = Source::ftm(inputs, &mapping, yard.state.vocabulary(), &yard.limits).expect("a source");
    let (results, finished) = yard.run(yard.request(), source).await.expect("admitted");
    (results, finished.end)
}

/// Everything in the store as FollowTheMoney, by id.
async fn written(yard: &Yard) -> BTreeMap<String, Value> {
    let vocabulary: &Vocabulary = yard.state.vocabulary();
    let writer = FtmWriter::new(&vocabulary.ontology);
    let mut lines = BTreeMap::new();
    for known in yard.everything().await {
        let line = match &known.claim.subject {
            Subject::Entity(_) => fold_entity(vocabulary, &[&known], None).map(|entity| writer.entity(&entity)),
            Subject::Relationship { .. } => {
                let folded = fold_relationship(vocabulary, &[&known], None);
                folded.and_then(|relationship| writer.relationship(&relationship))
            }
        };
        let Some(line) = line else { continue };
        assert!(lines.insert(line["id"].to_string(), line).is_none(), "one line an id");
    }
    lines
}

/// The same without the extension.
fn plain(mut line: Value) -> Value {
    line.as_object_mut().expect("an object").remove(EXTENSION);
    line
}

fn line(id: &str, schema: &str, properties: &BTreeMap<String, Vec<String>>) -> Value {
    json!({"id": id, "schema": schema, "properties": properties})
}

/// A value that a property may have; `nth` tells several apart.
fn value(ontology: &Ontology, name: &str, nth: usize) -> String {
    match (name, ontology.properties[name].value_type) {
        ("currency", _) => ["EUR", "RSD"][nth].to_owned(),
        ("startDate", _) => format!("201{nth}-01-31"),
        ("endDate", _) => format!("202{nth}-02"),
        (_, PropertyType::Date) => format!("2015-07-0{}", nth + 1),
        (_, PropertyType::Number) => format!("{}.50", nth + 7),
        (_, PropertyType::Entity) => format!("party-{nth}"),
        ("amountEur" | "amountUsd" | "amount", _) => format!("{}", nth + 1200),
        (_, PropertyType::Country) => ["al", "rs"][nth].to_owned(),
        _ => format!("{name} {nth} – ж"),
    }
}

#[tokio::test]
async fn every_schema_comes_back_as_it_went_in() {
    let yard = Yard::new();
    let own = Ontology::followthemoney();
    let ontology = &yard.state.vocabulary().ontology;
    let mut lines = BTreeMap::new();
    let mut edges = 0;
    for kind in own.entity_kinds.values().filter(|kind| kind.ftm_default && !kind.is_abstract) {
        let edge = own.relationship_kinds.values().find(|known| known.ftm_default && known.ftm == kind.ftm);
        let edge = edge.and_then(|known| known.ftm_edge.clone());
        let is_end = |name: &str| edge.as_ref().is_some_and(|edge| edge.source == name || edge.target == name);
        let with = |values: &dyn Fn(&str) -> usize| -> BTreeMap<String, Vec<String>> {
            let one = |name: &str, nth| if is_end(name) { format!("end-{name}-{nth}") } else { value(&own, name, nth) };
            let of = |name: &String| (name.clone(), (0..values(name)).map(|nth| one(name, nth)).collect());
            kind.properties.iter().filter(|name| values(name) > 0).map(of).collect()
        };
        let only_ends = |name: &str| usize::from(is_end(name));
        let shapes: [&dyn Fn(&str) -> usize; 5] = [
            &|_| 1,
            &|_| 2,
            &only_ends,
            // More than one of an end, and one end missing: no edge.
            &|name| if is_end(name) { 2 } else { 1 },
            &|name| usize::from(edge.as_ref().is_none_or(|edge| edge.target != name)),
        ];
        for (at, shape) in shapes.into_iter().enumerate() {
            let properties = with(shape);
            let id = format!("{}-{at}", kind.ftm);
            lines.insert(Value::from(id.clone()).to_string(), line(&id, &kind.ftm, &properties));
        }
        edges += usize::from(edge.is_some());
    }
    assert!(lines.len() > 5 * 60 && edges > 15, "{} lines, {edges} interval schemata", lines.len());
    let text: Vec<String> = lines.values().map(Value::to_string).collect();
    let (results, end) = load(&yard, text.join("\n")).await;
    let refused: Vec<_> = results.iter().filter(|result| result.code.is_some()).take(3).collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert!(end.complete);
    for (id, line) in written(&yard).await {
        assert_eq!(plain(line), lines[&id], "{id}");
    }
    assert_eq!(written(&yard).await.len(), lines.len());
    // Interval schemata with one of each end became relationships, the others records.
    let all = yard.everything().await;
    let kind_of = |id: &str| {
        let is = |subject: &Subject| match subject {
            Subject::Entity(known) => known.as_str() == id,
            Subject::Relationship { id: known, .. } => known.as_str() == id,
        };
        all.iter().find(|known| is(&known.claim.subject)).map(|known| known.claim.kind.to_string())
    };
    assert_eq!(kind_of("Payment-2").as_deref(), Some("Payment"));
    assert_eq!(kind_of("Payment-3").as_deref(), Some("PaymentRecord"));
    assert_eq!(kind_of("Ownership-4").as_deref(), Some("OwnershipRecord"));
    assert!(ontology.relationship_kinds.len() > 15);
}

#[tokio::test]
async fn a_second_time_through_with_the_extension_changes_nothing() {
    let yard = Yard::new();
    // Kinds, quantities, amounts and periods that FollowTheMoney has no place for.
    let marked = r#""evaluation":{"scheme":"admiralty","source":"B","information":"2"},"nature":"fact","marking":{"originator":"rs-fiu","classification":"confidential","tlp":"AMBER","handling":["H2"]}"#;
    let lines = [
        format!(r#"{{"subject":{{"entity":"ph-1"}},"kind":"Phone","properties":{{"number":["+381 1"]}},{marked}}}"#),
        format!(
            r#"{{"subject":{{"relationship":"t-1","source":"a-1","target":"a-2"}},"kind":"AccountTransfer","amount":{{"minor":123405,"currency":"RSD"}},"period":{{"at":"2024-03-05T10:12:00.5Z"}},{marked}}}"#
        ),
        format!(
            r#"{{"subject":{{"relationship":"s-1","source":"c-1","target":"c-2"}},"kind":"Ships","quantity":{{"value":12.5,"unit":"kg"}},"period":{{"from":"2024-03-05T00:00:00Z","to":"2024-03-08T00:00:00Z","precision":"day"}},{marked}}}"#
        ),
        format!(
            r#"{{"subject":{{"relationship":"j-1","source":"p-1","target":"p-2"}},"kind":"Payment","amount":{{"minor":500,"currency":"JPY"}},{marked}}}"#
        ),
    ];
    let (results, _) = yard.load(lines.join("\n")).await;
    assert!(results.iter().all(|result| result.status == Recorded), "{results:?}");
    let first = written(&yard).await;
    assert_eq!(first["\"t-1\""]["properties"]["amount"], json!(["1234.05"]));
    assert_eq!(first["\"j-1\""]["properties"]["amount"], json!(["500"]), "a yen has no minor unit");
    assert_eq!(first["\"s-1\""]["properties"]["endDate"], json!(["2024-03-07"]), "the last day is inside");
    assert_eq!(first["\"ph-1\""]["schema"], "Thing");
    let again = Yard::new();
    let text: Vec<String> = first.values().map(Value::to_string).collect();
    let (results, _) = load(&again, text.join("\n")).await;
    assert!(results.iter().all(|result| result.status == Recorded), "{results:?}");
    let facts = |all: Vec<linchpin::model::Assertion>| -> BTreeMap<_, _> {
        let fact = |known: linchpin::model::Assertion| {
            let claim = known.claim;
            let (amount, quantity) = (claim.amount, claim.quantity);
            (claim.subject, (claim.kind, claim.period, amount, quantity, claim.marking))
        };
        all.into_iter().map(fact).collect()
    };
    assert_eq!(facts(yard.everything().await), facts(again.everything().await));
}

#[tokio::test]
async fn balances_and_rates_come_in_and_go_out() {
    let yard = Yard::new();
    let account = |id: &str, more: Value| {
        let mut properties = json!({"iban": ["RS00 0000"], "currency": ["EUR"]});
        more.as_object().expect("an object").iter().for_each(|(name, value)| properties[name] = value.clone());
        json!({"id": id, "schema": "BankAccount", "properties": properties})
    };
    let rate = json!({
        "id": "fx", "schema": "Event", "properties": {"startDate": ["2023-01-01"], "endDate": ["2023-06-30"]},
        "linchpin": {
            "version": 1, "kind": "ExchangeRate",
            "properties": {"baseCurrency": ["EUR"], "quoteCurrency": ["RSD"], "rate": ["117.28"]},
        },
    });
    let mut wrong = rate.clone();
    wrong["id"] = json!("fx-wrong");
    wrong["linchpin"]["properties"]["rate"] = json!(["-1"]);
    let lines = [
        account("a", json!({"balance": ["1234.50"], "balanceDate": ["2023-05-01"]})),
        account("b", json!({"balance": ["7"], "balanceDate": ["2023-05"]})),
        account("c", json!({"balance": ["7"]})),
        account("d", json!({"balance": ["7"], "balanceDate": ["2023-05-01"], "amount": ["9"]})),
        rate,
        wrong,
    ];
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let (results, _) = load(&yard, text).await;
    assert_eq!(refusals(&results), [(6, "invalid-rate")]);
    let claims: BTreeMap<String, (Value, Value)> = yard
        .everything()
        .await
        .iter()
        .map(|known| {
            let claim = serde_json::to_value(&known.claim).expect("JSON");
            (
                claim["subject"]["entity"].as_str().expect("an id").to_owned(),
                (claim["amount"].clone(), claim["period"].clone()),
            )
        })
        .collect();
    let money = |minor: i64| json!({"minor": minor, "currency": "EUR"});
    let (at, none) = (json!({"at": "2023-05-01T00:00:00Z", "precision": "day"}), Value::Null);
    assert_eq!(claims["a"], (money(123_450), at), "what it held that day");
    assert!(claims["b"].1.get("at").is_none() && claims["b"].0 == money(700), "in some moment of the month");
    assert_eq!((&claims["c"], &claims["d"]), (&(none.clone(), none.clone()), &(money(900), none)));
    let back = written(&yard).await;
    for line in &lines[..4] {
        assert_eq!(plain(back[&line["id"].to_string()].clone()), *line, "word for word");
    }
    // A native claim goes out as a balance, and comes in again as it was.
    let vocabulary: &Vocabulary = yard.state.vocabulary();
    let mut known = yard.everything().await;
    let native = known.iter_mut().find(|known| format!("{:?}", known.claim.subject).contains("\"a\"")).expect("a");
    native.claim.properties.clear();
    let line = FtmWriter::new(&vocabulary.ontology).entity(&fold_entity(vocabulary, &[native], None).expect("there"));
    assert_eq!(line["properties"], json!({"balance": ["1234.50"], "balanceDate": ["2023-05-01"], "currency": ["EUR"]}));
    assert!(line[EXTENSION].get("amount").is_none() && line[EXTENSION].get("period").is_none(), "{line}");
    let again = &back["\"fx\""];
    assert_eq!((&again["schema"], &again[EXTENSION]["kind"]), (&json!("Event"), &json!("ExchangeRate")));
    assert_eq!(again["properties"], json!({"startDate": ["2023-01-01"], "endDate": ["2023-06-30"]}));
    assert_eq!(again[EXTENSION]["properties"]["rate"], json!(["117.28"]));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_or_counted() {
    let yard = Yard::new();
    let lines = [
        r#"{"id":"a","schema":"Person","properties":{"name":["A"],"shoeSize":["44"]}}"#,
        r#"{"id":"b","schema":"Ghost","properties":{}}"#,
        r#"{"id":"c","schema":"Thing","properties":{"name":["C"]}}"#,
        r#"{"id":"d","schema":"Person","properties":{"name":["D"]},"colour":"red"}"#,
        r#"{"id":"e","schema":"Person","properties":{"name":"E"}}"#,
        r#"{"id":"f f","schema":"Person","properties":{"name":["F"]}}"#,
        r#"{"id":"g","schema":"Payment","properties":{"payer":["a"],"beneficiary":["b"],"startDate":["2020-02"],"endDate":["2019"]}}"#,
        r#"{"id":"h","schema":"Person","properties":{"name":["H"],"addressEntity":["no id"]},"caption":"H","datasets":["x"]}"#,
        r#"{"id":"i","schema":"Person","properties":{"name":["I"]},"linchpin":{"version":1,"marking":{"classification":"secret","tlp":"RED","handling":[],"originators":["al-police"],"cases":[],"recipients":[]}}}"#,
        r#"{"id":"j","schema":"Person","properties":{"name":["J"]},"linchpin":{"version":2}}"#,
        r#"{"id":"k","schema":"Person","properties":{"name":["K"]},"linchpin":{"version":1,"kind":"Company"}}"#,
    ];
    let (results, end) = load(&yard, lines.join("\n")).await;
    assert_eq!(
        refusals(&results),
        [
            (1, "unknown-property"),
            (2, "unknown-schema"),
            (3, "abstract-kind"),
            (4, "invalid-value"),
            (5, "invalid-value"),
            (6, "invalid-value"),
            (7, "reversed-period"),
            (9, "foreign-marking"),
            (10, "unknown-extension"),
            (11, "unknown-kind"),
        ]
    );
    assert_eq!(statuses(&results).into_iter().filter(|(line, _)| *line == 8).count(), 1);
    let left: Vec<_> = end.left_out.iter().map(|(field, times)| (field.as_str(), *times)).collect();
    assert_eq!(left, [("caption", 1), ("datasets", 1), ("links by addressEntity, whose value is no id", 1)]);
}

#[tokio::test]
async fn a_narrower_marking_comes_in_with_its_line() {
    let yard = Yard::new();
    let bound = r#"{"classification":"secret","tlp":"AMBER_STRICT","handling":["H1"],"originators":["rs-fiu"],"cases":[["case-12"]],"recipients":null}"#;
    let line = format!(
        r#"{{"id":"a","schema":"Person","properties":{{"name":["A"]}},"linchpin":{{"version":1,"marking":{bound},"protected":true}}}}"#
    );
    load(&yard, line).await;
    let all = yard.everything().await;
    let marking = serde_json::to_value(&all[0].claim.marking).expect("JSON");
    assert_eq!(
        marking,
        json!({"originator":"rs-fiu","classification":"secret","tlp":"AMBER_STRICT","handling":["H1"],"cases":["case-12"]})
    );
    assert!(all[0].claim.protects(yard.state.vocabulary()), "a protected person stays one");
}

#[tokio::test(flavor = "multi_thread")]
async fn public_donations_come_back_as_they_went_in() {
    let Some(path) = shared("ftm/parteispenden.ftm.json") else { return };
    let text = std::fs::read_to_string(path).expect("the file");
    let yard = Yard::new();
    let (results, end) = load(&yard, text.clone()).await;
    assert!(refusals(&results).is_empty(), "{:?}", refusals(&results));
    assert!(end.left_out.is_empty());
    let lines: BTreeMap<String, Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .map(|line| (line["id"].to_string(), line))
        .collect();
    let back: BTreeMap<String, Value> = written(&yard).await.into_iter().map(|(id, line)| (id, plain(line))).collect();
    assert_eq!(back, lines);
    // 289 of the 290 payments have one beneficiary; the other names two and stays a record with three parties.
    let all = yard.everything().await;
    let payments: Vec<_> = all.iter().filter(|known| known.claim.kind.as_str() == "Payment").collect();
    assert_eq!(payments.len(), 289);
    let dachner = payments.iter().find(|known| {
        matches!(&known.claim.subject, Subject::Relationship { id, .. } if id.as_str() == "2216b422a31242fe204654ce194864661f515921")
    });
    let amount = dachner.and_then(|known| known.claim.amount).map(|amount| (amount.minor, amount.currency.code()));
    assert_eq!(amount, Some((10_000_000, "EUR")));
    let record = all.iter().filter(|known| known.claim.kind.as_str() == "PaymentRecord").count();
    assert_eq!(record, 1);
}
