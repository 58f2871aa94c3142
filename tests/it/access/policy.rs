//! The table of `matrix.txt`, which people review, held against the code.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::{BTreeMap, BTreeSet};

use linchpin::access::{Action, ActiveGrant, Clearance, Guard, Role, visible};
use linchpin::model::{AgencyId, CaseId, Classification, Day, Marking, SubjectName, Tlp};
use serde::Serialize;

const MATRIX: &str = include_str!("matrix.txt");

/// The table whose first column has this heading: row → column → whether it says `yes`.
fn table(heading: &str) -> BTreeMap<&'static str, BTreeMap<&'static str, bool>> {
    let mut lines = MATRIX.lines().skip_while(|line| line.split_whitespace().next() != Some(heading));
    let columns: Vec<&str> = lines.next().unwrap().split_whitespace().skip(1).collect();
    lines
        .take_while(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut cells = line.split_whitespace();
            let row = cells.next().unwrap();
            let cells: Vec<bool> = cells
                .map(|cell| match cell {
                    "yes" => true,
                    "-" => false,
                    other => panic!("{other}"),
                })
                .collect();
            assert_eq!(cells.len(), columns.len(), "{line}");
            (row, columns.iter().copied().zip(cells).collect())
        })
        .collect()
}

fn name(value: impl Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn roles_open_exactly_the_actions_of_the_table() {
    let table = table("role");
    assert_eq!(table.len(), Role::ALL.len());
    for role in Role::ALL {
        let row = &table[name(role).as_str()];
        assert_eq!(row.len(), Action::ALL.len());
        for action in Action::ALL {
            assert_eq!(role.may(action), row[name(action).as_str()], "{role:?} {action:?}");
        }
    }
}

fn caller(who: &str) -> Clearance {
    let (agency, grants) = match who {
        "writer" | "colleague" => ("a", None),
        "granted" => ("b", Some(None)),
        "on-case-2" => ("c", Some(Some(BTreeSet::from([CaseId::new("case-2").unwrap()])))),
        "recipient" | "other" => ("d", None),
        _ => panic!("{who}"),
    };
    let from = AgencyId::new("a").unwrap();
    Clearance {
        subject: SubjectName::new(format!("{who}@{agency}")).unwrap(),
        agency: AgencyId::new(agency).unwrap(),
        level: Classification::Secret,
        cases: ["case-1", "case-2"].map(|case| CaseId::new(case).unwrap()).into(),
        grants: grants.into_iter().map(|cases| ActiveGrant { from: from.clone(), cases }).collect(),
    }
}

#[test]
fn a_marking_reaches_exactly_those_of_the_table() {
    let writer = SubjectName::new("writer@a").unwrap();
    let table = table("marking");
    assert_eq!(table.len(), 10);
    for (row, cells) in table {
        let (tlp, rest) = row.split_once('/').unwrap_or((row, ""));
        let marking = Marking {
            originator: AgencyId::new("a").unwrap(),
            classification: Classification::Secret,
            tlp: serde_json::from_value::<Tlp>(tlp.into()).unwrap(),
            handling: BTreeSet::new(),
            cases: CaseId::new(rest).ok().filter(|_| rest.starts_with("case")).into_iter().collect(),
            recipients: BTreeSet::from([SubjectName::new("recipient@d").unwrap()]),
        };
        let withdrawn = rest == "withdrawn";
        let guard = Guard { marking: &marking, asserted_by: &writer, retain_until: None, withdrawn };
        assert_eq!(cells.len(), 6);
        for (who, expected) in cells {
            let mut clearance = caller(who);
            let today = Day::from_epoch(0);
            assert_eq!(visible(&clearance, today, &guard), expected, "{row} {who}");
            let over = Guard { retain_until: Some(today), ..guard };
            assert!(!visible(&clearance, today, &over), "nobody from its retain day on: {row} {who}");
            clearance.level = Classification::Confidential;
            assert!(!visible(&clearance, today, &guard), "nobody without the clearance: {row} {who}");
        }
    }
}
