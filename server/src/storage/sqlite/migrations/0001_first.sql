-- Values of the server as a whole: the epoch, the check value of the keys.
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE programme (
    id    TEXT PRIMARY KEY,
    idx   INTEGER NOT NULL UNIQUE,
    text  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A card is known by the HMAC of its code only.
CREATE TABLE card (
    tag       BLOB PRIMARY KEY,
    programme TEXT NOT NULL REFERENCES programme (id),
    number    INTEGER NOT NULL,
    batch     INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    UNIQUE (programme, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE enrollment (
    id        BLOB PRIMARY KEY,
    tag       BLOB NOT NULL UNIQUE REFERENCES card (tag),
    programme TEXT NOT NULL REFERENCES programme (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
    id              BLOB PRIMARY KEY,
    enrollment      BLOB NOT NULL REFERENCES enrollment (id),
    position        INTEGER NOT NULL DEFAULT 0,
    digest          INTEGER NOT NULL DEFAULT 0,
    survey_answered INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_enrollment ON member (enrollment);

CREATE TABLE device (
    id         BLOB PRIMARY KEY,
    key        BLOB NOT NULL,
    member     BLOB NOT NULL REFERENCES member (id),
    tag        BLOB NOT NULL REFERENCES card (tag),
    granted_at INTEGER NOT NULL,
    last_seq   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tag, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE nonce (
    caller  BLOB NOT NULL,
    nonce   BLOB NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (caller, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX nonce_by_expires ON nonce (expires);

CREATE TABLE operation (
    id      BLOB PRIMARY KEY,
    device  BLOB NOT NULL REFERENCES device (id),
    seq     INTEGER NOT NULL,
    hash    BLOB NOT NULL,
    outcome TEXT NOT NULL,
    UNIQUE (device, seq)
) STRICT, WITHOUT ROWID;

-- `sealed` is absent where the text is not kept with the member.
CREATE TABLE entry (
    member   BLOB NOT NULL REFERENCES member (id),
    position INTEGER NOT NULL,
    id       BLOB NOT NULL UNIQUE,
    hash     BLOB NOT NULL,
    origin   BLOB REFERENCES device (id),
    sealed   BLOB,
    PRIMARY KEY (member, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE consultation (
    id        BLOB PRIMARY KEY,
    member    BLOB NOT NULL REFERENCES member (id),
    service   TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    taken_by  TEXT REFERENCES clinician (login),
    taken_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX consultation_by_member ON consultation (member);

CREATE TABLE message (
    id           BLOB PRIMARY KEY REFERENCES entry (id),
    consultation BLOB NOT NULL REFERENCES consultation (id),
    at           INTEGER NOT NULL,
    due          INTEGER,
    answered_at  INTEGER,
    clinician    TEXT REFERENCES clinician (login)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_by_consultation ON message (consultation);
CREATE INDEX message_waiting ON message (due) WHERE due IS NOT NULL AND answered_at IS NULL;

-- Nothing here leads to a member, and the order of rows is that of random ids.
CREATE TABLE survey_answer (
    id        BLOB PRIMARY KEY,
    programme TEXT NOT NULL,
    survey    TEXT NOT NULL,
    version   INTEGER NOT NULL,
    answers   TEXT NOT NULL,
    day       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE consent (
    member BLOB NOT NULL REFERENCES member (id),
    number INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (member, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE clinician (
    login      TEXT PRIMARY KEY,
    role       TEXT NOT NULL,
    iterations INTEGER NOT NULL,
    salt       BLOB NOT NULL,
    hash       BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    token   BLOB PRIMARY KEY,
    login   TEXT NOT NULL REFERENCES clinician (login),
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
