-- After a restore: what may have been sent to Sage 300 after the backup was made.

CREATE TABLE lookups_owed (            -- looked up before its first send; gone once that is decided
    document_id BIGINT PRIMARY KEY,
    since TIMESTAMP NOT NULL           -- when nothing older than this ledger pushed any more
);
