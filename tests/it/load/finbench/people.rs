//! Reads about people: whom they stand surety for, and what they invest in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Client, cases, list, minor, number, ratio, text, thousandths, window};

impl Client {
    /// TCR10 and TCR11.
    pub(super) async fn compares_people(&self, expected: &Value) {
        for (params, similarity) in cases(expected, "TCR10") {
            assert_eq!(self.read_10(&params).await, thousandths(&similarity), "TCR10 {params}");
        }
        for (params, loans) in cases(expected, "TCR11") {
            let loans = json!([minor(&loans[0]), loans[1]]);
            assert_eq!(self.read_11(&params).await, loans, "TCR11 {params}");
        }
    }

    /// How much of what two people invest in is the same: the companies of both among those of either.
    async fn read_10(&self, params: &Value) -> i64 {
        let people = ["pid1", "pid2"].map(|name| format!("person-{}", text(&params[name])));
        let frame = json!({"relationship_kinds": ["Ownership"], "direction": "out", "window": window(params)});
        let answer = self.ask("common-neighbours", json!({"entities": people, "at_least": 1, "frame": frame})).await;
        let both = list(&answer["result"]["neighbours"]).iter().filter(|company| company["joins"] == 2).count();
        ratio(both as i64, number(&answer["result"]["total"])).unwrap_or(0)
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
