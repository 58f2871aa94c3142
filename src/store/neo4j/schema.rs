//! The database's form: whose it is, its indexes, and bringing it up to date.

use std::collections::BTreeSet;

use neo4rs::BoltType;

use super::cypher;
use super::rows::{damaged, kind_name, properties};
use super::session::{Ask, Session, int, map};
use super::write::least;
use crate::model::{KindName, Vocabulary};
use crate::store::searched::{fingerprint, searched};
use crate::store::{StoreError, StoreResult};

/// The form that this program writes. A newer one is refused.
const FORMAT: i64 = 2;
/// The oldest Neo4j whose Cypher has what the statements use.
const OLDEST: (u32, u32) = (5, 26);
/// Names that mean something here and may not be a kind.
const TAKEN: [&str; 3] = ["Entity", "Assertion", "ABOUT"];
/// How many claims are looked at in one go when searched values are made anew.
const STRIDE: usize = 5_000;

/// Makes an empty database ours, brings an older one up to date, and refuses every other.
pub(super) async fn migrate(session: &Session, vocabulary: &Vocabulary) -> StoreResult<()> {
    check_version(session).await?;
    let ontology = &vocabulary.ontology;
    let kinds = ontology.entity_kinds.keys().chain(ontology.relationship_kinds.keys());
    if let Some(kind) = kinds.into_iter().find(|kind| TAKEN.contains(&kind.as_str())) {
        return Err(damaged(format!("the ontology has a kind `{kind}`, which is a word of the store's own in Neo4j")));
    }
    let known: Option<(i64, String)> = session.row(Ask::new(cypher::FORMAT)).await?;
    match &known {
        Some((format, _)) if *format > FORMAT => {
            let detail = format!("the database has the form {format}, this program knows forms up to {FORMAT}");
            return Err(damaged(format!("{detail}: use a newer program")));
        }
        None if session.row::<i64>(Ask::new(cypher::ANYTHING)).await?.is_some() => {
            return Err(damaged("the database holds something else: Linchpin wants one of its own"));
        }
        _ => {}
    }
    make_indexes(session, ontology.relationship_kinds.keys()).await?;
    session.run(Ask::new(cypher::UPGRADE)).await?;
    let current = fingerprint(ontology);
    match known {
        None => {
            let ask = Ask::new(cypher::MAKE).with("format", FORMAT).with("ontology", current);
            session.run(ask).await?;
        }
        Some((_, ontology)) if ontology != current => {
            search_anew(session, vocabulary).await?;
            session.run(Ask::new(cypher::SET_ONTOLOGY).with("ontology", current)).await?;
        }
        Some(_) => {}
    }
    // What a write committed and could not publish before it was cut off.
    session.run(Ask::new(cypher::PUBLISH)).await
}

async fn check_version(session: &Session) -> StoreResult<()> {
    let version: Option<String> = session.row(Ask::new(cypher::VERSION)).await?;
    let version = version.ok_or_else(|| damaged("the server does not tell its version"))?;
    let mut numbers = version.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < OLDEST {
        let detail = format!("Neo4j {version} is too old: {}.{} or newer is needed", OLDEST.0, OLDEST.1);
        return Err(StoreError::Damaged(detail));
    }
    Ok(())
}

async fn make_indexes<'k>(session: &Session, kinds: impl Iterator<Item = &'k KindName>) -> StoreResult<()> {
    let there: BTreeSet<String> = session.rows(Ask::new(cypher::INDEXES)).await?.into_iter().collect();
    let mut made = false;
    for (name, statement) in cypher::indexes(kinds) {
        if !there.contains(&name) {
            session.run(Ask::new(statement)).await?;
            made = true;
        }
    }
    if made {
        session.run(Ask::new(cypher::AWAIT_INDEXES)).await?;
    }
    Ok(())
}

/// Works out anew what depends on the ontology: searched values, and which claims protect.
async fn search_anew(session: &Session, vocabulary: &Vocabulary) -> StoreResult<()> {
    let mut after = least();
    loop {
        let ask = Ask::new(cypher::SEARCHED).with("after", after.as_str()).with("limit", int(STRIDE));
        let claims: Vec<(String, String, Option<Vec<String>>)> = session.rows(ask).await?;
        let Some((last, ..)) = claims.last() else { return Ok(()) };
        after.clone_from(last);
        let rows = claims.into_iter().map(|(assertion, kind, said)| row(vocabulary, assertion, &kind, said));
        let rows: Vec<BoltType> = rows.collect::<StoreResult<_>>()?;
        session.run(Ask::new(cypher::SET_SEARCHED).with("rows", rows)).await?;
    }
}

fn row(vocabulary: &Vocabulary, assertion: String, kind: &str, said: Option<Vec<String>>) -> StoreResult<BoltType> {
    let (kind, said) = (kind_name(kind)?, properties(said.unwrap_or_default())?);
    let (named, plain) = searched(&vocabulary.ontology, &kind, &said).unwrap_or_default();
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(map([
        ("assertion", assertion.into()),
        ("named", some(named).into()),
        ("plain", some(plain).into()),
        ("protects", vocabulary.ontology.protects(&said).then_some(true).into()),
    ]))
}
