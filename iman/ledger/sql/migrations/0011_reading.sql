-- What lists, searches and the refused of a window are read from, so that none of it grows with history.

CREATE TABLE closings_in_order AS SELECT *, rowid + 1 AS closing_id FROM closings;
DROP TABLE closings;
CREATE TABLE closings (                -- appended when a document reaches Sage 300 or is settled
    document_id BIGINT NOT NULL,
    revision INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    closed_at TIMESTAMP NOT NULL,
    reference VARCHAR,
    round INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    first_failed_at TIMESTAMP,
    entry_type VARCHAR,
    company VARCHAR,
    site VARCHAR,
    document_number VARCHAR,
    amount DECIMAL(19, 3),
    began TIMESTAMP,                   -- when it first failed, or arrived
    dated DATE,                        -- its date, or when it arrived
    search_text VARCHAR,               -- number, booking, customer and name, in small letters
    closing_id BIGINT NOT NULL         -- in the order they were written
);
INSERT INTO closings FROM closings_in_order ORDER BY closing_id;
DROP TABLE closings_in_order;

-- A page's rows are found by these; nothing else is.
CREATE INDEX closings_by_document ON closings (document_id);
CREATE INDEX documents_by_id ON documents (document_id);

ALTER TABLE open_documents ADD COLUMN booking VARCHAR;
ALTER TABLE open_documents ADD COLUMN customer_name VARCHAR;
UPDATE open_documents SET booking = d.booking, customer_name = d.customer_name
FROM documents d WHERE d.document_id = open_documents.document_id;

-- Where the words of what is closed begin, sorted, so that a search reads a few blocks; and its amounts
-- likewise. Made from closings in the background: what is not in it yet is read there (search.py).
CREATE TABLE search_words (            -- sorted stretches of many closings, added one after the other
    word HUGEINT NOT NULL,             -- its first 15 bytes as a number, with what follows in its
                                       -- field; from 2 ** 120 on amounts, the greatest first
    closing_id BIGINT NOT NULL,
    document_id BIGINT NOT NULL,
    began TIMESTAMP,
    cell INTEGER NOT NULL
);
CREATE TABLE search_late (             -- short stretches of the newest, until they are sorted together
    word HUGEINT NOT NULL,
    closing_id BIGINT NOT NULL,
    document_id BIGINT NOT NULL,
    began TIMESTAMP,
    cell INTEGER NOT NULL
);
CREATE TABLE search_cells (
    cell INTEGER NOT NULL,
    company VARCHAR NOT NULL,
    site VARCHAR NOT NULL,
    entry_type VARCHAR NOT NULL,
    state VARCHAR NOT NULL
);
CREATE TABLE search_gone (             -- closings that were taken back after their words were written
    closing_id BIGINT NOT NULL
);
CREATE TABLE search_progress (         -- one row
    indexed BIGINT NOT NULL,           -- closings up to this one are in search_words or search_late
    sorted BIGINT NOT NULL             -- those up to this one in search_words
);
INSERT INTO search_progress VALUES (0, 0);

-- Which documents a file is about, so that a page opens the few that may hold its attempts. Null: made
-- before this.
ALTER TABLE archives ADD COLUMN first_document BIGINT;
ALTER TABLE archives ADD COLUMN last_document BIGINT;

CREATE TABLE refusals (                -- rows are added; their sums are how often a document was
    quarter TIMESTAMP NOT NULL,        -- refused in that quarter of an hour
    document_id BIGINT NOT NULL,
    error_type VARCHAR NOT NULL,
    attempts BIGINT NOT NULL
);
INSERT INTO refusals
SELECT time_bucket(INTERVAL 15 MINUTE, ended_at), document_id, coalesce(error_type, ''), count(*)
FROM all_outcomes WHERE outcome = 'refused' GROUP BY 1, 2, 3 ORDER BY 1, 2;

CREATE TABLE attempt_totals (          -- attempt_rollup of past hours, over all documents
    hour TIMESTAMP NOT NULL,
    outcome VARCHAR NOT NULL,
    error_type VARCHAR NOT NULL,
    is_first BOOLEAN NOT NULL,
    attempts BIGINT NOT NULL
);
CREATE TABLE duration_totals (         -- duration_rollup of past hours, over all documents
    hour TIMESTAMP NOT NULL,
    what VARCHAR NOT NULL,
    bucket INTEGER NOT NULL,
    documents BIGINT NOT NULL,
    seconds DOUBLE NOT NULL
);
CREATE TABLE totals_folded (           -- one row: hours before it are in the totals
    up_to TIMESTAMP NOT NULL
);
INSERT INTO totals_folded
SELECT coalesce(max(hour) - INTERVAL 2 HOUR, TIMESTAMP '1970-01-01') FROM attempt_rollup;
INSERT INTO attempt_totals
SELECT hour, outcome, error_type, is_first, CAST(sum(attempts) AS BIGINT) FROM attempt_rollup
WHERE hour < (SELECT up_to FROM totals_folded) GROUP BY ALL HAVING sum(attempts) <> 0 ORDER BY hour;
INSERT INTO duration_totals
SELECT hour, what, bucket, CAST(sum(documents) AS BIGINT), sum(seconds) FROM duration_rollup
WHERE hour < (SELECT up_to FROM totals_folded) GROUP BY ALL HAVING sum(documents) <> 0 ORDER BY hour;
