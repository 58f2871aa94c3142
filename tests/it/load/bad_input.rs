//! One bad line never loses the others and never passes silently.

use linchpin::service::load::LineStatus::{Recorded, Refused};

use super::{Yard, payment, person, refusals, statuses};

/// Loads the lines with a good one before and one behind; answers the codes of what was refused, by line.
async fn between_good_ones(lines: &[Vec<u8>]) -> Vec<(u64, &'static str)> {
    let yard = Yard::new();
    let mut bytes = person("", "p-first", "First").into_bytes();
    for line in lines {
        bytes.push(b'\n');
        bytes.extend_from_slice(line);
    }
    bytes.push(b'\n');
    bytes.extend_from_slice(person("", "p-last", "Last").as_bytes());
    bytes.push(b'\n');
    let (results, finished) = yard.load(bytes).await;
    assert!(finished.end.complete, "{finished:?}");
    assert_eq!(results.len(), lines.len() + 2, "every line has its result");
    assert_eq!(results.first().map(|first| first.status), Some(Recorded));
    assert_eq!(results.last().map(|last| last.status), Some(Recorded));
    assert!(results.iter().all(|result| (result.status == Refused) == result.detail.is_some()));
    assert_eq!(finished.end.counts.refused as usize, refusals(&results).len());
    assert_eq!(yard.everything().await.len(), results.len() - refusals(&results).len());
    refusals(&results)
}

async fn refused_as(line: impl Into<Vec<u8>>, code: &str) {
    let line = line.into();
    assert_eq!(
        between_good_ones(std::slice::from_ref(&line)).await,
        [(2, code)],
        "{:.200}",
        String::from_utf8_lossy(&line)
    );
}

#[tokio::test]
async fn malformed_lines() {
    refused_as("{", "malformed-json").await;
    refused_as("nonsense", "malformed-json").await;
    refused_as(format!("{} {{}}", person("", "p", "N")), "malformed-json").await;
    refused_as("[1,2]", "invalid-value").await;
    refused_as("7", "invalid-value").await;
    refused_as("\0", "malformed-json").await;
    refused_as("[".repeat(10_000), "invalid-value").await;
}

#[tokio::test]
async fn wrong_types_and_unknown_fields() {
    refused_as(person("", "p", "N").replace(r#"["N"]"#, r#""N""#), "invalid-value").await;
    refused_as(person("", "p", "N").replace(r#"["N"]"#, "[7]"), "invalid-value").await;
    refused_as(person("", "p", "N").replace(r#""kind""#, r#""colour":"red","kind""#), "invalid-value").await;
    refused_as(person("", "p", "N").replace(r#""kind":"Person","#, ""), "invalid-value").await;
    refused_as(person("", "p_1", "N"), "invalid-value").await;
    let listed = person("", "p", "N").replace(r#""subject":{"entity":"p"}"#, r#""subject":["p"]"#);
    assert_ne!(listed, person("", "p", "N"));
    refused_as(listed, "invalid-value").await;
    refused_as(person("", &"p".repeat(201), "N"), "invalid-value").await;
    refused_as(person("", "p", ""), "value-length").await;
    refused_as(person("", "p", &"n".repeat(10_001)), "value-length").await;
}

#[tokio::test]
async fn a_fault_says_where() {
    let yard = Yard::new();
    let line = payment("t", "a", "b", r#""amount":{"minor":1,"currency":"XXQ"},"#);
    let (results, _) = yard.load(line).await;
    assert_eq!(results[0].pointer.as_deref(), Some("/amount/currency"));
    let (results, _) = yard.load(person("", "p", "N").replace("Person", "Ghost")).await;
    assert_eq!((results[0].pointer.as_deref(), results[0].code), (Some("/kind"), Some("unknown-kind")));
}

#[tokio::test]
async fn kinds_and_properties_that_are_not_there() {
    refused_as(person("", "p", "N").replace("Person", "Ghost"), "unknown-kind").await;
    refused_as(person("", "p", "N").replace("Person", "Payment"), "unknown-kind").await;
    refused_as(person("", "p", "N").replace("Person", "Thing"), "abstract-kind").await;
    refused_as(person("", "p", "N").replace(r#""name""#, r#""nmae""#), "unknown-property").await;
    refused_as(person("", "p", "N").replace("admiralty", "guess"), "unknown-evaluation").await;
}

#[tokio::test]
async fn amounts_and_periods() {
    let with = |rest: &str| payment("t", "a", "b", rest);
    refused_as(with(r#""amount":{"minor":NaN,"currency":"EUR"},"#), "malformed-json").await;
    refused_as(with(r#""amount":{"minor":9007199254740992,"currency":"EUR"},"#), "invalid-value").await;
    refused_as(with(r#""amount":{"minor":1e300,"currency":"EUR"},"#), "invalid-value").await;
    refused_as(with(r#""amount":{"minor":12.5,"currency":"EUR"},"#), "invalid-value").await;
    refused_as(with(r#""amount":{"minor":-1,"currency":"EUR"},"#), "negative-amount").await;
    refused_as(with(r#""amount":{"minor":1,"currency":"ZZZ"},"#), "invalid-value").await;
    refused_as(with(r#""quantity":{"value":1e10,"unit":"kg"},"#), "invalid-value").await;
    let reversed = r#""period":{"from":"2024-02-01T00:00:00Z","to":"2024-01-01T00:00:00Z"},"#;
    refused_as(with(reversed), "invalid-value").await;
    refused_as(with(r#""period":{"at":"2024-02-30T00:00:00Z"},"#), "invalid-value").await;
    refused_as(with(r#""period":{"at":"2024-02-03T00:00:00"},"#), "invalid-value").await;
    refused_as(with(r#""retain_until":"2026-03-01","#), "retention-over").await;
}

#[tokio::test]
async fn what_the_loader_states() {
    refused_as(person("", "p", "N").replace("rs-fiu", "al-police"), "foreign-originator").await;
    let provenance = |text: &str| person("k", "p", "N").replace(r#""key":"k""#, text);
    refused_as(provenance(r#""dataset":"al-police-data""#), "wrong-dataset").await;
    refused_as(provenance(r#""load":"mine""#), "read-only").await;
    refused_as(person("", "p", "N").replace(r#""marking""#, r#""making""#), "invalid-value").await;
}

#[tokio::test]
async fn bytes_that_are_no_text() {
    refused_as(b"\xff\xfe{\x00}".to_vec(), "invalid-utf8").await;
    let mut half_a_letter = person("", "p", "N").into_bytes();
    half_a_letter.insert(40, 0xd0);
    refused_as(half_a_letter, "invalid-utf8").await;
}

#[tokio::test]
async fn several_bad_lines_each_have_their_result() {
    let lines = [b"{".to_vec(), person("", "p-1", "N").into_bytes(), b"\xff".to_vec(), b"]".to_vec()];
    let refused = between_good_ones(&lines).await;
    assert_eq!(refused, [(2, "malformed-json"), (4, "invalid-utf8"), (5, "malformed-json")]);
}

#[tokio::test]
async fn an_over_long_line_costs_itself_alone() {
    let mut yard = Yard::new();
    yard.limits.line_bytes = 1_000;
    let exact = person("", "p-1", "N");
    let exact = exact.replace("[\"N\"]", &format!("[\"{}\"]", "n".repeat(1_000 - exact.len() + 1)));
    assert_eq!(exact.len(), 1_000);
    let over = exact.replace("[\"n", "[\"nn");
    let far_over = over.replace("[\"n", &format!("[\"{}", "n".repeat(1_000_000)));
    let last = exact.replace("p-1", "p-2");
    let (results, finished) = yard.load([exact, over, far_over.clone(), last, far_over].join("\n")).await;
    let status = statuses(&results);
    assert_eq!(status, [(1, Recorded), (2, Refused), (3, Refused), (4, Recorded), (5, Refused)]);
    assert!(refusals(&results).iter().all(|(_, code)| *code == "line-too-long"));
    assert_eq!(finished.end.counts.lines, 5);
}

#[tokio::test]
async fn byte_order_mark_crlf_and_blank_lines() {
    let yard = Yard::new();
    let text = format!(
        "\u{feff}{}\r\n\r\n   \n{}\r\n\n{}",
        person("", "p-1", "A"),
        person("", "p-2", "B"),
        person("", "p-3", "C")
    );
    let (results, finished) = yard.load(text).await;
    assert_eq!(statuses(&results), [(1, Recorded), (4, Recorded), (6, Recorded)], "{results:?}");
    assert_eq!((finished.end.counts.lines, finished.end.counts.blank), (3, 3));
    // A mark elsewhere is no white space.
    let (results, _) = yard.load(format!("\n\u{feff}{}", person("", "p-4", "D"))).await;
    assert_eq!(refusals(&results), [(2, "malformed-json")]);
}

#[tokio::test]
async fn half_a_line_at_the_end() {
    let yard = Yard::new();
    let whole = person("", "p-1", "A");
    let (results, finished) = yard.load(format!("{whole}\n{}", &whole[..whole.len() / 2])).await;
    assert_eq!(statuses(&results), [(1, Recorded), (2, Refused)]);
    assert!(results[1].detail.as_deref().is_some_and(|detail| detail.contains("cut off")), "{results:?}");
    assert!(finished.end.complete);
}

#[tokio::test]
async fn nothing_at_all() {
    let yard = Yard::new();
    for empty in ["", "\n", "\u{feff}", "\r\n\r\n"] {
        let (results, finished) = yard.load(empty).await;
        assert!(results.is_empty() && finished.end.complete, "{empty:?}");
        assert_eq!(finished.end.counts.lines, 0);
    }
    assert!(yard.everything().await.is_empty());
}

#[tokio::test]
async fn a_body_that_is_cut_off_is_told() {
    let yard = Yard::new();
    let (writer, reader) = linchpin::service::load::body();
    let first = format!("{}\n{{\"sub", person("", "p-1", "A"));
    let sending = tokio::spawn(async move {
        assert!(writer.send(first.into_bytes()).await);
        // Dropped without its end.
    });
    let source =
        linchpin::service::load::Source::ndjson(vec![linchpin::service::load::Input::body(reader)], &yard.limits);
    let (_, finished) = yard.run(yard.request(), source).await.expect("admitted");
    sending.await.expect("sent");
    assert!(!finished.end.complete);
    assert_eq!(finished.end.code, Some("input-failed"));
}
