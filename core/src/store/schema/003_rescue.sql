-- Version 3: what waits is sealed a second time, to the programme's key, so that it outlives the phone's (see rescue.rs).
--
-- rescue: of an operation that waits, or a draft that is ready, the same for the server alone; NULL otherwise.

ALTER TABLE operation ADD COLUMN rescue BLOB;
ALTER TABLE draft ADD COLUMN rescue BLOB;
