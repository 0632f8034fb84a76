-- name: due_documents
SELECT o.document_id, d.company, d.entry_type, d.number, d.revision, d.payload, o.state, o.round,
       o.attempt, o.next_trigger, o.pushed_at, o.crashed, o.token, l.since
FROM (
    SELECT * FROM open_documents
    WHERE state IN ('pending', 'retrying', 'unknown') AND due_at <= $now
      AND (state = 'unknown' OR NOT EXISTS (
          SELECT 1 FROM pauses p WHERE p.entry_type IN ('', open_documents.entry_type)))
    ORDER BY due_at, document_id LIMIT $limit
) o
JOIN documents d ON d.document_id = o.document_id
LEFT JOIN lookups_owed l ON l.document_id = o.document_id
ORDER BY o.due_at, o.document_id;

-- name: parent_reference
SELECT c.reference
FROM documents d
JOIN documents p ON p.company || '/' || p.entry_type || '/' || p.number = d.parent
JOIN closings c ON c.document_id = p.document_id
WHERE d.document_id = $id
ORDER BY c.closed_at DESC;

-- name: waiting_plans
-- Repayment plans by the invoice they wait for; of several the one that came last.
SELECT d.parent, arg_max(d.payload, d.document_id)
FROM open_documents o JOIN documents d ON d.document_id = o.document_id
WHERE o.entry_type = 'repayment_plan' AND o.state NOT IN ('failed', 'parked')
  AND d.parent = ANY($parents::VARCHAR[])
GROUP BY d.parent;

-- name: next_due
SELECT min(due_at) FROM open_documents
WHERE state IN ('pending', 'retrying', 'unknown')
  AND (state = 'unknown' OR NOT EXISTS (
      SELECT 1 FROM pauses p WHERE p.entry_type IN ('', open_documents.entry_type)));

-- name: insert_attempts
INSERT INTO attempts
SELECT unnest($attempt_id::BIGINT[]), unnest($document_id::BIGINT[]), unnest($revision::INTEGER[]),
       unnest($round::INTEGER[]), unnest($number::INTEGER[]), unnest($trigger::VARCHAR[]),
       unnest($token::VARCHAR[]), $now;

-- name: mark_syncing
-- pushed_at and token stay with a document that is, or may be, in Sage 300: asking is not pushing.
UPDATE open_documents o
SET state = 'syncing', since = $now, due_at = NULL,
    pushed_at = CASE WHEN o.token IS NOT NULL THEN o.pushed_at ELSE $now END,
    token = n.token,
    crashed = CASE WHEN o.token IS NOT NULL THEN o.crashed ELSE FALSE END
FROM (SELECT unnest($ids::BIGINT[]) AS document_id, unnest($tokens::VARCHAR[]) AS token) n
WHERE o.document_id = n.document_id;

-- name: syncing_since
-- A claim's start is written down as since, so it tells which claim holds the document.
SELECT document_id, since, error_type IS NOT NULL AS erred FROM open_documents
WHERE state = 'syncing' AND document_id = ANY($ids::BIGINT[]);

-- name: insert_outcomes
INSERT INTO outcomes
SELECT unnest($attempt_id::BIGINT[]), unnest($document_id::BIGINT[]), unnest($ended_at::TIMESTAMP[]),
       unnest($outcome::VARCHAR[]), unnest($burnt::BOOLEAN[]), unnest($http_status::INTEGER[]),
       unnest($error_code::VARCHAR[]), unnest($error_text::VARCHAR[]),
       unnest($error_type::VARCHAR[]), unnest($entity_kind::VARCHAR[]), unnest($entity::VARCHAR[]),
       unnest($reference::VARCHAR[]), unnest($duration_ms::BIGINT[]);

-- name: insert_bodies
INSERT INTO bodies
SELECT unnest($attempt_id::BIGINT[]), unnest($document_id::BIGINT[]), unnest($sent::VARCHAR[]),
       unnest($answered::VARCHAR[]);

-- name: move_open
UPDATE open_documents o
SET state = n.state, since = n.ended_at, attempt = n.attempt, next_trigger = n.next_trigger,
    due_at = n.due_at, last_tried_at = n.ended_at, http_status = n.http_status,
    -- with a token it is asked about before it is sent: its answer was lost, or only its posting
    -- was refused
    pushed_at = CASE WHEN n.state = 'unknown' OR n.entered THEN o.pushed_at END,
    token = CASE WHEN n.state = 'unknown' OR n.entered THEN o.token END,
    crashed = o.crashed AND n.state = 'unknown',
    -- "it is not there" says less than an error that came before it, and does not replace it
    error_code = CASE WHEN n.told OR o.error_type IS NULL THEN n.error_code ELSE o.error_code END,
    error_text = CASE WHEN n.told OR o.error_type IS NULL THEN n.error_text ELSE o.error_text END,
    error_type = CASE WHEN n.told OR o.error_type IS NULL THEN n.error_type ELSE o.error_type END,
    entity_kind = CASE WHEN n.told OR o.error_type IS NULL THEN n.entity_kind
                       ELSE o.entity_kind END,
    entity = CASE WHEN n.told OR o.error_type IS NULL THEN n.entity ELSE o.entity END,
    first_failed_at = CASE WHEN n.failed THEN coalesce(o.first_failed_at, n.ended_at)
                           ELSE o.first_failed_at END
FROM (
    SELECT unnest($document_id::BIGINT[]) AS document_id, unnest($state::VARCHAR[]) AS state,
           unnest($ended_at::TIMESTAMP[]) AS ended_at, unnest($attempt::INTEGER[]) AS attempt,
           unnest($next_trigger::VARCHAR[]) AS next_trigger,
           unnest($due_at::TIMESTAMP[]) AS due_at, unnest($http_status::INTEGER[]) AS http_status,
           unnest($entered::BOOLEAN[]) AS entered, unnest($told::BOOLEAN[]) AS told, unnest($failed::BOOLEAN[]) AS failed,
           unnest($error_code::VARCHAR[]) AS error_code,
           unnest($error_text::VARCHAR[]) AS error_text,
           unnest($error_type::VARCHAR[]) AS error_type,
           unnest($entity_kind::VARCHAR[]) AS entity_kind, unnest($entity::VARCHAR[]) AS entity
) n
WHERE o.document_id = n.document_id;

-- name: move_back
-- A look-up that could not tell: not an attempt, ask again later.
UPDATE open_documents o SET state = 'unknown', since = $now, due_at = n.due_at
FROM (SELECT unnest($document_id::BIGINT[]) AS document_id, unnest($due_at::TIMESTAMP[]) AS due_at) n
WHERE o.document_id = n.document_id;

-- name: insert_closings
INSERT INTO closings
SELECT n.document_id, n.revision, 'synced', n.ended_at, n.reference, n.round, n.attempt,
       o.first_failed_at, o.entry_type, o.company, o.site, o.document_number, o.amount,
       coalesce(o.first_failed_at, o.received_at),
       coalesce(o.document_date, CAST(o.received_at AS DATE)), o.search_text, n.closing_id
FROM (
    SELECT unnest($closing_id::BIGINT[]) AS closing_id,
           unnest($document_id::BIGINT[]) AS document_id, unnest($revision::INTEGER[]) AS revision,
           unnest($ended_at::TIMESTAMP[]) AS ended_at, unnest($reference::VARCHAR[]) AS reference,
           unnest($round::INTEGER[]) AS round, unnest($attempt::INTEGER[]) AS attempt
) n
JOIN open_documents o ON o.document_id = n.document_id;

-- name: open_summary
SELECT document_id, company, site, entry_type, coalesce(amount, 0) AS amount, round
FROM open_documents WHERE document_id = ANY($ids::BIGINT[]);

-- name: insert_attempt_rollup
INSERT INTO attempt_rollup
SELECT unnest($hour::TIMESTAMP[]), unnest($company::VARCHAR[]), unnest($site::VARCHAR[]),
       unnest($entry_type::VARCHAR[]), unnest($outcome::VARCHAR[]), unnest($error_type::VARCHAR[]),
       unnest($is_first::BOOLEAN[]), unnest($attempts::BIGINT[]);

-- name: insert_closing_rollup
INSERT INTO closing_rollup
SELECT unnest($hour::TIMESTAMP[]), unnest($company::VARCHAR[]), unnest($site::VARCHAR[]),
       unnest($entry_type::VARCHAR[]), unnest($state::VARCHAR[]), unnest($documents::BIGINT[]),
       unnest($amount::DECIMAL(19, 3)[]);

-- name: insert_closed_totals
INSERT INTO closed_totals
SELECT unnest($company::VARCHAR[]), unnest($site::VARCHAR[]), unnest($entry_type::VARCHAR[]),
       unnest($state::VARCHAR[]), unnest($documents::BIGINT[]);

-- name: insert_retry_rollup
INSERT INTO retry_rollup
SELECT unnest($hour::TIMESTAMP[]), unnest($company::VARCHAR[]), unnest($site::VARCHAR[]),
       unnest($entry_type::VARCHAR[]), unnest($error_type::VARCHAR[]), unnest($attempts::BIGINT[]);

-- name: insert_refusals
INSERT INTO refusals
SELECT unnest($quarter::TIMESTAMP[]), unnest($document_id::BIGINT[]), unnest($error_type::VARCHAR[]),
       unnest($attempts::BIGINT[]);

-- name: insert_duration_rollup
-- Before they leave open_documents.
INSERT INTO duration_rollup
SELECT hour, company, site, entry_type, what,
       CAST(floor(ln(greatest(length, 0.05)) / ln(1.05)) AS INTEGER), count(*), sum(length)
FROM (
    SELECT date_trunc('hour', n.ended_at) AS hour, o.company, o.site, o.entry_type, w.what,
           CASE WHEN w.what = 'sync' THEN epoch(n.ended_at - o.received_at)
                ELSE epoch(n.ended_at - o.first_failed_at) END AS length
    FROM (SELECT unnest($document_id::BIGINT[]) AS document_id,
                 unnest($ended_at::TIMESTAMP[]) AS ended_at) n
    JOIN open_documents o ON o.document_id = n.document_id
    CROSS JOIN (VALUES ('sync'), ('remedy')) AS w (what)
) t
WHERE length IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6;

-- name: interrupted
-- Intents without an outcome, found when the ledger opens: the answer, if any, was lost.
SELECT a.attempt_id, o.document_id, a.started_at, o.company, o.site, o.entry_type, a.number, a.round
FROM open_documents o
JOIN attempts a ON a.document_id = o.document_id
WHERE o.state = 'syncing'
  AND NOT EXISTS (SELECT 1 FROM outcomes x WHERE x.attempt_id = a.attempt_id);

-- name: mark_interrupted
-- What was said of the document before stays; where nothing was, that there is no answer is said.
UPDATE open_documents
SET state = 'unknown', since = $now, due_at = $now, crashed = TRUE, next_trigger = 'recovery',
    last_tried_at = pushed_at, error_text = coalesce(error_text, $no_answer)
WHERE state = 'syncing';

-- name: document_state
SELECT d.document_id, d.company, d.entry_type, d.number, d.revision, o.state, o.round, o.attempt
FROM documents d LEFT JOIN open_documents o USING (document_id)
WHERE d.document_id = $id;

-- name: restart_round
UPDATE open_documents
SET state = 'pending', since = $now, round = $round, attempt = 0, next_trigger = 'resync',
    due_at = $now, pushed_at = CASE WHEN token IS NOT NULL THEN pushed_at END, crashed = FALSE
WHERE document_id = $id;

-- name: insert_resync
INSERT INTO resyncs VALUES ($resync_id, $id, $now, $who, $origin, $reason, $request_id, $round);

-- name: same_request
SELECT round FROM resyncs WHERE document_id = $id AND request_id = $request_id;
