-- What the overview reads instead of history: rollups appended where the thing they count happens.

ALTER TABLE open_documents ADD COLUMN received_at TIMESTAMP;
ALTER TABLE open_documents ADD COLUMN document_date DATE;
UPDATE open_documents SET received_at = d.received_at, document_date = d.document_date
FROM documents d WHERE d.document_id = open_documents.document_id;

CREATE TABLE retry_rollup (            -- refused again: attempt 2 and later of a round
    hour TIMESTAMP NOT NULL,
    company VARCHAR NOT NULL,
    site VARCHAR NOT NULL,
    entry_type VARCHAR NOT NULL,
    error_type VARCHAR NOT NULL,
    attempts BIGINT NOT NULL
);
INSERT INTO retry_rollup
SELECT date_trunc('hour', x.ended_at), d.company, d.site, d.entry_type,
       coalesce(x.error_type, ''), count(*)
FROM outcomes x
JOIN attempts a ON a.attempt_id = x.attempt_id
JOIN documents d ON d.document_id = x.document_id
WHERE x.outcome = 'refused' AND a.number > 1
GROUP BY 1, 2, 3, 4, 5;

CREATE TABLE duration_rollup (         -- how long it took, of what reached Sage 300
    hour TIMESTAMP NOT NULL,           -- in which it arrived there
    company VARCHAR NOT NULL,
    site VARCHAR NOT NULL,
    entry_type VARCHAR NOT NULL,
    what VARCHAR NOT NULL,             -- sync: since byondpro sent it; remedy: since it first failed
    bucket INTEGER NOT NULL,           -- 1.05 ** bucket seconds or more, and less than the next
    documents BIGINT NOT NULL,
    seconds DOUBLE NOT NULL            -- all of them together
);
INSERT INTO duration_rollup
SELECT hour, company, site, entry_type, what,
       CAST(floor(ln(greatest(length, 0.05)) / ln(1.05)) AS INTEGER), count(*), sum(length)
FROM (
    SELECT date_trunc('hour', c.closed_at) AS hour, d.company, d.site, d.entry_type, w.what,
           CASE WHEN w.what = 'sync' THEN epoch(c.closed_at - d.received_at)
                ELSE epoch(c.closed_at - c.first_failed_at) END AS length
    FROM closings c
    JOIN documents d ON d.document_id = c.document_id
    CROSS JOIN (VALUES ('sync'), ('remedy')) AS w (what)
    WHERE c.state = 'synced'
) t
WHERE length IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6;

CREATE TABLE cause_rollup (            -- documents that were refused for a cause; one that comes
    hour TIMESTAMP NOT NULL,           -- back counts again
    cause_id BIGINT NOT NULL,
    company VARCHAR NOT NULL,
    site VARCHAR NOT NULL,
    entry_type VARCHAR NOT NULL,
    documents BIGINT NOT NULL,
    amount DECIMAL(19, 3) NOT NULL
);
INSERT INTO cause_rollup
SELECT date_trunc('hour', m.joined_at), m.cause_id, d.company, d.site, d.entry_type, count(*),
       sum(coalesce(d.amount, 0))
FROM (SELECT cause_id, document_id, joined_at FROM cause_documents
      UNION ALL SELECT cause_id, document_id, joined_at FROM cause_leavings) m
JOIN documents d ON d.document_id = m.document_id
GROUP BY 1, 2, 3, 4, 5;

CREATE TABLE standing_hours (          -- the hours in which it was written down what stood open
    hour TIMESTAMP PRIMARY KEY,
    taken_at TIMESTAMP NOT NULL
);

CREATE TABLE standing_history (        -- what was not in Sage 300 at the beginning of an hour
    hour TIMESTAMP NOT NULL,
    company VARCHAR NOT NULL,
    site VARCHAR NOT NULL,
    entry_type VARCHAR NOT NULL,
    documents BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    amount DECIMAL(19, 3) NOT NULL,
    failed_amount DECIMAL(19, 3) NOT NULL
);

CREATE TABLE preferences (             -- what a person chose for themselves
    who VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    PRIMARY KEY (who, name)
);
