-- Version 6: records lie apart from the tree of their ids. Where they lay within it, whoever looked for one read on the way whichever
-- large one (the manifest, the identity with its programme) it was compared with, and most calls look for several.

ALTER TABLE record RENAME TO record_5;
CREATE TABLE record (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
INSERT INTO record (id, version, sealed) SELECT id, version, sealed FROM record_5 ORDER BY id;
DROP TABLE record_5;
