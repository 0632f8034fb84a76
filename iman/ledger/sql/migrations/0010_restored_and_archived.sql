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
