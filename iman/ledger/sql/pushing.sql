-- name: due
-- What is due, oldest first; and whether anything is owed a look-up. Without a join: planning one
-- costs more than a second question. What came into its state in the future is due, too: the clock
-- was set back, and its time may be hours away.
SELECT document_id, state, round, attempt, next_trigger, pushed_at, crashed, token,
       (SELECT count(*) FROM lookups_owed)
FROM open_documents
WHERE state IN ('pending', 'retrying', 'unknown')
  AND (due_at <= $now OR since > $now + INTERVAL 1 MINUTE)
  AND (state = 'unknown' OR NOT coalesce(
      list_has_any((SELECT list(entry_type) FROM pauses), ['', entry_type]), FALSE))
ORDER BY due_at, document_id LIMIT $limit;

-- name: documents
-- By ANY: blocks that hold none of the ids are passed over.
SELECT document_id, company, entry_type, number, revision, payload
FROM documents WHERE document_id = ANY($ids::BIGINT[]);

-- name: owed
SELECT document_id, since FROM lookups_owed WHERE document_id = ANY($ids::BIGINT[]);

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

-- name: held
-- What stands syncing of these, with what their outcomes are counted by; and whether any document
-- waits for its parent, or any revision for its document.
SELECT document_id, since, erred, company, site, entry_type, amount, sync, remedy,
       CAST(floor(ln(greatest(sync, 0.05)) / ln(1.05)) AS INTEGER),
       CAST(floor(ln(greatest(remedy, 0.05)) / ln(1.05)) AS INTEGER),
       (SELECT count(*) FROM open_documents WHERE state = 'waiting'),
       (SELECT count(*) FROM waiting_revisions)
FROM (
    SELECT o.document_id, o.since, o.error_type IS NOT NULL AS erred, o.company, o.site,
           o.entry_type, coalesce(o.amount, 0) AS amount,
           epoch(n.ended_at - o.received_at) AS sync, epoch(n.ended_at - o.first_failed_at) AS remedy
    FROM (SELECT unnest($document_id::BIGINT[]) AS document_id,
                 unnest($ended_at::TIMESTAMP[]) AS ended_at) n
    JOIN open_documents o ON o.document_id = n.document_id
    WHERE o.state = 'syncing'
) t;

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

-- name: all_syncing
SELECT document_id FROM open_documents WHERE state = 'syncing';

-- name: interrupted
-- Intents without an outcome that nobody works at: the answer, if any, was lost.
SELECT a.attempt_id, o.document_id, a.started_at, o.company, o.site, o.entry_type, a.number, a.round
FROM open_documents o
JOIN attempts a ON a.document_id = o.document_id
WHERE o.state = 'syncing' AND o.document_id = ANY($ids::BIGINT[])
  AND NOT EXISTS (SELECT 1 FROM outcomes x WHERE x.attempt_id = a.attempt_id);

-- name: mark_interrupted
-- What was said of the document before stays; where nothing was, that there is no answer is said.
UPDATE open_documents
SET state = 'unknown', since = $now, due_at = $now, crashed = TRUE, next_trigger = 'recovery',
    last_tried_at = pushed_at, error_text = coalesce(error_text, $no_answer)
WHERE state = 'syncing' AND document_id = ANY($ids::BIGINT[]);

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
