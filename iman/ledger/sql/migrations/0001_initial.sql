-- What is remembered. Moments are UTC without a zone; money has Sage 300's three decimals.
-- Big tables are only ever appended to. What changes often is small: open_documents.

CREATE TABLE facts (
    name VARCHAR PRIMARY KEY,          -- ledger_id, company
    value VARCHAR NOT NULL
);

CREATE TABLE documents (               -- one row per document; rewritten only by a new revision
    document_id BIGINT NOT NULL,
    company VARCHAR NOT NULL,
    entry_type VARCHAR NOT NULL,
    number VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    site VARCHAR NOT NULL,
    site_name VARCHAR NOT NULL,
    booking VARCHAR NOT NULL,
    sales_order VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    customer VARCHAR NOT NULL,
    customer_name VARCHAR NOT NULL,
    document_date DATE,
    amount DECIMAL(19, 3),
    currency VARCHAR NOT NULL,
    terms_code VARCHAR NOT NULL,
    terms_description VARCHAR NOT NULL,
    parent VARCHAR,
    received_at TIMESTAMP NOT NULL,
    payload VARCHAR NOT NULL
);

CREATE TABLE open_documents (          -- what is not in Sage 300 yet, whatever the reason
    document_id BIGINT PRIMARY KEY,
    entry_type VARCHAR NOT NULL,
    company VARCHAR NOT NULL,
    site VARCHAR NOT NULL,
    amount DECIMAL(19, 3),
    state VARCHAR NOT NULL,
    since TIMESTAMP NOT NULL,          -- when it came into that state
    round INTEGER NOT NULL,
    attempt INTEGER NOT NULL,          -- attempts burnt in this round
    next_trigger VARCHAR NOT NULL,     -- what the next try will be: intake, retry, resync, recovery
    due_at TIMESTAMP,                  -- when the next step is due; null: only a person moves it
    pushed_at TIMESTAMP,               -- start of the push whose outcome is not settled
    crashed BOOLEAN NOT NULL,          -- that push was cut short by the daemon's own end
    first_failed_at TIMESTAMP,
    last_tried_at TIMESTAMP,
    http_status INTEGER,
    error_code VARCHAR,
    error_text VARCHAR,
    error_type VARCHAR,
    entity_kind VARCHAR,
    entity VARCHAR
);

CREATE TABLE closings (                -- appended when a document reaches Sage 300 or is settled
    document_id BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    closed_at TIMESTAMP NOT NULL,
    reference VARCHAR,
    round INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    first_failed_at TIMESTAMP
);

CREATE TABLE attempts (                -- the intents; durable before the request leaves
    attempt_id BIGINT NOT NULL,
    document_id BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    round INTEGER NOT NULL,
    number INTEGER NOT NULL,
    trigger VARCHAR NOT NULL,
    token VARCHAR NOT NULL,
    started_at TIMESTAMP NOT NULL
);

CREATE TABLE outcomes (                -- what became of each; at most one per attempt
    attempt_id BIGINT NOT NULL,
    document_id BIGINT NOT NULL,
    ended_at TIMESTAMP NOT NULL,
    outcome VARCHAR NOT NULL,
    burnt BOOLEAN NOT NULL,
    http_status INTEGER,
    error_code VARCHAR,
    error_text VARCHAR,
    error_type VARCHAR,
    entity_kind VARCHAR,
    entity VARCHAR,
    reference VARCHAR,
    duration_ms BIGINT NOT NULL
);

CREATE TABLE bodies (                  -- wide, so apart from the hot rows
    attempt_id BIGINT NOT NULL,
    document_id BIGINT NOT NULL,
    sent VARCHAR,
    answered VARCHAR
);

CREATE TABLE resyncs (
    resync_id BIGINT NOT NULL,
    document_id BIGINT NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    asked_by VARCHAR NOT NULL,
    origin VARCHAR NOT NULL,           -- dashboard, api, cli, byondpro
    reason VARCHAR NOT NULL,
    request_id VARCHAR NOT NULL,
    round INTEGER NOT NULL
);

CREATE TABLE write_backs (             -- byondpro's outbox of ours; a row goes once byondpro has it
    write_back_id BIGINT NOT NULL,
    company VARCHAR NOT NULL,
    entry_type VARCHAR NOT NULL,
    number VARCHAR NOT NULL,
    revision INTEGER NOT NULL,
    status VARCHAR NOT NULL,
    message VARCHAR NOT NULL,
    reference VARCHAR,
    attempts INTEGER NOT NULL,
    decided_at TIMESTAMP NOT NULL
);

CREATE TABLE intake_problems (         -- events nobody could read, and write-backs byondpro refused
    problem_id BIGINT NOT NULL,
    cursor_text VARCHAR NOT NULL,
    received_at TIMESTAMP NOT NULL,
    reason VARCHAR NOT NULL,
    excerpt VARCHAR NOT NULL
);

CREATE TABLE cursors (
    source VARCHAR PRIMARY KEY,
    cursor_text VARCHAR NOT NULL,
    read_at TIMESTAMP NOT NULL
);

CREATE TABLE users (
    name VARCHAR PRIMARY KEY,
    role VARCHAR NOT NULL,
    password_hash VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE sessions (                -- only a digest of the token is kept
    token_digest VARCHAR PRIMARY KEY,
    name VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP
);

CREATE TABLE audit_events (
    event_id BIGINT NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    who VARCHAR NOT NULL,
    role VARCHAR NOT NULL,
    action VARCHAR NOT NULL,
    target VARCHAR NOT NULL,
    allowed BOOLEAN NOT NULL,
    reason VARCHAR NOT NULL,
    origin VARCHAR NOT NULL
);

CREATE TABLE beats (                   -- each loop's last round, for when the daemon is away
    loop VARCHAR PRIMARY KEY,
    last_at TIMESTAMP NOT NULL,
    every_seconds DOUBLE PRECISION NOT NULL,
    ok BOOLEAN NOT NULL,
    detail VARCHAR NOT NULL
);

-- Rollups. Appended in the transaction that records the outcomes they count, so they are exact
-- at every moment; sums over the rows are the figures. Merging rows of an old hour changes no sum.
CREATE TABLE attempt_rollup (
    hour TIMESTAMP NOT NULL,
    company VARCHAR NOT NULL,
    site VARCHAR NOT NULL,
    entry_type VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,
    error_type VARCHAR NOT NULL,       -- '' where there was no error
    is_first BOOLEAN NOT NULL,         -- first try of a document's first round
    attempts BIGINT NOT NULL
);

CREATE TABLE closing_rollup (
    hour TIMESTAMP NOT NULL,
    company VARCHAR NOT NULL,
    site VARCHAR NOT NULL,
    entry_type VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    documents BIGINT NOT NULL,         -- negative when a new revision reopens one
    amount DECIMAL(19, 3) NOT NULL
);
