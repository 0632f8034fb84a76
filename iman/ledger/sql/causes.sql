-- Causes. O = grows with open documents, 1 = one cause, W = outcomes of a bounded window.

-- name: joining
-- O. Documents whose error is new to us. A sick ERP does not take a document out of its cause.
SELECT o.document_id, o.company, o.error_type, coalesce(o.entity_kind, '') AS entity_kind,
       coalesce(o.entity, '') AS entity, coalesce(o.error_text, '') AS error_text, c.cause_id,
       c.joined_at, coalesce(o.first_failed_at, o.since) AS first_failed_at,
       coalesce(o.last_tried_at, o.since) AS last_tried_at
FROM open_documents o
LEFT JOIN cause_documents c ON c.document_id = o.document_id
WHERE o.error_type IS NOT NULL
  AND (c.document_id IS NULL
       OR (o.error_type <> 'erp_unavailable'
           AND (o.error_type <> c.error_type OR coalesce(o.entity_kind, '') <> c.entity_kind
                OR coalesce(o.entity, '') <> c.entity
                OR (o.error_type = 'other' AND coalesce(o.error_text, '') <> c.error_text))))
ORDER BY o.document_id;

-- name: leaving
-- O. Documents that are closed, or that byondpro replaced by a new revision.
SELECT c.document_id, c.cause_id, c.joined_at, o.document_id IS NOT NULL AS is_open
FROM cause_documents c
LEFT JOIN open_documents o ON o.document_id = c.document_id
WHERE o.document_id IS NULL OR o.error_type IS NULL
ORDER BY c.document_id;

-- name: seen_again
-- O. When the members of each cause were last refused for it.
SELECT c.cause_id, max(o.last_tried_at) AS seen_at
FROM cause_documents c
JOIN open_documents o ON o.document_id = c.document_id
JOIN causes k ON k.cause_id = c.cause_id
WHERE o.error_type = c.error_type AND o.last_tried_at > k.last_seen_at
GROUP BY c.cause_id;

-- name: joining_of
-- 1: the documents named.
-- As joining, of those documents only; asked with every outcome, so it must not scan by conditions.
SELECT o.document_id, o.company, o.error_type, coalesce(o.entity_kind, '') AS entity_kind,
       coalesce(o.entity, '') AS entity, coalesce(o.error_text, '') AS error_text, c.cause_id,
       c.joined_at, coalesce(o.first_failed_at, o.since) AS first_failed_at,
       coalesce(o.last_tried_at, o.since) AS last_tried_at
FROM (SELECT unnest($ids::BIGINT[]) AS document_id) n
JOIN open_documents o ON o.document_id = n.document_id
LEFT JOIN cause_documents c ON c.document_id = o.document_id
WHERE o.error_type IS NOT NULL
  AND (c.document_id IS NULL
       OR (o.error_type <> 'erp_unavailable'
           AND (o.error_type <> c.error_type OR coalesce(o.entity_kind, '') <> c.entity_kind
                OR coalesce(o.entity, '') <> c.entity
                OR (o.error_type = 'other' AND coalesce(o.error_text, '') <> c.error_text))))
ORDER BY o.document_id;

-- name: leaving_of
-- 1: the documents named.
SELECT c.document_id, c.cause_id, c.joined_at, o.document_id IS NOT NULL AS is_open
FROM (SELECT unnest($ids::BIGINT[]) AS document_id) n
JOIN cause_documents c ON c.document_id = n.document_id
LEFT JOIN open_documents o ON o.document_id = c.document_id
WHERE o.document_id IS NULL OR o.error_type IS NULL
ORDER BY c.document_id;

-- name: seen_again_of
-- 1: the documents named.
SELECT c.cause_id, max(o.last_tried_at) AS seen_at
FROM (SELECT unnest($ids::BIGINT[]) AS document_id) n
JOIN cause_documents c ON c.document_id = n.document_id
JOIN open_documents o ON o.document_id = c.document_id
JOIN causes k ON k.cause_id = c.cause_id
WHERE o.error_type = c.error_type AND o.last_tried_at > k.last_seen_at
GROUP BY c.cause_id;

-- name: how_closed
-- 1: the documents named.
SELECT document_id, arg_max(state, closed_at) FROM closings
WHERE document_id = ANY($ids::BIGINT[]) GROUP BY document_id;

-- name: known_causes
-- P: one row a cause.
SELECT cause_id, company, error_type, entity_kind, entity, template
FROM causes WHERE entity = ANY($entities::VARCHAR[]);

-- name: insert_causes
INSERT INTO causes
SELECT unnest($cause_id::BIGINT[]), unnest($company::VARCHAR[]), unnest($error_type::VARCHAR[]),
       unnest($entity_kind::VARCHAR[]), unnest($entity::VARCHAR[]), unnest($template::VARCHAR[]),
       unnest($sample::VARCHAR[]), unnest($first_seen_at::TIMESTAMP[]),
       unnest($last_seen_at::TIMESTAMP[]), unnest($first_seen_at::TIMESTAMP[]), NULL, 0, 0, '', NULL;

-- name: drop_members
DELETE FROM cause_documents WHERE document_id = ANY($ids::BIGINT[]);

-- name: insert_members
INSERT INTO cause_documents
SELECT unnest($document_id::BIGINT[]), unnest($cause_id::BIGINT[]), unnest($joined_at::TIMESTAMP[]),
       unnest($error_type::VARCHAR[]), unnest($entity_kind::VARCHAR[]), unnest($entity::VARCHAR[]),
       unnest($error_text::VARCHAR[]);

-- name: insert_leavings
INSERT INTO cause_leavings
SELECT unnest($cause_id::BIGINT[]), unnest($document_id::BIGINT[]), unnest($joined_at::TIMESTAMP[]),
       $now, unnest($how::VARCHAR[]);

-- name: count_joined
INSERT INTO cause_rollup
SELECT date_trunc('hour', $now::TIMESTAMP), n.cause_id, o.company, o.site, o.entry_type, count(*),
       sum(coalesce(o.amount, 0))
FROM (SELECT unnest($document_id::BIGINT[]) AS document_id,
             unnest($cause_id::BIGINT[]) AS cause_id) n
JOIN open_documents o ON o.document_id = n.document_id
GROUP BY n.cause_id, o.company, o.site, o.entry_type;

-- name: joined
UPDATE causes SET
    last_seen_at = greatest(last_seen_at, n.seen_at),
    documents_ever = documents_ever + n.joined,
    times_back = times_back + CASE WHEN resolved_at IS NULL THEN 0 ELSE 1 END,
    since = CASE WHEN resolved_at IS NULL THEN since ELSE n.began_at END,
    resolved_at = NULL,
    merged_into = NULL
FROM (SELECT unnest($cause_id::BIGINT[]) AS cause_id, unnest($seen_at::TIMESTAMP[]) AS seen_at,
             unnest($began_at::TIMESTAMP[]) AS began_at, unnest($joined::BIGINT[]) AS joined) n
WHERE causes.cause_id = n.cause_id;

-- name: resolve
UPDATE causes SET resolved_at = $now
WHERE resolved_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM cause_documents m WHERE m.cause_id = causes.cause_id);

-- name: mark_seen
UPDATE causes SET last_seen_at = n.seen_at
FROM (SELECT unnest($cause_id::BIGINT[]) AS cause_id, unnest($seen_at::TIMESTAMP[]) AS seen_at) n
WHERE causes.cause_id = n.cause_id AND n.seen_at > causes.last_seen_at;

-- name: set_owner
UPDATE causes SET owner = $owner WHERE cause_id = $id;

-- name: causes
-- O. Unresolved ones, and those resolved since. Most money first.
SELECT k.cause_id AS id, k.company, k.error_type, k.entity_kind, k.entity, k.template, k.sample,
       k.first_seen_at, k.last_seen_at, k.since, k.resolved_at, k.times_back, k.documents_ever,
       k.owner, k.merged_into, coalesce(m.documents, 0) AS documents,
       coalesce(m.amount, 0)::DECIMAL(19, 3) AS amount, coalesce(m.failed, 0) AS failed,
       coalesce(m.retrying, 0) AS retrying, coalesce(m.parked, 0) AS parked,
       coalesce(m.on_the_way, 0) AS on_the_way, l.checklist_id, r.release_id
FROM causes k
LEFT JOIN (
    SELECT c.cause_id, count(*) AS documents, sum(coalesce(o.amount, 0)) AS amount,
           count(*) FILTER (WHERE o.state = 'failed') AS failed,
           count(*) FILTER (WHERE o.state = 'retrying') AS retrying,
           count(*) FILTER (WHERE o.state = 'parked') AS parked,
           count(*) FILTER (WHERE o.state IN ('pending', 'syncing', 'waiting', 'unknown'))
               AS on_the_way
    FROM cause_documents c JOIN open_documents o ON o.document_id = c.document_id
    GROUP BY c.cause_id
) m ON m.cause_id = k.cause_id
LEFT JOIN (
    SELECT company, error_type, entity_kind, entity, template, max(checklist_id) AS checklist_id
    FROM checklists
    WHERE document_id IS NULL AND phase IN ('choosing', 'working', 'follow_up') GROUP BY ALL
) l ON l.company = k.company AND l.error_type = k.error_type AND l.entity_kind = k.entity_kind
   AND l.entity = k.entity AND l.template = k.template
LEFT JOIN (
    SELECT cause_id, max(release_id) AS release_id FROM releases
    WHERE state IN ('grace', 'canary', 'running') GROUP BY cause_id
) r ON r.cause_id = k.cause_id
WHERE (k.cause_id = $id) OR ($id::BIGINT IS NULL
       AND (k.resolved_at IS NULL OR k.resolved_at >= $since) AND k.merged_into IS NULL
       AND ($error_type::VARCHAR IS NULL OR k.error_type = $error_type)
       AND ($entity::VARCHAR IS NULL OR k.entity = $entity))
ORDER BY k.resolved_at IS NOT NULL, amount DESC, documents DESC, k.cause_id
LIMIT $limit;

-- name: moved_out_until
-- P: one row a file. An attempt of a month may have ended in the next one.
SELECT CAST(max(month) AS TIMESTAMP) + INTERVAL 2 MONTH FROM archives;

-- name: trend
-- W. Refusals per hour that each cause's documents met with its error. What was moved out is opened
-- only where the window reaches it: the table is read, or the view over all of them.
SELECT k.cause_id, date_trunc('hour', x.ended_at) AS hour, count(*) AS failures
FROM {outcomes} x
JOIN (SELECT cause_id, document_id FROM cause_documents WHERE cause_id = ANY($ids::BIGINT[])
      UNION SELECT cause_id, document_id FROM cause_leavings
      WHERE left_at >= $since AND cause_id = ANY($ids::BIGINT[])) m ON m.document_id = x.document_id
JOIN causes k ON k.cause_id = m.cause_id
WHERE x.ended_at >= $since AND x.outcome = 'refused' AND x.error_type = k.error_type
  AND coalesce(x.entity_kind, '') = k.entity_kind AND coalesce(x.entity, '') = k.entity
GROUP BY 1, 2 ORDER BY 1, 2;

-- name: cause_of_document
-- O.
SELECT cause_id FROM cause_documents WHERE document_id = $id;

-- name: documents_now
-- 1.
SELECT document_id FROM cause_documents WHERE cause_id = $id ORDER BY document_id;

-- name: documents_since
-- 1. Every document the cause has held up at some time since.
SELECT DISTINCT document_id FROM (
    SELECT document_id FROM cause_documents WHERE cause_id = $id
    UNION ALL
    SELECT document_id FROM cause_leavings
    WHERE cause_id = $id AND left_at >= $since AND how NOT IN ('other_cause', 'reclassified')
) ORDER BY document_id;
