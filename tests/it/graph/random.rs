//! Random claims, callers and frames, small enough to be dense in coincidences: few entities, few ids, few markings.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeSet;

use linchpin::access::{ActiveGrant, Clearance};
use linchpin::model::{
    AgencyId, Assertion, AssertionId, CaseId, Claim, Classification, Closure, Currency, Day, Decimal, EntityId,
    Evaluation, Instant, KindName, Marking, Money, Nature, Period, Properties, Provenance, Quantity, Recorded,
    RelationshipId, RetractionReason, Revision, Subject, SubjectName, Tlp,
};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const AGENCIES: [&str; 3] = ["al-police", "rs-fiu", "mk-police"];
const SUBJECTS: [&str; 4] = ["ana@al-police", "vera@al-police", "mila@rs-fiu", "goran@mk-police"];
const CASES: [&str; 2] = ["case-1", "case-2"];
/// In an order that is not that of the ids, so that numbers and ranks differ where they may.
const ENTITIES: [&str; 8] = ["p-5", "p-1", "p-30", "p-2", "a", "p-4", "p-3", "Z"];
const RELATIONSHIPS: [&str; 6] = ["t-2", "t-1", "t-10", "t-3", "t-4", "t-5"];

pub(crate) fn entity_id() -> impl Strategy<Value = EntityId> {
    select(&ENTITIES[..]).prop_map(|id| EntityId::new(id).unwrap())
}

fn instant(day: i64) -> Instant {
    Instant::from_micros(day * 86_400_000_000).unwrap()
}

fn cases() -> impl Strategy<Value = BTreeSet<CaseId>> {
    btree_set(select(&CASES[..]).prop_map(|case| CaseId::new(case).unwrap()), 0..=2)
}

fn level() -> impl Strategy<Value = Classification> {
    prop_oneof![
        4 => Just(Classification::Unclassified),
        1 => Just(Classification::Restricted),
        1 => Just(Classification::Secret),
    ]
}

pub(crate) fn clearance() -> impl Strategy<Value = Clearance> {
    let grant = (select(&AGENCIES[..]), option::of(cases()))
        .prop_map(|(from, cases)| ActiveGrant { from: AgencyId::new(from).unwrap(), cases });
    (0..SUBJECTS.len(), level(), cases(), btree_set(grant, 0..=2)).prop_map(|(at, level, cases, grants)| Clearance {
        subject: SubjectName::new(SUBJECTS[at]).unwrap(),
        agency: AgencyId::new(SUBJECTS[at].split_once('@').unwrap().1).unwrap(),
        level,
        cases,
        grants,
    })
}

fn marking() -> impl Strategy<Value = (Marking, SubjectName)> {
    let tlp = select(vec![
        Tlp::Clear,
        Tlp::Clear,
        Tlp::Clear,
        Tlp::Green,
        Tlp::Green,
        Tlp::Amber,
        Tlp::AmberStrict,
        Tlp::Red,
    ]);
    let some_cases = prop_oneof![7 => Just(BTreeSet::new()), 1 => cases()];
    (0..SUBJECTS.len(), level(), tlp, some_cases, btree_set(select(&SUBJECTS[..]), 0..=2)).prop_map(
        |(writer, classification, tlp, cases, recipients)| {
            let recipients = recipients.into_iter().map(|name| SubjectName::new(name).unwrap());
            let marking = Marking {
                originator: AgencyId::new(SUBJECTS[writer].split_once('@').unwrap().1).unwrap(),
                classification,
                tlp,
                handling: BTreeSet::new(),
                cases,
                recipients: if tlp == Tlp::Red { recipients.collect() } else { BTreeSet::new() },
            };
            (marking, SubjectName::new(SUBJECTS[writer]).unwrap())
        },
    )
}

fn period() -> impl Strategy<Value = Option<Period>> {
    option::of((0_i64..10, 1_i64..10, 0..4).prop_map(|(from, length, shape)| match shape {
        0 => Period::at(instant(from)),
        1 => Period::between(Some(instant(from)), None).unwrap(),
        2 => Period::between(None, Some(instant(from))).unwrap(),
        _ => Period::between(Some(instant(from)), Some(instant(from + length))).unwrap(),
    }))
}

fn flows() -> impl Strategy<Value = (Option<Money>, Option<Quantity>)> {
    let currency = select(vec!["EUR", "EUR", "RSD"]).prop_map(|code| Currency::from_code(code).unwrap());
    let amount = (select(vec![900, 950, 1_000]), currency).prop_map(|(minor, currency)| Money { minor, currency });
    let quantity = (0_i64..5, select(vec!["persons", "kg"]))
        .prop_map(|(micros, unit)| Quantity { value: Decimal::from_micros(micros), unit: unit.to_owned() });
    (option::of(amount), option::weighted(0.5, quantity))
}

fn recorded() -> impl Strategy<Value = Recorded> {
    let closing = prop_oneof![7 => Just(None), 1 => (1_u64..5, any::<bool>()).prop_map(Some)];
    (1_u64..10, closing).prop_map(|(from, closing)| Recorded {
        from: Revision(from),
        at: instant(i64::try_from(from).unwrap()),
        to: closing.map(|(after, withdrawn)| Closure {
            revision: Revision(from + after),
            at: instant(i64::try_from(from + after).unwrap()),
            reason: if withdrawn { RetractionReason::Withdrawn } else { RetractionReason::Superseded },
        }),
    })
}

fn subject() -> impl Strategy<Value = (Subject, &'static str)> {
    let entity = (entity_id(), select(vec!["Person", "BankAccount", "BankAccount", "Address", "ExchangeRate"]))
        .prop_map(|(id, kind)| (Subject::Entity(id), kind));
    let kinds = select(vec![
        "Associate",
        "AccountTransfer",
        "AccountTransfer",
        "Call",
        "AccountHolder",
        "Supplies",
        "Supplies",
        "Seized",
    ]);
    // Some triples are claimed again and again, so that folds have something to choose from.
    let often = select(vec![("t-1", "p-5", "p-1"), ("t-1", "p-1", "p-30"), ("t-2", "p-5", "p-1")]);
    let often =
        often.prop_map(|(id, source, target)| (id, EntityId::new(source).unwrap(), EntityId::new(target).unwrap()));
    let triple = prop_oneof![3 => (select(&RELATIONSHIPS[..]), entity_id(), entity_id()), 1 => often];
    let relationship = (triple, kinds).prop_map(|((id, source, target), kind)| {
        (Subject::Relationship { id: RelationshipId::new(id).unwrap(), source, target }, kind)
    });
    prop_oneof![2 => entity, 3 => relationship]
}

fn properties() -> impl Strategy<Value = Properties> {
    let status = option::of(select(vec!["blocked", "open"]));
    let (role, country) = (option::of(select(vec!["victim", "courier"])), option::of(select(vec!["al", "rs"])));
    (status, role, country).prop_map(|(status, role, country)| {
        let stated = [("status", status), ("role", role), ("country", country)];
        stated.into_iter().filter_map(|(name, value)| Some((name.to_owned(), vec![value?.to_owned()]))).collect()
    })
}

/// What is moved along a relationship.
fn goods() -> impl Strategy<Value = Properties> {
    let commodities = vec![vec![], vec!["cannabis"], vec!["timber"], vec!["timber", "cannabis"]];
    select(commodities).prop_map(|names| {
        let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        Some(names).filter(|names| !names.is_empty()).map(|names| ("commodity".to_owned(), names)).into_iter().collect()
    })
}

/// What a rate between the currencies of [`flows`] states, and what is none.
fn rate() -> impl Strategy<Value = Properties> {
    let rates = vec![("EUR", "RSD", "117.2"), ("EUR", "RSD", "0.5"), ("RSD", "EUR", "2"), ("RSD", "EUR", "nothing")];
    select(rates).prop_map(|(base, quote, rate)| {
        let stated = [("baseCurrency", base), ("quoteCurrency", quote), ("rate", rate)];
        stated.into_iter().map(|(name, value)| (name.to_owned(), vec![value.to_owned()])).collect()
    })
}

fn claim() -> impl Strategy<Value = (Claim, SubjectName)> {
    let nature = select(vec![Nature::Fact, Nature::Assessment, Nature::Hypothesis]);
    let grade = (select(vec!["A", "B", "C", "X"]), select(vec!["1", "2", "4"]));
    let retain = option::weighted(0.1, select(vec![20_000, 20_001, 19_000]));
    (subject(), (properties(), rate(), goods()), (period(), flows()), grade, nature, marking(), retain).prop_map(
        |(
            (subject, kind),
            (properties, rate, goods),
            (period, (amount, quantity)),
            (source, information),
            nature,
            (marking, writer),
            retain,
        )| {
            let claim = Claim {
                properties: match (&subject, kind) {
                    (Subject::Entity(_), "ExchangeRate") => rate,
                    (Subject::Entity(_), _) => properties,
                    (Subject::Relationship { .. }, _) => goods,
                },
                subject,
                kind: KindName::new(kind).unwrap(),
                period,
                amount,
                quantity,
                evaluation: Evaluation {
                    scheme: "europol-4x4".to_owned(),
                    source: source.to_owned(),
                    information: information.to_owned(),
                },
                nature,
                marking,
                retain_until: retain.map(Day::from_epoch),
                provenance: Provenance::default(),
            };
            (claim, writer)
        },
    )
}

/// Claims on a handful of entities, in an order of their own: mostly so many that the entities are seen and hang together, and
/// half of the claims are hidden all the same.
pub(crate) fn claims() -> impl Strategy<Value = Vec<Assertion>> {
    let many = prop_oneof![1 => 0..40_usize, 3 => 60..120_usize];
    let rows = many.prop_flat_map(|many| vec((claim(), recorded(), any::<u16>()), many));
    rows.prop_map(|rows| {
        let row = |(at, ((claim, asserted_by), recorded, id)): (usize, ((Claim, SubjectName), Recorded, u16))| {
            Assertion { id: AssertionId::from_u128(u128::from(id) << 32 | at as u128), claim, asserted_by, recorded }
        };
        rows.into_iter().enumerate().map(row).collect()
    })
}

/// A frame as a client would send it.
pub(crate) fn frame() -> impl Strategy<Value = Value> {
    let field = |name: &'static str, value: BoxedStrategy<Value>| {
        option::weighted(0.12, value).prop_map(move |value| value.map(|value| (name.to_owned(), value)))
    };
    let parts = vec![
        field("relationship_kinds", Just(json!(["Associate", "AccountTransfer"])).boxed()).boxed(),
        field("entity_kinds", select(vec![json!(["Person", "BankAccount"]), json!(["Person"])]).boxed()).boxed(),
        field("entity_properties", Just(json!({"status": ["blocked"]})).boxed()).boxed(),
        field("relationship_properties", Just(json!({"commodity": ["cannabis", "cocaine"]})).boxed()).boxed(),
        field("originators", select(&AGENCIES[..]).prop_map(|name| json!([name])).boxed()).boxed(),
        field("direction", select(vec![json!("out"), json!("in"), json!("both")]).boxed()).boxed(),
        field("layers", select(vec![json!(["money"]), json!(["risk", "information"])]).boxed()).boxed(),
        field(
            "window",
            (0_i64..8, 1_i64..6)
                .prop_map(|(from, length)| json!({"from": instant(from), "to": instant(from + length)}))
                .boxed(),
        )
        .boxed(),
        field("minimum_reliability", select(vec![json!(0.1), json!(0.5), json!(0.9)]).boxed()).boxed(),
        field("exclude_entities", select(&ENTITIES[..]).prop_map(|id| json!([id])).boxed()).boxed(),
        field("hubs", (1..4).prop_map(|most| json!({"max_degree": most})).boxed()).boxed(),
        field(
            "limits",
            (0..5, 0..40).prop_map(|(hops, visited)| json!({"max_hops": hops, "max_visited": visited})).boxed(),
        )
        .boxed(),
    ];
    parts.prop_map(|fields| Value::Object(fields.into_iter().flatten().collect()))
}

/// Now, or a revision of the past.
pub(crate) fn at() -> impl Strategy<Value = Option<Revision>> {
    option::of((0_u64..15).prop_map(Revision))
}
