-- Children wait for their parent; a lost answer is looked up under the token it was sent with;
-- what was held back, by the breaker or by a person, is kept.

ALTER TABLE open_documents ADD COLUMN waits_for VARCHAR;   -- the parent's key, while it is not synced
ALTER TABLE open_documents ADD COLUMN token VARCHAR;       -- of the push whose outcome is not settled

CREATE TABLE breaker_events (          -- each change of the breaker
    happened_at TIMESTAMP NOT NULL,
    state VARCHAR NOT NULL,
    reason VARCHAR NOT NULL
);

CREATE TABLE pauses (                  -- set by an admin; '' is every entry type
    entry_type VARCHAR PRIMARY KEY,
    paused_at TIMESTAMP NOT NULL,
    paused_by VARCHAR NOT NULL,
    reason VARCHAR NOT NULL
);

CREATE TABLE waiting_revisions (       -- arrived while their document was being pushed
    document_id BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    event VARCHAR NOT NULL             -- JSON; taken once the push is settled
);
