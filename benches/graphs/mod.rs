//! Generated graphs as claims, for benches: what `bench/generate.py` writes, read and built into a snapshot.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant as Clock;

use linchpin::graph::{Snapshot, SnapshotBuilder};
use linchpin::model::{Assertion, AssertionId, KindName, RelationshipId, Revision, Subject, Vocabulary};
use serde_json::json;

use crate::shared::{AnyError, id};

pub(crate) fn numbers(path: &PathBuf) -> Result<Vec<(u32, u32)>, AnyError> {
    let text = std::fs::read_to_string(path)?;
    text.lines()
        .map(|line| {
            let (a, b) = line.split_once(' ').ok_or("two numbers a line")?;
            Ok((a.parse()?, b.parse()?))
        })
        .collect()
}

/// The graph as claims: one an entity, one a relationship, of a few kinds and evaluations; where some are `hidden`, every third
/// relationship is marked so that the caller does not see it.
pub(crate) fn snapshot(edges: &[(u32, u32)], hidden: bool) -> Result<Snapshot, AnyError> {
    let pattern =
        linchpin::graph::text::claims("a -t1 A1 Associate- b\na -t2 B2 Call-> b\na -t3 C3 AccountTransfer-> b")?;
    let patterns: Vec<&Assertion> =
        pattern.iter().filter(|claim| matches!(claim.claim.subject, Subject::Relationship { .. })).collect();
    let vocabulary = Arc::new(Vocabulary::builtin());
    let nodes: BTreeSet<u32> = edges.iter().flat_map(|(a, b)| [*a, *b]).collect();
    let start = Clock::now();
    let mut builder = SnapshotBuilder::new(vocabulary);
    let mut claim = pattern[0].clone();
    claim.claim.kind = KindName::new("Person")?;
    let claims = nodes.len() + edges.len();
    for node in nodes {
        claim.id = AssertionId::from_u128(u128::from(node));
        claim.claim.subject = Subject::Entity(id(node)?);
        builder.claim(&claim);
    }
    let mut patterns: Vec<Assertion> = patterns.into_iter().cloned().collect();
    let kinds = patterns.len();
    if hidden {
        patterns[0].claim.marking.tlp = linchpin::model::Tlp::Red;
    }
    for (at, (a, b)) in edges.iter().enumerate() {
        let claim = &mut patterns[at % kinds];
        claim.id = AssertionId::from_u128(at as u128 + (1 << 64));
        let name = RelationshipId::new(format!("r{at:08}"))?;
        claim.claim.subject = Subject::Relationship { id: name, source: id(*a)?, target: id(*b)? };
        builder.claim(claim);
    }
    let snapshot = builder.finish(Revision(1));
    let seconds = start.elapsed().as_secs_f64();
    println!("{}", json!({"build_s": seconds, "claims": claims}));
    Ok(snapshot)
}

/// The file of a generated graph, if it is there.
pub(crate) fn file(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("bench/data").join(name);
    if !path.exists() {
        println!("no bench/data/{name}: make it with bench/generate.py");
        return None;
    }
    Some(path)
}
