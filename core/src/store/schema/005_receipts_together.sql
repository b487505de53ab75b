-- Version 5: the receipts of one reply are kept together, under the one signature that vouches for them. An operation names those that
-- its receipt is among; one that was acknowledged before has its receipt in its own row.

CREATE TABLE receipts (number INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
ALTER TABLE operation ADD COLUMN receipts INTEGER;
