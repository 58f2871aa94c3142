//! The rule against a second reading of access.md, term by term, over every combination of its parts.

use std::collections::BTreeSet;

use linchpin::access::{ActiveGrant, Clearance, Directory, Guard, visible};
use linchpin::model::{Classification, Day, Instant, Marking, Tlp};
use serde_json::json;

/// From which agency, for which cases (`None`: for all).
type Grant<'a> = (&'a str, Option<&'a [&'a str]>);

fn clearance(subject: &str, agency: &str, level: Classification, cases: &[&str], grants: &[Grant<'_>]) -> Clearance {
    let cases_of = |names: &[&str]| names.iter().map(|case| case.parse().expect("a case")).collect::<BTreeSet<_>>();
    Clearance {
        subject: subject.parse().expect("a subject"),
        agency: agency.parse().expect("an agency"),
        level,
        cases: cases_of(cases),
        grants: grants
            .iter()
            .map(|(from, cases)| ActiveGrant { from: from.parse().expect("an agency"), cases: cases.map(cases_of) })
            .collect(),
    }
}

fn marking(classification: &str, tlp: &str, cases: &[&str], recipients: &[&str]) -> Marking {
    serde_json::from_value(json!({
        "originator": "al-police", "classification": classification, "tlp": tlp, "cases": cases, "recipients": recipients,
    }))
    .expect("a marking")
}

/// What access.md says, written out a second time and differently: the reasons why a claim is *not* seen.
fn hidden_because(who: &Clearance, today: Day, claim: &Guard<'_>) -> Vec<&'static str> {
    let marking = claim.marking;
    let own = who.agency.as_str() == marking.originator.as_str();
    let mut reasons = Vec::new();
    if (marking.classification as u8) > (who.level as u8) {
        reasons.push("classification");
    }
    if !marking.cases.is_empty() && !marking.cases.iter().any(|case| who.cases.contains(case)) {
        reasons.push("cases");
    }
    if claim.retain_until.is_some_and(|day| today.since_epoch() >= day.since_epoch()) {
        reasons.push("retention");
    }
    if claim.withdrawn && !own {
        reasons.push("withdrawn");
    }
    let granted = who.grants.iter().any(|grant| {
        grant.from == marking.originator
            && match &grant.cases {
                None => true,
                Some(cases) => cases.iter().any(|case| marking.cases.contains(case)),
            }
    });
    match marking.tlp {
        Tlp::Red if *claim.asserted_by != who.subject && !marking.recipients.contains(&who.subject) => {
            reasons.push("red")
        }
        Tlp::AmberStrict if !own => reasons.push("amber strict"),
        Tlp::Amber if !own && !granted => reasons.push("amber"),
        _ => {}
    }
    reasons
}

#[test]
fn the_rule_holds_over_every_combination() {
    let today = Day::parse("2024-06-15").expect("a day");
    let writer = "ana@al-police".parse().expect("a subject");
    let mut callers = Vec::new();
    for (subject, agency) in [("ana@al-police", "al-police"), ("ben@al-police", "al-police"), ("vera@rs-fiu", "rs-fiu")]
    {
        for level in [Classification::Unclassified, Classification::Confidential, Classification::Secret] {
            for cases in [&[][..], &["c-1"], &["c-2"]] {
                let grants: [&[Grant<'_>]; 5] = [
                    &[],
                    &[("al-police", None)],
                    &[("al-police", Some(&["c-1"]))],
                    &[("al-police", Some(&["c-9"]))],
                    &[("mk-police", None)],
                ];
                callers.extend(grants.map(|grants| clearance(subject, agency, level, cases, grants)));
            }
        }
    }
    let (mut seen, mut unseen) = (0, 0);
    for classification in ["unclassified", "restricted", "confidential", "secret"] {
        for tlp in ["CLEAR", "GREEN", "AMBER", "AMBER_STRICT", "RED"] {
            for cases in [&[][..], &["c-1"], &["c-1", "c-2"]] {
                let recipients: &[&[&str]] = if tlp == "RED" { &[&[], &["vera@rs-fiu"]] } else { &[&[]] };
                for marking in recipients.iter().map(|recipients| marking(classification, tlp, cases, recipients)) {
                    for retain_until in [None, Day::parse("2024-06-15").ok(), Day::parse("2024-06-16").ok()] {
                        for withdrawn in [false, true] {
                            let guard = Guard { marking: &marking, asserted_by: &writer, retain_until, withdrawn };
                            for who in &callers {
                                let reasons = hidden_because(who, today, &guard);
                                assert_eq!(
                                    visible(who, today, &guard),
                                    reasons.is_empty(),
                                    "{who:?} {guard:?}: {reasons:?}"
                                );
                                if reasons.is_empty() { seen += 1 } else { unseen += 1 }
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(seen > 1_000 && unseen > 1_000, "the combinations must show both sides: {seen} seen, {unseen} not");
}

#[test]
fn the_directory_gives_grants_only_while_they_last() {
    let directory: Directory = serde_json::from_value(json!({
        "agencies": {"al-police": {"name": "A"}, "rs-fiu": {"name": "R", "baseline": "unclassified"}},
        "subjects": {"vera@rs-fiu": {"agency": "rs-fiu", "roles": ["viewer"], "clearance": "secret", "cases": ["c-1"]}},
        "grants": [{"from": "al-police", "to": "rs-fiu", "until": "2024-07-01T00:00:00Z"}, {"from": "rs-fiu", "to": "al-police"}],
    }))
    .expect("a directory");
    assert_eq!(directory.faults(), Vec::<String>::new());
    let at = |instant: &str| Instant::parse(instant).expect("an instant");
    let (vera, fiu, police) =
        ("vera@rs-fiu".parse().expect("ok"), "rs-fiu".parse().expect("ok"), "al-police".parse().expect("ok"));
    let grants = |instant: &str| directory.clearance(&vera, &fiu, at(instant)).expect("known").grants.len();
    assert_eq!((grants("2024-06-30T23:59:59Z"), grants("2024-07-01T00:00:00Z")), (1, 0));
    assert!(
        directory.clearance(&vera, &police, at("2024-06-01T00:00:00Z")).is_none(),
        "a token of another agency is refused"
    );
    let baseline = directory.baseline(&fiu, vera, at("2024-06-01T00:00:00Z")).expect("an agency");
    assert_eq!((baseline.level, baseline.cases.len(), baseline.grants.len()), (Classification::Unclassified, 0, 1));
}

#[test]
fn a_directory_that_names_nothing_is_refused_in_words() {
    let directory: Directory = serde_json::from_value(json!({
        "agencies": {"a": {"name": "A"}, "b": {"name": "B"}},
        "subjects": {"x@a": {"agency": "a", "roles": [], "clearance": "secret"}, "y@c": {"agency": "c", "roles": [], "clearance": "secret"}},
        "grants": [{"from": "a", "to": "z"}],
        "datasets": {"d": {"originator": "b", "loaders": ["x@a", "nobody@b"]}},
    }))
    .expect("readable");
    let faults = directory.faults().join("\n");
    for part in ["subjects.\"y@c\"", "grants[0].to", "`x@a` is not of the originator", "`nobody@b`"] {
        assert!(faults.contains(part), "{part} in {faults}");
    }
}
