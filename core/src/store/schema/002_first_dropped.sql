-- The tables of version 1, once everything in them stands in those of version 2.
DROP TABLE sync_progress_1;
DROP TABLE operation_1;
DROP TABLE change_1;
DROP TABLE consultation_1;
DROP TABLE draft_1;
DROP TABLE identity;
DROP TABLE survey;
DROP TABLE consent;
DROP TABLE settings;
DROP TABLE sync_times;
DELETE FROM meta WHERE name = 'key_check';
