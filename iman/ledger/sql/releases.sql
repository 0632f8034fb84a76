-- Releases: "resync all N", its canary, its results.

-- name: candidates
-- What may be touched, in the order it would go: what waits for nobody first, the oldest first.
SELECT d.document_id AS id, d.entry_type, d.number, d.customer_name, d.booking,
       coalesce(d.amount, 0)::DECIMAL(19, 3) AS amount, d.currency,
       coalesce(o.state, 'synced') AS state, o.attempt, o.error_type, o.entity, o.error_text,
       coalesce(o.error_code = 'iman', FALSE) AS invalid, d.parent, o.waits_for,
       (SELECT count(*) FROM open_documents po JOIN documents pd ON pd.document_id = po.document_id
        WHERE d.parent IS NOT NULL AND pd.number = split_part(d.parent, '/', 3)
          AND pd.company || '/' || pd.entry_type || '/' || pd.number = d.parent) > 0 AS has_open_parent
FROM documents d LEFT JOIN open_documents o ON o.document_id = d.document_id
WHERE d.document_id = ANY($ids::BIGINT[])
ORDER BY has_open_parent, coalesce(o.first_failed_at, d.received_at), d.document_id;

-- name: same_request
SELECT release_id FROM releases WHERE request_id = $request_id AND request_id <> '';

-- name: insert_release
INSERT INTO releases VALUES ($id, $cause_id, $checklist_id, $title, $who, $now, $reason, $origin,
    $request_id, $starts_at, $canary, 'grace', $now, '');

-- name: insert_documents
INSERT INTO release_documents
SELECT $id, unnest($document_id::BIGINT[]), unnest($place::INTEGER[]),
       unnest($amount::DECIMAL(19, 3)[]), 'planned', 0, $now, '';

-- name: busy
-- Documents another release is about to touch.
SELECT m.document_id FROM release_documents m JOIN releases r ON r.release_id = m.release_id
WHERE r.state IN ('grace', 'canary', 'running') AND m.result = 'planned'
  AND m.document_id = ANY($ids::BIGINT[]);

-- name: release
SELECT * FROM releases WHERE release_id = $id;

-- name: releases
SELECT r.*, m.documents, m.amount, m.sent, m.synced, m.failed, m.untouched
FROM releases r
JOIN (
    SELECT release_id, count(*) AS documents, sum(amount)::DECIMAL(19, 3) AS amount,
           count(*) FILTER (WHERE result IN ('sent', 'synced', 'failed')) AS sent,
           count(*) FILTER (WHERE result = 'synced') AS synced,
           count(*) FILTER (WHERE result = 'failed') AS failed,
           count(*) FILTER (WHERE result IN ('skipped', 'not_sent')) AS untouched
    FROM release_documents WHERE $id::BIGINT IS NULL OR release_id = $id GROUP BY release_id
) m ON m.release_id = r.release_id
WHERE ($id::BIGINT IS NULL OR r.release_id = $id)
  AND ($cause_id::BIGINT IS NULL OR r.cause_id = $cause_id)
ORDER BY r.release_id DESC LIMIT $limit;

-- name: to_move
SELECT release_id FROM releases
WHERE (state = 'grace' AND starts_at <= $now) OR state IN ('canary', 'running')
   OR (state IN ('stopped', 'cancelled') AND release_id IN (
        SELECT release_id FROM release_documents WHERE result = 'sent'))
ORDER BY release_id;

-- name: documents
SELECT m.document_id AS id, d.entry_type, d.number, d.customer_name, d.booking, m.place, m.amount,
       m.result, m.round, m.changed_at, m.detail, coalesce(o.state, c.state, 'synced') AS state,
       o.round AS round_now, coalesce(o.attempt, 0) AS attempt, o.error_type, o.error_code,
       o.error_text, c.reference
FROM release_documents m
JOIN documents d ON d.document_id = m.document_id
LEFT JOIN open_documents o ON o.document_id = m.document_id
LEFT JOIN (
    SELECT document_id, arg_max(state, closed_at) AS state, arg_max(reference, closed_at) AS reference
    FROM closings
    WHERE document_id IN (SELECT document_id FROM release_documents WHERE release_id = $id)
    GROUP BY document_id
) c ON c.document_id = m.document_id AND o.document_id IS NULL
WHERE m.release_id = $id ORDER BY m.place;

-- name: documents_in
SELECT count(*) FROM release_documents WHERE release_id = $id;

-- name: set_results
UPDATE release_documents SET result = n.result, round = n.round, detail = n.detail,
    changed_at = $now
FROM (SELECT unnest($document_id::BIGINT[]) AS document_id, unnest($result::VARCHAR[]) AS result,
             unnest($round::INTEGER[]) AS round, unnest($detail::VARCHAR[]) AS detail) n
WHERE release_documents.release_id = $id AND release_documents.document_id = n.document_id;

-- name: set_state
UPDATE releases SET state = $state, state_since = $now, note = $note WHERE release_id = $id;
