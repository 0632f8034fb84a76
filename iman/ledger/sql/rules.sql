-- The site's own rules, and reading history again by other rules.
-- H = grows with history, B = one bounded batch of attempts, O = grows with open documents.

-- name: own_rules
SELECT edit_id, rules, saved_by, saved_at, told FROM rule_edits ORDER BY edit_id DESC LIMIT 1;

-- name: rule_edits
SELECT edit_id, rules, saved_by, saved_at, told FROM rule_edits ORDER BY edit_id DESC LIMIT $limit;

-- name: insert_rule_edit
INSERT INTO rule_edits VALUES ($id, $rules, $who, $now, $told);

-- name: newest_pass
SELECT pass_id, rules, started_at, finished_at, up_to, left_to, documents_done, texts, attempts,
       documents
FROM reclassifications ORDER BY pass_id DESC LIMIT 1;

-- name: insert_pass
INSERT INTO reclassifications
SELECT $id, $rules, $now, NULL, n.newest, n.newest, FALSE, 0, 0, 0
FROM (SELECT coalesce(max(attempt_id), 0) AS newest FROM attempts) n;

-- name: newest_attempt
SELECT coalesce(max(attempt_id), 0) FROM attempts;

-- name: texts_between
-- B. Refusals, each kind once: what they say and how they were read.
SELECT DISTINCT http_status, error_code, coalesce(error_text, '') AS error_text, error_type,
       entity_kind, entity
FROM outcomes
WHERE attempt_id BETWEEN $first AND $last AND outcome = 'refused' AND error_type IS NOT NULL;

-- name: moved
-- B. What the changed readings move between error types, for both rollups to read.
CREATE OR REPLACE TEMP TABLE moved AS
SELECT date_trunc('hour', x.ended_at) AS hour,
       time_bucket(INTERVAL 15 MINUTE, x.ended_at) AS quarter, x.document_id, d.company, d.site,
       d.entry_type, unnest([c.old_type, c.error_type]) AS error_type, unnest([-1, 1]) AS n,
       a.round = 1 AND a.number = 1 AND a.trigger <> 'lookup' AS is_first, a.number > 1 AS is_retry
FROM outcomes x
JOIN (
    SELECT unnest($http_status::INTEGER[]) AS http_status,
           unnest($error_code::VARCHAR[]) AS error_code,
           unnest($error_text::VARCHAR[]) AS error_text,
           unnest($old_type::VARCHAR[]) AS old_type,
           unnest($error_type::VARCHAR[]) AS error_type
) c ON c.error_text = coalesce(x.error_text, '') AND c.old_type = x.error_type
   AND c.http_status IS NOT DISTINCT FROM x.http_status
   AND c.error_code IS NOT DISTINCT FROM x.error_code
JOIN attempts a ON a.attempt_id = x.attempt_id
JOIN documents d ON d.document_id = x.document_id
WHERE x.attempt_id BETWEEN $first AND $last AND a.attempt_id BETWEEN $first AND $last
  AND x.outcome = 'refused' AND c.old_type <> c.error_type;

-- name: count_anew
-- Rollups are sums: one row takes the old reading away, another adds the new one.
INSERT INTO attempt_rollup
SELECT hour, company, site, entry_type, 'refused', error_type, is_first, sum(n)
FROM moved GROUP BY hour, company, site, entry_type, error_type, is_first HAVING sum(n) <> 0;

-- name: count_retries_anew
INSERT INTO retry_rollup
SELECT hour, company, site, entry_type, error_type, sum(n)
FROM moved WHERE is_retry
GROUP BY hour, company, site, entry_type, error_type HAVING sum(n) <> 0;

-- name: count_refusals_anew
INSERT INTO refusals
SELECT quarter, document_id, error_type, sum(n)
FROM moved GROUP BY quarter, document_id, error_type HAVING sum(n) <> 0;

-- name: read_anew
-- B.
UPDATE outcomes AS x
SET error_type = c.error_type, entity_kind = c.entity_kind, entity = c.entity
FROM (
    SELECT unnest($http_status::INTEGER[]) AS http_status,
           unnest($error_code::VARCHAR[]) AS error_code,
           unnest($error_text::VARCHAR[]) AS error_text,
           unnest($error_type::VARCHAR[]) AS error_type,
           unnest($entity_kind::VARCHAR[]) AS entity_kind,
           unnest($entity::VARCHAR[]) AS entity
) c
WHERE x.attempt_id BETWEEN $first AND $last AND x.outcome = 'refused'
  AND x.error_type IS NOT NULL AND c.error_text = coalesce(x.error_text, '')
  AND c.http_status IS NOT DISTINCT FROM x.http_status
  AND c.error_code IS NOT DISTINCT FROM x.error_code
  AND (x.error_type <> c.error_type OR x.entity_kind IS DISTINCT FROM c.entity_kind
       OR x.entity IS DISTINCT FROM c.entity);

-- name: set_progress
UPDATE reclassifications
SET left_to = $left_to, texts = texts + $texts, attempts = attempts + $attempts
WHERE pass_id = $id;

-- name: set_documents
UPDATE reclassifications SET documents_done = $done, documents = documents + $documents
WHERE pass_id = $id;

-- name: finish_pass
UPDATE reclassifications SET finished_at = $now, attempts = attempts + $attempts WHERE pass_id = $id;

-- name: open_texts
-- O. A code stands only beside what Sage 300 refused; a sick ERP's words are not read by rules.
SELECT document_id, http_status, error_code, coalesce(error_text, '') AS error_text, error_type,
       entity_kind, entity
FROM open_documents WHERE error_type IS NOT NULL AND error_code IS NOT NULL
ORDER BY document_id;

-- name: open_anew
UPDATE open_documents AS o
SET error_type = n.error_type, entity_kind = n.entity_kind, entity = n.entity
FROM (
    SELECT unnest($document_id::BIGINT[]) AS document_id,
           unnest($error_text::VARCHAR[]) AS error_text, unnest($error_type::VARCHAR[]) AS error_type,
           unnest($entity_kind::VARCHAR[]) AS entity_kind, unnest($entity::VARCHAR[]) AS entity
) n
WHERE o.document_id = n.document_id AND coalesce(o.error_text, '') = n.error_text
  AND o.error_code IS NOT NULL;

-- name: look_again
-- Texts that no rule names an entity for belong together by their template, which rules make.
UPDATE cause_documents SET error_text = ''
WHERE error_type = 'other' AND entity = '';

-- name: emptied
-- Causes that lost every document to other causes because of new rules, and where most went.
SELECT g.cause_id, m.cause_id AS into_id, count(*) AS documents
FROM cause_leavings g
JOIN causes k ON k.cause_id = g.cause_id
JOIN cause_documents m ON m.document_id = g.document_id
WHERE g.how = 'reclassified' AND g.left_at >= $since AND k.merged_into IS NULL
  AND NOT EXISTS (SELECT 1 FROM cause_documents c WHERE c.cause_id = g.cause_id)
GROUP BY g.cause_id, m.cause_id
ORDER BY g.cause_id, documents DESC, m.cause_id;

-- name: merge_cause
UPDATE causes SET merged_into = $into_id WHERE cause_id = $cause_id;

-- name: hand_owner_on
UPDATE causes SET owner = $owner WHERE cause_id = $cause_id AND owner = '';

-- name: two_causes
SELECT cause_id, company, error_type, entity_kind, entity, template, owner FROM causes
WHERE cause_id IN ($cause_id, $into_id);

-- name: checklists_on
SELECT checklist_id FROM checklists
WHERE cause_id = $cause_id AND document_id IS NULL
  AND phase IN ('choosing', 'working', 'follow_up')
ORDER BY checklist_id;

-- name: checklists_on_document
SELECT l.checklist_id, k.cause_id
FROM checklists l
JOIN cause_documents m ON m.document_id = l.document_id
JOIN causes k ON k.cause_id = m.cause_id
WHERE l.phase IN ('choosing', 'working', 'follow_up')
  AND (l.error_type <> k.error_type OR l.entity_kind <> k.entity_kind OR l.entity <> k.entity)
  AND m.document_id IN (SELECT document_id FROM cause_leavings
                        WHERE how = 'reclassified' AND left_at >= $since)
ORDER BY l.checklist_id;

-- name: move_checklist
UPDATE checklists
SET company = $company, error_type = $error_type, entity_kind = $entity_kind, entity = $entity,
    template = $template, cause_id = CASE WHEN cause_id IS NULL THEN NULL ELSE $cause_id END
WHERE checklist_id = $id;

-- name: move_releases
UPDATE releases SET cause_id = $into_id
WHERE cause_id = $cause_id AND state IN ('grace', 'canary', 'running');

-- name: distinct_texts
-- H. What refusals ever said and how they were read, the commonest first.
SELECT http_status, error_code, coalesce(error_text, '') AS error_text, error_type,
       coalesce(entity_kind, '') AS entity_kind, coalesce(entity, '') AS entity,
       count(*) AS attempts
FROM outcomes
WHERE outcome = 'refused' AND error_type IS NOT NULL
GROUP BY ALL ORDER BY attempts DESC, error_text LIMIT $limit;
