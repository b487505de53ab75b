-- Cards can be revoked and replaced, and a phrase that a whole town knows can found many households.

-- `household` is the tag of the first card of a chain of replacements, its own tag for a card that replaces none: cards
-- of one chain share their grants and their places. `status` is `issued`, `revoked` or `replaced`, since `status_at`;
-- `replaced_by` is the number of the card that took a replaced card's place.
CREATE TABLE card_2 (
    tag         BLOB PRIMARY KEY,
    programme   TEXT NOT NULL REFERENCES programme (id),
    number      INTEGER NOT NULL,
    batch       INTEGER NOT NULL,
    issued_at   INTEGER NOT NULL,
    household   BLOB NOT NULL REFERENCES card_2 (tag),
    status      TEXT NOT NULL,
    status_at   INTEGER NOT NULL,
    replaced_by INTEGER,
    UNIQUE (programme, number),
    FOREIGN KEY (programme, replaced_by) REFERENCES card_2 (programme, number),
    CHECK ((status = 'replaced') = (replaced_by IS NOT NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO card_2
SELECT tag, programme, number, batch, issued_at, tag, 'issued', issued_at, NULL FROM card;
DROP TABLE card;
ALTER TABLE card_2 RENAME TO card;

-- A phrase is known by its HMAC only. `ended_at` is when it was revoked or another took its place; absent while it is
-- good. A row stays, because devices that joined with it may ask again.
CREATE TABLE phrase (
    tag           BLOB PRIMARY KEY,
    programme     TEXT NOT NULL REFERENCES programme (id),
    joins_per_day INTEGER NOT NULL,
    set_at        INTEGER NOT NULL,
    ended_at      INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX phrase_in_force ON phrase (programme) WHERE ended_at IS NULL;

-- `card` is the card it was founded with, absent for one that was founded with a phrase. A card founds one enrollment,
-- a phrase one for each device.
CREATE TABLE enrollment_2 (
    id        BLOB PRIMARY KEY,
    card      BLOB UNIQUE REFERENCES card (tag),
    programme TEXT NOT NULL REFERENCES programme (id)
) STRICT, WITHOUT ROWID;
INSERT INTO enrollment_2 SELECT id, tag, programme FROM enrollment;
DROP TABLE enrollment;
ALTER TABLE enrollment_2 RENAME TO enrollment;

-- `source` is the household of the card, or the tag of the phrase: one device has one grant of each. `card` is the card
-- it joined with, absent for a phrase.
CREATE TABLE device_2 (
    id         BLOB PRIMARY KEY,
    key        BLOB NOT NULL,
    member     BLOB NOT NULL REFERENCES member (id),
    source     BLOB NOT NULL,
    card       BLOB REFERENCES card (tag),
    granted_at INTEGER NOT NULL,
    last_seq   INTEGER NOT NULL DEFAULT 0,
    UNIQUE (source, key)
) STRICT, WITHOUT ROWID;
INSERT INTO device_2 SELECT id, key, member, tag, tag, granted_at, last_seq FROM device;
DROP TABLE device;
ALTER TABLE device_2 RENAME TO device;
CREATE INDEX device_by_source ON device (source, granted_at);
CREATE INDEX device_by_card ON device (card) WHERE card IS NOT NULL;
