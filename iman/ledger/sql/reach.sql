-- What somebody limited to companies or sites reads in the place of each table, under its own name:
-- views of their connection, made by reach.py. "held." is the ledger itself. A table without an entry
-- here is empty to them, so a new one shows nothing until somebody has thought about it.
-- What is nobody's document is read as it is by all: see AS_IT_IS in reach.py.

-- name: documents
-- rowid: lists find a page's rows by it.
SELECT *, rowid FROM held.documents
WHERE (getvariable('companies') IS NULL OR list_contains(getvariable('companies'), company))
  AND (getvariable('sites') IS NULL OR list_contains(getvariable('sites'), site));

-- name: open_documents
SELECT * FROM held.open_documents
WHERE (getvariable('companies') IS NULL OR list_contains(getvariable('companies'), company))
  AND (getvariable('sites') IS NULL OR list_contains(getvariable('sites'), site));

-- name: closings
SELECT *, rowid FROM held.closings
WHERE (getvariable('companies') IS NULL OR list_contains(getvariable('companies'), company))
  AND (getvariable('sites') IS NULL OR list_contains(getvariable('sites'), site));

-- name: closed_totals
SELECT * FROM held.closed_totals
WHERE (getvariable('companies') IS NULL OR list_contains(getvariable('companies'), company))
  AND (getvariable('sites') IS NULL OR list_contains(getvariable('sites'), site));

-- name: attempt_rollup
SELECT * FROM held.attempt_rollup
WHERE (getvariable('companies') IS NULL OR list_contains(getvariable('companies'), company))
  AND (getvariable('sites') IS NULL OR list_contains(getvariable('sites'), site));

-- name: closing_rollup
SELECT * FROM held.closing_rollup
WHERE (getvariable('companies') IS NULL OR list_contains(getvariable('companies'), company))
  AND (getvariable('sites') IS NULL OR list_contains(getvariable('sites'), site));

-- name: retry_rollup
SELECT * FROM held.retry_rollup
WHERE (getvariable('companies') IS NULL OR list_contains(getvariable('companies'), company))
  AND (getvariable('sites') IS NULL OR list_contains(getvariable('sites'), site));

-- name: duration_rollup
SELECT * FROM held.duration_rollup
WHERE (getvariable('companies') IS NULL OR list_contains(getvariable('companies'), company))
  AND (getvariable('sites') IS NULL OR list_contains(getvariable('sites'), site));

-- name: cause_rollup
SELECT * FROM held.cause_rollup
WHERE (getvariable('companies') IS NULL OR list_contains(getvariable('companies'), company))
  AND (getvariable('sites') IS NULL OR list_contains(getvariable('sites'), site));

-- name: standing_history
SELECT * FROM held.standing_history
WHERE (getvariable('companies') IS NULL OR list_contains(getvariable('companies'), company))
  AND (getvariable('sites') IS NULL OR list_contains(getvariable('sites'), site));

-- name: attempts
SELECT * FROM held.attempts WHERE document_id IN (SELECT document_id FROM documents);

-- name: all_attempts
SELECT * FROM held.all_attempts WHERE document_id IN (SELECT document_id FROM documents);

-- name: outcomes
SELECT * FROM held.outcomes WHERE document_id IN (SELECT document_id FROM documents);

-- name: all_outcomes
SELECT * FROM held.all_outcomes WHERE document_id IN (SELECT document_id FROM documents);

-- name: bodies
SELECT * FROM held.bodies WHERE document_id IN (SELECT document_id FROM documents);

-- name: all_bodies
SELECT * FROM held.all_bodies WHERE document_id IN (SELECT document_id FROM documents);

-- name: resyncs
SELECT * FROM held.resyncs WHERE document_id IN (SELECT document_id FROM documents);

-- name: parkings
SELECT * FROM held.parkings WHERE document_id IN (SELECT document_id FROM documents);

-- name: settlements
SELECT * FROM held.settlements WHERE document_id IN (SELECT document_id FROM documents);

-- name: cause_documents
SELECT * FROM held.cause_documents WHERE document_id IN (SELECT document_id FROM documents);

-- name: cause_leavings
SELECT * FROM held.cause_leavings WHERE document_id IN (SELECT document_id FROM documents);

-- name: causes
-- Of a cause that other sites' documents meet too, everything is told anew from one's own: whether it
-- is resolved, since when, how many it met, one of the texts it has now. How often it came back is not
-- counted site by site.
SELECT k.* REPLACE (
    CASE WHEN m.ever = k.documents_ever THEN k.sample ELSE coalesce(m.sample, '') END AS sample,
    CASE WHEN m.ever = k.documents_ever THEN k.first_seen_at ELSE m.first_at END AS first_seen_at,
    CASE WHEN m.ever = k.documents_ever THEN k.last_seen_at ELSE m.seen_at END AS last_seen_at,
    CASE WHEN m.ever = k.documents_ever THEN k.since ELSE m.since END AS since,
    CASE WHEN m.ever = k.documents_ever THEN k.resolved_at
         WHEN m.held_up > 0 THEN NULL ELSE m.left_at END AS resolved_at,
    CASE WHEN m.ever = k.documents_ever THEN k.times_back ELSE 0 END AS times_back,
    m.ever AS documents_ever)
FROM held.causes k
JOIN (
    SELECT cause_id, count(*) AS ever, count(*) FILTER (WHERE left_at IS NULL) AS held_up,
           min(joined_at) AS first_at, max(seen_at) AS seen_at, max(left_at) AS left_at,
           coalesce(min(joined_at) FILTER (WHERE left_at IS NULL), min(joined_at)) AS since,
           any_value(error_text) AS sample
    FROM (
        SELECT c.cause_id, c.joined_at, NULL::TIMESTAMP AS left_at, c.error_text,
               coalesce(o.last_tried_at, c.joined_at) AS seen_at
        FROM cause_documents c LEFT JOIN open_documents o ON o.document_id = c.document_id
        UNION ALL SELECT cause_id, joined_at, left_at, NULL, joined_at FROM cause_leavings
    ) j GROUP BY cause_id
) m ON m.cause_id = k.cause_id;

-- name: checklists
-- One that is about a cause is shared by all whom the cause holds up; one that was begun before
-- anything failed is about set-ups alone.
SELECT * FROM held.checklists
WHERE (cause_id IS NULL OR cause_id IN (SELECT cause_id FROM causes))
  AND (document_id IS NULL OR document_id IN (SELECT document_id FROM documents))
  AND (getvariable('companies') IS NULL OR company = ''
       OR list_contains(getvariable('companies'), company));

-- name: checklist_events
-- What a look-up saw may name and count other sites' documents. A note, or what was attached, may
-- tell of them too: it is read by those who see all that its writer saw, and by everybody where the
-- writer was limited to nothing and so knew whom it is shared with.
SELECT * REPLACE (
    CASE WHEN coalesce(json_extract_string(body, '$.evidence'), '') = '' THEN body
         ELSE json_merge_patch(body, '{"evidence": "Looked up by Iman."}') END AS body)
FROM held.checklist_events WHERE checklist_id IN (SELECT checklist_id FROM checklists)
  AND (kind NOT IN ('noted', 'note_edited', 'attached')
       OR coalesce(len(companies), 0) + coalesce(len(sites), 0) = 0
       OR (getvariable('companies') IS NULL OR (coalesce(len(companies), 0) > 0
               AND list_has_all(getvariable('companies'), companies)))
          AND (getvariable('sites') IS NULL OR (coalesce(len(sites), 0) > 0
               AND list_has_all(getvariable('sites'), sites))));

-- name: probe_results
SELECT * REPLACE ('Looked up by Iman.' AS evidence)
FROM held.probe_results WHERE checklist_id IN (SELECT checklist_id FROM checklists);

-- name: attachments
SELECT a.* FROM held.attachments a WHERE EXISTS (
    SELECT 1 FROM checklist_events e
    WHERE e.checklist_id = a.checklist_id AND e.kind = 'attached'
      AND json_extract_string(e.body, '$.attachment') = CAST(a.attachment_id AS VARCHAR));

-- name: release_documents
SELECT * FROM held.release_documents WHERE document_id IN (SELECT document_id FROM documents);

-- name: releases
-- A title and a note may count other sites' documents, or name one.
SELECT r.* REPLACE (
    CASE WHEN m.mine = m.together THEN r.title ELSE 'Part of a release of several sites' END AS title,
    CASE WHEN m.mine = m.together THEN r.note ELSE '' END AS note,
    CASE WHEN m.mine = m.together THEN r.canary ELSE 0 END AS canary)
FROM held.releases r
JOIN (
    SELECT release_id, count(*) AS together,
           count(*) FILTER (WHERE document_id IN (SELECT document_id FROM documents)) AS mine
    FROM held.release_documents GROUP BY release_id
) m ON m.release_id = r.release_id AND m.mine > 0;

-- name: setup_gaps
-- What would fail is counted anew where it is asked for: see setups.py.
SELECT * REPLACE (
    '{"would_fail_documents": 0, "would_fail_amount": "0", "recent_documents": 0,'
    || ' "recent_amount": "0", "examples": []}' AS carried)
FROM held.setup_gaps;

-- name: reclassifications
-- How far history is read, without how much there is of it.
SELECT * REPLACE (0 AS up_to, 0 AS left_to, 0 AS texts, 0 AS attempts, 0 AS documents)
FROM held.reclassifications;
