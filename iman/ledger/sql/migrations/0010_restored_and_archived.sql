-- After a restore: what may have been sent to Sage 300 after the backup was made.

CREATE TABLE lookups_owed (            -- looked up before its first send; gone once that is decided
    document_id BIGINT PRIMARY KEY,
    since TIMESTAMP NOT NULL           -- when nothing older than this ledger pushed any more
);

CREATE TABLE disk_readings (           -- one a day, for the forecast; today's is rewritten
    day DATE PRIMARY KEY,
    ledger_bytes BIGINT NOT NULL,      -- with its log and what was moved out of it
    free_bytes BIGINT NOT NULL
);

CREATE TABLE archives (                -- old attempts, moved out of the ledger into files beside it
    file VARCHAR PRIMARY KEY,          -- its name in the folder LEDGER.archive
    month DATE NOT NULL,               -- in which the attempts began
    attempts BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    sha256 VARCHAR NOT NULL,
    moved_at TIMESTAMP NOT NULL
);

CREATE TABLE retention_runs (          -- what was moved and deleted, and when
    ran_at TIMESTAMP NOT NULL,
    attempts_moved BIGINT NOT NULL,
    bodies_deleted BIGINT NOT NULL
);

-- The ledger's own and what was moved out; made anew whenever a file is added or the ledger opens.
CREATE VIEW all_attempts AS SELECT * FROM attempts;
CREATE VIEW all_outcomes AS SELECT * FROM outcomes;
CREATE VIEW all_bodies AS SELECT * FROM bodies;
