-- The read model. Cost class of each: O = grows with open documents, R = with rollup rows of the
-- window, W = with what was tried in the window, 1 = one document, P = one page of what is kept.

-- name: facts
-- P. What the daemon wrote down about itself.
SELECT name, value FROM facts;

-- name: counts
-- O. Level 1 of the Integration Monitor.
SELECT t.entry_type,
       coalesce(o.failed, 0) AS failed, coalesce(o.retrying, 0) AS retrying,
       coalesce(o.waiting, 0) AS waiting, coalesce(o.parked, 0) AS parked,
       coalesce(c.synced, 0) AS synced,
       coalesce(o.open_amount, 0)::DECIMAL(19, 3) AS open_amount, o.oldest_failed_at
FROM (SELECT unnest($entry_types::VARCHAR[]) AS entry_type,
             unnest($positions::INTEGER[]) AS position) t
LEFT JOIN (
    SELECT entry_type,
           count(*) FILTER (WHERE state = 'failed') AS failed,
           count(*) FILTER (WHERE state = 'retrying') AS retrying,
           count(*) FILTER (WHERE state IN ('pending', 'syncing', 'waiting', 'unknown')) AS waiting,
           count(*) FILTER (WHERE state = 'parked') AS parked,
           sum(coalesce(amount, 0)) AS open_amount,
           min(first_failed_at) FILTER (WHERE state = 'failed') AS oldest_failed_at
    FROM open_documents GROUP BY entry_type
) o ON o.entry_type = t.entry_type
LEFT JOIN (
    SELECT entry_type, CAST(sum(documents) AS BIGINT) AS synced
    FROM closed_totals WHERE state = 'synced' GROUP BY entry_type
) c ON c.entry_type = t.entry_type
ORDER BY t.position;

-- name: document
-- 1.
SELECT d.*, coalesce(o.state, c.state) AS state,
       coalesce(o.round, c.round) AS round, coalesce(o.attempt, c.attempt) AS attempt,
       o.due_at AS next_try_at, coalesce(o.first_failed_at, c.first_failed_at) AS first_failed_at,
       coalesce(o.last_tried_at, c.closed_at) AS last_tried_at, o.error_code, o.error_text,
       o.error_type, o.entity_kind, o.entity, c.closed_at AS synced_at, c.reference
FROM documents d
LEFT JOIN open_documents o ON o.document_id = d.document_id
LEFT JOIN (SELECT * FROM closings WHERE document_id = $id ORDER BY closed_at DESC LIMIT 1) c
       ON c.document_id = d.document_id AND o.document_id IS NULL
WHERE d.document_id = $id;

-- name: attempts
-- 1.
SELECT a.attempt_id, a.round, a.number, a.trigger, a.started_at, x.ended_at, x.outcome,
       coalesce(x.burnt, FALSE) AS burnt, x.http_status, x.error_code, x.error_text, x.error_type,
       x.entity, x.reference, x.duration_ms, b.sent, b.answered
FROM (SELECT * FROM attempts WHERE document_id = $id) a
LEFT JOIN (SELECT * FROM outcomes WHERE document_id = $id) x ON x.attempt_id = a.attempt_id
LEFT JOIN (SELECT * FROM bodies WHERE document_id = $id) b ON b.attempt_id = a.attempt_id
ORDER BY a.attempt_id;

-- name: attempts_moved_out
-- 1, of the few files that may hold them.
SELECT attempt_id, round, number, trigger, started_at, ended_at, outcome, coalesce(burnt, FALSE) AS burnt,
       http_status, error_code, error_text, error_type, entity, reference, duration_ms, sent, answered
FROM read_parquet($files::VARCHAR[]) WHERE document_id = $id ORDER BY attempt_id;

-- name: resyncs
-- 1.
SELECT resync_id, asked_at, asked_by, origin, reason, round
FROM resyncs WHERE document_id = $id ORDER BY resync_id;

-- name: find_document
-- 1. By byondpro's number, once those are known that may have it.
SELECT max(document_id) FROM documents
WHERE document_id IN (SELECT unnest($ids::BIGINT[])) AND number = $number
  AND ($entry_type::VARCHAR IS NULL OR entry_type = $entry_type);

-- name: numbered
-- P. What is open under a number, and what is closed under it or something like it.
SELECT document_id FROM open_documents WHERE document_number = $number UNION ALL {kept}
SELECT document_id FROM closings WHERE closing_id > $indexed AND document_number = $number;

-- name: numbered_in_search_words
SELECT document_id FROM search_words
WHERE word >= $low::HUGEINT AND word <= $high::HUGEINT UNION ALL
-- name: numbered_in_search_late
SELECT document_id FROM search_late
WHERE word >= $low::HUGEINT AND word <= $high::HUGEINT UNION ALL

-- name: numbered_oddly
-- S. A number that begins or ends with a space, or holds what nobody can type.
SELECT document_id FROM documents WHERE number = $number;

-- name: folded
-- P. Up to when past hours are summed over all documents.
SELECT up_to FROM totals_folded;

-- name: failures
-- R. Refused attempts per bucket and error type. Zones are dear, so each hour is asked about once.
WITH summed AS MATERIALIZED (
    SELECT hour, error_type, sum(attempts) AS attempts
    FROM (
        SELECT hour, error_type, attempts FROM attempt_totals
        WHERE hour >= $since AND hour < $until AND hour < $folded AND outcome = 'refused'
        UNION ALL
        SELECT hour, error_type, attempts FROM attempt_rollup
        WHERE outcome = 'refused' AND hour >= $since AND hour < $until AND hour >= $folded
          AND ($company::VARCHAR IS NULL OR company = $company)
          AND ($entry_type::VARCHAR IS NULL OR entry_type = $entry_type)
          AND ($site::VARCHAR IS NULL OR site = $site)
    ) t GROUP BY hour, error_type
)
SELECT b.bucket, s.error_type, CAST(sum(s.attempts) AS BIGINT) AS failures
FROM summed s
JOIN (SELECT hour, CASE WHEN $daily
                        THEN date_trunc('day', hour AT TIME ZONE 'UTC' AT TIME ZONE $zone)
                             AT TIME ZONE $zone AT TIME ZONE 'UTC'
                        ELSE hour END AS bucket
      FROM (SELECT DISTINCT hour FROM summed) h) b ON b.hour = s.hour
GROUP BY 1, 2 HAVING sum(s.attempts) <> 0 ORDER BY 1, 2;

-- name: series
-- R. What each bucket saw, for the sparklines; buckets in which nothing happened are absent.
SELECT CASE WHEN $daily
            THEN date_trunc('day', hour AT TIME ZONE 'UTC' AT TIME ZONE $zone)
                 AT TIME ZONE $zone AT TIME ZONE 'UTC'
            ELSE hour END AS bucket,
       CAST(sum(first_attempts) AS BIGINT) AS first_attempts,
       CAST(sum(first_accepted) AS BIGINT) AS first_accepted,
       CAST(sum(refused) AS BIGINT) AS refused, CAST(sum(synced) AS BIGINT) AS synced,
       sum(synced_amount)::DECIMAL(19, 3) AS synced_amount,
       CAST(sum(sync_seconds) / nullif(sum(timed), 0) AS DOUBLE) AS sync_seconds,
       CAST(sum(remedy_seconds) / nullif(sum(remedied), 0) AS DOUBLE) AS remedy_seconds
FROM (
    SELECT hour,
           coalesce(sum(attempts) FILTER (WHERE is_first AND outcome IN ('accepted', 'refused')), 0)
               AS first_attempts,
           coalesce(sum(attempts) FILTER (WHERE is_first AND outcome = 'accepted'), 0)
               AS first_accepted,
           coalesce(sum(attempts) FILTER (WHERE outcome = 'refused'), 0) AS refused,
           0 AS synced, 0 AS synced_amount, 0 AS sync_seconds, 0 AS timed, 0 AS remedy_seconds,
           0 AS remedied
    FROM (
        SELECT hour, is_first, outcome, attempts FROM attempt_totals
        WHERE hour >= $since AND hour < $until AND hour < $folded
        UNION ALL
        SELECT hour, is_first, outcome, attempts FROM attempt_rollup
        WHERE hour >= $since AND hour < $until AND hour >= $folded
          AND ($company::VARCHAR IS NULL OR company = $company)
          AND ($entry_type::VARCHAR IS NULL OR entry_type = $entry_type)
          AND ($site::VARCHAR IS NULL OR site = $site)
    ) a GROUP BY hour
    UNION ALL
    SELECT hour, 0, 0, 0, sum(documents), sum(amount), 0, 0, 0, 0
    FROM closing_rollup WHERE hour >= $since AND hour < $until AND state = 'synced'
      AND ($company::VARCHAR IS NULL OR company = $company)
      AND ($entry_type::VARCHAR IS NULL OR entry_type = $entry_type)
      AND ($site::VARCHAR IS NULL OR site = $site)
    GROUP BY hour
    UNION ALL
    SELECT hour, 0, 0, 0, 0, 0,
           coalesce(sum(seconds) FILTER (WHERE what = 'sync'), 0),
           coalesce(sum(documents) FILTER (WHERE what = 'sync'), 0),
           coalesce(sum(seconds) FILTER (WHERE what = 'remedy'), 0),
           coalesce(sum(documents) FILTER (WHERE what = 'remedy'), 0)
    FROM (
        SELECT hour, what, documents, seconds FROM duration_totals
        WHERE hour >= $since AND hour < $until AND hour < $folded
        UNION ALL
        SELECT hour, what, documents, seconds FROM duration_rollup
        WHERE hour >= $since AND hour < $until AND hour >= $folded
          AND ($company::VARCHAR IS NULL OR company = $company)
          AND ($entry_type::VARCHAR IS NULL OR entry_type = $entry_type)
          AND ($site::VARCHAR IS NULL OR site = $site)
    ) d GROUP BY hour
) b
GROUP BY bucket ORDER BY bucket;

-- name: standing
-- O. What is not in Sage 300, by entry type, site and how long; place is the band's number.
SELECT entry_type, site, place, count(*) AS documents,
       count(*) FILTER (WHERE state = 'failed') AS failed,
       sum(coalesce(amount, 0))::DECIMAL(19, 3) AS amount
FROM (
    SELECT *, CASE WHEN began >= $now - INTERVAL 1 HOUR THEN 0
                   WHEN began >= $now - INTERVAL 1 DAY THEN 1
                   WHEN began >= $now - INTERVAL 7 DAY THEN 2
                   WHEN began >= $now - INTERVAL 30 DAY THEN 3 ELSE 4 END AS place
    FROM (SELECT *, coalesce(first_failed_at, received_at, since) AS began FROM open_documents) o
) a
WHERE ($company::VARCHAR IS NULL OR company = $company)
  AND ($entry_type::VARCHAR IS NULL OR entry_type = $entry_type)
  AND ($site::VARCHAR IS NULL OR site = $site)
GROUP BY entry_type, site, place
ORDER BY entry_type, site, place;

-- name: open_errors
-- O. What lies underneath.
SELECT error_type, entity_kind, entity,
       any_value(CASE WHEN error_code IS NULL THEN error_text
                      ELSE error_code || ' - ' || error_text END) AS error,
       count(*) AS documents, sum(coalesce(amount, 0))::DECIMAL(19, 3) AS amount,
       min(first_failed_at) AS first_failed_at, max(last_tried_at) AS last_failed_at
FROM open_documents
WHERE error_type IS NOT NULL AND state IN ('failed', 'retrying', 'unknown', 'parked')
  AND ($company::VARCHAR IS NULL OR company = $company)
  AND ($entry_type::VARCHAR IS NULL OR entry_type = $entry_type)
  AND ($site::VARCHAR IS NULL OR site = $site)
GROUP BY error_type, entity_kind, entity
ORDER BY amount DESC, documents DESC, error_type, entity;

-- name: sites
-- O.
SELECT DISTINCT site FROM (
    SELECT site FROM open_documents UNION ALL SELECT site FROM closed_totals
) WHERE site <> '' ORDER BY site;

-- name: intake_problems
-- P.
SELECT problem_id AS id, cursor_text AS cursor, received_at, reason, excerpt
FROM intake_problems ORDER BY problem_id DESC LIMIT 200;

-- name: open_figures
-- O.
SELECT count(*) FILTER (WHERE state = 'failed') AS failed,
       coalesce(sum(amount) FILTER (WHERE state = 'failed'), 0) AS failed_amount,
       min(first_failed_at) FILTER (WHERE state = 'failed') AS oldest_failed_at,
       count(*) FILTER (WHERE state = 'retrying') AS retrying,
       count(*) FILTER (WHERE state IN ('pending', 'syncing', 'waiting', 'unknown')) AS waiting,
       count(*) AS not_in_sage, coalesce(sum(amount), 0) AS not_in_sage_amount
FROM open_documents
WHERE ($company::VARCHAR IS NULL OR company = $company)
  AND ($entry_type::VARCHAR IS NULL OR entry_type = $entry_type)
  AND ($site::VARCHAR IS NULL OR site = $site);

-- name: attempt_figures
-- R. This window and the one before it; summed once by what the figures tell apart.
SELECT coalesce(sum(n) FILTER (WHERE is_first AND here), 0),
       coalesce(sum(n) FILTER (WHERE is_first AND outcome = 'accepted' AND here), 0),
       coalesce(sum(n) FILTER (WHERE is_first AND NOT here), 0),
       coalesce(sum(n) FILTER (WHERE is_first AND outcome = 'accepted' AND NOT here), 0),
       coalesce(sum(n) FILTER (WHERE outcome = 'refused' AND here), 0),
       coalesce(sum(n) FILTER (WHERE outcome = 'refused' AND NOT here), 0)
FROM (
    SELECT hour >= $since AS here, outcome, is_first, sum(attempts) AS n
    FROM (
        SELECT hour, outcome, is_first, attempts FROM attempt_totals
        WHERE hour >= $before AND hour < $until AND hour < $folded
          AND outcome IN ('accepted', 'refused')
        UNION ALL
        SELECT hour, outcome, is_first, attempts FROM attempt_rollup
        WHERE hour >= $before AND hour < $until AND hour >= $folded
          AND outcome IN ('accepted', 'refused')
          AND ($company::VARCHAR IS NULL OR company = $company)
          AND ($entry_type::VARCHAR IS NULL OR entry_type = $entry_type)
          AND ($site::VARCHAR IS NULL OR site = $site)
    ) t GROUP BY 1, 2, 3
) h;

-- name: closing_figures
-- R. This window and the one before it.
SELECT coalesce(sum(documents) FILTER (WHERE hour >= $since), 0),
       coalesce(sum(amount) FILTER (WHERE hour >= $since), 0),
       coalesce(sum(documents) FILTER (WHERE hour < $since), 0)
FROM closing_rollup
WHERE hour >= $before AND hour < $until AND state = 'synced'
  AND ($company::VARCHAR IS NULL OR company = $company)
  AND ($entry_type::VARCHAR IS NULL OR entry_type = $entry_type)
  AND ($site::VARCHAR IS NULL OR site = $site);

-- name: currency
-- 1. One company has one home currency.
SELECT any_value(currency) FROM (SELECT currency FROM documents WHERE currency <> '' LIMIT 1);

-- name: problem_count
-- P: known without reading.
SELECT count(*) FROM intake_problems;

-- name: newest_beat
-- P: a row a loop.
SELECT max(last_at) FROM beats;

-- name: beats
-- P: a row a loop.
SELECT loop, last_at, every_seconds, ok, detail FROM beats ORDER BY loop;

-- name: newest_event
-- P: known without reading.
SELECT coalesce(max(event_id), 0) FROM audit_events;

-- name: audit
-- P, where it is known after which event they are.
SELECT event_id AS id, happened_at AS "at", who, role, action, target, allowed, reason, origin,
       old_value, new_value, request_id, hash
FROM audit_events WHERE event_id > $after ORDER BY event_id DESC LIMIT $limit;
