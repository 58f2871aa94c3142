-- Version 1. Instants are microseconds and days are days since 1970-01-01, in UTC.

-- What this file is, for whoever opens it.
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- One row for each write that changed anything. `assertions` is the greatest assertion.key that there was then.
CREATE TABLE revision (
  revision INTEGER PRIMARY KEY, at INTEGER NOT NULL UNIQUE, "write" BLOB NOT NULL, assertions INTEGER NOT NULL
);
CREATE INDEX revision_write ON revision ("write");

-- Distinct combinations of marking, RED writer and withdrawal: whoever passes one sees the claims under it.
CREATE TABLE guard (key INTEGER PRIMARY KEY AUTOINCREMENT, guard TEXT NOT NULL UNIQUE);

-- Ids of entities as small numbers. That a row is here says nothing: an entity is what visible claims say.
CREATE TABLE entity (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);

-- What was loaded; `record` is null while only claims name the load.
CREATE TABLE load (key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, originator TEXT, started INTEGER, record TEXT);

-- Claims. Of an erased one only key, id, source_key, recorded_from and touched are left.
CREATE TABLE assertion (
  key INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  entity INTEGER,                        -- entity.key of the subject; or these three:
  relationship TEXT, source INTEGER, target INTEGER,
  kind TEXT,
  guard INTEGER,                         -- guard.key
  retain_until INTEGER,                  -- a day; from then on nobody sees it
  recorded_from INTEGER NOT NULL, recorded_at INTEGER NOT NULL,
  recorded_to INTEGER, closed_at INTEGER, closed_as TEXT,
  touched INTEGER,                       -- the revision that closed, withdrew or erased it last
  protects INTEGER NOT NULL DEFAULT 0,   -- says that its subject is a protected person
  holds_from INTEGER, holds_to INTEGER,  -- in the world: [from, to); null is open; an instant lasts a microsecond
  load INTEGER,                          -- load.key
  source_key BLOB, content BLOB,         -- of a load's line: which line of the source, hash of what it said
  asserted_by TEXT,
  body TEXT                              -- the rest of the claim, as on the wire
);
CREATE UNIQUE INDEX assertion_id ON assertion (id);
CREATE INDEX assertion_entity ON assertion (entity) WHERE entity IS NOT NULL;
CREATE INDEX assertion_relationship ON assertion (relationship) WHERE relationship IS NOT NULL;
CREATE INDEX assertion_source ON assertion (source, relationship, target) WHERE source IS NOT NULL;
CREATE INDEX assertion_target ON assertion (target, relationship, source) WHERE target IS NOT NULL;
CREATE INDEX assertion_load ON assertion (load) WHERE load IS NOT NULL;
CREATE INDEX assertion_touched ON assertion (touched) WHERE touched IS NOT NULL;
CREATE INDEX assertion_protects ON assertion (entity) WHERE protects = 1;
CREATE INDEX assertion_retain ON assertion (retain_until) WHERE retain_until IS NOT NULL;

-- Searched values of claims on entities, folded; rowid is assertion.key. Each value stands between ^ and $. `named` holds
-- the values that identify a person, which are not searched where that person is protected.
CREATE VIRTUAL TABLE search USING fts5 (named, plain, tokenize = "ascii tokenchars '^$'", prefix = '2 3');
INSERT INTO search (search, rank) VALUES ('secure-delete', 1);

-- Answers to writes with an idempotency key.
CREATE TABLE replay (
  key BLOB PRIMARY KEY, body BLOB NOT NULL, at INTEGER NOT NULL,
  revision INTEGER NOT NULL, recorded_at INTEGER NOT NULL, outcomes TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX replay_at ON replay (at);

-- For people who look into the file.
CREATE VIEW claims AS
  SELECT lower(hex(a.id)) AS id, e.id AS entity, a.relationship, s.id AS source, t.id AS target, a.kind,
         a.body, g.guard, date(a.retain_until * 86400, 'unixepoch') AS retain_until,
         datetime(a.recorded_at / 1000000, 'unixepoch') AS recorded,
         datetime(a.closed_at / 1000000, 'unixepoch') AS closed, a.closed_as
  FROM assertion a
  LEFT JOIN entity e ON e.key = a.entity LEFT JOIN entity s ON s.key = a.source LEFT JOIN entity t ON t.key = a.target
  LEFT JOIN guard g ON g.key = a.guard;
