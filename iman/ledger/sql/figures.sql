-- The overview's figures. Cost classes as in reading.sql: O = open documents, R = rollup rows of the
-- window, S = what people and the mirror did in the window, which is little.

-- name: durations
-- R. Seconds from byondpro to Sage 300 and from the first refusal to Sage 300, in this window and
-- the one before. Median and p95 are those of the buckets: within 2.5 %.
WITH counted AS (
    SELECT hour >= $since AS here, what, bucket, sum(documents) AS documents,
           sum(seconds) AS seconds
    FROM (
        SELECT hour, what, bucket, documents, seconds FROM duration_totals
        WHERE hour >= $before AND hour < $until AND hour < $folded
        UNION ALL
        SELECT hour, what, bucket, documents, seconds FROM duration_rollup
        WHERE hour >= $before AND hour < $until AND hour >= $folded
          AND ($company::VARCHAR IS NULL OR company = $company)
          AND ($entry_type::VARCHAR IS NULL OR entry_type = $entry_type)
          AND ($site::VARCHAR IS NULL OR site = $site)
    ) t GROUP BY 1, 2, 3
), placed AS (
    SELECT here, what, bucket, seconds, documents,
           sum(documents) OVER (PARTITION BY here, what ORDER BY bucket) AS so_far,
           sum(documents) OVER (PARTITION BY here, what) AS together
    FROM counted
)
SELECT here, what, CAST(max(together) AS BIGINT) AS documents,
       CAST(sum(seconds) / max(together) AS DOUBLE) AS mean,
       CAST(power(1.05, min(bucket) FILTER (WHERE so_far >= 0.5 * together) + 0.5) AS DOUBLE)
           AS median,
       CAST(power(1.05, min(bucket) FILTER (WHERE so_far >= 0.95 * together) + 0.5) AS DOUBLE)
           AS p95
FROM placed GROUP BY here, what;

-- name: stood_at
-- R: one hour's. What was open at the beginning of a window; no row where nobody wrote it down.
SELECT coalesce(sum(h.documents), 0) AS documents, coalesce(sum(h.failed), 0) AS failed,
       coalesce(sum(h.amount), 0)::DECIMAL(19, 3) AS amount,
       coalesce(sum(h.failed_amount), 0)::DECIMAL(19, 3) AS failed_amount, s.hour AS "at"
FROM (SELECT max(hour) AS hour FROM standing_hours WHERE hour <= $at) s
LEFT JOIN standing_history h ON h.hour = s.hour
      AND ($company::VARCHAR IS NULL OR h.company = $company)
      AND ($entry_type::VARCHAR IS NULL OR h.entry_type = $entry_type)
      AND ($site::VARCHAR IS NULL OR h.site = $site)
WHERE s.hour IS NOT NULL GROUP BY s.hour;

-- name: history
-- R. What stood open at the first look of each bucket; buckets nobody looked at are absent.
WITH looked AS (
    SELECT CASE WHEN $daily
                THEN date_trunc('day', hour AT TIME ZONE 'UTC' AT TIME ZONE $zone)
                     AT TIME ZONE $zone AT TIME ZONE 'UTC'
                ELSE hour END AS bucket, min(hour) AS hour
    FROM standing_hours WHERE hour >= $since AND hour < $until GROUP BY 1
)
SELECT l.bucket, CAST(coalesce(sum(h.documents), 0) AS BIGINT) AS documents,
       CAST(coalesce(sum(h.failed), 0) AS BIGINT) AS failed,
       coalesce(sum(h.amount), 0)::DECIMAL(19, 3) AS amount,
       coalesce(sum(h.failed_amount), 0)::DECIMAL(19, 3) AS failed_amount
FROM looked l
LEFT JOIN standing_history h ON h.hour = l.hour
      AND ($company::VARCHAR IS NULL OR h.company = $company)
      AND ($entry_type::VARCHAR IS NULL OR h.entry_type = $entry_type)
      AND ($site::VARCHAR IS NULL OR h.site = $site)
GROUP BY l.bucket ORDER BY l.bucket;

-- name: busy_hours
-- R. Refused attempts by weekday (1: Monday) and hour of the person's own zone.
SELECT CAST(extract(isodow FROM moment) AS INTEGER) AS weekday,
       CAST(extract(hour FROM moment) AS INTEGER) AS hour, CAST(sum(attempts) AS BIGINT) AS refused
FROM (
    SELECT hour AT TIME ZONE 'UTC' AT TIME ZONE $zone AS moment, sum(attempts) AS attempts
    FROM (
        SELECT hour, attempts FROM attempt_totals
        WHERE outcome = 'refused' AND hour >= $since AND hour < $until AND hour < $folded
        UNION ALL
        SELECT hour, attempts FROM attempt_rollup
        WHERE outcome = 'refused' AND hour >= $since AND hour < $until AND hour >= $folded
          AND ($company::VARCHAR IS NULL OR company = $company)
          AND ($entry_type::VARCHAR IS NULL OR entry_type = $entry_type)
          AND ($site::VARCHAR IS NULL OR site = $site)
    ) t GROUP BY hour
) a
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: retries
-- R. Attempts that were refused after an earlier one of their round, by error type.
SELECT error_type, error_type = ANY($transient::VARCHAR[]) AS transient,
       CAST(coalesce(sum(attempts) FILTER (WHERE hour >= $since), 0) AS BIGINT) AS attempts,
       CAST(coalesce(sum(attempts) FILTER (WHERE hour < $since), 0) AS BIGINT) AS previous_attempts
FROM retry_rollup
WHERE hour >= $before AND hour < $until
  AND ($company::VARCHAR IS NULL OR company = $company)
  AND ($entry_type::VARCHAR IS NULL OR entry_type = $entry_type)
  AND ($site::VARCHAR IS NULL OR site = $site)
GROUP BY error_type ORDER BY attempts DESC, error_type;

-- name: met_causes
-- R. The causes documents were refused for in the window, the commonest first.
SELECT k.cause_id AS id, k.error_type, k.entity_kind, k.entity, k.sample AS error,
       k.resolved_at IS NULL AS is_open, CAST(sum(r.documents) AS BIGINT) AS documents,
       sum(r.amount)::DECIMAL(19, 3) AS amount
FROM cause_rollup r JOIN causes k ON k.cause_id = r.cause_id
WHERE k.merged_into IS NULL  -- its documents were counted again where they went
  AND r.hour >= $since AND r.hour < $until
  AND ($company::VARCHAR IS NULL OR r.company = $company)
  AND ($entry_type::VARCHAR IS NULL OR r.entry_type = $entry_type)
  AND ($site::VARCHAR IS NULL OR r.site = $site)
GROUP BY ALL ORDER BY documents DESC, amount DESC, k.cause_id LIMIT 200;

-- name: period_end
-- O. What is dated on or before a day and is not in Sage 300, by state and cause.
SELECT state, error_type, entity_kind, entity, count(*) AS documents,
       sum(coalesce(amount, 0))::DECIMAL(19, 3) AS amount, min(dated) AS oldest
FROM (SELECT *, coalesce(document_date, CAST(received_at AS DATE)) AS dated FROM open_documents) o
WHERE dated <= $due
  AND ($company::VARCHAR IS NULL OR company = $company)
  AND ($entry_type::VARCHAR IS NULL OR entry_type = $entry_type)
  AND ($site::VARCHAR IS NULL OR site = $site)
GROUP BY state, error_type, entity_kind, entity
ORDER BY amount DESC, documents DESC, state, error_type, entity;

-- name: marks
-- S. What explains a change: releases, causes resolved, set-ups mirrored.
SELECT "at", NULL::TIMESTAMP AS ended_at, kind, what, error_type, entity, id
FROM (
    SELECT starts_at AS "at", 'release' AS kind, title AS what, '' AS error_type, '' AS entity,
           release_id AS id
    FROM releases WHERE state NOT IN ('grace', 'cancelled', 'undone')
    UNION ALL
    SELECT resolved_at, 'cause_resolved', '', error_type, entity, cause_id FROM causes
    UNION ALL
    SELECT gone_at, 'setup_fixed', '', kind, code, gap_id FROM setup_gaps
) m
WHERE "at" >= $since AND "at" < $until ORDER BY "at" DESC, kind, id LIMIT 500;

-- name: breaker
-- S. Oldest first, with the last change before the window.
SELECT happened_at, state, reason FROM breaker_events
WHERE happened_at < $until
  AND happened_at >= coalesce((SELECT max(happened_at) FROM breaker_events
                               WHERE happened_at < $since), $since)
ORDER BY happened_at;

-- name: companies
-- O.
SELECT DISTINCT company FROM (
    SELECT company FROM open_documents UNION ALL SELECT company FROM closed_totals
) WHERE company <> '' ORDER BY company;

-- name: snapshot_taken
-- P: one hour's row.
SELECT 1 FROM standing_hours WHERE hour = $hour;

-- name: take_snapshot
INSERT INTO standing_history
SELECT $hour, company, site, entry_type, count(*), count(*) FILTER (WHERE state = 'failed'),
       sum(coalesce(amount, 0)),
       coalesce(sum(coalesce(amount, 0)) FILTER (WHERE state = 'failed'), 0)
FROM open_documents GROUP BY company, site, entry_type;

-- name: closed_totals
-- R: a few rows a cell.
SELECT company, site, entry_type, state, CAST(sum(documents) AS BIGINT) FROM closed_totals
GROUP BY company, site, entry_type, state HAVING sum(documents) <> 0
ORDER BY company, site, entry_type, state;

-- name: forget_closed_totals
DELETE FROM closed_totals;

-- name: mark_snapshot
INSERT INTO standing_hours VALUES ($hour, $now);

-- name: preferences
-- P: one person's.
SELECT name, value FROM preferences WHERE who = $who ORDER BY name;

-- name: save_preference
INSERT INTO preferences VALUES ($who, $name, $value)
ON CONFLICT (who, name) DO UPDATE SET value = excluded.value;
