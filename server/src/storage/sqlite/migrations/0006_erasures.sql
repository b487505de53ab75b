-- A member can be erased. Their place stays taken: of an erased device stand its id, its key, the card or phrase it joined with
-- and when, and since when everything else is gone, so that a receipt whose reply was lost can be given again, the same key
-- gets no second place, and nothing that was rescued brings the member back.
ALTER TABLE device ADD COLUMN erased_at INTEGER;
CREATE INDEX device_by_member ON device (member);
