-- Causes, checklists, releases, set-ups. '' stands for "none" where a column is part of a key.
-- What changes often is small; what grows is only appended to.

CREATE TABLE causes (                  -- company + error type + entity kind + entity, for good
    cause_id BIGINT NOT NULL,
    company VARCHAR NOT NULL,
    error_type VARCHAR NOT NULL,
    entity_kind VARCHAR NOT NULL,
    entity VARCHAR NOT NULL,
    template VARCHAR NOT NULL,         -- tells texts apart that no rule knows; else ''
    sample VARCHAR NOT NULL,           -- one of the texts
    first_seen_at TIMESTAMP NOT NULL,
    last_seen_at TIMESTAMP NOT NULL,
    since TIMESTAMP NOT NULL,          -- when the present spell began
    resolved_at TIMESTAMP,             -- its last document left; null while it holds any up
    times_back INTEGER NOT NULL,
    documents_ever BIGINT NOT NULL,    -- joinings; a document that comes back counts again
    owner VARCHAR NOT NULL
);

CREATE TABLE cause_documents (         -- what each cause holds up now: one row per document
    document_id BIGINT NOT NULL,
    cause_id BIGINT NOT NULL,
    joined_at TIMESTAMP NOT NULL,
    error_type VARCHAR NOT NULL,       -- as the document had it when it was last looked at
    entity_kind VARCHAR NOT NULL,
    entity VARCHAR NOT NULL,
    error_text VARCHAR NOT NULL
);

CREATE TABLE cause_leavings (          -- appended when a document leaves its cause
    cause_id BIGINT NOT NULL,
    document_id BIGINT NOT NULL,
    joined_at TIMESTAMP NOT NULL,
    left_at TIMESTAMP NOT NULL,
    how VARCHAR NOT NULL               -- synced, settled, other_cause, revised
);

CREATE TABLE playbook_texts (          -- every text a checklist ever ran on, by its digest
    digest VARCHAR NOT NULL,
    error_type VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    origin VARCHAR NOT NULL,           -- built-in, file, edited
    text VARCHAR NOT NULL,
    saved_at TIMESTAMP NOT NULL
);

CREATE TABLE playbook_edits (          -- an administrator's versions; the newest counts
    edit_id BIGINT NOT NULL,
    error_type VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    text VARCHAR NOT NULL,             -- '' withdraws the edited one
    saved_by VARCHAR NOT NULL,
    saved_at TIMESTAMP NOT NULL
);

CREATE TABLE checklists (              -- what stays the same, and a summary for lists
    checklist_id BIGINT NOT NULL,
    company VARCHAR NOT NULL,
    error_type VARCHAR NOT NULL,
    entity_kind VARCHAR NOT NULL,
    entity VARCHAR NOT NULL,
    template VARCHAR NOT NULL,
    cause_id BIGINT,                   -- null: started on a document, or before anything failed
    document_id BIGINT,                -- null: for everything the cause holds up
    playbook VARCHAR NOT NULL,         -- digest of its text
    title VARCHAR NOT NULL,
    opened_at TIMESTAMP NOT NULL,
    opened_by VARCHAR NOT NULL,
    version BIGINT NOT NULL,           -- of its newest event
    changed_at TIMESTAMP NOT NULL,
    branch VARCHAR NOT NULL,
    owner VARCHAR NOT NULL,
    due_on DATE,
    phase VARCHAR NOT NULL,            -- choosing, working, follow_up, complete, closed
    steps INTEGER NOT NULL,
    steps_done INTEGER NOT NULL
);

CREATE TABLE checklist_events (        -- appended only; a checklist is what its events say
    checklist_id BIGINT NOT NULL,
    version BIGINT NOT NULL,           -- 1, 2, 3 … within the checklist
    happened_at TIMESTAMP NOT NULL,
    who VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    step VARCHAR NOT NULL,
    body VARCHAR NOT NULL,             -- JSON
    request_id VARCHAR NOT NULL
);

CREATE TABLE attachments (             -- evidence; an inert name and bytes, never run or shown raw
    attachment_id BIGINT NOT NULL,
    checklist_id BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    media_type VARCHAR NOT NULL,
    bytes BIGINT NOT NULL,
    digest VARCHAR NOT NULL,
    content BLOB NOT NULL
);

CREATE TABLE probe_results (           -- what each verification saw last; replaced by the next
    checklist_id BIGINT NOT NULL,
    step VARCHAR NOT NULL,
    checked_at TIMESTAMP NOT NULL,
    verdict VARCHAR NOT NULL,          -- yes, no, unclear
    evidence VARCHAR NOT NULL
);

CREATE TABLE releases (                -- "resync all N"
    release_id BIGINT NOT NULL,
    cause_id BIGINT,
    checklist_id BIGINT,
    title VARCHAR NOT NULL,
    asked_by VARCHAR NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    reason VARCHAR NOT NULL,
    origin VARCHAR NOT NULL,
    request_id VARCHAR NOT NULL,
    starts_at TIMESTAMP NOT NULL,      -- until then it can be undone
    canary INTEGER NOT NULL,           -- how many go first
    state VARCHAR NOT NULL,            -- grace, canary, running, done, stopped, cancelled, undone
    state_since TIMESTAMP NOT NULL,
    note VARCHAR NOT NULL              -- why it stopped
);

CREATE TABLE release_documents (
    release_id BIGINT NOT NULL,
    document_id BIGINT NOT NULL,
    place INTEGER NOT NULL,            -- order of going
    amount DECIMAL(19, 3) NOT NULL,
    result VARCHAR NOT NULL,           -- planned, sent, synced, failed, skipped, not_sent
    round INTEGER NOT NULL,            -- the round it was given; 0 before
    changed_at TIMESTAMP NOT NULL,
    detail VARCHAR NOT NULL
);

CREATE TABLE parkings (                -- set aside by a person; the newest row of a document counts
    parking_id BIGINT NOT NULL,
    document_id BIGINT NOT NULL,
    parked_at TIMESTAMP NOT NULL,
    parked_by VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    until TIMESTAMP,                   -- then it goes on by itself; null: until a person says so
    ended_at TIMESTAMP,
    ended_by VARCHAR NOT NULL,
    request_id VARCHAR NOT NULL
);

CREATE TABLE settlements (             -- closed by hand
    settlement_id BIGINT NOT NULL,
    document_id BIGINT NOT NULL,
    settled_at TIMESTAMP NOT NULL,
    settled_by VARCHAR NOT NULL,
    how VARCHAR NOT NULL,              -- already_in_sage, do_not_send
    reference VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    reopened_at TIMESTAMP,
    reopened_by VARCHAR NOT NULL,
    reopen_reason VARCHAR NOT NULL,
    request_id VARCHAR NOT NULL
);

CREATE TABLE setup_codes (             -- both systems' set-ups as they were last read
    side VARCHAR NOT NULL,             -- byondpro, sage
    kind VARCHAR NOT NULL,             -- term, account, tax_group, customer_group, payment_code …
    code VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    active BOOLEAN NOT NULL,
    detail VARCHAR NOT NULL            -- JSON: a category's accounts, a site's segment …
);

CREATE TABLE setup_readings (          -- one row per side and kind: when, or why not
    side VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    read_at TIMESTAMP,
    trouble VARCHAR NOT NULL
);

CREATE TABLE setup_gaps (              -- what is in byondpro and has no place to land in Sage 300
    gap_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    code VARCHAR NOT NULL,             -- the code Sage 300 would be asked for
    problem VARCHAR NOT NULL,          -- missing, inactive, mismatched
    message VARCHAR NOT NULL,
    places VARCHAR NOT NULL,           -- JSON: where in byondpro it comes from
    carried VARCHAR NOT NULL,          -- JSON: documents that carry it, when it was last seen
    found_at TIMESTAMP NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    gone_at TIMESTAMP
);
