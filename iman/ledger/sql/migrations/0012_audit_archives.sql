-- Old audit events may move out of the ledger into files beside it; the chain goes through them.

CREATE TABLE audit_archives (          -- in the chain's order
    file VARCHAR PRIMARY KEY,          -- its name in the folder LEDGER.archive
    first_event BIGINT NOT NULL,
    last_event BIGINT NOT NULL,
    events BIGINT NOT NULL,
    last_hash VARCHAR NOT NULL,        -- the anchor: what the next event follows
    bytes BIGINT NOT NULL,
    sha256 VARCHAR NOT NULL,
    moved_at TIMESTAMP NOT NULL
);

ALTER TABLE retention_runs ADD COLUMN events_moved BIGINT DEFAULT 0;
