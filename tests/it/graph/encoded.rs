//! A snapshot as bytes: it comes back as it was, and bytes that are not those of a snapshot are refused without harm.

use std::sync::Arc;

use linchpin::graph::Snapshot;
use linchpin::model::{RelationshipId, Revision, Subject};
use proptest::prelude::*;

use super::random::claims;
use super::{VOCABULARY, drawn, snapshot};

fn bytes(snapshot: &Snapshot) -> Vec<u8> {
    let mut bytes = Vec::new();
    snapshot.write_to(&mut bytes).unwrap();
    bytes
}

fn read(mut bytes: &[u8]) -> std::io::Result<Snapshot> {
    let most = bytes.len() as u64;
    Snapshot::read_from(Arc::clone(&VOCABULARY), Revision(100), &mut bytes, most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_is_written_comes_back(claims in claims()) {
        let written = snapshot(&claims);
        let read = read(&bytes(&written)).unwrap();
        prop_assert_eq!(&read, &written);
        // Not only the rows: what is laid over it finds its place.
        let again = read.apply(&claims, &[], Revision(100));
        prop_assert_eq!(&again, &written);
    }

    #[test]
    fn other_bytes_do_no_harm(claims in claims(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = bytes(&snapshot(&claims));
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
            prop_assert!(read(&bytes).is_err(), "a part is no snapshot");
        } else {
            bytes[at] = byte;
            // It may be another snapshot: checksums are not its business. Whatever it is can be looked at.
            if let Ok(read) = read(&bytes) {
                let _same = read == read.compacted();
            }
        }
    }
}

#[test]
fn a_layered_snapshot_is_compacted_first() {
    let claims = linchpin::graph::text::claims("a -t1-> b").unwrap();
    let layered = drawn("c").apply(&claims, &[], Revision(100));
    assert!(layered.write_to(&mut Vec::new()).is_err());
    assert_eq!(read(&bytes(&layered.compacted())).unwrap(), layered);
}

#[test]
fn large_revisions_and_long_ids_come_back() {
    let uuid = "0190163d-8694-739b-aea5-966c26f8ad91";
    let long = "x".repeat(100) + &"0".repeat(100);
    let odd = ["A0B1", "0123abc", "t", "ABCDEF0123", "00", "0190163d-8694-739b-aea5-966c26f8ad9G", &long, uuid];
    // By eights: all digits there are, and what is beside them.
    let eights =
        ["01234567", "89abcdef", "0123456789abcdef", "0123456g", "0123456A", "0123.567", "89abcde-f", "zzzzzzzz"];
    let odd: Vec<&str> = odd.into_iter().chain(eights).collect();
    let mut claims = linchpin::graph::text::claims(&"a -> b\n".repeat(odd.len())).unwrap();
    for (claim, id) in claims[2..].iter_mut().zip(odd.iter().copied()) {
        let (source, target) = (super::entity("a"), super::entity("b"));
        claim.claim.subject = Subject::Relationship { id: RelationshipId::new(id).unwrap(), source, target };
    }
    claims[3].recorded.from = Revision(1 << 40);
    let written = snapshot(&claims);
    let read = read(&bytes(&written)).unwrap();
    assert_eq!(read, written);
    let view = read.view(&super::anyone(), super::TODAY, linchpin::graph::Lens::default());
    let (a, b) = (view.node(&super::entity("a")).unwrap(), view.node(&super::entity("b")).unwrap());
    let mut found: Vec<String> =
        view.between(a, b).iter().map(|step| view.relationship_id(step.relationship).to_string()).collect();
    let mut expected: Vec<String> = odd.into_iter().map(str::to_owned).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

/// As many claims as fill several pieces of every list, and are worked on by two threads; some came twice, some on one triple.
fn many() -> Vec<linchpin::model::Assertion> {
    let patterns = linchpin::graph::text::claims("a -t-> b").unwrap();
    let mixed = |number: u64| (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let mut claims = Vec::new();
    for at in 0..140_000_u64 {
        let mut claim = patterns[2].clone();
        claim.id = linchpin::model::AssertionId::from_u128(u128::from(at));
        claim.claim.retain_until = at.is_multiple_of(4).then_some(super::TODAY);
        // A long row, and many short ones; every seventh claim is on the triple of the one before.
        let of = if at.is_multiple_of(7) { at.saturating_sub(1) } else { at };
        let source = super::entity(&format!("n{}", if of.is_multiple_of(3) { 0 } else { mixed(of) % 5_000 }));
        let target = super::entity(&format!("a-name-of-more-than-23-letters-{}", mixed(of + 1) % 3_000));
        let id = RelationshipId::new(format!("t-{}", of % 50_000)).unwrap();
        claim.claim.subject = Subject::Relationship { id, source, target };
        claims.push(claim);
    }
    let again = claims.iter().step_by(1_001).cloned().map(|mut claim| {
        claim.recorded.from = Revision(9);
        claim
    });
    claims.extend(again.collect::<Vec<_>>());
    claims
}

#[test]
fn many_claims_are_those_in_any_order() {
    let claims = many();
    let built = snapshot(&claims);
    assert_eq!(read(&bytes(&built)).unwrap(), built);
    // In another order, but what came again still comes later; a part of them laid over the rest.
    let (once, again) = claims.split_at(140_000);
    let turned: Vec<_> = once.iter().rev().chain(again).cloned().collect();
    assert_eq!(snapshot(&turned), built);
    let (below, above) = turned.split_at(139_000);
    assert_eq!(snapshot(below).apply(above, &[], Revision(100)), built);
    // One claim fewer is not the same.
    assert_ne!(snapshot(&turned[1..]), built);
}
