-- The site's own rules, and which rules history was read by.

CREATE TABLE rule_edits (              -- each row is the whole list after a change; the newest counts
    edit_id BIGINT NOT NULL,
    rules VARCHAR NOT NULL,            -- JSON: the rules in their order
    saved_by VARCHAR NOT NULL,
    saved_at TIMESTAMP NOT NULL,
    told VARCHAR NOT NULL              -- what was changed, in words
);

CREATE TABLE reclassifications (       -- one row for each set of rules; the newest counts
    pass_id BIGINT NOT NULL,
    rules VARCHAR NOT NULL,            -- their fingerprint
    started_at TIMESTAMP NOT NULL,
    finished_at TIMESTAMP,             -- null: under way, or overtaken by a newer one
    up_to BIGINT NOT NULL,             -- newest attempt when it began
    left_to BIGINT NOT NULL,           -- attempts up to this one are still to be looked at
    documents_done BOOLEAN NOT NULL,   -- open documents have been looked at, and their causes
    texts BIGINT NOT NULL,             -- distinct texts read, counted batch by batch
    attempts BIGINT NOT NULL,          -- how many say something else now
    documents BIGINT NOT NULL          -- likewise, of open documents
);

ALTER TABLE causes ADD COLUMN merged_into BIGINT;  -- new rules moved all its documents there
