//! CSV through a mapping file.

use std::io::Cursor;

use linchpin::model::{Claim, Instant, Precision, Subject};
use linchpin::service::load::LineStatus::Recorded;
use linchpin::service::load::{Finished, Input, KeyDomains, LineResult, Mapping, Source};
use linchpin::service::{ServiceError, ServiceResult};

use super::{Yard, refusals, statuses};

const DEFAULTS: &str = r#"
[defaults]
evaluation = { scheme = "admiralty", source = "B", information = "2" }
marking = { classification = "restricted", tlp = "AMBER" }
"#;

const PEOPLE: &str = r#"
[[file]]
path = "people.csv"
[[file.entity]]
kind = "Person"
id = { column = "id", prefix = "p-" }
[file.entity.properties]
name = { columns = ["first", "last"] }
alias = { column = "aliases", split = ";" }
country = { column = "country", case = "lower" }
"#;

fn input(name: &str, text: impl Into<Vec<u8>>) -> Input {
    Input { name: Some(name.into()), bytes: Box::new(Cursor::new(text.into())) }
}

fn mapping(rules: &str) -> Mapping {
    Mapping::parse(&format!("{DEFAULTS}{rules}")).unwrap_or_else(|error| panic!("{error:?}"))
}

fn open(yard: &Yard, rules: &str, files: Vec<Input>) -> ServiceResult<Source> {
    mapping(rules).open(files, yard.state.vocabulary(), &yard.limits)
}

async fn load(yard: &Yard, rules: &str, files: Vec<Input>) -> (Vec<LineResult>, Finished) {
    let source = open(yard, rules, files).unwrap_or_else(|error| panic!("{error:?}"));
    yard.run(yard.request(), source).await.expect("admitted")
}

async fn claims(yard: &Yard) -> Vec<Claim> {
    let mut claims: Vec<Claim> = yard.everything().await.into_iter().map(|known| known.claim).collect();
    claims.sort_by(|a, b| a.subject.cmp(&b.subject));
    claims
}

/// What is wrong with the mapping: place and words.
fn faults(yard: &Yard, rules: &str, files: Vec<Input>) -> Vec<(String, String)> {
    match open(yard, rules, files) {
        Err(ServiceError::Faults(faults)) => faults.into_iter().map(|fault| (fault.pointer, fault.detail)).collect(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => Vec::new(),
    }
}

#[tokio::test]
async fn rows_become_entities() {
    let yard = Yard::new();
    let text = "id,first,last,aliases,country\n1,Ana,Kuqe,\"Ani; Nana;Ani\",AL\n2,\"B \"\"Bo\"\"\",,,\n";
    let (results, finished) = load(&yard, PEOPLE, vec![input("people.csv", text)]).await;
    assert_eq!(statuses(&results), [(2, Recorded), (3, Recorded)]);
    assert_eq!(results[0].file.as_deref(), Some("people.csv"));
    assert_eq!(finished.end.counts.lines, 2);
    let claims = claims(&yard).await;
    assert_eq!(claims[0].properties["name"], ["Ana Kuqe"]);
    assert_eq!(claims[0].properties["alias"], ["Ani", "Nana"]);
    assert_eq!(claims[0].properties["country"], ["al"]);
    assert_eq!(claims[1].properties.keys().collect::<Vec<_>>(), ["name"], "empty fields say nothing");
    assert_eq!(claims[1].properties["name"], ["B \"Bo\""]);
    assert_eq!(claims[0].marking.originator.as_str(), "rs-fiu", "the dataset's originator");
    assert_eq!(claims[0].provenance.key.as_deref(), Some("people/entity/p-1"));
}

#[tokio::test]
async fn bad_rows_cost_themselves_alone() {
    let yard = Yard::new();
    let rows: [&[u8]; 12] = [
        b"\xef\xbb\xbfid,first,last,aliases,country",
        b"1,Ana,K,,",
        b"2,Ana",
        b"3,Ana,K,,,,,",
        b"",
        b"4,\"never closed,K,,",
        b"5,Ana,K,,",
        b"6,\"two",
        b"lines\",K,,",
        b"7,\xc4,K,,",
        b",no id,K,,",
        b"8,Ana \"A\" A,5\" tall,,",
    ];
    // The quote of line 6 would find its partner on line 8: an id cannot hold what lies between, so nothing is read wrongly.
    let text = rows.join(b"\r\n".as_slice());
    let (results, _) = load(&yard, PEOPLE, vec![input("people.csv", text)]).await;
    let refused = refusals(&results);
    assert!(refused.contains(&(3, "ragged-row")) && refused.contains(&(4, "ragged-row")), "{refused:?}");
    assert!(refused.iter().any(|(line, _)| *line == 6), "{refused:?}");
    assert!(refused.contains(&(10, "invalid-utf8")) && refused.contains(&(11, "missing-id")), "{refused:?}");
    assert!(results.iter().any(|result| result.line == 12 && result.status == Recorded));
    assert!(results.iter().any(|result| result.line == 2 && result.status == Recorded));
}

#[tokio::test]
async fn a_quote_that_is_never_closed() {
    let yard = Yard::new();
    let mut text = "id,first,last,aliases,country\n1,\"open,K,,\n".to_owned();
    for id in 2..2_000 {
        text.push_str(&format!("{id},Ana,K,,\n"));
    }
    let (results, _) = load(&yard, PEOPLE, vec![input("people.csv", text)]).await;
    assert_eq!(refusals(&results), [(2, "unclosed-quote")]);
    assert_eq!(results.len(), 1_999);
    assert_eq!(results.last().map(|last| last.line), Some(2_000));
}

#[tokio::test]
async fn a_field_over_two_lines() {
    let yard = Yard::new();
    let text = "id,first,last,aliases,country\n1,\"two\r\nlines\",K,,\n2,Ana,K,,\n";
    let (results, _) = load(&yard, PEOPLE, vec![input("people.csv", text)]).await;
    assert_eq!(statuses(&results), [(2, Recorded), (4, Recorded)]);
    assert_eq!(claims(&yard).await[0].properties["name"], ["two\nlines K"]);
}

#[tokio::test]
async fn another_delimiter_and_no_header() {
    let yard = Yard::new();
    let rules = PEOPLE.replace(
        "path = \"people.csv\"",
        "path = \"p*.csv\"\ndelimiter = \"|\"\ncolumns = [\"id\", \"first\", \"last\", \"aliases\", \"country\"]",
    );
    let files = vec![input("p2.csv", "2|B|K||\n"), input("p1.csv", "1|A|K||\n")];
    let (results, _) = load(&yard, &rules, files).await;
    assert_eq!(statuses(&results), [(1, Recorded), (1, Recorded)]);
    assert_eq!(results[0].file.as_deref(), Some("p1.csv"), "files of one rule come in the order of their names");
}

#[tokio::test]
async fn what_is_wrong_is_told_before_anything_is_loaded() {
    let yard = Yard::new();
    let wrong = |rules: &str, text: &str| faults(&yard, rules, vec![input("people.csv", text.to_owned())]);
    let header = "id,first,last,aliases,country\n";
    assert_eq!(wrong(PEOPLE, header), []);
    let told = wrong(PEOPLE, "id;first;last;aliases;country\n1;A;K;;\n");
    assert!(told.iter().any(|(place, _)| place == "/file/0/entity/0/id"), "{told:?}");
    assert!(told.iter().all(|(_, detail)| detail.contains("is the delimiter `,`?")), "{told:?}");
    let told = wrong(PEOPLE, "id,first,aliases,country\n");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, "/file/0/entity/0/properties/name");
    assert!(wrong(PEOPLE, "id,id,first,last,aliases,country\n")[0].1.contains("twice"));
    assert!(wrong(PEOPLE, "")[0].1.contains("no header"));
    for (from, to, place) in [
        ("Person", "Ghost", "/file/0/entity/0/kind"),
        ("Person", "Thing", "/file/0/entity/0/kind"),
        ("Person", "Payment", "/file/0/entity/0/kind"),
        ("alias =", "aliass =", "/file/0/entity/0/kind"),
        ("split = \";\"", "split = \"\"", "/file/0/entity/0/properties/alias"),
        ("column = \"id\"", "natural_key = [\"id\"]", "/file/0/entity/0/id"),
        ("path = \"people.csv\"", "path = \"people.csv\"\ntime_zone = \"Europe/Atlantis\"", "/file/0/time_zone"),
        ("path = \"people.csv\"", "path = \"people.csv\"\ndelimiter = \"ä\"", "/file/0/delimiter"),
        ("path = \"people.csv\"", "path = \"other.csv\"", "/file"),
    ] {
        let told = wrong(&PEOPLE.replace(from, to), header);
        assert!(told.iter().any(|(found, _)| found == place), "{to}: {told:?}");
    }
    assert!(yard.everything().await.is_empty());
    assert!(yard.audit.all().is_empty());
}

#[test]
fn a_file_that_is_no_mapping_tells_the_line() {
    for (text, word) in [
        ("[[file]]\npath = 7", "line 2"),
        ("[[file]]\npath = \"a\"\ncolour = \"red\"", "colour"),
        ("[[file]]\npath = \"a\"\n[[file.entity]]\nkind = \"Person\"\nid = { colum = \"x\" }", "colum"),
        ("[[file", "line 1"),
    ] {
        let Err(ServiceError::Faults(faults)) = Mapping::parse(text) else { panic!("{text}") };
        assert!(faults[0].detail.contains(word), "{}", faults[0].detail);
    }
}

const TRANSFERS: &str = r#"
time_zone_placeholder
[[file]]
path = "t.csv"
[[file.relationship]]
kind = "AccountTransfer"
id = { column = "ref", prefix = "t-" }
source = { natural_key = ["from"], label = "iban", case = "upper", alphanumeric = true, prefix = "acc-" }
target = { natural_key = ["to"], label = "iban", case = "upper", alphanumeric = true, prefix = "acc-" }
amount = { column = "amount", currency_column = "currency", currency = "EUR", decimal = ",", group = "." }
period = { at = { column = "day", format = "%d.%m.%Y", time_column = "time" } }
[[file.entity]]
kind = "BankAccount"
id = { natural_key = ["from"], label = "iban", case = "upper", alphanumeric = true, prefix = "acc-" }
key = { column = "ref", prefix = "payer of " }
properties = { iban = "from" }
when = { column = "from", filled = true }
"#;

fn transfers() -> String {
    TRANSFERS
        .replace("time_zone_placeholder", "")
        .replace("path = \"t.csv\"", "path = \"t.csv\"\ntime_zone = \"Europe/Belgrade\"\ndelimiter = \";\"")
}

#[tokio::test]
async fn money_times_and_natural_keys() {
    let yard = Yard::new();
    let text = "ref;from;to;amount;currency;day;time\n\
        1;RS35 26;al 47;1.250,5;RSD;05.03.2024;10:12\n\
        2;rs3526;AL47;7;;31.03.2024;\n";
    let (results, _) = load(&yard, &transfers(), vec![input("t.csv", text)]).await;
    assert_eq!(results.len(), 4, "{results:?}");
    assert_eq!(results.iter().map(|result| result.part).collect::<Vec<_>>(), [Some(1), Some(2), Some(1), Some(2)]);
    assert!(results.iter().all(|result| result.code.is_none()), "{results:?}");
    let claims = claims(&yard).await;
    let accounts: Vec<_> = claims.iter().filter(|claim| matches!(claim.subject, Subject::Entity(_))).collect();
    assert_eq!(accounts.len(), 2, "each row is a claim of its own");
    assert_eq!(accounts[0].subject, accounts[1].subject, "one account however it is written");
    let flows: Vec<_> = claims.iter().filter(|claim| matches!(claim.subject, Subject::Relationship { .. })).collect();
    let amounts: Vec<_> = flows.iter().filter_map(|flow| flow.amount).map(|a| (a.minor, a.currency.code())).collect();
    assert_eq!(amounts, [(125_050, "RSD"), (700, "EUR")]);
    let at = |flow: &Claim| flow.period.and_then(|period| period.instant().zip(period.precision()));
    let instant = |text| Instant::parse(text).expect("an instant");
    // Belgrade is an hour ahead of UTC in winter, and on 31 March 2024 until two o'clock.
    assert_eq!(at(flows[0]), Some((instant("2024-03-05T09:12:00Z"), Precision::Minute)));
    assert_eq!(at(flows[1]), Some((instant("2024-03-30T23:00:00Z"), Precision::Day)));
    let Subject::Relationship { source, target, .. } = &flows[0].subject else { panic!("a relationship") };
    let Subject::Relationship { source: again, target: target_again, .. } = &flows[1].subject else { panic!() };
    assert_eq!((source, target), (again, target_again), "an id is the key's, not its spelling's");
    assert_eq!(Subject::Entity(source.clone()), accounts[0].subject);
    assert_eq!(source.as_str().len(), "acc-".len() + 32);
}

#[tokio::test]
async fn bad_amounts_and_times() {
    let yard = Yard::new();
    let rows = [
        ("NaN;EUR;05.03.2024;", "invalid-amount"),
        ("1e5;EUR;05.03.2024;", "invalid-amount"),
        ("1,005;EUR;05.03.2024;", "invalid-amount"),
        ("99999999999999999999;EUR;05.03.2024;", "invalid-amount"),
        ("-5;EUR;05.03.2024;", "negative-amount"),
        ("5;EUX;05.03.2024;", "unknown-currency"),
        ("5;EUR;31.02.2024;", "invalid-time"),
        ("5;EUR;2024-03-05;", "invalid-time"),
        ("5;EUR;05.03.2024;25:00", "invalid-time"),
        // The clock was put forward over it.
        ("5;EUR;31.03.2024;02:30", "invalid-time"),
    ];
    let mut text = "ref;from;to;amount;currency;day;time\n".to_owned();
    for (number, (row, _)) in rows.iter().enumerate() {
        text.push_str(&format!("{number};;b;{row}\n").replace(";;b", ";a;b"));
    }
    let rules = transfers().split("[[file.entity]]").next().unwrap_or_default().to_owned();
    let (results, _) = load(&yard, &rules, vec![input("t.csv", text)]).await;
    let expected: Vec<_> = rows.iter().zip(2..).map(|((_, code), line)| (line, *code)).collect();
    assert_eq!(refusals(&results), expected);
}

/// Two agencies that share a domain get one id from one passport; any other secret, label or order gives another.
#[tokio::test]
async fn natural_keys_and_domains() {
    let rules = |label: &str, order: &str| {
        format!(
            "[[file]]\npath = \"p.csv\"\n[[file.entity]]\nkind = \"Person\"\nid = {{ natural_key = [{order}], label = \"{label}\" }}\n"
        )
    };
    let text = "country,number\nAL,12\nA,L12\n";
    let mut seen = Vec::new();
    for (secret, label, order) in [
        (1, "passport", "\"country\", \"number\""),
        (1, "passport", "\"country\", \"number\""),
        (2, "passport", "\"country\", \"number\""),
        (1, "id-card", "\"country\", \"number\""),
        (1, "passport", "\"number\", \"country\""),
    ] {
        let yard = Yard::new();
        let source = open(&yard, &rules(label, order), vec![input("p.csv", text)]).expect("a sound mapping");
        let request = linchpin::service::load::LoadRequest {
            keys: std::sync::Arc::new(KeyDomains::new([secret; 32])),
            ..yard.request()
        };
        yard.run(request, source).await.expect("admitted");
        let ids: Vec<_> = claims(&yard).await.into_iter().map(|claim| claim.subject).collect();
        assert_eq!(ids.len(), 2, "the parts are kept apart");
        seen.push(ids);
    }
    assert_eq!(seen[0], seen[1]);
    for other in 2..5 {
        assert!(seen[other].iter().all(|id| !seen[0].contains(id)), "{other}");
    }
}

#[tokio::test]
async fn kinds_from_a_column() {
    let yard = Yard::new();
    let rules = r#"
[[file]]
path = "k.csv"
[[file.entity]]
kind = { column = "type", map = { P = "Person", C = "Company" } }
id = "id"
properties = { name = "name" }
"#;
    let (results, _) = load(&yard, rules, vec![input("k.csv", "id,type,name\na,P,A\nb,C,B\nc,X,C\n")]).await;
    assert_eq!(refusals(&results), [(4, "unmapped-kind")]);
    let kinds: Vec<_> = claims(&yard).await.into_iter().map(|claim| claim.kind.to_string()).collect();
    assert_eq!(kinds, ["Person", "Company"]);
}

#[tokio::test]
async fn ids_twice_within_and_across_files() {
    let yard = Yard::new();
    let rules = PEOPLE.replace("people.csv", "p*.csv");
    let header = "id,first,last,aliases,country\n";
    let first = format!("{header}1,A,K,,\n1,A,K,,\n1,B,K,,\n");
    let second = format!("{header}1,C,K,,\n1,A,K,,\n");
    let files = || vec![input("p1.csv", first.clone()), input("p2.csv", second.clone())];
    let (results, _) = load(&yard, &rules, files()).await;
    assert_eq!(refusals(&results), [(4, "duplicate-key"), (2, "duplicate-key")]);
    assert_eq!(yard.everything().await.len(), 1);
    let (again, _) = load(&yard, &rules, files()).await;
    assert_eq!(refusals(&again), refusals(&results));
    assert_eq!(yard.everything().await.len(), 1);
}
