-- How deep the queue was, lists people keep, and what the daemon was started with.

CREATE TABLE queue_depths (            -- counted every few seconds; only the last minutes are kept
    taken_at TIMESTAMP NOT NULL,
    depth BIGINT NOT NULL              -- what leaves by itself: pending, syncing, retrying, unknown
);

CREATE TABLE saved_views (             -- a list of the Integration Monitor under a name
    view_id BIGINT NOT NULL,
    owner VARCHAR NOT NULL,
    name VARCHAR NOT NULL,             -- each person's own are told apart by it
    shared BOOLEAN NOT NULL,
    filter VARCHAR NOT NULL,           -- JSON: the address's words, without the order
    sort VARCHAR NOT NULL,
    columns VARCHAR NOT NULL,          -- JSON: their names in order; none: whatever a person chose
    changed_at TIMESTAMP NOT NULL,
    changed_by VARCHAR NOT NULL
);

CREATE TABLE setting_values (          -- what the daemon runs on; rewritten at each start
    position INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    value VARCHAR NOT NULL,            -- of a secret only whether it is set
    default_value VARCHAR NOT NULL,
    origin VARCHAR NOT NULL,           -- default, file, environment, start
    meaning VARCHAR NOT NULL
);

CREATE TABLE setting_changes (         -- appended at a start with other values than the one before
    changed_at TIMESTAMP NOT NULL,
    name VARCHAR NOT NULL,
    old_value VARCHAR NOT NULL,
    new_value VARCHAR NOT NULL,
    origin VARCHAR NOT NULL,           -- where the new one stands
    started_by VARCHAR NOT NULL        -- the operating system's user; '' is not known
);
