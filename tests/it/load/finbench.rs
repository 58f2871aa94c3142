//! The complex reads of LDBC FinBench that are about paths, asked of the service as a client would: the paths are our analyses, joins and
//! sums are the client's. Every row is compared with the results that lie beside the snapshot. Skipped aloud where it is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use linchpin::model::{EntityId, EvaluationTable, Instant, Ontology, Vocabulary};
use linchpin::service::load::{Input, Mapping};
use linchpin::service::{Moment, NeighbourQuestion, PageRequest};
use serde_json::{Value, json};

use super::pole::shared;
use super::{Yard, caller};

const FILES: [&str; 11] = [
    "Account",
    "AccountTransferAccount",
    "AccountWithdrawAccount",
    "Loan",
    "LoanDepositAccount",
    "Medium",
    "MediumSignInAccount",
    "Person",
    "PersonApplyLoan",
    "PersonGuaranteePerson",
    "PersonOwnAccount",
];

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
        let open = |name: &&str| {
            let name = format!("{name}.csv");
            let file = std::fs::File::open(folder.join(&name)).expect("the file can be read");
            Input::file(&name, file)
        };
        let mapping = Mapping::parse(&mapping_file("mapping.toml")).expect("a mapping");
        let inputs = FILES.iter().map(open).collect();
        let source = mapping.open(inputs, yard.state.vocabulary(), &yard.limits).expect("a sound mapping");
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

    /// One transfer on from an account: whom it reaches, and when at the earliest; or, against the money, whom it comes from, and when
    /// at the latest.
    async fn transfers(
        &self,
        id: &str,
        direction: &str,
        bound: Option<&Instant>,
        params: &Value,
    ) -> Vec<(String, Instant)> {
        let frame = json!({"relationship_kinds": ["AccountTransfer"], "direction": direction, "window": window(params),
            "limits": {"max_hops": 1}});
        let mut body = json!({"source": id, "frame": frame});
        let next = |bound: &Instant, millis: i64| Instant::from_micros(bound.micros() + millis * 1_000);
        if direction == "in" {
            body["objective"] = json!("latest_departure");
            body["deadline"] = json!(bound.map(|bound| next(bound, -1)));
        } else {
            body["start"] = json!(bound.map(|bound| next(bound, 1)));
        }
        let unbounded = |name: &str| body[name].is_null();
        if unbounded("start") && unbounded("deadline") {
            let body = body.as_object_mut().expect("a body");
            body.retain(|_, value| !value.is_null());
        }
        let answer = self.ask("temporal-paths", body).await;
        let reached = |path: &Value| {
            let arrival = Instant::parse(text(&path["arrival"])).expect("an instant");
            (text(&path["entities"][1]).to_owned(), arrival)
        };
        list(&answer["result"]["paths"]).iter().map(reached).collect()
    }

    /// Whom transfers in ascending time reach in exactly 1, 2 and 3 steps, or whence they come.
    async fn levels(&self, from: &str, direction: &str, params: &Value) -> Vec<BTreeSet<String>> {
        let mut levels = Vec::new();
        let mut reached = vec![(from.to_owned(), None)];
        for _ in 0..3 {
            let mut next: BTreeMap<String, Instant> = BTreeMap::new();
            for (account, bound) in &reached {
                for (other, at) in self.transfers(account, direction, bound.as_ref(), params).await {
                    // Who arrives earlier can go on wherever one can that arrives later; against the money, later.
                    let better = |known: &Instant| if direction == "in" { at > *known } else { at < *known };
                    if next.get(&other).is_none_or(better) {
                        next.insert(other, at);
                    }
                }
            }
            levels.push(next.keys().cloned().collect());
            reached = next.into_iter().map(|(account, at)| (account, Some(at))).collect();
        }
        levels
    }

    /// Accounts within three ascending transfers that a blocked medium signed in to.
    async fn read_1(&self, params: &Value) -> Value {
        let source = format!("account-{}", text(&params["id"]));
        let mut rows = BTreeSet::new();
        let mut signed: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for (level, accounts) in self.levels(&source, "out", params).await.iter().enumerate() {
            for account in accounts {
                if !signed.contains_key(account) {
                    let mut blocked = Vec::new();
                    for medium in self.neighbours(account, "SignIn", "in", params).await {
                        let properties = &medium["entity"]["properties"];
                        if properties["status"] == json!(["blocked"]) {
                            let kind = text(&properties["mediumType"][0]).to_owned();
                            blocked.push((own(&medium["entity"]["id"]).to_owned(), kind));
                        }
                    }
                    signed.insert(account.clone(), blocked);
                }
                for (medium, kind) in &signed[account] {
                    rows.insert((level + 1, own(&json!(account)).to_owned(), medium.clone(), kind.clone()));
                }
            }
        }
        json!(
            rows.into_iter()
                .map(|(level, account, medium, kind)| json!([account, level, medium, kind]))
                .collect::<Vec<_>>()
        )
    }

    /// Accounts that loans were paid to, from which money came in three ascending transfers, and the sums of these loans.
    async fn read_2(&self, params: &Value) -> Value {
        let mut others = BTreeSet::new();
        for account in
            self.neighbours(&format!("person-{}", text(&params["id"])), "AccountHolder", "out", &ever()).await
        {
            let levels = self.levels(text(&account["entity"]["id"]), "in", params).await;
            others.extend(levels.into_iter().flatten());
        }
        let mut rows = Vec::new();
        for other in others {
            let mut loans = BTreeMap::new();
            for loan in self.neighbours(&other, "LoanDeposit", "in", params).await {
                let properties = loan["entity"]["properties"].clone();
                loans.insert(loan["entity"]["id"].to_string(), properties);
            }
            let sum = |name: &str| loans.values().map(|loan| minor(&loan[name][0])).sum::<i64>();
            if !loans.is_empty() {
                rows.push((-sum("principal"), own(&json!(other)).to_owned(), sum("outstanding")));
            }
        }
        rows.sort();
        json!(rows.into_iter().map(|(amount, other, balance)| json!([other, -amount, balance])).collect::<Vec<_>>())
    }

    /// The number of steps of the shortest path of transfers.
    async fn read_3(&self, params: &Value) -> Value {
        let ends = ["id1", "id2"].map(|name| format!("account-{}", text(&params[name])));
        let frame = json!({"relationship_kinds": ["AccountTransfer"], "direction": "out", "window": window(params)});
        let body = json!({"source": ends[0], "target": ends[1], "frame": frame});
        let answer = self.ask("shortest-paths", body).await;
        answer["result"]["paths"].get(0).map_or(json!(-1), |path| path["hops"].clone())
    }

    /// Cycles of three transfers through two accounts, one after the other, and what went over the third.
    async fn read_4(&self, params: &Value) -> Value {
        let [source, target] = ["id1", "id2"].map(|name| format!("account-{}", text(&params[name])));
        let frame = json!({"relationship_kinds": ["AccountTransfer"], "window": window(params)});
        let answer = self.ask("cycles", json!({"entity": source, "max_hops": 3, "frame": frame})).await;
        let mut rows = Vec::new();
        for cycle in list(&answer["result"]["cycles"]) {
            if cycle["hops"] != 3 || cycle["entities"][1] != json!(target) {
                continue;
            }
            let amounts = |at: usize| -> Vec<i64> {
                let step = &cycle["steps"][at];
                let parallels = step["alternatives"].as_array().into_iter().flatten();
                let keys = std::iter::once(&step["relationship"]).chain(parallels);
                keys.map(|key| number(&answer["relationships"][text(key)]["amount"]["minor"])).collect()
            };
            let told = |amounts: &[i64]| (amounts.len(), amounts.iter().sum::<i64>(), amounts.iter().max().copied());
            let (back, over) = (told(&amounts(2)), told(&amounts(1)));
            let row = json!([own(&cycle["entities"][2]), back.0, back.1, back.2, over.0, over.1, over.2]);
            rows.push((-back.1, -over.1, row));
        }
        rows.sort_by_key(|(back, over, _)| (*back, *over));
        json!(rows.into_iter().map(|(_, _, row)| row).collect::<Vec<_>>())
    }

    /// The sequences of accounts of up to three ascending transfers from an account of the person.
    async fn read_5(&self, params: &Value) -> BTreeSet<Vec<String>> {
        let person = format!("person-{}", text(&params["id"]));
        let mut rows = BTreeSet::new();
        for account in self.neighbours(&person, "AccountHolder", "out", &ever()).await {
            let frame = json!({"relationship_kinds": ["AccountTransfer"], "window": window(params)});
            let source = &account["entity"]["id"];
            let body = json!({"source": source, "max_hops": 3, "temporal": true, "frame": frame});
            let answer = self.ask("paths-within", body).await;
            for path in list(&answer["result"]["paths"]) {
                rows.insert(list(&path["entities"]).iter().map(|id| own(id).to_owned()).collect());
            }
        }
        rows
    }

    /// Accounts that more than three others paid in to, and that paid out to the card.
    async fn read_6(&self, params: &Value) -> Value {
        let above = |found: &[Value], name: &str| -> Vec<(String, i64)> {
            let threshold = minor(&params[name]);
            let rows = found.iter().map(|found| {
                (text(&found["entity"]["id"]).to_owned(), number(&found["relationship"]["amount"]["minor"]))
            });
            rows.filter(|(_, amount)| *amount > threshold).collect()
        };
        let card = format!("account-{}", text(&params["id"]));
        let mut paid_out: BTreeMap<String, i64> = BTreeMap::new();
        for (account, amount) in above(&self.neighbours(&card, "Withdrawal", "in", params).await, "threshold2") {
            *paid_out.entry(account).or_default() += amount;
        }
        let mut rows = Vec::new();
        for (account, out) in paid_out {
            let paid_in = above(&self.neighbours(&account, "AccountTransfer", "in", params).await, "threshold1");
            let others: BTreeSet<&String> = paid_in.iter().map(|(other, _)| other).collect();
            if others.len() > 3 {
                let sum: i64 = paid_in.iter().map(|(_, amount)| amount).sum();
                rows.push((-out, json!([own(&json!(account)), sum, out])));
            }
        }
        rows.sort_by_key(|(out, _)| *out);
        json!(rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>())
    }

    /// What those applied for whom a chain of guarantees leads to.
    async fn read_11(&self, params: &Value) -> Value {
        let person = format!("person-{}", text(&params["id"]));
        let mut chain = BTreeSet::from([person.clone()]);
        let mut open = vec![person.clone()];
        while let Some(guarantor) = open.pop() {
            for other in self.neighbours(&guarantor, "Guarantee", "out", params).await {
                let id = text(&other["entity"]["id"]).to_owned();
                if chain.insert(id.clone()) {
                    open.push(id);
                }
            }
        }
        chain.remove(&person);
        let mut loans = BTreeMap::new();
        for other in chain {
            for loan in self.neighbours(&other, "LoanApplication", "out", params).await {
                loans.insert(loan["entity"]["id"].to_string(), minor(&loan["entity"]["properties"]["principal"][0]));
            }
        }
        json!([loans.values().sum::<i64>(), loans.len()])
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

/// Rows whose order is not told are compared as a set.
fn sorted(rows: &Value) -> Vec<String> {
    let mut rows: Vec<String> = list(rows).iter().map(ToString::to_string).collect();
    rows.sort();
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reads_about_paths_have_their_known_rows() {
    let Some(folder) = shared("finbench-sf0.1") else { return };
    let expected = std::fs::read_to_string(folder.join("expected_tcr.json")).expect("expected_tcr.json");
    let expected: Value = serde_json::from_str(&expected).expect("JSON");
    let cases = |name: &str| list(&expected["queries"][name]).to_vec();
    let client = Client::load(&folder).await;
    let mut rows = 0;
    for case in cases("TCR1") {
        assert_eq!(sorted(&client.read_1(&case["params"]).await), sorted(&case["result"]), "TCR1 {}", case["params"]);
        rows += list(&case["result"]).len();
    }
    for case in cases("TCR2") {
        let expected = in_minor(&case["result"], &[1, 2]);
        assert_eq!(sorted(&client.read_2(&case["params"]).await), sorted(&expected), "TCR2 {}", case["params"]);
        rows += list(&case["result"]).len();
    }
    for case in cases("TCR3") {
        assert_eq!(client.read_3(&case["params"]).await, case["result"], "TCR3 {}", case["params"]);
        rows += 1;
    }
    for case in cases("TCR4") {
        let expected = in_minor(&case["result"], &[2, 3, 5, 6]);
        assert_eq!(sorted(&client.read_4(&case["params"]).await), sorted(&expected), "TCR4 {}", case["params"]);
        rows += list(&case["result"]).len();
    }
    for case in cases("TCR5") {
        let paths = list(&case["result"]).iter();
        let paths: BTreeSet<Vec<String>> =
            paths.map(|path| list(path).iter().map(|id| text(id).to_owned()).collect()).collect();
        assert_eq!(paths.len(), list(&case["result"]).len());
        assert_eq!(client.read_5(&case["params"]).await, paths, "TCR5 {}", case["params"]);
        rows += paths.len();
    }
    for case in cases("TCR6") {
        let expected = in_minor(&case["result"], &[1, 2]);
        assert_eq!(sorted(&client.read_6(&case["params"]).await), sorted(&expected), "TCR6 {}", case["params"]);
        rows += list(&case["result"]).len();
    }
    for case in cases("TCR11") {
        let expected = json!([minor(&case["result"][0]), case["result"][1]]);
        assert_eq!(client.read_11(&case["params"]).await, expected, "TCR11 {}", case["params"]);
        rows += 1;
    }
    assert!(rows > 1_000, "{rows} rows");
}
