//! Reads about the money of accounts: the sums and counts are those of `profile`.

use serde_json::{Value, json};

use super::{Client, cases, ever, in_minor, minor, number, own, ratio, sorted, text, thousandths, window};

/// What a profile says of the only currency; of no transfers it says nothing.
fn dollars(profile: &Value) -> Value {
    profile["result"]["currencies"].get(0).cloned().unwrap_or_default()
}

/// A sum or a count, 0 where there is nothing.
fn sum(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

/// With whom money moved, every one of them.
fn counterparties(told: &Value) -> Vec<Value> {
    let listed = told["counterparties"].as_array().cloned().unwrap_or_default();
    assert_eq!(listed.len() as i64, sum(&told["counterparty_count"]));
    listed
}

impl Client {
    /// TCR6, TCR7, TCR9 and TCR12.
    pub(super) async fn compares_money(&self, expected: &Value) {
        for (params, rows) in cases(expected, "TCR6") {
            let rows = in_minor(&rows, &[1, 2]);
            assert_eq!(sorted(&self.read_6(&params).await), sorted(&rows), "TCR6 {params}");
        }
        for (params, row) in cases(expected, "TCR7") {
            let row = (number(&row[0]), number(&row[1]), thousandths(&row[2]));
            assert_eq!(self.read_7(&params).await, row, "TCR7 {params}");
        }
        for (params, row) in cases(expected, "TCR9") {
            assert_eq!(self.read_9(&params).await, [0, 1, 2].map(|at| thousandths(&row[at])), "TCR9 {params}");
        }
        for (params, rows) in cases(expected, "TCR12") {
            let rows = in_minor(&rows, &[1]);
            assert_eq!(sorted(&self.read_12(&params).await), sorted(&rows), "TCR12 {params}");
        }
    }

    /// The profile of an account: of what moves by some kinds of relationships and is above a threshold.
    async fn profile(&self, account: &str, kinds: &[&str], threshold: &Value, params: &Value) -> Value {
        let frame = json!({"relationship_kinds": kinds, "window": window(params)});
        let least = minor(threshold) + 1;
        dollars(
            &self.ask("profile", json!({"entity": account, "min_amount": least, "top": 1000, "frame": frame})).await,
        )
    }

    /// Accounts that more than three others paid in to, and that paid out to the card.
    async fn read_6(&self, params: &Value) -> Value {
        let card = format!("account-{}", text(&params["id"]));
        let paid_out = self.profile(&card, &["Withdrawal"], &params["threshold2"], params).await;
        let mut rows = Vec::new();
        for other in counterparties(&paid_out).iter().filter(|other| sum(&other["in"]) > 0) {
            let account = text(&other["entity"]);
            let paid_in = self.profile(account, &["AccountTransfer"], &params["threshold1"], params).await;
            if sum(&paid_in["counterparties_in"]) > 3 {
                rows.push(json!([own(&other["entity"]), paid_in["in"], other["in"]]));
            }
        }
        json!(rows)
    }

    /// From how many an account was paid, how many it paid, and the ratio of the sums; -1 where it paid nothing.
    async fn read_7(&self, params: &Value) -> (i64, i64, i64) {
        let account = format!("account-{}", text(&params["id"]));
        let told = self.profile(&account, &["AccountTransfer"], &params["threshold"], params).await;
        let ratio = ratio(sum(&told["in"]), sum(&told["out"])).unwrap_or(-1_000);
        (sum(&told["counterparties_in"]), sum(&told["counterparties_out"]), ratio)
    }

    /// The ratios of loans paid to the account to those that it repaid and to what it transferred, and of transfers in to transfers out.
    async fn read_9(&self, params: &Value) -> [i64; 3] {
        let account = format!("account-{}", text(&params["id"]));
        let kinds = ["AccountTransfer", "LoanDeposit", "LoanRepayment"];
        let told = self.profile(&account, &kinds, &params["threshold"], params).await;
        let moved = |kind: &str, way: &str| {
            let kinds = told["kinds"].as_array().into_iter().flatten();
            kinds.filter(|told| told["kind"] == kind).map(|told| number(&told[way])).sum::<i64>()
        };
        let (borrowed, repaid) = (moved("LoanDeposit", "in"), moved("LoanRepayment", "out"));
        let (came, went) = (moved("AccountTransfer", "in"), moved("AccountTransfer", "out"));
        [(borrowed, repaid), (borrowed, went), (came, went)].map(|(over, under)| ratio(over, under).unwrap_or(-1_000))
    }

    /// To which accounts of companies the accounts of a person paid, and how much.
    async fn read_12(&self, params: &Value) -> Value {
        let person = format!("person-{}", text(&params["id"]));
        let frame = json!({"relationship_kinds": ["AccountHolder", "AccountTransfer"], "window": window(params)});
        let body = json!({"entity": person, "through_holders": true, "top": 1000, "frame": frame});
        let told = dollars(&self.ask("profile", body).await);
        let mut rows = Vec::new();
        for other in counterparties(&told).iter().filter(|other| sum(&other["out"]) > 0) {
            let holders = self.neighbours(text(&other["entity"]), "AccountHolder", "in", &ever()).await;
            if holders.iter().any(|holder| holder["entity"]["kind"] == "Company") {
                rows.push(json!([own(&other["entity"]), other["out"]]));
            }
        }
        json!(rows)
    }
}
