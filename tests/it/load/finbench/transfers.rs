//! Reads along transfers: the paths and cycles are our analyses.

use std::collections::{BTreeMap, BTreeSet};

use linchpin::model::Instant;
use serde_json::{Value, json};

use super::{Client, cases, ever, in_minor, list, minor, number, own, sorted, text, window};

impl Client {
    /// TCR1 to TCR5.
    pub(super) async fn compares_transfers(&self, expected: &Value) {
        for (params, rows) in cases(expected, "TCR1") {
            assert_eq!(sorted(&self.read_1(&params).await), sorted(&rows), "TCR1 {params}");
        }
        for (params, rows) in cases(expected, "TCR2") {
            let rows = in_minor(&rows, &[1, 2]);
            assert_eq!(sorted(&self.read_2(&params).await), sorted(&rows), "TCR2 {params}");
        }
        for (params, steps) in cases(expected, "TCR3") {
            assert_eq!(self.read_3(&params).await, steps, "TCR3 {params}");
        }
        for (params, rows) in cases(expected, "TCR4") {
            let rows = in_minor(&rows, &[2, 3, 5, 6]);
            assert_eq!(sorted(&self.read_4(&params).await), sorted(&rows), "TCR4 {params}");
        }
        for (params, rows) in cases(expected, "TCR5") {
            let path = |path: &Value| list(path).iter().map(|id| text(id).to_owned()).collect();
            let paths: BTreeSet<Vec<String>> = list(&rows).iter().map(path).collect();
            assert_eq!(paths.len(), list(&rows).len());
            assert_eq!(self.read_5(&params).await, paths, "TCR5 {params}");
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
}
