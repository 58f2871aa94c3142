//! Every statement that is sent to Neo4j.
//!
//! Statements are constants, or put together from constants and kinds of the ontology (letters and digits, in backticks). What a
//! client writes is only ever a parameter. Nothing outside this file can make a [`Statement`].
//!
//! Labels that begin with an underscore are bookkeeping; no kind can have such a name.
//!
//! Every look-up names its index: Neo4j keeps a plan that it made while the store was empty, and an empty store is scanned.

use std::borrow::Cow;
use std::fmt::Write;

use crate::model::KindName;

/// The text of a statement.
#[derive(Clone)]
pub(super) struct Statement(Cow<'static, str>);

impl Statement {
    const fn new(text: &'static str) -> Self {
        Self(Cow::Borrowed(text))
    }

    fn made(text: String) -> Self {
        Self(Cow::Owned(text))
    }

    /// The statement, ready for its parameters.
    pub(super) fn query(&self) -> neo4rs::Query {
        #[expect(clippy::disallowed_methods, reason = "this is the file in which every statement stands")]
        neo4rs::query(&self.0)
    }
}

// ---- What a caller may see: parts of statements. Parameters: seen, today, at, latest. ----

/// That the caller may see the claim `a`. A withdrawal counts from its own revision on.
fn seen(a: &str) -> String {
    format!(
        "(CASE WHEN {a}.withdrawn <= $latest THEN {a}.withdrawn_marking ELSE {a}.marking END) IN $seen \
         AND coalesce({a}.retain_until, 4294967296) > $today AND {a}.recorded_from <= $latest"
    )
}

/// That the claim `a` was recorded at a revision: `$at` or `$latest`.
fn recorded(a: &str, when: &str) -> String {
    format!("{a}.recorded_from <= {when} AND coalesce({a}.recorded_to, 9223372036854775807) > {when}")
}

/// That the entity `e` has a visible claim recorded at `$at`.
fn entity_seen(e: &str) -> String {
    format!("EXISTS {{ ({e})<-[:ABOUT]-(v:Assertion) WHERE {} AND {} }}", seen("v"), recorded("v", "$at"))
}

/// That the entity `e` is protected, as far as the caller may see: by a claim recorded at `$at` or now.
fn protected(e: &str) -> String {
    format!(
        "EXISTS {{ ({e})<-[:ABOUT]-(x:Assertion) WHERE x.protects AND {} AND (({}) OR ({})) }}",
        seen("x"),
        recorded("x", "$latest"),
        recorded("x", "$at")
    )
}

/// One branch for each kind of relationship that the store holds: `body` with `{kind}` filled in.
fn branches(kinds: &[KindName], body: &str) -> String {
    let mut text = String::new();
    for kind in kinds {
        if !text.is_empty() {
            text.push_str(" UNION ALL ");
        }
        text.push_str(&body.replace("{kind}", kind.as_str()));
    }
    text
}

/// The rest of a claim's columns, beside its subject.
const REST: &str = "[a.marking, a.retain_until, a.recorded_from, a.recorded_at, a.recorded_to, a.closed_at, a.withdrawn, \
                     a.load, a.asserted_by, a.properties, a.body]";

/// A claim `a` on the entity `e` as one row.
fn entity_row() -> String {
    format!("[[a.assertion, e.id, null, null, null, a.kind], {REST}] AS r")
}

/// A claim `a` on a relationship from `s` to `t` as one row.
fn link_row() -> String {
    format!("[[a.assertion, null, a.id, s.id, t.id, type(a)], {REST}] AS r")
}

// ---- The store itself. ----

/// Which version answers.
pub(super) const VERSION: Statement =
    Statement::new("CALL dbms.components() YIELD name, versions WHERE name = 'Neo4j Kernel' RETURN versions[0] AS r");
/// Whether the database answers.
pub(super) const READY: Statement =
    Statement::new("MATCH (s:_Store {name: 'linchpin'}) USING INDEX SEEK s:_Store(name) RETURN s.format AS r");
/// Whether anything is there.
pub(super) const ANYTHING: Statement = Statement::new("MATCH (n) WITH n LIMIT 1 RETURN 1 AS r");
/// The form of the store and the ontology that it was written under.
pub(super) const FORMAT: Statement = Statement::new(
    "MATCH (s:_Store {name: 'linchpin'}) USING INDEX SEEK s:_Store(name) RETURN [s.format, s.ontology] AS r",
);
/// Makes the store's own node.
pub(super) const MAKE: Statement = Statement::new(
    "MERGE (s:_Store {name: 'linchpin'}) ON CREATE SET s.format = $format, s.ontology = $ontology, s.revision = 0, s.at = 0,
       s.kinds = [], s.markings = 0, s.published = 0",
);
/// Brings form 1 up to date: what was beside `published` stands at the revision itself.
pub(super) const UPGRADE: Statement = Statement::new(
    "MATCH (s:_Store {name: 'linchpin'}) USING INDEX SEEK s:_Store(name) SET s.lock = 0 WITH s WHERE s.format = 1
     SET s.format = 2 REMOVE s.published_at, s.published_markings
     WITH s MATCH (r:_Revision {revision: s.revision}) USING INDEX SEEK r:_Revision(revision) SET r.markings = s.markings, r.kinds = s.kinds",
);
/// Notes the ontology that the search values go by now.
pub(super) const SET_ONTOLOGY: Statement =
    Statement::new("MATCH (s:_Store {name: 'linchpin'}) USING INDEX SEEK s:_Store(name) SET s.ontology = $ontology");
/// The names of the indexes that there are.
pub(super) const INDEXES: Statement = Statement::new("SHOW INDEXES YIELD name RETURN name AS r");
/// Waits until every index answers.
pub(super) const AWAIT_INDEXES: Statement = Statement::new("CALL db.awaitIndexes(600)");

/// The full-text index over the searched values of claims.
const SEARCH_INDEX: &str = "linchpin_search";

/// Every index and constraint, by name.
pub(super) fn indexes<'k>(kinds: impl Iterator<Item = &'k KindName>) -> Vec<(String, Statement)> {
    let mut wanted = Vec::new();
    for (label, property) in [
        ("_Store", "name"),
        ("Entity", "id"),
        ("_Revision", "revision"),
        ("_Marking", "key"),
        ("_Marking", "guard"),
        ("_Load", "id"),
        ("_Replay", "key"),
    ] {
        let name = format!("linchpin_{label}_{property}");
        let text =
            format!("CREATE CONSTRAINT `{name}` IF NOT EXISTS FOR (n:`{label}`) REQUIRE n.`{property}` IS UNIQUE");
        wanted.push((name, Statement::made(text)));
    }
    for (label, property) in [
        ("_Revision", "at"),
        ("_Revision", "write"),
        ("_Load", "originator"),
        ("_Replay", "at"),
        ("_Erased", "assertion"),
        ("_Erased", "touched"),
        ("Assertion", "protects"),
    ] {
        wanted.push(range_index(&format!("(n:`{label}`)"), label, property));
    }
    for property in ["assertion", "recorded_from", "touched", "retain_until"] {
        wanted.push(range_index("(n:Assertion)", "Assertion", property));
    }
    for kind in kinds {
        for property in ["id", "assertion", "recorded_from", "touched", "retain_until"] {
            wanted.push(range_index(&format!("()-[n:`{kind}`]-()"), kind.as_str(), property));
        }
    }
    let search = format!(
        "CREATE FULLTEXT INDEX `{SEARCH_INDEX}` IF NOT EXISTS FOR (n:Assertion) ON EACH [n.named, n.plain]
         OPTIONS {{indexConfig: {{`fulltext.analyzer`: 'whitespace', `fulltext.eventually_consistent`: false}}}}"
    );
    wanted.push((SEARCH_INDEX.to_owned(), Statement::made(search)));
    wanted
}

fn range_index(pattern: &str, owner: &str, property: &str) -> (String, Statement) {
    let name = format!("linchpin_{owner}_{property}");
    let text = format!("CREATE RANGE INDEX `{name}` IF NOT EXISTS FOR {pattern} ON (n.`{property}`)");
    (name, Statement::made(text))
}

/// Claims on entities after an assertion id, for making their searched values anew.
pub(super) const SEARCHED: Statement = Statement::new(
    "MATCH (a:Assertion) USING INDEX SEEK a:Assertion(assertion) WHERE a.assertion > $after WITH a ORDER BY a.assertion LIMIT $limit
     RETURN [a.assertion, a.kind, a.properties] AS r",
);
/// Sets searched values and the mark of protective claims.
pub(super) const SET_SEARCHED: Statement = Statement::new(
    "UNWIND $rows AS row MATCH (a:Assertion {assertion: row.assertion}) USING INDEX SEEK a:Assertion(assertion)
     SET a.named = row.named, a.plain = row.plain, a.protects = row.protects",
);

// ---- Revisions. ----

/// What readers go by: the revision that is whole on disk and in every index. One number says which; what belongs to it was written
/// with it and never changes, since two values that change together may be read one before and one after a commit.
pub(super) const PUBLISHED: Statement = Statement::new(
    "MATCH (s:_Store {name: 'linchpin'}) USING INDEX SEEK s:_Store(name) WITH s.published AS published
     OPTIONAL MATCH (r:_Revision {revision: published}) USING INDEX SEEK r:_Revision(revision)
     RETURN [published, r.at, r.markings, r.kinds] AS r",
);
/// Lets readers see every revision that was committed. Waits for a write that is under way, since that holds the lock.
pub(super) const PUBLISH: Statement = Statement::new(
    "MATCH (s:_Store {name: 'linchpin'}) USING INDEX SEEK s:_Store(name) SET s.lock = 0 WITH s SET s.published = s.revision",
);
/// Begins a write: no other one goes on until this transaction ends. What is read comes after the lock.
pub(super) const LOCK: Statement = Statement::new(
    "MATCH (s:_Store {name: 'linchpin'}) USING INDEX SEEK s:_Store(name) SET s.lock = 0 WITH s RETURN [s.revision, s.at, s.markings, s.kinds] AS r",
);
/// Ends a write: its revision, and by which loads it was made ([`NEW_LOADS`] first).
pub(super) const ADVANCE: Statement = Statement::new(
    "MATCH (s:_Store {name: 'linchpin'}) USING INDEX SEEK s:_Store(name)
     SET s.revision = $revision, s.at = $at, s.markings = $markings, s.kinds = $kinds
     CREATE (r:_Revision {revision: $revision, at: $at, write: $write, markings: $markings, kinds: $kinds})
     WITH r UNWIND $loads AS load MATCH (l:_Load {id: load}) USING INDEX SEEK l:_Load(id) CREATE (l)-[:WROTE]->(r)",
);
/// Nodes for loads that have none yet. (`MERGE` takes no hints, and would scan.)
pub(super) const NEW_LOADS: Statement = Statement::new(
    "UNWIND $loads AS id WITH id WHERE NOT EXISTS { MATCH (l:_Load {id: id}) USING INDEX SEEK l:_Load(id) }
     CREATE (:_Load {id: id})",
);
/// The latest published revision at or before an instant.
pub(super) const STAMP_AT: Statement = Statement::new(
    "MATCH (s:_Store {name: 'linchpin'}) USING INDEX SEEK s:_Store(name) MATCH (r:_Revision) USING INDEX SEEK r:_Revision(at) WHERE r.at <= $instant AND r.revision <= s.published
     WITH r ORDER BY r.at DESC LIMIT 1 RETURN [r.revision, r.at] AS r",
);
/// The last revision that a write made.
pub(super) const STAMP_OF: Statement = Statement::new(
    "MATCH (r:_Revision {write: $write}) USING INDEX SEEK r:_Revision(write) WITH r ORDER BY r.revision DESC LIMIT 1 RETURN [r.revision, r.at] AS r",
);
/// What made a revision.
pub(super) const COMMIT: Statement = Statement::new(
    "MATCH (r:_Revision {revision: $revision}) USING INDEX SEEK r:_Revision(revision) RETURN [r.write, r.at] AS r",
);
/// Whether a write made a revision; once no other write is under way.
pub(super) const HAPPENED: Statement = Statement::new(
    "MATCH (s:_Store {name: 'linchpin'}) USING INDEX SEEK s:_Store(name) SET s.lock = 0 WITH s MATCH (r:_Revision {revision: $revision, write: $write})
     USING INDEX SEEK r:_Revision(revision) RETURN 1 AS r",
);

// ---- Markings. ----

/// Guards with keys in a range.
pub(super) const MARKINGS: Statement = Statement::new(
    "MATCH (m:_Marking) USING INDEX SEEK m:_Marking(key) WHERE m.key > $newest AND m.key <= $upto RETURN [m.key, m.guard] AS r ORDER BY m.key",
);
/// The keys of guards by their texts.
pub(super) const MARKING_KEYS: Statement = Statement::new(
    "MATCH (m:_Marking) USING INDEX SEEK m:_Marking(guard) WHERE m.guard IN $guards RETURN [m.guard, m.key] AS r",
);
/// New guards.
pub(super) const NEW_MARKINGS: Statement =
    Statement::new("UNWIND $rows AS row CREATE (m:_Marking {key: row.key, guard: row.guard})");

// ---- Reading claims. ----

/// Claims on entities by their ids.
pub(super) fn entity_claims() -> Statement {
    Statement::made(format!(
        "MATCH (e:Entity)<-[:ABOUT]-(a:Assertion) USING INDEX SEEK e:Entity(id) WHERE e.id IN $ids AND {} AND (({}) OR (a.protects AND {})) RETURN {}",
        seen("a"),
        recorded("a", "$at"),
        recorded("a", "$latest"),
        entity_row()
    ))
}

/// Claims on entities by the claims' ids.
pub(super) fn entity_claims_by_id() -> Statement {
    Statement::made(format!(
        "MATCH (a:Assertion)-[:ABOUT]->(e:Entity) USING INDEX SEEK a:Assertion(assertion) WHERE a.assertion IN $ids AND {} RETURN {}",
        seen("a"),
        entity_row()
    ))
}

/// Claims on relationships by the relationships' ids.
pub(super) fn links(kinds: &[KindName]) -> Statement {
    let found = branches(
        kinds,
        "MATCH (s)-[a:`{kind}`]->(t) USING INDEX SEEK a:`{kind}`(id) WHERE a.id IN $ids RETURN s, a, t",
    );
    Statement::made(format!(
        "CALL () {{ {found} }} WITH s, a, t WHERE {} AND {} AND {} AND {} RETURN {}",
        seen("a"),
        recorded("a", "$at"),
        entity_seen("s"),
        entity_seen("t"),
        link_row()
    ))
}

/// Claims on relationships by the claims' ids.
pub(super) fn links_by_id(kinds: &[KindName]) -> Statement {
    let found = branches(
        kinds,
        "MATCH (s)-[a:`{kind}`]->(t) USING INDEX SEEK a:`{kind}`(assertion) WHERE a.assertion IN $ids RETURN s, a, t",
    );
    Statement::made(format!(
        "CALL () {{ {found} }} WITH s, a, t WHERE {} AND {} AND {} RETURN {}",
        seen("a"),
        entity_seen("s"),
        entity_seen("t"),
        link_row()
    ))
}

/// Claims on relationships between two entities, either way round.
pub(super) fn links_between() -> Statement {
    let filter = format!("{} AND {}", seen("a"), recorded("a", "$at"));
    Statement::made(format!(
        "MATCH (one:Entity {{id: $one}}) USING INDEX SEEK one:Entity(id)
         MATCH (other:Entity {{id: $other}}) USING INDEX SEEK other:Entity(id) WHERE {} AND {}
         CALL (one, other) {{
           MATCH (one)-[a]->(other) RETURN a, one AS s, other AS t
           UNION ALL
           MATCH (other)-[a]->(one) WHERE one <> other RETURN a, other AS s, one AS t
         }}
         WITH s, a, t WHERE {filter} RETURN {}",
        entity_seen("one"),
        entity_seen("other"),
        link_row()
    ))
}

/// A page of the relationships of an entity, whole triples with all their claims.
pub(super) fn incident() -> Statement {
    let filter = format!(
        "{} AND {} AND coalesce(a.holds_from, $least) < $window_to AND coalesce(a.holds_to, $greatest) > $window_from",
        seen("a"),
        recorded("a", "$at")
    );
    Statement::made(format!(
        "MATCH (n:Entity {{id: $entity}}) USING INDEX SEEK n:Entity(id) WHERE {}
         CALL (n) {{
           MATCH (n)-[a]->(t:Entity) WHERE $outgoing AND {filter} AND {} RETURN a, n AS s, t
           UNION ALL
           MATCH (s:Entity)-[a]->(n) WHERE $incoming AND (NOT $outgoing OR s <> n) AND {filter} AND {} RETURN a, s, n AS t
         }}
         WITH a.id AS id, s.id AS source, t.id AS target, collect(a) AS claims
         WHERE (size($kinds) = 0 OR any(claim IN claims WHERE type(claim) IN $kinds))
           AND (id > $id OR (id = $id AND (source > $source OR (source = $source AND target > $target))))
         WITH id, source, target, claims ORDER BY id, source, target LIMIT $limit
         UNWIND claims AS a
         RETURN [[a.assertion, null, id, source, target, type(a)], {REST}] AS r",
        entity_seen("n"),
        entity_seen("t"),
        entity_seen("s"),
    ))
}

// ---- Searching. ----

/// The entities that match, in the order of class, then id. With words: `$queries` find claims that may hold them, `$words`,
/// `$prefixes` and `$exact` decide. `kinds` and each of `properties` narrow it.
pub(super) fn search(words: bool, kinds: bool, properties: &[bool]) -> Statement {
    let mut filters = String::new();
    let visible = format!("{} AND {}", seen("k"), recorded("k", "$at"));
    if kinds {
        filters += &format!(" AND EXISTS {{ (e)<-[:ABOUT]-(k:Assertion) WHERE k.kind IN $kinds AND {visible} }}");
    }
    for (at, masked) in properties.iter().enumerate() {
        filters += &format!(
            " AND EXISTS {{ (e)<-[:ABOUT]-(k:Assertion)
               WHERE any(value IN $properties[{at}] WHERE value IN k.properties) AND {visible} }}"
        );
        if *masked {
            filters += &format!(" AND NOT {}", protected("e"));
        }
    }
    if !words {
        // Without words every match is of whole words: the class is 1, and the order that of ids.
        return Statement::made(format!(
            "MATCH (e:Entity) USING INDEX SEEK e:Entity(id) WHERE e.id > $id AND {} {filters} RETURN [1, e.id] AS r ORDER BY e.id LIMIT $limit",
            entity_seen("e")
        ));
    }
    Statement::made(format!(
        "UNWIND range(0, size($words) - 1) AS i
         CALL db.index.fulltext.queryNodes('{SEARCH_INDEX}', $queries[i]) YIELD node AS a
         WITH i, a WHERE {} AND {}
         MATCH (a)-[:ABOUT]->(e:Entity)
         WITH i, a, e, NOT $unmask AND {} AS masked
         WITH i, e, CASE WHEN masked THEN '' ELSE coalesce(a.named, '') END + coalesce(a.plain, '') AS text
         WITH i, e, max(CASE WHEN text CONTAINS $prefixes[i] THEN 1 ELSE 0 END) AS found,
           max(CASE WHEN text CONTAINS $words[i] THEN 1 ELSE 0 END) AS whole,
           max(CASE WHEN text CONTAINS $exact THEN 1 ELSE 0 END) AS exact
         WITH e, sum(found) AS found, sum(whole) AS whole, max(exact) AS exact
         WITH e, CASE WHEN exact = 1 THEN 0 WHEN whole = size($words) THEN 1 ELSE 2 END AS class
         WHERE found = size($words) {filters}
         WITH e.id AS id, class WHERE class > $class OR (class = $class AND id > $id)
         RETURN [class, id] AS r ORDER BY class, id LIMIT $limit",
        seen("a"),
        recorded("a", "$at"),
        protected("e"),
    ))
}

// ---- What a batch must know; inside its transaction. ----

/// The claims of lines of a source, by the beginnings of their ids.
pub(super) fn heads(kinds: &[KindName]) -> Statement {
    let head = "[w.source, a.assertion, a.marking, a.content, a.recorded_from, a.recorded_to, a.withdrawn, false] AS r";
    let found = "WHERE a.assertion STARTS WITH w.prefix AND a.source_key = w.source";
    let mut text = format!(
        "UNWIND $sources AS w CALL (w) {{
           MATCH (a:Assertion) USING INDEX SEEK a:Assertion(assertion) {found} RETURN {head}
           UNION ALL
           MATCH (a:_Erased) USING INDEX SEEK a:_Erased(assertion) {found} RETURN [w.source, a.assertion, null, null, a.recorded_from, null, null, true] AS r"
    );
    for kind in kinds {
        _ = write!(
            text,
            " UNION ALL MATCH ()-[a:`{kind}`]->() USING INDEX SEEK a:`{kind}`(assertion) {found} RETURN {head}"
        );
    }
    text += " } RETURN r";
    Statement::made(text)
}

/// Which of some ids are in use.
pub(super) fn taken(kinds: &[KindName]) -> Statement {
    let mut text = "CALL () {
         MATCH (a:Assertion) USING INDEX SEEK a:Assertion(assertion) WHERE a.assertion IN $ids RETURN a.assertion AS r
         UNION ALL MATCH (a:_Erased) USING INDEX SEEK a:_Erased(assertion) WHERE a.assertion IN $ids RETURN a.assertion AS r"
        .to_owned();
    for kind in kinds {
        _ = write!(
            text,
            " UNION ALL MATCH ()-[a:`{kind}`]->() USING INDEX SEEK a:`{kind}`(assertion) WHERE a.assertion IN $ids RETURN a.assertion AS r"
        );
    }
    text += " } RETURN r";
    Statement::made(text)
}

const HELD: &str = "[a.assertion, coalesce(a.withdrawn_marking, a.marking), a.body, a.recorded_to, a.withdrawn] AS r";

/// Claims on entities that are to be closed, as far as the writer may see them.
pub(super) fn held_entities() -> Statement {
    Statement::made(format!(
        "MATCH (a:Assertion) USING INDEX SEEK a:Assertion(assertion) WHERE a.assertion IN $ids AND {} RETURN {HELD}",
        seen("a")
    ))
}

/// The same of relationships; `$dangling`: whatever becomes of their ends.
pub(super) fn held_links(kinds: &[KindName]) -> Statement {
    let found = branches(
        kinds,
        "MATCH (s)-[a:`{kind}`]->(t) USING INDEX SEEK a:`{kind}`(assertion) WHERE a.assertion IN $ids RETURN s, a, t",
    );
    Statement::made(format!(
        "CALL () {{ {found} }} WITH s, a, t WHERE {} AND ($dangling OR ({} AND {})) RETURN {HELD}",
        seen("a"),
        entity_seen("s"),
        entity_seen("t")
    ))
}

/// Open claims on the ends of relationships.
pub(super) fn ends() -> Statement {
    Statement::made(format!(
        "MATCH (e:Entity)<-[:ABOUT]-(a:Assertion) USING INDEX SEEK e:Entity(id) WHERE e.id IN $ids AND a.recorded_to IS NULL AND {}
         RETURN [e.id, a.assertion, a.kind] AS r",
        seen("a")
    ))
}

/// Open claims of the writer's agency on people whose protection is at stake; only those that protect, or all.
pub(super) fn own(protective: bool) -> Statement {
    Statement::made(format!(
        "MATCH (e:Entity)<-[:ABOUT]-(a:Assertion) USING INDEX SEEK e:Entity(id) WHERE e.id IN $ids AND a.recorded_to IS NULL {} AND {}
         RETURN [e.id, a.assertion, coalesce(a.protects, false), a.marking, a.asserted_by, a.retain_until] AS r",
        if protective { "AND a.protects" } else { "" },
        seen("a")
    ))
}

/// Whether any claim protects anyone.
pub(super) const ANY_PROTECTIVE: Statement = Statement::new(
    "MATCH (a:Assertion) USING INDEX SEEK a:Assertion(protects) WHERE a.protects = true WITH a LIMIT 1 RETURN 1 AS r",
);

// ---- Writing claims; inside a transaction that holds the lock. ----

/// Nodes for entities that have none yet.
pub(super) const NEW_ENTITIES: Statement = Statement::new(
    "UNWIND $ids AS id WITH id WHERE NOT EXISTS { MATCH (e:Entity {id: id}) USING INDEX SEEK e:Entity(id) }
     CREATE (:Entity {id: id})",
);

/// Claims on entities, all of one kind.
pub(super) fn new_entity_claims(kind: &KindName) -> Statement {
    Statement::made(format!(
        "UNWIND $rows AS row MATCH (e:Entity {{id: row.entity}}) USING INDEX SEEK e:Entity(id) SET e:`{kind}` SET e += row.node
         CREATE (a:Assertion)-[:ABOUT]->(e) SET a = row.claim"
    ))
}

/// Claims on relationships, all of one kind.
pub(super) fn new_links(kind: &KindName) -> Statement {
    Statement::made(format!(
        "UNWIND $rows AS row MATCH (s:Entity {{id: row.source}}) USING INDEX SEEK s:Entity(id) MATCH (t:Entity {{id: row.target}}) USING INDEX SEEK t:Entity(id)
         CREATE (s)-[a:`{kind}`]->(t) SET a = row.claim"
    ))
}

/// Changes claims on entities; tells which claims, on whom.
pub(super) const CLOSE_ENTITIES: Statement = Statement::new(
    "UNWIND $rows AS row MATCH (a:Assertion {assertion: row.assertion})-[:ABOUT]->(e:Entity)
     USING INDEX SEEK a:Assertion(assertion) SET a += row.changes
     RETURN [a.assertion, e.id] AS r",
);

/// Changes claims on relationships of one kind; tells which.
pub(super) fn close_links(kind: &KindName) -> Statement {
    Statement::made(format!(
        "UNWIND $rows AS row MATCH ()-[a:`{kind}` {{assertion: row.assertion}}]->()
         USING INDEX SEEK a:`{kind}`(assertion) SET a += row.changes
         RETURN a.assertion AS r"
    ))
}

/// What open claims say of entities, for the labels and captions that an operator sees.
pub(super) const SHOWN: Statement = Statement::new(
    "MATCH (e:Entity)<-[:ABOUT]-(a:Assertion) USING INDEX SEEK e:Entity(id) WHERE e.id IN $ids AND a.recorded_to IS NULL
     RETURN [e.id, a.kind, a.properties] AS r ORDER BY a.recorded_from, a.assertion",
);

/// Takes labels and captions off nodes.
pub(super) fn unlabel(kinds: &[&KindName]) -> Statement {
    let labels: String = kinds.iter().map(|kind| format!(":`{kind}`")).collect();
    let labels = if labels.is_empty() { String::new() } else { format!("REMOVE e{labels}") };
    Statement::made(format!(
        "UNWIND $ids AS id MATCH (e:Entity {{id: id}}) USING INDEX SEEK e:Entity(id) REMOVE e.caption {labels}"
    ))
}

/// Puts a label and captions on nodes.
pub(super) fn label(kind: &KindName) -> Statement {
    Statement::made(format!(
        "UNWIND $rows AS row MATCH (e:Entity {{id: row.id}}) USING INDEX SEEK e:Entity(id) SET e:`{kind}` SET e += row.node"
    ))
}

// ---- Answers kept for a replay. ----

/// The answer to a key.
pub(super) const REPLAY: Statement = Statement::new(
    "MATCH (p:_Replay {key: $key}) USING INDEX SEEK p:_Replay(key) WHERE p.at >= $keep_from RETURN [p.body, p.revision, p.recorded_at, p.outcomes] AS r",
);
/// Keeps an answer to a key that has none, and forgets old ones.
pub(super) const KEEP: Statement = Statement::new(
    "CALL () { MATCH (old:_Replay) USING INDEX SEEK old:_Replay(at) WHERE old.at < $keep_from DELETE old }
     CREATE (:_Replay {key: $key, body: $body, at: $at, revision: $revision, recorded_at: $recorded_at,
       outcomes: $outcomes})",
);

// ---- Loads. ----

/// Keeps a load's record unless another agency keeps one under this id; answers whether it did. [`NEW_LOADS`] first.
pub(super) const RECORD_LOAD: Statement = Statement::new(
    "MATCH (l:_Load {id: $id}) USING INDEX SEEK l:_Load(id) WHERE l.originator IS NULL OR l.originator = $originator
     SET l.originator = $originator, l.started = $started, l.record = $record RETURN 1 AS r",
);
/// An agency's loads, latest first.
pub(super) const LOADS: Statement = Statement::new(
    "MATCH (l:_Load {originator: $originator}) USING INDEX SEEK l:_Load(originator) WHERE l.record IS NOT NULL
     RETURN l.record AS r ORDER BY l.started DESC, l.id DESC",
);
/// The revisions that a load made, from one on.
pub(super) const LOAD_REVISIONS: Statement = Statement::new(
    "MATCH (l:_Load {id: $load})-[:WROTE]->(r:_Revision) USING INDEX SEEK l:_Load(id) WHERE r.revision >= $from AND r.revision <= $latest
     RETURN r.revision AS r ORDER BY r.revision",
);

/// When a claim was recorded, whatever has become of it.
pub(super) fn recorded_from(kinds: &[KindName]) -> Statement {
    let mut text = "CALL () {
         MATCH (a:Assertion {assertion: $id}) USING INDEX SEEK a:Assertion(assertion) RETURN a.recorded_from AS r
         UNION ALL MATCH (a:_Erased {assertion: $id}) USING INDEX SEEK a:_Erased(assertion) RETURN a.recorded_from AS r"
        .to_owned();
    for kind in kinds {
        _ = write!(
            text,
            " UNION ALL MATCH ()-[a:`{kind}` {{assertion: $id}}]->() USING INDEX SEEK a:`{kind}`(assertion) RETURN a.recorded_from AS r"
        );
    }
    text += " } RETURN r";
    Statement::made(text)
}

/// The open claims that a load brought in one revision, after an id.
pub(super) fn load_claims(kinds: &[KindName]) -> Statement {
    let filter = format!(
        "WHERE a.recorded_from = $revision AND a.load = $load AND a.assertion > $after AND {} AND {}",
        seen("a"),
        recorded("a", "$latest")
    );
    let mut text =
        format!("MATCH (a:Assertion) USING INDEX SEEK a:Assertion(recorded_from) {filter} RETURN a.assertion AS r");
    for kind in kinds {
        _ = write!(
            text,
            " UNION ALL MATCH ()-[a:`{kind}`]->() USING INDEX SEEK a:`{kind}`(recorded_from) {filter} RETURN a.assertion AS r"
        );
    }
    Statement::made(text)
}

/// Open relationship claims of a load with an end that the caller cannot see: a page of relationship ids, with those ends.
pub(super) fn dangling(kinds: &[KindName]) -> Statement {
    let found = branches(
        kinds,
        "MATCH (s)-[a:`{kind}`]->(t) USING INDEX SEEK a:`{kind}`(recorded_from) WHERE a.recorded_from = revision AND a.load = $load AND a.id > $after RETURN s, a, t",
    );
    Statement::made(format!(
        "MATCH (l:_Load {{id: $load}})-[:WROTE]->(r:_Revision) USING INDEX SEEK l:_Load(id) WITH r.revision AS revision
         CALL (revision) {{ {found} }}
         WITH s, a, t WHERE a.marking IN $own AND {}
         WITH a.id AS id, s, t, {} AS source, {} AS target WHERE NOT (source AND target)
         UNWIND CASE WHEN source THEN [] ELSE [s.id] END + CASE WHEN target THEN [] ELSE [t.id] END AS end
         WITH id, collect(DISTINCT end) AS ends ORDER BY id LIMIT $limit
         RETURN [id, ends] AS r",
        recorded("a", "$latest"),
        entity_seen("s"),
        entity_seen("t")
    ))
}

// ---- Following. ----

/// The id so many entities after one: where the next range of a scan begins.
pub(super) const NEXT_RANGE: Statement = Statement::new(
    "MATCH (e:Entity) USING INDEX SEEK e:Entity(id) WHERE e.id >= $from WITH e.id AS r ORDER BY r SKIP $size LIMIT 1 RETURN r",
);

/// Every claim on the entities of a range and on the relationships that leave them.
pub(super) fn scan() -> Statement {
    let range = "e.id >= $from AND ($to IS NULL OR e.id < $to)";
    Statement::made(format!(
        "MATCH (e:Entity)<-[:ABOUT]-(a:Assertion) USING INDEX SEEK e:Entity(id) WHERE {range} AND a.recorded_from <= $latest RETURN {}
         UNION ALL
         MATCH (e:Entity) USING INDEX SEEK e:Entity(id) WHERE {range} MATCH (e)-[a]->(t:Entity) WHERE a.recorded_from <= $latest
         RETURN [[a.assertion, null, a.id, e.id, t.id, type(a)], {REST}] AS r",
        entity_row()
    ))
}

/// Claims that were written or changed after a revision.
pub(super) fn changed(kinds: &[KindName]) -> Statement {
    let written = "WHERE a.recorded_from > $since AND a.recorded_from <= $latest";
    let touched = "WHERE a.touched > $since AND a.recorded_from <= $since";
    let (entity, link) = (entity_row(), link_row());
    let mut parts = vec![
        format!(
            "MATCH (a:Assertion)-[:ABOUT]->(e:Entity) USING INDEX SEEK a:Assertion(recorded_from) {written} RETURN {entity}"
        ),
        format!(
            "MATCH (a:Assertion)-[:ABOUT]->(e:Entity) USING INDEX SEEK a:Assertion(touched) {touched} RETURN {entity}"
        ),
    ];
    for kind in kinds {
        parts.push(format!(
            "MATCH (s)-[a:`{kind}`]->(t) USING INDEX SEEK a:`{kind}`(recorded_from) {written} RETURN {link}"
        ));
        parts.push(format!("MATCH (s)-[a:`{kind}`]->(t) USING INDEX SEEK a:`{kind}`(touched) {touched} RETURN {link}"));
    }
    Statement::made(parts.join(" UNION ALL "))
}

/// What was erased after a revision.
pub(super) const ERASED: Statement = Statement::new(
    "MATCH (x:_Erased) USING INDEX SEEK x:_Erased(touched) WHERE x.touched > $since RETURN x.assertion AS r",
);

// ---- Erasing; inside a transaction that holds the lock. ----

/// Puts a stone in the place of every claim on an entity that is due; tells the entities.
pub(super) const ERASE_ENTITIES: Statement = Statement::new(
    "MATCH (a:Assertion)-[:ABOUT]->(e:Entity) USING INDEX SEEK a:Assertion(retain_until) WHERE a.retain_until <= $today
     CREATE (x:_Erased {assertion: a.assertion, recorded_from: a.recorded_from, touched: $revision})
     SET x.source_key = a.source_key
     DETACH DELETE a RETURN e.id AS r",
);

/// The same for relationships of one kind; tells both ends.
pub(super) fn erase_links(kind: &KindName) -> Statement {
    Statement::made(format!(
        "MATCH (s)-[a:`{kind}`]->(t) USING INDEX SEEK a:`{kind}`(retain_until) WHERE a.retain_until <= $today
         CREATE (x:_Erased {{assertion: a.assertion, recorded_from: a.recorded_from, touched: $revision}})
         SET x.source_key = a.source_key
         DELETE a RETURN [s.id, t.id] AS r"
    ))
}

/// Removes entities of which nothing is said any more.
pub(super) const ORPHANS: Statement = Statement::new(
    "UNWIND $ids AS id MATCH (e:Entity {id: id}) USING INDEX SEEK e:Entity(id) WHERE NOT EXISTS { (e)--() } DELETE e",
);
