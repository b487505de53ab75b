-- Version 4: the rows of a list lie in the order in which they are listed. A page of it is read from one tree, without an index
-- on rank beside it, and writing in a row writes one tree less.

ALTER TABLE consultation RENAME TO consultation_3;
CREATE TABLE consultation (
    rank INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
INSERT INTO consultation (rank, id, version, sealed)
    SELECT rank, id, version, sealed FROM consultation_3 ORDER BY rank;
DROP TABLE consultation_3;

ALTER TABLE draft RENAME TO draft_3;
CREATE TABLE draft (
    rank INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    rescue BLOB
) STRICT;
INSERT INTO draft (rank, id, version, sealed, rescue)
    SELECT rank, id, version, sealed, rescue FROM draft_3 ORDER BY rank;
DROP TABLE draft_3;
