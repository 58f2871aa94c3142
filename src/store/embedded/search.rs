//! Full-text search: which visible entities match, decided whole inside the database.

use std::rc::Rc;

use rusqlite::types::Value;
use rusqlite::{Connection, ToSql};
use serde::Serialize;

use super::error::{damaged, store_error};
use super::sight::{Sight, array, entity_seen, held, protected, seen};
use crate::model::{EntityId, KindName, Ontology};
use crate::store::{Hit, MatchClass, Search, StoreResult};

/// One full-text question for one word: in which form, and whether in values that identify a person.
#[derive(Serialize)]
struct Probe {
    word: usize,
    form: &'static str,
    named: bool,
    question: String,
}

/// The questions that a search comes down to.
fn probes(words: &[String]) -> Vec<Probe> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut probes = Vec::new();
    for (column, named) in [("named", true), ("plain", false)] {
        let mut ask = |word, form, phrase: &str, star: &str| {
            probes.push(Probe { word, form, named, question: format!("{column} : {}{star}", quoted(phrase)) });
        };
        for (at, word) in words.iter().enumerate() {
            ask(at, "word", word, "");
            if at + 1 == words.len() {
                ask(at, "prefix", word, " *");
            }
        }
        ask(0, "exact", &format!("^ {} $", words.join(" ")), "");
    }
    probes
}

/// The statement's named parameters. Their names are ours; a client's words are only ever values.
struct Values(Vec<(String, Box<dyn ToSql>)>);

impl Values {
    fn add(&mut self, name: impl Into<String>, value: impl ToSql + 'static) {
        self.0.push((name.into(), Box::new(value)));
    }
}

/// Where a page of hits begins and how long it is.
pub(super) struct Cut {
    /// The last hit of the page before.
    pub(super) after: Option<Hit>,
    /// How many hits.
    pub(super) limit: usize,
}

/// The entities that match, in the order of class, then id.
pub(super) fn search(
    connection: &Connection,
    ontology: &Ontology,
    sight: &Sight,
    unmask: bool,
    search: &Search,
    cut: &Cut,
) -> StoreResult<Vec<Hit>> {
    let mut values = Values(Vec::new());
    values.add(":seen", Rc::clone(&sight.seen));
    values.add(":today", sight.today);
    values.add(":at", sight.at);
    let filters = filters(ontology, unmask, search, &mut values);
    let classes = [MatchClass::Exact, MatchClass::Words, MatchClass::Prefix];
    let rank = |class: MatchClass| classes.iter().position(|other| *other == class).unwrap_or(0);
    let (class, id) =
        cut.after.as_ref().map_or((-1, ""), |hit| (i64::try_from(rank(hit.class)).unwrap_or(0), hit.id.as_str()));
    values.add(":class", class);
    values.add(":id", id.to_owned());
    values.add(":limit", i64::try_from(cut.limit).unwrap_or(i64::MAX));
    let sql = if search.words.is_empty() {
        // Without words every one is a whole word: the class is 1, and the order that of ids.
        format!(
            "SELECT 1, e.id FROM entity e
             WHERE (1 > :class OR (1 = :class AND e.id > :id)) AND e.id >= CASE WHEN :class = 1 THEN :id ELSE '' END
               AND {} {filters} ORDER BY e.id LIMIT :limit",
            entity_seen("e.key"),
        )
    } else {
        values.add(":probes", serde_json::to_string(&probes(&search.words)).map_err(|e| damaged(e.to_string()))?);
        values.add(":words", i64::try_from(search.words.len()).unwrap_or(i64::MAX));
        values.add(":unmask", unmask);
        format!(
            "WITH hit AS MATERIALIZED (
               SELECT a.entity AS key, p.value ->> 'word' AS word, p.value ->> 'form' AS form, p.value ->> 'named' AS named
               FROM json_each(:probes) p
               CROSS JOIN search t ON t.search MATCH (p.value ->> 'question')
               CROSS JOIN assertion a ON a.key = t.rowid
               WHERE {} AND {})
             SELECT class, id FROM (
               SELECT e.id AS id,
                 CASE WHEN max(h.form = 'exact') THEN 0
                      WHEN count(DISTINCT CASE WHEN h.form = 'word' THEN h.word END) = :words THEN 1
                      ELSE 2 END AS class
               FROM hit h CROSS JOIN entity e ON e.key = h.key
               WHERE h.named = 0 OR :unmask OR NOT {}
               GROUP BY e.key
               HAVING (count(DISTINCT CASE WHEN h.form <> 'exact' THEN h.word END) = :words) {filters})
             WHERE class > :class OR (class = :class AND id > :id)
             ORDER BY class, id LIMIT :limit",
            seen("a"),
            held("a"),
            protected("h.key"),
        )
    };
    let mut statement = connection.prepare_cached(&sql).map_err(store_error)?;
    let parameters: Vec<(&str, &dyn ToSql)> =
        values.0.iter().map(|(name, value)| (name.as_str(), value.as_ref())).collect();
    let mut rows = statement.query(&parameters[..]).map_err(store_error)?;
    let mut hits = Vec::new();
    while let Some(row) = rows.next().map_err(store_error)? {
        let class = usize::try_from(row.get::<_, i64>(0).map_err(store_error)?).unwrap_or(0);
        let class = *classes.get(class).ok_or_else(|| damaged("a match of no class"))?;
        let id: String = row.get(1).map_err(store_error)?;
        hits.push(Hit { class, id: EntityId::new(id).map_err(|error| damaged(error.to_string()))? });
    }
    Ok(hits)
}

/// The conditions on the entity `e` beside the words, each beginning with AND.
fn filters(ontology: &Ontology, unmask: bool, search: &Search, values: &mut Values) -> String {
    let mut filters = String::new();
    if !search.kinds.is_empty() {
        let below = |kind: &&KindName| search.kinds.iter().any(|group| ontology.is_a(kind, group));
        let kinds: Vec<String> =
            ontology.entity_kinds.keys().filter(below).map(|kind| kind.as_str().to_owned()).collect();
        values.add(":kinds", array(kinds));
        filters.push_str(&format!(
            " AND EXISTS (SELECT 1 FROM assertion k WHERE k.entity = e.key AND {} AND {}
                AND k.kind IN (SELECT value FROM rarray(:kinds)))",
            seen("k"),
            held("k")
        ));
    }
    for (at, (name, wanted)) in search.properties.iter().enumerate() {
        values.add(format!(":name{at}"), name.clone());
        values.add(format!(":values{at}"), array(wanted.iter().cloned().map(Value::Text)));
        filters.push_str(&format!(
            " AND EXISTS (SELECT 1 FROM assertion k CROSS JOIN json_each(k.body, '$.properties') n CROSS JOIN json_each(n.value) v
                WHERE k.entity = e.key AND {} AND {}
                  AND n.key = :name{at} AND v.value IN (SELECT value FROM rarray(:values{at})))",
            seen("k"),
            held("k")
        ));
        if ontology.masks(name) && !unmask {
            filters.push_str(&format!(" AND NOT {}", protected("e.key")));
        }
    }
    filters
}
