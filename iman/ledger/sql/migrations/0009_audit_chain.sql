-- The audit trail as a chain: each event carries the hash of the one before, and its own over
-- everything in it. Events that are there already are chained right after this script (migrate.py).

ALTER TABLE audit_events ADD COLUMN old_value VARCHAR DEFAULT '';
ALTER TABLE audit_events ADD COLUMN new_value VARCHAR DEFAULT '';
ALTER TABLE audit_events ADD COLUMN request_id VARCHAR DEFAULT '';
ALTER TABLE audit_events ADD COLUMN previous_hash VARCHAR;
ALTER TABLE audit_events ADD COLUMN hash VARCHAR;

CREATE TABLE audit_head (              -- one row: what the newest event is, so that its loss shows
    events BIGINT NOT NULL,
    hash VARCHAR NOT NULL
);
