-- The tables of version 1 make way for those of version 2.
DROP INDEX outbox;
ALTER TABLE sync_progress RENAME TO sync_progress_1;
ALTER TABLE operation RENAME TO operation_1;
ALTER TABLE change RENAME TO change_1;
ALTER TABLE consultation RENAME TO consultation_1;
ALTER TABLE draft RENAME TO draft_1;
