-- Rollups counted from the raw records: to make them anew, and to prove that they are right.
-- H = each reads all of history, so none stands behind a page.

-- name: count_raw
CREATE OR REPLACE TEMP VIEW counted_attempts AS
SELECT date_trunc('hour', x.ended_at) AS hour, d.company, d.site, d.entry_type, x.outcome,
       coalesce(x.error_type, '') AS error_type,
       a.round = 1 AND a.number = 1 AND a.trigger <> 'lookup' AS is_first,
       CAST(count(*) AS HUGEINT) AS attempts
FROM all_outcomes x
JOIN all_attempts a ON a.attempt_id = x.attempt_id
JOIN documents d ON d.document_id = x.document_id
GROUP BY 1, 2, 3, 4, 5, 6, 7;

CREATE OR REPLACE TEMP VIEW counted_closings AS
SELECT date_trunc('hour', c.closed_at) AS hour, d.company, d.site, d.entry_type, c.state,
       CAST(count(*) AS HUGEINT) AS documents, sum(coalesce(d.amount, 0)) AS amount
FROM closings c JOIN documents d ON d.document_id = c.document_id
GROUP BY 1, 2, 3, 4, 5;

CREATE OR REPLACE TEMP VIEW counted_retries AS
SELECT date_trunc('hour', x.ended_at) AS hour, d.company, d.site, d.entry_type,
       coalesce(x.error_type, '') AS error_type, CAST(count(*) AS HUGEINT) AS attempts
FROM all_outcomes x
JOIN all_attempts a ON a.attempt_id = x.attempt_id
JOIN documents d ON d.document_id = x.document_id
WHERE x.outcome = 'refused' AND a.number > 1
GROUP BY 1, 2, 3, 4, 5;

CREATE OR REPLACE TEMP VIEW counted_durations AS
SELECT hour, company, site, entry_type, what,
       CAST(floor(ln(greatest(length, 0.05)) / ln(1.05)) AS INTEGER) AS bucket,
       CAST(count(*) AS HUGEINT) AS documents, round(sum(length), 3) AS seconds
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

CREATE OR REPLACE TEMP VIEW counted_refusals AS
SELECT time_bucket(INTERVAL 15 MINUTE, ended_at) AS quarter, document_id,
       coalesce(error_type, '') AS error_type, CAST(count(*) AS HUGEINT) AS attempts
FROM all_outcomes WHERE outcome = 'refused' GROUP BY 1, 2, 3;

CREATE OR REPLACE TEMP VIEW counted_causes AS
SELECT date_trunc('hour', m.joined_at) AS hour, m.cause_id, d.company, d.site, d.entry_type,
       CAST(count(*) AS HUGEINT) AS documents, sum(coalesce(d.amount, 0)) AS amount
FROM (SELECT cause_id, document_id, joined_at FROM cause_documents
      UNION ALL SELECT cause_id, document_id, joined_at FROM cause_leavings) m
JOIN documents d ON d.document_id = m.document_id
GROUP BY 1, 2, 3, 4, 5;

-- name: fill
INSERT INTO attempt_rollup SELECT * FROM counted_attempts ORDER BY hour;
INSERT INTO closing_rollup SELECT * FROM counted_closings ORDER BY hour;
INSERT INTO closed_totals
SELECT company, site, entry_type, state, CAST(sum(documents) AS BIGINT) FROM counted_closings
GROUP BY company, site, entry_type, state;
INSERT INTO retry_rollup SELECT * FROM counted_retries ORDER BY hour;
INSERT INTO duration_rollup SELECT * FROM counted_durations ORDER BY hour;
INSERT INTO cause_rollup SELECT * FROM counted_causes ORDER BY hour;
INSERT INTO refusals SELECT * FROM counted_refusals ORDER BY quarter, document_id;

-- name: differ
-- How many sums of each rollup are not those of the raw records; all 0 where all is well. A new
-- revision may have moved a document to another site, or changed its amount, after it was tried:
-- attempts, retries and causes are compared over all sites. What was closed by hand may have been
-- opened again at another hour: it is compared over all hours.
WITH attempts_kept AS (
    SELECT hour, company, entry_type, outcome, error_type, is_first, sum(attempts)
    FROM attempt_rollup GROUP BY ALL HAVING sum(attempts) <> 0
), attempts_raw AS (
    SELECT hour, company, entry_type, outcome, error_type, is_first, sum(attempts)
    FROM counted_attempts GROUP BY ALL
), closings_kept AS (
    SELECT CASE WHEN state = 'synced' THEN hour END AS hour, company, site, entry_type, state,
           sum(documents), sum(amount)
    FROM closing_rollup GROUP BY ALL HAVING sum(documents) <> 0
), closings_raw AS (
    SELECT CASE WHEN state = 'synced' THEN hour END AS hour, company, site, entry_type, state,
           sum(documents), sum(amount)
    FROM counted_closings GROUP BY ALL
), totals_kept AS (
    SELECT company, site, entry_type, state, sum(documents)
    FROM closed_totals GROUP BY ALL HAVING sum(documents) <> 0
), totals_raw AS (
    SELECT company, site, entry_type, state, sum(documents) FROM counted_closings GROUP BY ALL
), retries_kept AS (
    SELECT hour, company, entry_type, error_type, sum(attempts)
    FROM retry_rollup GROUP BY ALL HAVING sum(attempts) <> 0
), retries_raw AS (
    SELECT hour, company, entry_type, error_type, sum(attempts) FROM counted_retries GROUP BY ALL
), durations_kept AS (
    SELECT hour, company, site, entry_type, what, bucket, sum(documents), round(sum(seconds), 3)
    FROM duration_rollup GROUP BY ALL HAVING sum(documents) <> 0
), causes_kept AS (
    SELECT hour, cause_id, company, entry_type, sum(documents)
    FROM cause_rollup GROUP BY ALL HAVING sum(documents) <> 0
), causes_raw AS (
    SELECT hour, cause_id, company, entry_type, sum(documents) FROM counted_causes GROUP BY ALL
), refusals_kept AS (
    SELECT quarter, document_id, error_type, sum(attempts)
    FROM refusals GROUP BY ALL HAVING sum(attempts) <> 0
)
SELECT 'attempt_totals' AS rollup, count(*) AS differences FROM (
    SELECT hour, outcome, error_type, is_first FROM (
        SELECT hour, outcome, error_type, is_first, attempts FROM attempt_totals
        UNION ALL SELECT hour, outcome, error_type, is_first, -attempts FROM attempt_rollup)
    WHERE hour < (SELECT up_to FROM totals_folded) GROUP BY ALL HAVING sum(attempts) <> 0)
UNION ALL SELECT 'duration_totals', count(*) FROM (
    SELECT hour, what, bucket FROM (
        SELECT hour, what, bucket, documents, seconds FROM duration_totals
        UNION ALL SELECT hour, what, bucket, -documents, -seconds FROM duration_rollup)
    WHERE hour < (SELECT up_to FROM totals_folded)
    GROUP BY ALL HAVING sum(documents) <> 0 OR abs(sum(seconds)) > 0.001)
UNION ALL SELECT 'attempt_rollup' AS rollup, count(*) AS differences FROM (
    (FROM attempts_kept EXCEPT FROM attempts_raw)
    UNION ALL (FROM attempts_raw EXCEPT FROM attempts_kept))
UNION ALL SELECT 'closing_rollup', count(*) FROM (
    (FROM closings_kept EXCEPT FROM closings_raw)
    UNION ALL (FROM closings_raw EXCEPT FROM closings_kept))
UNION ALL SELECT 'closed_totals', count(*) FROM (
    (FROM totals_kept EXCEPT FROM totals_raw) UNION ALL (FROM totals_raw EXCEPT FROM totals_kept))
UNION ALL SELECT 'retry_rollup', count(*) FROM (
    (FROM retries_kept EXCEPT FROM retries_raw)
    UNION ALL (FROM retries_raw EXCEPT FROM retries_kept))
UNION ALL SELECT 'duration_rollup', count(*) FROM (
    (FROM durations_kept EXCEPT FROM counted_durations)
    UNION ALL (FROM counted_durations EXCEPT FROM durations_kept))
UNION ALL SELECT 'cause_rollup', count(*) FROM (
    (FROM causes_kept EXCEPT FROM causes_raw)
    UNION ALL (FROM causes_raw EXCEPT FROM causes_kept))
UNION ALL SELECT 'refusals', count(*) FROM (
    (FROM refusals_kept EXCEPT FROM counted_refusals)
    UNION ALL (FROM counted_refusals EXCEPT FROM refusals_kept));

-- name: fold_attempts
-- B: hours that are past.
DELETE FROM attempt_totals WHERE hour >= (SELECT up_to FROM totals_folded);
INSERT INTO attempt_totals
SELECT hour, outcome, error_type, is_first, CAST(sum(attempts) AS BIGINT) FROM attempt_rollup
WHERE hour >= getvariable('folded_from') AND hour < getvariable('folded_to')
GROUP BY ALL HAVING sum(attempts) <> 0 ORDER BY hour;

-- name: fold_durations
-- B.
DELETE FROM duration_totals WHERE hour >= (SELECT up_to FROM totals_folded);
INSERT INTO duration_totals
SELECT hour, what, bucket, CAST(sum(documents) AS BIGINT), sum(seconds) FROM duration_rollup
WHERE hour >= getvariable('folded_from') AND hour < getvariable('folded_to')
GROUP BY ALL HAVING sum(documents) <> 0 ORDER BY hour;

-- name: folded
SELECT up_to FROM totals_folded;

-- name: set_folded
UPDATE totals_folded SET up_to = $up_to;

-- name: unfold
-- Something was counted in an hour that was past: it is folded again.
UPDATE totals_folded SET up_to = $hour WHERE up_to > $hour;

-- name: forget_counted
DROP VIEW IF EXISTS counted_attempts;
DROP VIEW IF EXISTS counted_closings;
DROP VIEW IF EXISTS counted_retries;
DROP VIEW IF EXISTS counted_durations;
DROP VIEW IF EXISTS counted_causes;
DROP VIEW IF EXISTS counted_refusals;
