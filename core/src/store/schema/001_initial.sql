-- Version 1 of a device's database.
--
-- Readable without the key are random ids, numbers without gaps, server positions, send states and versions of rows.
-- Everything else stands in `sealed` (see the vault): what was written, when, to whom, and how rows belong together.
-- Rows that are looked up by a random id keep it as their only tree, so that no order of writing shows.

CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- How far sync has come: the server's epoch, the position in it, and the digest of what is held of it.
CREATE TABLE sync_progress (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch BLOB NOT NULL,
    position INTEGER NOT NULL,
    digest INTEGER NOT NULL
) STRICT;

-- Every operation this device ever made. Those not settled are the outbox.
-- state: 0 pending, 1 in flight, 2 acknowledged, 3 refused.
CREATE TABLE operation (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    state INTEGER NOT NULL,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
CREATE INDEX outbox ON operation (seq) WHERE state < 2;

-- Every change the server told, with the epoch that told it last.
CREATE TABLE change (
    id BLOB PRIMARY KEY,
    epoch BLOB NOT NULL,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE identity (id BLOB PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE consultation (id BLOB PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE draft (id BLOB PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE survey (id BLOB PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE consent (id BLOB PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE settings (id BLOB PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sync_times (id BLOB PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
