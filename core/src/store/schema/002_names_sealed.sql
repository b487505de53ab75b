-- Version 2 of a device's database: nothing is named any more. A new file begins with it.
--
-- Readable without the key are random ids, numbers without gaps, counters, server positions, send states and versions of
-- rows. Everything else stands in `sealed` (see the vault). Everything of which there is one or a few stands in `record`
-- under an id derived from its name, so that nobody sees whether a survey was answered.
--
-- Rows are numbered in the order in which they came, so that a table grows at its end; what is looked up by a random id has
-- an index of these. In a file of version 1 the library moves the rows and seals them anew, between 002_first_renamed.sql
-- before this text and 002_first_dropped.sql after it.

CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- How far sync has come: the server's epoch, the position in it, the digest of what is held of it, and how often the
-- stream was begun anew.
CREATE TABLE sync_progress (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch BLOB NOT NULL,
    position INTEGER NOT NULL,
    digest INTEGER NOT NULL,
    reading INTEGER NOT NULL
) STRICT;

-- Every operation this device ever made. Those not settled are the outbox.
-- state: 0 pending, 1 the same (older versions noted so that it was on its way), 2 acknowledged, 3 refused.
CREATE TABLE operation (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    state INTEGER NOT NULL,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
CREATE INDEX outbox ON operation (seq) WHERE state < 2;

-- Every change the server told, with the reading of the stream that told it last.
CREATE TABLE change (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    reading INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

-- rank rises whenever something is written in it: lists are read from the highest down.
CREATE TABLE consultation (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    rank INTEGER NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
CREATE TABLE draft (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    rank INTEGER NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;

CREATE TABLE record (id BLOB PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- Photos in pieces, each sealed for its place. Whom a photo belongs to and how many pieces it has stands in a record.
-- whole: 0 while it is taken in, 1 once all of it is there.
CREATE TABLE photo_piece (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    place INTEGER NOT NULL,
    whole INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    UNIQUE (id, place)
) STRICT;
CREATE INDEX photo_cut_short ON photo_piece (number) WHERE whole = 0;
