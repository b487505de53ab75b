-- Attempts to redeem of the last hour. `install` is the HMAC of a device's key, `idx` the index of the programme that
-- was named, absent if it is none of this server's. Those that did not fail are here so that every attempt is the same
-- work; they count nowhere.
CREATE TABLE attempt (
    install BLOB NOT NULL,
    way     TEXT NOT NULL,
    idx     INTEGER,
    at      INTEGER NOT NULL,
    failed  INTEGER NOT NULL
) STRICT;
CREATE INDEX attempt_by_at ON attempt (at);
CREATE INDEX attempt_by_install ON attempt (install, way, at);
CREATE INDEX attempt_by_door ON attempt (way, idx, at) WHERE failed = 1;

-- From when to when redeeming was last shut for everybody who has no grant yet.
CREATE TABLE shut (
    way   TEXT NOT NULL,
    idx   INTEGER NOT NULL REFERENCES programme (idx),
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (way, idx)
) STRICT, WITHOUT ROWID;
