-- What a device handed in was three rows: the operation, its entry in the stream and the message it is. Now it is one. An entry of a device
-- has `seq` and `outcome`, one that is a message `consultation` and the columns after it. What was refused is in no stream and stays apart.

CREATE TABLE stream_entry (
    member       BLOB NOT NULL REFERENCES member (id),
    position     INTEGER NOT NULL,
    id           BLOB NOT NULL UNIQUE,
    hash         BLOB NOT NULL,
    origin       BLOB REFERENCES device (id),
    seq          INTEGER,
    outcome      TEXT,
    consultation BLOB REFERENCES consultation (id),
    at           INTEGER,
    due          INTEGER,
    answered_at  INTEGER,
    clinician    TEXT REFERENCES clinician (login),
    sealed       BLOB,
    PRIMARY KEY (member, position)
) STRICT, WITHOUT ROWID;
INSERT INTO stream_entry
    SELECT entry.member, entry.position, entry.id, entry.hash, entry.origin, operation.seq, operation.outcome,
           message.consultation, message.at, message.due, message.answered_at, message.clinician, entry.sealed
    FROM entry LEFT JOIN operation ON operation.id = entry.id LEFT JOIN message ON message.id = entry.id
    ORDER BY entry.member, entry.position;

CREATE TABLE refused (
    id      BLOB PRIMARY KEY,
    device  BLOB NOT NULL REFERENCES device (id),
    seq     INTEGER NOT NULL,
    hash    BLOB NOT NULL,
    outcome TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO refused SELECT id, device, seq, hash, outcome FROM operation WHERE id NOT IN (SELECT id FROM entry);

CREATE TABLE shown_photo (
    id      BLOB PRIMARY KEY,
    message BLOB NOT NULL REFERENCES entry (id),
    device  BLOB NOT NULL REFERENCES device (id),
    held    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO shown_photo SELECT id, message, device, held FROM photo;

DROP TABLE photo;
DROP TABLE message;
DROP TABLE operation;
DROP TABLE entry;
ALTER TABLE stream_entry RENAME TO entry;
ALTER TABLE shown_photo RENAME TO photo;

CREATE INDEX entry_by_consultation ON entry (consultation) WHERE consultation IS NOT NULL;
CREATE INDEX entry_waiting ON entry (due) WHERE due IS NOT NULL AND answered_at IS NULL;
CREATE INDEX photo_by_message ON photo (message);
