//! Full-text search: which visible entities match, decided whole inside the database.
//!
//! The index finds claims that may match; whether they do is decided on their folded values, so that an analyser's ways with words
//! play no part.

use neo4rs::BoltType;

use super::cypher;
use super::rows::{damaged, entity_id, statement};
use super::session::{Ask, Session, int, texts};
use super::sight::Sight;
use crate::model::{KindName, Ontology, is_token};
use crate::store::{Hit, MatchClass, Search, StoreResult};

const CLASSES: [MatchClass; 3] = [MatchClass::Exact, MatchClass::Words, MatchClass::Prefix];

/// Where a page of hits begins and how long it is.
pub(super) struct Cut {
    /// The last hit of the page before.
    pub(super) after: Option<Hit>,
    /// How many hits.
    pub(super) limit: usize,
}

/// The entities that match, in the order of class, then id.
pub(super) async fn search(
    session: &Session,
    ontology: &Ontology,
    sight: &Sight,
    unmask: bool,
    search: &Search,
    cut: &Cut,
) -> StoreResult<Vec<Hit>> {
    if !search.words.iter().all(|word| is_token(word)) {
        return Ok(Vec::new());
    }
    let rank = |class: MatchClass| CLASSES.iter().position(|other| *other == class).unwrap_or(0);
    let mut after = cut.after.as_ref().map(|hit| (rank(hit.class), hit.id.as_str()));
    if search.words.is_empty() {
        // Every hit is of the second class: what comes after one of the first are all, after one of the third none.
        match after {
            Some((0, _)) => after = None,
            Some((2, _)) => return Ok(Vec::new()),
            _ => {}
        }
    }
    let masked: Vec<bool> = search.properties.iter().map(|(name, _)| ontology.masks(name) && !unmask).collect();
    let statement = cypher::search(!search.words.is_empty(), !search.kinds.is_empty(), &masked);
    let ask = Ask::new(statement)
        .with("class", after.map_or(int(-1), |(class, _)| int(class)))
        .with("id", after.map_or("", |(_, id)| id))
        .with("limit", int(cut.limit))
        .with("kinds", texts(kinds_below(ontology, &search.kinds)))
        .with("properties", search.properties.iter().map(wanted).collect::<BoltType>())
        .with("unmask", unmask);
    let rows: Vec<(usize, String)> = session.rows(sight.fill(with_words(ask, &search.words))).await?;
    rows.into_iter()
        .map(|(class, id)| {
            let class = *CLASSES.get(class).ok_or_else(|| damaged("a match of no class"))?;
            Ok(Hit { class, id: entity_id(&id)? })
        })
        .collect()
}

/// The words in the forms in which they are asked for. Each is letters and digits alone ([`is_token`]), so that the index's own
/// language has nothing to read in them; each stored value stands between `^ ` and ` $ `.
fn with_words(ask: Ask, words: &[String]) -> Ask {
    let last = words.len().saturating_sub(1);
    let query = |(at, word): (usize, &String)| {
        let star = if at == last { "*" } else { "" };
        format!("named:{word}{star} plain:{word}{star}")
    };
    let prefix = |(at, word): (usize, &String)| if at == last { format!(" {word}") } else { format!(" {word} ") };
    ask.with("queries", texts(words.iter().enumerate().map(query)))
        .with("words", texts(words.iter().map(|word| format!(" {word} "))))
        .with("prefixes", texts(words.iter().enumerate().map(prefix)))
        .with("exact", format!("^ {} $", words.join(" ")))
}

fn kinds_below<'o>(ontology: &'o Ontology, groups: &[KindName]) -> Vec<&'o str> {
    let below = |kind: &&KindName| groups.iter().any(|group| ontology.is_a(kind, group));
    ontology.entity_kinds.keys().filter(below).map(|kind| kind.as_str()).collect()
}

fn wanted((name, values): &(String, Vec<String>)) -> BoltType {
    texts(values.iter().map(|value| statement(name, value)))
}
