//! What the exercises say that each caller finds on the scenario.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Demo, exercises, truth};

pub(super) async fn finds_what_was_planted(demo: &Demo) {
    let truth = truth();
    let question = &truth["k_shortest"]["request"];
    for (who, hops) in truth["k_shortest"]["hops"].as_object().expect("hops") {
        let (status, answer) = demo.call(who, Method::POST, "/v1/analyses/k-shortest-paths", Some(question)).await;
        assert_eq!(status, StatusCode::OK, "{who}: {answer}");
        let found: Vec<&Value> =
            answer["result"]["paths"].as_array().expect("paths").iter().map(|path| &path["hops"]).collect();
        assert_eq!(json!(found), *hops, "{who}");
    }
    let hidden = &truth["hidden_link"];
    let question = json!({"source": hidden["source"], "target": hidden["target"], "k": 1});
    for who in hidden["seen_by"].as_array().expect("people").iter().filter_map(Value::as_str) {
        let (_, answer) = demo.call(who, Method::POST, "/v1/analyses/k-shortest-paths", Some(&question)).await;
        assert_eq!(answer["result"]["paths"][0]["entities"], hidden["entities"], "{who}: {answer}");
        assert_eq!(answer["result"]["paths"][0]["relationships"], hidden["relationships"], "{who}");
        assert_eq!(answer["marking"]["originators"], hidden["needs"], "{who}");
    }
    let (_, answer) = demo.call("ana@al-police", Method::POST, "/v1/analyses/k-shortest-paths", Some(&question)).await;
    assert_eq!(answer["result"]["paths"], json!([]));
    finds_money_in_time(demo, &truth["cycle"]["legs"]).await;
    for victim in truth["protected"].as_array().expect("people") {
        let id = victim["entity"].as_str().expect("an id");
        let agencies = victim["agencies"].as_array().expect("agencies");
        let (status, read) = demo.call("sava@rs-police", Method::GET, &format!("/v1/entities/{id}"), None).await;
        if victim["tlp"] == "GREEN" || agencies.contains(&json!("rs-police")) {
            assert_eq!((status, &read["caption"]), (StatusCode::OK, &json!("(protected)")), "{id}");
        }
    }
}

/// What exercise 9 says.
async fn finds_money_in_time(demo: &Demo, legs: &Value) {
    let exercises = exercises();
    let bodies = |name: &str| -> Vec<&Value> {
        exercises.iter().filter(|(path, _)| path.ends_with(name)).map(|(_, body)| body).collect()
    };
    let asked = async |who: &str, name: &str, body: &Value| {
        let (status, answer) = demo.call(who, Method::POST, &format!("/v1/analyses/{name}"), Some(body)).await;
        assert_eq!(status, StatusCode::OK, "{who}: {answer}");
        answer
    };
    let [first, fastest, most] = bodies("temporal-paths")[..] else { panic!("three questions about paths in time") };
    let found = asked("mila@rs-fiu", "temporal-paths", first).await["result"]["paths"][0].clone();
    assert_eq!(found["entities"], json!(["acc-0001", "acc-1116", "acc-0005"]));
    assert!(found["arrival"].as_str().is_some_and(|arrival| arrival.starts_with("2024-01-")), "{found}");
    let keys: Vec<&Value> = legs.as_array().expect("legs").iter().map(|leg| &leg["relationship"]).collect();
    let found = asked("mila@rs-fiu", "temporal-paths", fastest).await["result"]["paths"][0].clone();
    assert_eq!(found["relationships"], json!(keys[..4]));
    let found = asked("mila@rs-fiu", "temporal-paths", most).await;
    let reached = found["result"]["paths"].as_array().expect("paths").iter().map(|path| &path["relationships"]);
    assert!(
        reached.clone().any(|path| *path == json!(keys[..3])) && reached.clone().any(|path| *path == json!(keys[..4]))
    );
    assert!(found["left_out"]["without_rate"].as_u64().is_some_and(|count| count > 0), "{found}");
    let cycles = bodies("cycles")[0];
    let found = asked("mila@rs-fiu", "cycles", cycles).await["result"]["cycles"][0].clone();
    assert_eq!((&found["relationships"], &found["entities"][0]), (&json!(keys), &legs[0]["source"]));
    assert_eq!((&found["departure"], &found["arrival"]), (&legs[0]["at"], &legs[4]["at"]));
    assert_eq!((&found["smallest"], found["smallest"]["minor"].as_u64()), (&legs[4]["amount"], Some(22_411_400)));
    assert_eq!(asked("ana@al-police", "temporal-paths", fastest).await["result"]["paths"], json!([]));
    assert_eq!(asked("ana@al-police", "cycles", cycles).await["result"]["cycles"], json!([]));
}

/// What exercise 10 says, by who asks.
pub(super) async fn finds_what_stands_between(demo: &Demo) {
    let ask = async |who: &str, name: &str, body: Value| {
        let (status, answer) = demo.call(who, Method::POST, &format!("/v1/analyses/{name}"), Some(&body)).await;
        assert_eq!(status, StatusCode::OK, "{who}: {answer}");
        answer["result"].clone()
    };
    let around = json!({"entities": ["p-0001"], "shown": ["p-0100", "p-0300"], "caps": {"per_kind": 5}});
    let loan = json!("as-0001");
    for (who, people, cut, lent) in [("ana@al-police", 9, 3, true), ("vera@al-police", 7, 2, false)] {
        let found = ask(who, "expand", around.clone()).await;
        assert_eq!((&found["summary"][0]["kind"], &found["summary"][0]["count"]), (&json!("Person"), &json!(people)));
        assert_eq!(found["cut"], json!([{"cap": "per_kind", "count": cut}]), "{who}");
        assert_eq!(found["links_to_shown"].as_array().expect("links").contains(&loan), lent, "{who}");
    }
    let mut joined = truth()["k_shortest"]["request"].clone();
    joined.as_object_mut().expect("an object").retain(|name, _| name == "frame");
    joined["entities"] = json!(["p-0100", "p-0200", "p-0300"]);
    for (who, cost) in [("ana@al-police", 5), ("vera@al-police", 6)] {
        let found = ask(who, "connect", joined.clone()).await;
        assert_eq!((&found["cost"], &found["exact"]), (&json!(cost), &json!(true)), "{who}: {found}");
        if cost == 5 {
            assert_eq!(found["joining"], json!(["p-0001", "p-0003", "p-0205"]));
            let others: Vec<_> = found["alternatives"].as_array().expect("trees").iter().collect();
            assert_eq!((&others[0]["without"], &others[0]["cost"]), (&json!("p-0003"), &json!(5)));
            assert_eq!((&others[1]["without"], &others[1]["cost"]), (&json!("p-0001"), &json!(6)));
        }
    }
    for (who, about, expected) in [
        ("ana@al-police", ["p-0100", "p-0200"], json!("p-0001")),
        ("vera@al-police", ["p-0100", "p-0200"], Value::Null),
        ("sava@rs-police", ["p-0109", "p-0207"], json!("p-0020")),
    ] {
        let found = ask(who, "common-neighbours", json!({"entities": about})).await;
        assert_eq!(found["neighbours"][0]["entity"], expected, "{who}");
    }
    let papers = ask("ana@al-police", "hidden-links", json!({"entity": "p-0011"})).await;
    let pairs = papers["pairs"].as_array().expect("pairs");
    assert_eq!(pairs.iter().map(|pair| pair["related"] == true).collect::<Vec<_>>(), [true, false, false, false]);
    assert!(pairs.iter().all(|pair| pair["q_value"].as_f64().expect("a number") > 0.5), "{papers}");
    let question = json!({"entity": "p-0304", "only_hidden": true, "across_agencies": true});
    let pair = ask("sava@rs-police", "hidden-links", question.clone()).await["pairs"][0].clone();
    assert_eq!((&pair["b"], &pair["shared"][0]["entity"]), (&json!("p-0021"), &json!("veh-0304")));
    assert_eq!(ask("ana@al-police", "hidden-links", question).await["pairs"], json!([]));
}

/// What exercise 11 says.
pub(super) async fn finds_how_far_and_how_sure(demo: &Demo) {
    let exercises = exercises();
    let ask = async |who: &str, name: &str, place: usize| {
        let path = format!("/v1/analyses/{name}");
        let body = exercises.iter().filter(|(known, _)| *known == path).nth(place).map(|(_, body)| body);
        let (status, answer) = demo.call(who, Method::POST, &path, body).await;
        assert_eq!(status, StatusCode::OK, "{who}: {answer}");
        answer["result"].clone()
    };
    let entities = |found: &Value| -> Vec<Value> {
        found["paths"].as_array().expect("paths").iter().map(|path| path["entities"].clone()).collect()
    };
    for (who, count) in [("ana@al-police", 3), ("vera@al-police", 1)] {
        let found = ask(who, "shortest-paths", 0).await;
        assert_eq!((&found["distance"], &found["count"]), (&json!(3), &json!(count)), "{who}");
        assert!(entities(&found).contains(&json!(["p-0100", "p-0102", "p-0003", "p-0300"])), "{who}: {found}");
    }
    for (who, blocked) in [("mila@rs-fiu", json!(["reliability"])), ("ana@al-police", Value::Null)] {
        let found = ask(who, "shortest-paths", 1).await;
        assert_eq!((&found["count"], &found["blocked_by"]), (&json!(0), &blocked), "{who}");
    }
    let loan = json!(["p-0100", "p-0001", "p-0301", "p-0300"]);
    let lawyer = json!(["p-0100", "p-0116", "p-0004", "p-0001", "p-0301", "p-0300"]);
    for (who, expected) in
        [("ana@al-police", vec![(loan, 0.44), (lawyer.clone(), 0.40)]), ("vera@al-police", vec![(lawyer, 0.40)])]
    {
        let found = ask(who, "most-reliable-paths", 0).await;
        assert_eq!(entities(&found), expected.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(), "{who}");
        for (path, (_, probability)) in found["paths"].as_array().expect("paths").iter().zip(expected) {
            assert!((path["probability"].as_f64().expect("a number") - probability).abs() < 0.005, "{who}: {path}");
        }
    }
    let found = ask("mila@rs-fiu", "paths-within", 0).await;
    assert_eq!(entities(&found)[0], json!(["acc-0001", "acc-1116", "acc-0005"]));
    let legs = truth()["cycle"]["legs"].clone();
    let legs: Vec<&Value> = legs.as_array().expect("legs").iter().take(4).map(|leg| &leg["relationship"]).collect();
    let paths = found["paths"].as_array().expect("paths");
    assert!(paths.iter().any(|path| path["relationships"] == json!(legs)), "{found}");
    assert_eq!(entities(&ask("ana@al-police", "paths-within", 0).await), [] as [Value; 0]);
    for (who, steps) in [("ana@al-police", 1), ("vera@al-police", 2)] {
        let found = ask(who, "distances", 0).await;
        let rows = found["distances"].as_array().expect("distances");
        let ujkashi = rows.iter().find(|row| row["entity"] == "p-0100");
        assert_eq!(ujkashi.map(|row| &row["distance"]), Some(&json!(steps)), "{who}");
    }
}

/// What exercise 12 says.
pub(super) async fn finds_key_actors(demo: &Demo) {
    let exercises = exercises();
    let ask = async |who: &str, place: usize, weights: &str| {
        let (_, body) =
            exercises.iter().filter(|(path, _)| path == "/v1/analyses/centrality").nth(place).expect("a body");
        let mut body = body.clone();
        body["weights"] = json!(weights);
        let (status, answer) = demo.call(who, Method::POST, "/v1/analyses/centrality", Some(&body)).await;
        assert_eq!(status, StatusCode::OK, "{who}: {answer}");
        answer["result"].clone()
    };
    let entities = |found: &Value| -> Vec<Value> {
        found["scores"].as_array().expect("scores").iter().map(|score| score["entity"].clone()).collect()
    };
    let found = ask("ana@al-police", 0, "none").await;
    assert_eq!(entities(&found)[..2], [json!("p-0102"), json!("p-0001")]);
    let number = |at: usize, field: &str| found["scores"][at][field].as_f64().expect("a number");
    assert!(number(0, "value") - number(1, "value") < 0.003, "a hair: {found}");
    assert!((0.33..0.43).contains(&number(0, "top_k_share")) && (0.7..0.8).contains(&number(1, "top_k_share")));
    assert_eq!(entities(&ask("vera@al-police", 0, "none").await)[3], "p-0001");
    assert_eq!(entities(&ask("ana@al-police", 0, "reliability").await)[0], "p-0001");
    assert_eq!(entities(&ask("ana@al-police", 1, "none").await)[2], "p-0001");
    let edge = ask("ana@al-police", 2, "none").await["edges"][0].clone();
    assert_eq!((&edge["source"], &edge["target"]), (&json!("p-0001"), &json!("p-0301")));
    assert_eq!(edge["relationships"], json!(["as-0003"]));
}

/// What exercise 14 says.
pub(super) async fn finds_what_hangs_together(demo: &Demo) {
    let exercises = exercises();
    let ask = async |who: &str, kind: &str| {
        let path = "/v1/analyses/components";
        let body = exercises.iter().find(|(known, body)| known == path && body["kind"] == kind).map(|(_, body)| body);
        let (status, answer) = demo.call(who, Method::POST, path, body).await;
        assert_eq!(status, StatusCode::OK, "{who}: {answer}");
        assert_eq!(answer["result"]["entities"], 60, "{who}");
        answer["result"].clone()
    };
    let sizes = |found: &Value| -> Vec<Value> {
        found["components"].as_array().expect("parts").iter().map(|part| part["size"].clone()).collect()
    };
    let (whole, parts) = (ask("ana@al-police", "k_core").await, ask("vera@al-police", "k_core").await);
    assert_eq!((&whole["k"], sizes(&whole)), (&json!(3), vec![json!(16)]));
    let members = whole["components"][0]["members"].as_array().expect("people").clone();
    assert!(members.contains(&json!("p-0001")) && members.contains(&json!("p-0003")), "{whole}");
    assert_eq!((&parts["k"], sizes(&parts)), (&json!(3), vec![json!(4), json!(4)]));
    for (part, enterprise) in parts["components"].as_array().expect("parts").iter().zip(["migrants", "drugs"]) {
        let truth = truth()["enterprises"].clone();
        let known = truth.as_array().expect("enterprises").iter().find(|known| known["name"] == enterprise);
        let known = known.expect("one of that name")["members"].as_array().expect("people").clone();
        assert!(part["members"].as_array().expect("people").iter().all(|member| known.contains(member)), "{part}");
    }
    let points = ask("ana@al-police", "articulation_points").await["articulation_points"].clone();
    let cut_off: Vec<_> = [0, 1, 2].iter().map(|at| (&points[at]["entity"], &points[at]["cut_off"])).collect();
    assert_eq!(cut_off[..2], [(&json!("p-0101"), &json!(5)), (&json!("p-0102"), &json!(5))]);
    assert!(cut_off[2].1.as_u64().expect("a number") < 5);
    let bridges = ask("mila@rs-fiu", "bridges").await["bridges"].clone();
    assert_eq!((&bridges[0]["a"], &bridges[0]["b_side"]), (&json!("p-0001"), &json!(5)), "{bridges}");
    assert_eq!(bridges[0]["relationships"], json!(["as-0018"]));
}

/// What exercise 15 says.
pub(super) async fn finds_whose_removal_breaks_it(demo: &Demo) {
    let path = "/v1/analyses/key-players";
    let bodies: Vec<Value> = exercises().into_iter().filter(|(known, _)| known == path).map(|(_, body)| body).collect();
    let [two, dear, reach] = &bodies[..] else { panic!("three questions about key players") };
    for (who, body, entities, percent, top) in [
        ("ana@al-police", two, ["p-0102", "p-0205"], 41, Some((["p-0101", "p-0102"], 31))),
        ("mila@rs-fiu", two, ["p-0001", "p-0102"], 54, None),
        ("ana@al-police", dear, ["p-0040", "p-0205"], 25, None),
        ("ana@al-police", reach, ["p-0102", "p-0301"], 32, None),
    ] {
        let (status, answer) = demo.call(who, Method::POST, path, Some(body)).await;
        assert_eq!(status, StatusCode::OK, "{who}: {answer}");
        let result = &answer["result"];
        let is = |set: &Value, percent: i32| {
            let share = set["value"].as_f64().expect("a number");
            assert!((share * 100.0 - f64::from(percent)).abs() < 0.5, "{who}: {set}");
        };
        assert_eq!((&result["sets"][0]["entities"], &result["exact"]), (&json!(entities), &json!(true)), "{who}");
        is(&result["sets"][0], percent);
        if let Some((entities, percent)) = top {
            assert_eq!(result["top_ranked"]["degree"]["entities"], json!(entities), "{who}");
            is(&result["top_ranked"]["degree"], percent);
        }
    }
}

/// The answer to the exercise of this number among those on an analysis.
pub(super) async fn exercise(demo: &Demo, who: &str, name: &str, place: usize) -> Value {
    let path = format!("/v1/analyses/{name}");
    let (_, body) = exercises().into_iter().filter(|(known, _)| *known == path).nth(place).expect("a body");
    let (status, answer) = demo.call(who, Method::POST, &path, Some(&body)).await;
    assert_eq!(status, StatusCode::OK, "{who}: {answer}");
    answer["result"].clone()
}

/// What exercise 13 says.
pub(super) async fn finds_who_belongs_together(demo: &Demo) {
    let ana = exercise(demo, "ana@al-police", "communities", 0).await;
    let vera = exercise(demo, "vera@al-police", "communities", 0).await;
    assert_eq!((&ana["count"], &vera["count"]), (&json!(8), &json!(7)));
    let hits = |found: &Value| found["restarts"]["hits"].as_u64().expect("a count");
    assert!(hits(&ana) > 10 && hits(&vera) < 5, "{} and {}", ana["restarts"], vera["restarts"]);
    let tops = |community: &Value| -> Vec<Value> {
        community["top_members"].as_array().expect("members").iter().map(|member| member["entity"].clone()).collect()
    };
    let (first, last) = (&ana["communities"][0], &ana["communities"][7]);
    assert_eq!((&first["size"], &last["size"]), (&json!(10), &json!(3)));
    assert!(["p-0001", "p-0116", "p-0204", "p-0205"].iter().all(|who| tops(first).contains(&json!(who))), "{first}");
    let countries = ana["communities"].as_array().expect("communities").iter().map(|one| &one["countries"]);
    let single: Vec<bool> = countries.map(|countries| countries.as_array().expect("countries").len() == 1).collect();
    assert_eq!(single.iter().position(|single| *single), Some(7), "all but the smallest are of several");
    assert_eq!(
        (&last["countries"][0], &vera["communities"][0]["size"]),
        (&json!({"name": "me", "count": 3}), &json!(13))
    );
    let stability = |found: &Value, who: &str| {
        let communities = found["communities"].as_array().expect("communities");
        let own = communities.iter().find(|community| tops(community).contains(&json!(who))).expect("a community");
        own["stability"].as_f64().expect("a number")
    };
    for who in ["p-0101", "p-0102"] {
        assert!(stability(&ana, who) > 0.8 && stability(&vera, who) < 0.6, "{who}");
    }
    let joined = |found: &Value| {
        let bridges = found["bridges"].as_array().expect("bridges").clone();
        bridges.into_iter().find(|bridge| bridge["between"] == json!([1, 2]))
    };
    let by = joined(&ana).expect("it is among the strongest");
    assert!(by["pairs"] == 3 && by["relationships"].as_array().expect("ids").contains(&json!("as-0001")), "{by}");
    assert!(joined(&vera).is_none_or(|by| by["pairs"] == 2), "{vera}");
    let split = exercise(demo, "ana@al-police", "communities", 1).await;
    let communities = split["communities"].as_array().expect("communities").iter();
    let holds = |community: &&Value| {
        community["members"].as_array().expect("members").iter().any(|member| member["entity"] == "p-0102")
    };
    assert_eq!(communities.filter(holds).count(), 6);
}

/// What exercise 16 says.
pub(super) async fn finds_between_whom_they_stand(demo: &Demo) {
    for (who, second) in [("ana@al-police", "p-0001"), ("vera@al-police", "p-0101"), ("mila@rs-fiu", "p-0001")] {
        let found = exercise(demo, who, "roles", 0).await;
        let first = &found["entities"][0];
        assert_eq!((&first["entity"], &first["cartography"]), (&json!("p-0102"), &json!("connector")), "{who}");
        assert_eq!((&first["effective_size"], &found["entities"][1]["entity"]), (&json!(9.0), &json!(second)), "{who}");
        assert!(first["constraint"].as_f64().is_some_and(|constraint| constraint < 0.17), "{who}: {first}");
        let roles = found["enterprise_roles"].as_array().expect("roles");
        let role = |name: &str| roles.iter().find(|role| role["role"] == name);
        let only = |name: &str| role(name).map_or(Value::Null, |role| role["only"].clone());
        match who {
            "ana@al-police" => assert_eq!([only("financier"), only("corrupt_official")], ["p-0001", "p-0033"]),
            "vera@al-police" => assert_eq!(role("financier"), None),
            _ => assert_eq!(role("launderer").map(|role| &role["holders"]), Some(&json!(2))),
        }
    }
    for (who, liaison, total) in [("ana@al-police", 30, 34), ("mila@rs-fiu", 34, 38)] {
        let financier = exercise(demo, who, "roles", 1).await["entities"][0].clone();
        let brokerage = &financier["brokerage"];
        assert_eq!((&brokerage["liaison"], &brokerage["total"]), (&json!(liaison), &json!(total)), "{who}");
        let own = financier["group"].as_str().expect("agencies").split('+').any(|agency| agency == "rs-fiu");
        assert_eq!(own, who == "mila@rs-fiu", "{financier}");
    }
}

/// What exercise 17 says.
pub(super) async fn finds_how_it_changes(demo: &Demo) {
    for who in ["ana@al-police", "mila@rs-fiu"] {
        let found = exercise(demo, who, "timeline", 0).await;
        let windows = found["windows"].as_array().expect("windows");
        assert_eq!(windows.len(), 6, "{who}");
        for window in windows {
            let actors = window["key_actors"].as_array().expect("actors");
            assert!(actors.iter().any(|actor| actor["entity"] == "ph-0102"), "{who}: {window}");
        }
        let largest = &windows[0]["communities"][0];
        let next = windows[1]["communities"].as_array().expect("communities");
        let next = next.iter().find(|community| community["track"] == largest["track"]).expect("it goes on");
        assert_eq!((&largest["size"], &next["size"], &next["jaccard"]), (&json!(8), &json!(6), &json!(0.75)), "{who}");
    }
}
