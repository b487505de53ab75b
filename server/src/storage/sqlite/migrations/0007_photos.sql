-- Photos that messages name. What a photo is stands, sealed, in the operation of its message; `held` is how many bytes of it
-- are here, from the first on. Of an operation that was refused there is no row.
CREATE TABLE photo (
    id      BLOB PRIMARY KEY,
    message BLOB NOT NULL REFERENCES message (id),
    device  BLOB NOT NULL REFERENCES device (id),
    held    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX photo_by_message ON photo (message);

-- One row for each part as it came. With row numbers: parts are large.
CREATE TABLE photo_part (
    photo  BLOB NOT NULL REFERENCES photo (id),
    start  INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (photo, start)
) STRICT;
