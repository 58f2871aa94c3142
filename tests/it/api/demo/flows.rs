//! What the exercises about flows say that each caller finds on the scenario.

use serde_json::{Value, json};

use super::found::exercise;
use super::{Demo, truth};

/// What exercise 27 says.
pub(super) async fn finds_all_flows_at_once(demo: &Demo) {
    let mila = exercise(demo, "mila@rs-fiu", "flow-overview", 0).await;
    let enterprises = truth()["enterprises"].clone();
    let drugs = enterprises.as_array().expect("enterprises").iter().find(|known| known["name"] == "drugs");
    let drugs = drugs.expect("the drugs enterprise");
    let named: Vec<&Value> = mila["entities"].as_array().expect("members").iter().map(|row| &row["entity"]).collect();
    assert_eq!(json!(named), drugs["members"]);
    let broker = &mila["brokers"][0];
    let layers: Vec<&Value> =
        broker["layers"].as_array().expect("layers").iter().map(|share| &share["layer"]).collect();
    assert_eq!((&broker["entity"], json!(layers)), (&drugs["organiser"], json!(["product", "money", "information"])));
    let costs = |found: &Value| -> Vec<i64> {
        found["cuts"].as_array().expect("cuts").iter().map(|cut| cut["cost"].as_i64().expect("a cost")).collect()
    };
    let [goods, money, word, risk] = costs(&mila)[..] else { panic!("four flows: {mila}") };
    assert!(goods == 2 && goods < money && money < word && word <= risk && word > 12, "{}", mila["cuts"]);
    assert_eq!(mila["cheapest"], "product");
    let ana = exercise(demo, "ana@al-police", "flow-overview", 0).await;
    assert_eq!((&ana["cheapest"], costs(&ana)[1]), (&json!("money"), 1));
}
