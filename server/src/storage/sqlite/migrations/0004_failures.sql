-- Only what failed is ever looked for by device, and only what failed counts: an index of that alone is as short as the
-- limits are low.
DROP INDEX attempt_by_install;
CREATE INDEX attempt_by_install ON attempt (install, way, at) WHERE failed = 1;
