//! The options of each analysis, for the laws to go through.

use linchpin::analysis::AnyAnalysis;
use serde_json::{Value, json};

/// The bodies that a random question is asked with: as it is, and with each of the options that it may have.
pub(super) fn variants(analysis: &dyn AnyAnalysis, body: &Value) -> Vec<Value> {
    let with = |fields: Value| {
        let mut other = body.clone();
        for (name, value) in fields.as_object().unwrap() {
            match value {
                Value::Null => _ = other.as_object_mut().unwrap().remove(name),
                value => other[name] = value.clone(),
            }
        }
        other
    };
    let costs = ["hops", "reliability", "hub_aware", "quantity"].map(|cost| json!({"cost": cost}));
    let more = match analysis.name() {
        "temporal-paths" => vec![
            json!({"objective": "latest_departure", "deadline": "1970-01-08T00:00:00Z"}),
            json!({"objective": "fastest", "target": null}),
            json!({"objective": "fewest_hops", "target": null, "same_instant": true, "start": "1970-01-02T00:00:00Z"}),
            json!({"target": null, "max_dwell_seconds": 172_800}),
            json!({"objective": "fastest", "min_ratio": 0.9, "max_dwell_seconds": 259_200}),
        ],
        "paths-within" => vec![
            json!({"target": null, "max_hops": 3}),
            json!({"temporal": true}),
            json!({"temporal": true, "target": null, "max_hops": 3}),
        ],
        "k-shortest-paths" => vec![json!({"max_overlap": 0.5}), json!({"max_overlap": 0, "cost": "reliability"})],
        "shortest-paths" => vec![json!({"all": false})],
        "most-reliable-paths" => vec![json!({"minimum_probability": 0.3, "k": 20})],
        "cycles" => vec![
            json!({"entities": null, "entity": body["entities"][0], "max_hops": 4}),
            json!({"entities": null, "max_hops": 3, "within_seconds": 172_800}),
            json!({"temporal": false, "within_seconds": null}),
            json!({"temporal": false, "within_seconds": null, "entities": null, "entity": body["entities"][1]}),
            json!({"temporal": false, "within_seconds": null, "entities": null, "max_hops": 4}),
        ],
        // As many as are joined exactly, in an order of their own.
        "connect" => vec![json!({"entities": ["p-5", "p-1", "p-30", "Z"], "cost": "reliability"})],
        "expand" => vec![
            json!({"hops": 3, "caps": {"per_entity": 1}}),
            json!({"hops": 2, "shown": ["p-2", "a", "nowhere"], "caps": {"total": 2, "relationships": 3}}),
        ],
        "common-neighbours" => vec![json!({"at_least": 1})],
        "flow-overview" => vec![
            json!({"entities": ["p-2", "p-1", "a"], "through_holders": false, "max_dwell_seconds": 172_800}),
            json!({"forbidden": [body["entities"][0]], "top": 1}),
        ],
        "hidden-links" => vec![
            json!({"methods": ["adamic_adar", "l3"]}),
            json!({"methods": ["resource_allocation", "shared_attributes"]}),
            json!({"across_agencies": true, "only_hidden": true, "max_q_value": 0.9}),
            json!({"attributes": ["Thing"], "candidates": ["Person", "Address"], "entity": null}),
            json!({"entity": null, "methods": ["l3"]}),
        ],
        "communities" => vec![
            json!({"objective": "cpm", "weights": "reliability", "restarts": 3}),
            json!({"method": "label_propagation", "weights": "reliability"}),
            json!({"method": "ego_splitting", "weights": "count", "members": 2}),
            json!({"weights": "recency", "weighting": {"half_life_days": 2.0, "layers": {"money": 1.0, "risk": 0.5}}}),
        ],
        "centrality" => centralities(),
        "timeline" => vec![
            json!({"every": null, "windows": [{"to": "1970-01-04T00:00:00Z"}, {"from": "1970-01-04T00:00:00Z"}]}),
            json!({"every": {"from": "1970-01-01T00:00:00Z", "to": "1970-01-12T00:00:00Z", "days": 4}, "measure": "pagerank", "top": 2}),
        ],
        "components" => vec![
            json!({"kind": "weak", "entities": null}),
            json!({"kind": "strong", "entities": null}),
            json!({"kind": "k_core", "k": 1}),
            json!({"kind": "k_core", "entities": null}),
            json!({"kind": "biconnected"}),
            json!({"kind": "bridges", "entities": null}),
            json!({"kind": "articulation_points", "entities": null}),
            json!({"kind": "triangles", "entities": null}),
        ],
        "key-players" => vec![
            json!({"objective": "distance_fragmentation", "forbidden": null, "removed_as_isolates": true}),
            json!({"objective": "reach", "within": 2, "size": 3}),
            json!({"objective": "distance_reach", "forbidden": null, "size": 1}),
            json!({"forbidden": null, "size": 3, "costs": {body["forbidden"][0].as_str().unwrap(): 3}, "budget": 4}),
        ],
        "trace-money" => vec![
            json!({"direction": "backward"}),
            json!({"from": {"entity": body["from"]["entity"], "amount": 700, "at": "1970-01-04T00:00:00Z"}, "same_instant": "chain"}),
            json!({"from": {"entity": body["from"]["entity"], "at": "1970-01-05T00:00:00Z"}, "direction": "backward"}),
            json!({"from": {"relationship": "t-1"}, "currency": null}),
            json!({"from": {"relationship": "t-1"}, "currency": "RSD"}),
            json!({"from": {"relationship": "t-2"}, "currency": null, "direction": "backward", "same_instant": "chain"}),
            json!({
                "currency": null, "through_holders": true, "rules": ["tiho", "haircut"],
                "opening": {body["from"]["entity"].as_str().unwrap(): 300},
            }),
        ],
        "money-flow" => vec![
            json!({"temporal": false, "currency": null, "prefer": "fewest_transfers"}),
            json!({"same_instant": true, "costs": {body["sources"][0].as_str().unwrap(): 3}, "through_holders": true}),
            json!({"forbidden": body["sources"], "currency": null, "prefer": "fewest_transfers"}),
            json!({
                "prefer": "least_price",
                "prices": {"kinds": {"AccountTransfer": 2}, "accounts": {body["sources"][0].as_str().unwrap(): 3}},
            }),
            json!({"currency": "RSD"}),
        ],
        "balances" => vec![
            json!({"currency": null, "step": "day", "same_instant": "chain", "max_dwell_seconds": 172_800}),
            json!({
                "through_holders": true, "step": "week", "max_dwell_seconds": 0,
                "opening": {body["entities"][0].as_str().unwrap(): 300},
            }),
            json!({"entities": ["p-5", "p-1", "p-30", "Z"], "currency": "RSD", "through_holders": true}),
        ],
        "profile" => {
            vec![
                json!({"through_holders": true, "top": 1, "min_amount": 950}),
                json!({"same_instant": "chain"}),
                json!({"currency": "EUR", "min_amount": 2}),
                json!({"currency": "RSD", "through_holders": true}),
            ]
        }
        "counter-flow" => vec![
            json!({
                "entities": null, "before_seconds": 864_000, "holding_kinds": ["AccountHolder", "Call"],
                "link_kinds": ["AccountHolder", "AccountTransfer", "Associate", "Supplies"],
            }),
            json!({"entities": null, "unit": "kg", "currency": "EUR", "min_amount": 950, "holding_kinds": ["AccountHolder", "Associate"]}),
            json!({"link_kinds": ["AccountTransfer"], "holding_kinds": [], "candidates": 1}),
        ],
        "product-flow" => vec![
            json!({"sources": null, "sinks": null, "unit": "persons"}),
            json!({"sources": null, "temporal": false}),
            json!({"sinks": null, "same_instant": true, "unit": null, "stages": 1}),
            json!({"sources": null, "sinks": null, "unit": null, "split_by": null}),
        ],
        "roles" => vec![
            json!({"groups": "communities", "order_by": "brokerage", "weights": "reliability"}),
            json!({"groups": "agency", "order_by": "participation", "top": 2}),
            json!({"groups": "country", "entities": ["p-5", "p-1"]}),
            json!({"groups": "communities", "order_by": "within_z", "weights": "recency", "restarts": 2}),
        ],
        "risk-flow" => risk_flows(body),
        "typologies" => typologies(),
        "information-flow" => vec![
            json!({"question": "could_have_told", "deadline": "1970-01-06T00:00:00Z"}),
            json!({"question": "could_have_told", "undated": true, "top": 2, "start": "1970-01-02T00:00:00Z"}),
            json!({"undated": true, "same_instant": true}),
        ],
        _ => Vec::new(),
    };
    let costs = if body.get("cost").is_some() { costs.to_vec() } else { vec![json!({})] };
    costs.into_iter().chain(more).map(with).collect()
}

fn risk_flows(body: &Value) -> Vec<Value> {
    let others = json!([{"entity": body["sources"][0]["entity"], "weight": 0.5}, {"entity": "p-30"}, {"entity": "a", "weight": 0.2}]);
    vec![
        json!({"method": "pagerank", "paths": 1}),
        json!({"method": "strongest_path", "top": 2}),
        json!({"worlds": 64, "sources": others, "top": 3, "half_life_days": {"Associate": 2.0}}),
        json!({"method": "pagerank", "sources": others, "transmissions": {"AccountTransfer": 0.0}}),
        json!({"method": "strongest_path", "sources": others, "transmissions": {"Call": 1.0}}),
    ]
}

/// Every one of them as easy to find as can be, in the few transfers that there are.
fn typologies() -> Vec<Value> {
    let day = 86_400;
    let easy = json!({"typologies": null, "currency": null, "null_runs": 2,
        "fan_in": {"sources": 1, "within_seconds": 9 * day}, "fan_out": {"targets": 1},
        "cycle": {"min_length": 2, "min_ratio": 0}, "scatter_gather": {"intermediaries": 1, "min_ratio": 0},
        "gather_scatter": {"sources": 1, "targets": 1}, "bipartite": {"sources": 1, "targets": 1, "each": 1},
        "stack": {"sources": 1, "intermediaries": 1, "targets": 1, "each": 1},
        "structuring": {"threshold": 9_007_199_254_740_991_i64, "margin": 1, "transfers": 2, "within_seconds": 9 * day},
        "pass_through": {"passes": 1, "within_seconds": 9 * day, "min_ratio": 0},
        "dormant_active": {"dormant_seconds": day, "within_seconds": 0, "transfers": 1},
        "round_amounts": {"multiple": 1, "transfers": 2, "within_seconds": 9 * day}});
    let mut in_euros = easy.clone();
    in_euros["currency"] = json!("EUR");
    in_euros["min_amount"] = json!(2);
    in_euros["listed"] = json!(1);
    in_euros["same_instant"] = json!(true);
    in_euros["cycle"]["any_order"] = json!(true);
    let mut in_dinars = easy.clone();
    in_dinars["currency"] = json!("RSD");
    vec![easy, in_euros, in_dinars]
}

fn centralities() -> Vec<Value> {
    let of = |measure: &str, mut fields: Value| {
        fields["measure"] = json!(measure);
        // Which entities a walk starts at goes with one measure alone.
        fields["sources"] = Value::Null;
        fields
    };
    let worlds = json!({"uncertainty": {"worlds": 5, "k": 2}});
    vec![
        json!({"weights": "count", "uncertainty": {"worlds": 4}}),
        of("degree", json!({"weights": "recency", "uncertainty": {"worlds": 5, "k": 2}})),
        of("degree", worlds.clone()),
        of("pagerank", json!({"iterations": 20, "damping": 0.5, "top": 2})),
        of("eigenvector", json!({"weights": "reliability"})),
        of("katz", json!({"alpha": 0.01, "weighting": {"kinds": {"Associate": 2.0}}})),
        of("katz", json!({})),
        of("harmonic", json!({"weighting": {"layers": {"risk": 1.0, "money": 0.5}}})),
        of("closeness", worlds.clone()),
        of("betweenness", json!({"weights": "count", "uncertainty": {"worlds": 5, "k": 2}})),
        of("betweenness_sampled", json!({"samples": 3})),
        of("betweenness_sampled", json!({"epsilon": 0.3, "confidence": 0.6})),
        of("edge_betweenness", worlds),
    ]
}
