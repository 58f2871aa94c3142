//! The model: folds, evaluations, periods, amounts, names. Expected values stand in the published tables or follow from the rules.

use linchpin::model::{
    Assertion, AssertionId, Claim, Classification, Day, DerivedMarking, EvaluationTable, Instant, Money, Ontology,
    Period, Quantity, Recorded, RelationshipKey, Revision, SubjectName, Tlp, Vocabulary, Window, fold_entity,
    fold_relationships, fold_text,
};
use serde_json::{Value, json};

fn claim(value: Value) -> Claim {
    serde_json::from_value(value).expect("a well-formed claim")
}

/// A claim on a person, with parts laid over a plain one.
fn person(id: &str, over: Value) -> Claim {
    let mut base = json!({
        "subject": {"entity": id}, "kind": "Person",
        "evaluation": {"scheme": "europol-4x4", "source": "B", "information": "2"},
        "marking": {"originator": "al-police", "classification": "restricted", "tlp": "GREEN"},
    });
    for (key, part) in over.as_object().expect("an object") {
        base[key] = part.clone();
    }
    claim(base)
}

fn recorded(id: u128, revision: u64, claim: Claim) -> Assertion {
    let at = Instant::from_micros(i64::try_from(revision).expect("small")).expect("in the calendar");
    Assertion {
        id: AssertionId::from_u128(id),
        claim,
        asserted_by: SubjectName::new("ana@al-police").expect("a name"),
        recorded: Recorded { from: Revision(revision), at, to: None },
    }
}

fn refused<T: serde::de::DeserializeOwned + std::fmt::Debug>(value: Value) -> String {
    serde_json::from_value::<T>(value).expect_err("refused").to_string()
}

#[test]
fn the_built_in_vocabulary_is_sound() {
    let vocabulary = Vocabulary::builtin();
    assert!(vocabulary.ontology.entity_kinds.len() > 20 && vocabulary.ontology.relationship_kinds.len() >= 28);
    let needed = "Ownership Control Directorship Employment Membership Family Associate Representation AccountHolder AccountTransfer \
                  Payment Call Message UsesPhone UsesDevice LocatedAt Operates CoTravel Crossing Ships Supplies Commands Recruits Moves \
                  Bribes PresentAt SameAs UnknownLink";
    for name in needed.split_whitespace() {
        let kind = name.parse().expect("a kind name");
        assert!(vocabulary.ontology.relationship(&kind).is_some(), "no relationship kind {name}");
    }
    let needed = "Person Organization Company PublicBody Address BankAccount CryptoWallet UserAccount Vehicle Vessel Airplane Passport \
                  Event Trip Document Phone Device Place Consignment Seizure BorderCrossing SmugglingRoute Case ExchangeRate";
    for name in needed.split_whitespace() {
        let kind = name.parse().expect("a kind name");
        assert!(vocabulary.ontology.entity(&kind).is_some(), "no entity kind {name}");
    }
    for role in ["victim", "witness", "protected"] {
        assert!(vocabulary.ontology.roles[role].protected, "{role} is not protected");
    }
    assert!(!vocabulary.ontology.roles["organiser"].protected);
}

#[test]
fn a_wrong_ontology_is_refused_with_the_place() {
    let refuse = |text: &str| Ontology::with_overlays(&[("mine.toml", text)]).expect_err("refused").to_string();
    assert!(refuse("[entity.Yacht]\nlabel='Y'\nftm='Vessel'\nextends='Ship'").contains("entity.Yacht: extends `Ship`"));
    assert!(
        refuse("[entity.A]\nlabel='A'\nftm='Thing'\nextends='B'\n[entity.B]\nlabel='B'\nftm='Thing'\nextends='A'")
            .contains("itself")
    );
    assert!(refuse("[entity.A]\nlabel='A'\nftm='Thing'\nproperties=['wingspan']").contains("[property.wingspan]"));
    assert!(
        refuse("[relationship.R]\nlabel='R'\nftm='Thing'\nsource=[]\ntarget=['Person']")
            .contains("`source` names no kind")
    );
    assert!(
        refuse("[relationship.Person]\nlabel='R'\nftm='T'\nsource=['Person']\ntarget=['Person']").contains("already")
    );
    assert!(
        refuse("[relationship.R]\nlabel='R'\nftm='T'\nsource=['Person']\ntarget=['Person']\nflows.risk={along='both'}")
            .contains("transmission")
    );
    assert!(refuse("[entity.A]\nlabel='A'\nftm='Thing'\ncolour='red'").contains("mine.toml"));
    assert!(refuse("entity = [").contains("mine.toml"));
    let good = "[property.wingspan]\nlabel='Wingspan'\ntype='number'\n[entity.Glider]\nlabel='Glider'\nftm='Airplane'\nextends='Airplane'\nproperties=['wingspan']";
    let extended = Ontology::with_overlays(&[("mine.toml", good)]).expect("sound");
    let (glider, airplane) = ("Glider".parse().expect("a name"), "Airplane".parse().expect("a name"));
    assert!(extended.is_a(&glider, &airplane) && !extended.is_a(&airplane, &glider));
}

#[test]
fn evaluations_follow_the_published_table() {
    let table = EvaluationTable::builtin();
    // model.md, "The evaluation table, version 1": p = source × information.
    let cases = [
        ("europol-4x4", "A", "1", 0.95, false),
        ("europol-4x4", "B", "2", 0.68, false),
        ("europol-4x4", "C", "4", 0.175, false),
        ("europol-4x4", "X", "1", 0.475, true),
        ("uk-3x5x2", "1", "A", 0.95, false),
        ("uk-3x5x2", "2", "B", 0.4, true),
        ("uk-3x5x2", "3", "E", 0.03, false),
        ("admiralty", "D", "3", 0.27, false),
        ("admiralty", "F", "6", 0.25, true),
    ];
    for (scheme, source, information, p, unknown) in cases {
        let evaluation =
            serde_json::from_value(json!({"scheme": scheme, "source": source, "information": information}));
        let reliability = table.reliability(&evaluation.expect("three strings")).expect("in the table");
        assert!(
            (reliability.probability() - p).abs() < 1e-9,
            "{scheme} {source}{information}: {}",
            reliability.probability()
        );
        assert_eq!(reliability.unknown, unknown);
        assert_eq!(reliability.passes(p), !unknown, "unknown never passes a minimum, the known passes its own value");
        let cost = reliability.cost().expect("p > 0");
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let nats = cost as f64 / 1e9;
        assert!((nats + p.ln()).abs() < 1e-9);
    }
    let unknown = |scheme: &str, source: &str| {
        let evaluation = serde_json::from_value(json!({"scheme": scheme, "source": source, "information": "1"}));
        table.reliability(&evaluation.expect("three strings")).expect_err("refused")
    };
    assert!(unknown("nato", "A").contains("admiralty, europol-4x4, uk-3x5x2"));
    assert!(unknown("europol-4x4", "E").contains("A, B, C, X"));
}

#[test]
fn names_of_the_region_fold_alike() {
    // methods.md, "Names".
    for alike in [
        &["Ђорђевић", "Đorđević", "Djordjevic", "Dordevic", "ĐORĐEVIĆ"][..],
        &["Живковић", "Zivkovic", "Živković"],
        &["Џафери", "Džaferi", "Xhaferi"],
        &["Тачи", "Thaçi"],
        &["Хоџа", "Hodža", "Hoxha"],
        &["Ѓорѓи", "Gjorgji"],
        &["Беџети", "Bexheti"],
        &["Арбен  К.", "arben k"],
    ] {
        for name in alike {
            assert_eq!(fold_text(name), fold_text(alike[0]), "{name}");
        }
    }
    assert_ne!(fold_text("Petrović"), fold_text("Perović"));
    assert_eq!(fold_text("  \u{feff}–— "), "");
    assert_eq!(fold_text("O'Brien-Smith, 12/b"), "obrien smit 12 b");
}

#[test]
fn ids_keep_to_the_charset() {
    for good in ["p-17", "Q42", "a.b-c", "9", &"x".repeat(200)] {
        person(good, json!({}));
    }
    for bad in ["", "-a", "a-", "a b", "a_b", "a@b", "é", ".", &"x".repeat(201)] {
        let refusal = serde_json::from_value::<linchpin::model::EntityId>(json!(bad)).expect_err("refused").to_string();
        assert!(refusal.contains("an entity id"), "{bad}: {refusal}");
    }
}

#[test]
fn subjects_are_one_thing_or_the_other() {
    type Subject = linchpin::model::Subject;
    for bad in [
        json!({}),
        json!({"entity": "a", "relationship": "r"}),
        json!({"relationship": "r", "source": "a"}),
        json!({"entity": "a", "source": "b"}),
    ] {
        assert!(refused::<Subject>(bad).contains("a subject is"));
    }
    assert!(refused::<Subject>(json!({"entity": "a", "colour": "red"})).contains("unknown field"));
    let both = json!({"relationship": "r", "source": "a", "target": "b"});
    let subject: Subject = serde_json::from_value(both.clone()).expect("whole");
    assert_eq!(serde_json::to_value(subject).expect("serialises"), both);
}

#[test]
fn periods_and_windows_are_half_open() {
    let period = |value: Value| serde_json::from_value::<Period>(value).expect("a period");
    let window = |from: &str, to: &str| Window {
        from: (!from.is_empty()).then(|| Instant::parse(from).expect("an instant")),
        to: (!to.is_empty()).then(|| Instant::parse(to).expect("an instant")),
    };
    let (january, february, march) = ("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z");
    assert!(period(json!({"at": january})).meets(&window(january, february)));
    assert!(!period(json!({"at": february})).meets(&window(january, february)));
    assert!(period(json!({"from": january, "to": march})).meets(&window(february, "")));
    assert!(!period(json!({"from": january, "to": february})).meets(&window(february, march)));
    assert!(!period(json!({"from": february})).meets(&window("", february)));
    assert!(period(json!({"from": february})).meets(&window(march, "")));
    assert!(period(json!({"to": february})).meets(&window("", "")));
    for bad in [
        json!({}),
        json!({"from": march, "to": january}),
        json!({"from": march, "to": march}),
        json!({"from": march, "at": march}),
        json!({"at": "2024-03-05"}),
        json!({"at": "2024-03-05T10:12:00"}),
        json!({"at": "yesterday"}),
        json!({"at": 1}),
    ] {
        refused::<Period>(bad);
    }
    let offset = serde_json::to_value(period(json!({"at": "2024-03-05T11:12:00+01:00"}))).expect("serialises");
    assert_eq!(offset, json!({"at": "2024-03-05T10:12:00Z"}));
    let precise = json!({"at": "2024-03-05T00:00:00Z", "precision": "day"});
    assert_eq!(serde_json::to_value(period(precise.clone())).expect("serialises"), precise);
    assert_eq!(Day::parse("2024-02-29").expect("a leap day").since_epoch(), 19_782);
    assert_eq!(Instant::parse("1969-12-31T23:59:59Z").expect("before the epoch").day(), Day::from_epoch(-1));
    let first = |day: &str| {
        let day = Day::parse(day).expect("a day");
        [day.first_of_week(), day.first_of_month()].map(|first| first.to_string())
    };
    assert_eq!(first("2024-02-29"), ["2024-02-26", "2024-02-01"]);
    assert_eq!(first("1969-12-31"), ["1969-12-29", "1969-12-01"]);
    assert_eq!(first("2024-07-01"), ["2024-07-01", "2024-07-01"], "a Monday");
    assert!(Day::parse("2023-02-29").is_err() && Day::parse("2024-2-1").is_err());
}

#[test]
fn money_and_quantities_are_exact() {
    let money: Money =
        serde_json::from_value(json!({"minor": 9_007_199_254_740_991_i64, "currency": "ALL"})).expect("fits");
    assert_eq!(money.currency.exponent(), Some(2));
    assert!(refused::<Money>(json!({"minor": 9_007_199_254_740_992_i64, "currency": "EUR"})).contains("beyond"));
    assert!(refused::<Money>(json!({"minor": 1, "currency": "EURO"})).contains("ISO 4217"));
    refused::<Money>(json!({"minor": 1.5, "currency": "EUR"}));
    refused::<Money>(json!({"minor": "1", "currency": "EUR"}));
    refused::<Money>(json!({"minor": 1e300, "currency": "EUR"}));
    for exact in ["0.1", "12.345678", "-0.000001", "999999999.999999", "1000000000.0", "0.3"] {
        let text = format!(r#"{{"value":{exact},"unit":"kg"}}"#);
        let quantity: Quantity = serde_json::from_str(&text).expect("six places");
        let back = serde_json::to_value(&quantity).expect("serialises");
        assert_eq!(back, serde_json::from_str::<Value>(&text).expect("JSON"));
    }
    for bad in ["0.0000001", "1e10", "1.2345678"] {
        serde_json::from_str::<Quantity>(&format!(r#"{{"value":{bad},"unit":"kg"}}"#)).expect_err(bad);
    }
    refused::<Quantity>(json!({"value": 1, "unit": "KG"}));
    refused::<Quantity>(json!({"value": "1", "unit": "kg"}));
}

#[test]
fn faults_name_the_place_and_the_remedy() {
    let vocabulary = Vocabulary::builtin();
    let faults = |claim: Claim| {
        let faults = claim.faults(&vocabulary);
        faults.into_iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect::<Vec<_>>()
    };
    assert_eq!(faults(person("a", json!({"properties": {"name": ["Ana"]}}))), Vec::<String>::new());
    assert_eq!(faults(person("a", json!({"kind": "Yeti"}))), ["/kind unknown-kind"]);
    assert_eq!(faults(person("a", json!({"kind": "AccountTransfer"}))), ["/kind unknown-kind"]);
    assert_eq!(
        faults(person("a", json!({"kind": "LegalEntity"}))),
        Vec::<String>::new(),
        "FollowTheMoney has bare legal entities"
    );
    assert_eq!(faults(person("a", json!({"properties": {"a/b~": ["x"]}}))), ["/properties/a~1b~0 unknown-property"]);
    assert_eq!(faults(person("a", json!({"properties": {"name": []}}))), ["/properties/name value-count"]);
    assert_eq!(faults(person("a", json!({"properties": {"name": ["a", ""]}}))), ["/properties/name/1 value-length"]);
    assert_eq!(
        faults(person("a", json!({"properties": {"name": ["x".repeat(10_001)]}}))),
        ["/properties/name/0 value-length"]
    );
    assert_eq!(faults(person("a", json!({"properties": {"role": ["wizard"]}}))), ["/properties/role unknown-role"]);
    let marking = json!({"originator": "al-police", "classification": "secret", "tlp": "AMBER", "recipients": ["a@b"]});
    assert_eq!(faults(person("a", json!({"marking": marking}))), ["/marking/recipients recipients-without-red"]);
    let evaluation = json!({"scheme": "europol-4x4", "source": "Z", "information": "2"});
    assert_eq!(faults(person("a", json!({"evaluation": evaluation}))), ["/evaluation unknown-evaluation"]);
    let transfer = person(
        "a",
        json!({
            "subject": {"relationship": "t", "source": "a", "target": "b"}, "kind": "AccountTransfer",
            "amount": {"minor": -1, "currency": "EUR"},
        }),
    );
    assert_eq!(faults(transfer), ["/amount/minor negative-amount"]);
}

#[test]
fn a_fold_ranks_nature_then_probability_then_recency_then_id() {
    let vocabulary = Vocabulary::builtin();
    let grade = |source: &str, information: &str| json!({"scheme": "europol-4x4", "source": source, "information": information});
    let named = |name: &str, nature: &str, evaluation: Value| {
        person("p", json!({"properties": {"name": [name]}, "nature": nature, "evaluation": evaluation}))
    };
    let claims = [
        recorded(9, 9, named("hypothesis", "hypothesis", grade("A", "1"))),
        recorded(1, 1, named("fact", "fact", grade("C", "4"))),
        recorded(2, 2, named("assessed", "assessment", grade("A", "1"))),
        recorded(3, 3, named("unknown", "fact", grade("X", "1"))),
        recorded(4, 2, named("later", "fact", grade("C", "4"))),
        recorded(5, 2, named("greater", "fact", grade("C", "4"))),
    ];
    let order = ["greater", "later", "fact", "unknown", "assessed", "hypothesis"];
    let mut left: Vec<&Assertion> = claims.iter().collect();
    for expected in order {
        let entity = fold_entity(&vocabulary, &left, None).expect("claims are left");
        assert_eq!(entity.caption, expected);
        assert_eq!(entity.assertions, left.len());
        left.retain(|assertion| assertion.claim.properties["name"][0] != expected);
    }
    assert!(fold_entity(&vocabulary, &[], None).is_none());
}

#[test]
fn a_fold_joins_values_with_the_claims_that_carry_them() {
    let vocabulary = Vocabulary::builtin();
    let first = recorded(
        1,
        1,
        person("p", json!({"properties": {"name": ["Ana", "Anna"], "country": ["al"]}, "nature": "fact"})),
    );
    let marking = json!({"originator": "rs-fiu", "classification": "secret", "tlp": "RED", "handling": ["H2"], "cases": ["c-1"], "recipients": ["a@b", "c@d"]});
    let second = recorded(2, 2, person("p", json!({"properties": {"name": ["Anna", "Ани"]}, "marking": marking})));
    let entity = fold_entity(&vocabulary, &[&second, &first], None).expect("two claims");
    assert_eq!(entity.properties["name"], ["Ana", "Anna", "Ани"]);
    let (one, two) = (AssertionId::from_u128(1), AssertionId::from_u128(2));
    assert_eq!(entity.property_assertions["name"], [vec![one], vec![one, two], vec![two]]);
    let expected: DerivedMarking = serde_json::from_value(json!({
        "classification": "secret", "tlp": "RED", "handling": ["H2"], "originators": ["al-police", "rs-fiu"],
        "cases": [["c-1"]], "recipients": ["a@b", "c@d"],
    }))
    .expect("a derived marking");
    assert_eq!(entity.marking, expected);
}

#[test]
fn looking_back_sees_what_was_recorded_then_and_never_unmasks() {
    let vocabulary = Vocabulary::builtin();
    let named = recorded(1, 1, person("p", json!({"properties": {"name": ["Ana"]}})));
    let victim = recorded(2, 5, person("p", json!({"properties": {"role": ["victim"]}})));
    let claims = [&named, &victim];
    let then = fold_entity(&vocabulary, &claims, Some(Revision(3))).expect("recorded by then");
    assert_eq!((then.assertions, then.protected), (1, true), "protected now is protected in every look back");
    assert!(fold_entity(&vocabulary, &claims, Some(Revision(0))).is_none());
    let masked = then.masked(&vocabulary.ontology);
    assert_eq!((masked.caption.as_str(), masked.masked.as_slice()), ("(protected)", &["name".to_owned()][..]));
    assert!(!serde_json::to_string(&masked).expect("serialises").contains("Ana"));
    let open = fold_entity(&vocabulary, &[&named], None).expect("one claim").masked(&vocabulary.ontology);
    assert_eq!((open.caption.as_str(), open.protected), ("Ana", false));
}

#[test]
fn one_relationship_id_with_several_ends_is_several_relationships() {
    let vocabulary = Vocabulary::builtin();
    let call = |id: u128, source: &str, target: &str, nature: &str| {
        let subject = json!({"relationship": "r", "source": source, "target": target});
        recorded(id, 1, person("x", json!({"subject": subject, "kind": "Call", "nature": nature})))
    };
    let claims = [call(1, "a", "b", "hypothesis"), call(2, "a", "c", "fact"), call(3, "a", "b", "assessment")];
    let folds = fold_relationships(&vocabulary, &claims, None);
    let keys: Vec<String> = folds.iter().map(|fold| fold.id.to_string()).collect();
    assert_eq!(keys, ["r", "r@a@b"]);
    assert_eq!((folds[0].target.as_str(), folds[1].target.as_str()), ("c", "b"));
    assert_eq!(folds[1].evidence, [AssertionId::from_u128(3), AssertionId::from_u128(1)]);
    for key in keys {
        assert_eq!(key.parse::<RelationshipKey>().expect("a key").to_string(), key);
    }
    assert!("r@a".parse::<RelationshipKey>().is_err() && "@a@b".parse::<RelationshipKey>().is_err());
}

#[test]
fn visibility_of_markings_is_a_partial_order() {
    let marking = |tlp: Tlp, cases: &[&str]| {
        let mut marking = person("p", json!({})).marking;
        marking.tlp = tlp;
        marking.cases = cases.iter().map(|case| case.parse().expect("a case")).collect();
        marking
    };
    let all = [Tlp::Clear, Tlp::Green, Tlp::Amber, Tlp::AmberStrict, Tlp::Red];
    for a in all {
        for b in all {
            let wider = marking(a, &[]).at_least_as_visible_as(&marking(b, &[]));
            let both_wide = matches!(a, Tlp::Clear | Tlp::Green);
            let neither_red = a != Tlp::Red && b != Tlp::Red;
            assert_eq!(wider, both_wide || a == b || (neither_red && a < b), "{a:?} {b:?}");
        }
    }
    let green = |cases: &[&str]| marking(Tlp::Green, cases);
    assert!(green(&[]).at_least_as_visible_as(&green(&["c"])) && !green(&["c"]).at_least_as_visible_as(&green(&[])));
    assert!(
        green(&["c", "d"]).at_least_as_visible_as(&green(&["c"]))
            && !green(&["c"]).at_least_as_visible_as(&green(&["c", "d"]))
    );
    let mut secret = green(&[]);
    secret.classification = Classification::Secret;
    assert!(!secret.at_least_as_visible_as(&green(&[])) && green(&[]).at_least_as_visible_as(&secret));
}

#[test]
fn every_line_of_the_scenario_keeps_to_the_vocabulary() {
    let vocabulary = Vocabulary::builtin();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("seed/scenario");
    let mut lines = 0;
    for file in std::fs::read_dir(folder).expect("the scenario").map(|entry| entry.expect("readable").path()) {
        for line in std::fs::read_to_string(&file).expect("UTF-8").lines() {
            let claim: Claim =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{}: {error}: {line}", file.display()));
            assert_eq!(claim.faults(&vocabulary), Vec::new(), "{}: {line}", file.display());
            lines += 1;
        }
    }
    assert!(lines >= 4_000, "{lines} assertions");
}
